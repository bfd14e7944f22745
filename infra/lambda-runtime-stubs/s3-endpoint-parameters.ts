// Every client can find the endpoint of an S3 bucket; ours are not S3's.
export const resolveParamsForS3 = (): never => {
  throw new Error("This bundle has no endpoints of S3");
};
