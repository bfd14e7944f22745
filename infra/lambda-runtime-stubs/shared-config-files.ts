// Lambda has no ~/.aws: the SDK would look for two files that are not there and then take its defaults. Here it takes
// them at once. This one is called, and answers what the real one answers without files.
export const fromSharedConfigFiles = () => async (): Promise<never> => {
  throw Object.assign(new Error("Lambda has no AWS configuration files"), { tryNextLink: true });
};
