export { type Answer, type CallOptions, type Client, type ClientOptions, createClient } from "./client.ts";
export * from "./contract.ts";
export { GatewayProblem, NotKnownYet, NotOfTheGateway, RefusedByApiGateway } from "./problem.ts";
export { type Auth, type Credentials, credentialsOfEnvironment } from "./signing.ts";
