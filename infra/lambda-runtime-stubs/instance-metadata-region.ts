// Asks an EC2 instance where it is. Lambda has AWS_REGION in its environment, and our clients are given it.
export const getInstanceMetadataRegion = (): never => {
  throw new Error("This bundle asks no metadata service: give the AWS client its `region`");
};
