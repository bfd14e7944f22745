import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { awsClientConfig, lean } from "../aws.ts";
import { required, tableVariable } from "../config.ts";
import { lazy } from "../runtime.ts";
import { type BookRecords, bookRecordsIn } from "./books.ts";

/** This process's days of the books. Apart from its records, so that no other function's bundle holds what reads and writes them. */
export const processBooks = /* @__PURE__ */ lazy((): BookRecords => {
  const { env } = process;
  const client = lean(new DynamoDBClient(awsClientConfig(env, "DYNAMODB")));
  return bookRecordsIn(required(env, tableVariable), client);
});
