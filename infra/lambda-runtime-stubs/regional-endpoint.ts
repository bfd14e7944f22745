import { partition } from "@aws-sdk/core/client";

// The SDK decides on an endpoint by a table of rules for FIPS, dual stack, account endpoints and endpoints of one's own.
// Ours have one rule, for every partition: the Region's endpoint, unless our client was given another.
export interface EndpointParameters {
  readonly Endpoint?: string;
  readonly Region?: string;
  readonly UseFIPS?: boolean;
  readonly UseDualStack?: boolean;
  readonly AccountIdEndpointMode?: string;
}

export const regionalEndpoint = (
  service: string,
  { Endpoint, Region, UseFIPS, UseDualStack, AccountIdEndpointMode }: EndpointParameters,
) => {
  if (UseFIPS || UseDualStack || AccountIdEndpointMode === "required")
    throw new Error("This bundle knows no FIPS, dual stack or account endpoints");
  if (!Endpoint && !Region)
    throw new Error("This bundle knows no endpoint: give the AWS client its `region`");
  return {
    url: new URL(Endpoint || `https://${service}.${Region}.${partition(Region ?? "").dnsSuffix}`),
    properties: {},
    headers: {},
  };
};
