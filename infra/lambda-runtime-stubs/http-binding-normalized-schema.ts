import { translateTraits } from "@smithy/core/schema";

// Says which parts of a request go into its path, headers and query. The JSON protocols of DynamoDB and Secrets Manager
// put everything into the body; an operation of theirs has no endpoint of its own either.
type OperationSchema = { readonly traits?: Parameters<typeof translateTraits>[0] };

export const getHttpOperationBindings = ({ traits = 0 }: OperationSchema) => {
  const { http, endpoint } = translateTraits(traits);
  if (http !== undefined || endpoint !== undefined) throw new Error("This bundle has no HTTP bindings");
  return [];
};

export const HttpBindingNormalizedSchema = {
  of(): never {
    throw new Error("This bundle has no HTTP bindings");
  },
};
