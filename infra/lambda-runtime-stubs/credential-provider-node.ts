// Lambda puts its role's credentials into the environment, and our clients are given a provider that reads them there:
// profiles, SSO, metadata services and the clients that those need are never asked.
export const defaultProvider = () => (): never => {
  throw new Error("This bundle has no credential chain: give the AWS client its `credentials`");
};
