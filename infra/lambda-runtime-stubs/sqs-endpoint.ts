import { type EndpointParameters, regionalEndpoint } from "./regional-endpoint.ts";

export const defaultEndpointResolver = (parameters: EndpointParameters) =>
  regionalEndpoint("sqs", parameters);
