import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { awsClientConfig, lean } from "../aws.ts";
import { required, tableVariable } from "../config.ts";
import { lazy } from "../runtime.ts";
import { type Records, recordsIn } from "./store.ts";

/** This process's records. Apart from the runtime, so that a read's bundle holds no DynamoDB client. */
export const processRecords = lazy((): Records => {
  const { env } = process;
  const client = lean(new DynamoDBClient(awsClientConfig(env, "DYNAMODB")));
  return recordsIn(required(env, tableVariable), client);
});
