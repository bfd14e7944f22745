import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { expect, test } from "vitest";
import { awsClientConfig, lean } from "../lib/aws.ts";
import { localCredentials } from "./support/dynamodb.ts";

test.each([
  ["DynamoDB", new DynamoDBClient(awsClientConfig(localCredentials, "DYNAMODB"))],
  ["Secrets Manager", new SecretsManagerClient(awsClientConfig(localCredentials, "SECRETS_MANAGER"))],
])("%s's client does nothing for its logger and its user agent, by the names that this SDK gives them", (_, client) => {
  const names = () => client.middlewareStack.identify().map((entry) => entry.replace(/ - .*/, ""));
  const before = names();
  lean<typeof client>(client);
  expect(before.filter((name) => !names().includes(name))).toEqual([
    "loggerMiddleware",
    "getUserAgentMiddleware",
  ]);
});
