/**
 * What a careful engineer writes with the SDK's clients alone, after AWS's own advice (a conditional write claims the request, the
 * stored answer serves its repeats: "Making retries safe with idempotent APIs"), and goes one step further: what ended without an
 * answer is looked up at the provider before it is sent again.
 */
import { createHash } from "node:crypto";
import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import {
  answer,
  type Credentials,
  type Debit,
  debit,
  isTaken,
  NotKnown,
  Refused,
  shown,
  WrongKey,
} from "./provider.ts";

const dynamodb = new DynamoDBClient({});
const secrets = new SecretsManagerClient({});
const TableName = process.env.TABLE_NAME;
const longestRunMs = Number(process.env.FUNCTION_TIMEOUT_MS);
let credentials: Promise<Credentials> | undefined;

async function fetchCredentials(): Promise<Credentials> {
  const command = new GetSecretValueCommand({ SecretId: process.env.AGGREPAY_SECRET_ID });
  return JSON.parse((await secrets.send(command)).SecretString ?? "");
}

export async function handler(event: APIGatewayProxyEventV2) {
  const input = JSON.parse(event.body ?? "") as Debit;
  const { fromCustomerId, amount, merchantTransactionId: id } = input;
  const request = createHash("sha256")
    .update(JSON.stringify([fromCustomerId, amount]))
    .digest("hex");
  const now = Date.now();
  let begun: number | undefined;
  try {
    const Item = { pk: { S: id }, request: { S: request }, state: { S: "started" }, at: { N: String(now) } };
    await dynamodb.send(
      new PutItemCommand({
        ...{ TableName, Item, ConditionExpression: "attribute_not_exists(pk)" },
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    const found = error.Item ?? {};
    if (found.request?.S !== request) return answer(422, { code: "another-request" });
    if (found.state?.S === "done") return answer(Number(found.status?.N), JSON.parse(found.body?.S ?? "{}"));
    begun = Number(found.at?.N);
    // A function that is still at work must not be joined by another.
    if (found.state?.S === "started" && now - begun < longestRunMs)
      return answer(409, { code: "in-progress" });
    if (!(await takenOver(id, begun, now))) return answer(409, { code: "in-progress" });
  }
  return carriedOut(input, begun !== undefined);
}

/** Whoever finds an attempt that ended without an answer takes it over, and nobody else does. */
async function takenOver(id: string, begun: number, now: number): Promise<boolean> {
  try {
    await dynamodb.send(
      new UpdateItemCommand({
        ...{ TableName, Key: { pk: { S: id } } },
        UpdateExpression: "SET #state = :started, #at = :now",
        ConditionExpression: "#at = :begun AND #state <> :done",
        ExpressionAttributeNames: { "#state": "state", "#at": "at" },
        ExpressionAttributeValues: {
          ":started": { S: "started" },
          ":now": { N: String(now) },
          ":begun": { N: String(begun) },
          ":done": { S: "done" },
        },
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

async function carriedOut(input: Debit, wasBegun: boolean) {
  const { merchantTransactionId: id } = input;
  try {
    credentials ??= fetchCredentials();
    const keys = await credentials;
    const before = wasBegun ? await shown(id, keys) : undefined;
    return await kept(id, 200, { transactionId: before ?? (await debited(input, keys)) });
  } catch (error) {
    if (error instanceof Refused) return kept(id, 422, { code: error.code });
    // Of a secret that has been replaced: the next try reads it anew.
    if (error instanceof WrongKey) credentials = undefined;
    if (!(error instanceof NotKnown || error instanceof WrongKey)) throw error;
    await written(id, "SET #state = :state", { ":state": { S: "unknown" } }, { "#state": "state" });
    return answer(504, { code: "not-known" });
  }
}

async function debited(input: Debit, keys: Credentials): Promise<string> {
  try {
    return await debit(input, keys);
  } catch (error) {
    const found = isTaken(error) ? await shown(input.merchantTransactionId, keys) : undefined;
    if (found === undefined) throw error;
    return found;
  }
}

async function kept(id: string, status: number, body: object) {
  await written(
    id,
    "SET #state = :state, #status = :status, #body = :body",
    {
      ":state": { S: "done" },
      ":status": { N: String(status) },
      ":body": { S: JSON.stringify(body) },
    },
    { "#state": "state", "#status": "status", "#body": "body" },
  );
  return answer(status, body);
}

type Values = NonNullable<ConstructorParameters<typeof UpdateItemCommand>[0]["ExpressionAttributeValues"]>;

const written = (id: string, UpdateExpression: string, values: Values, names: Record<string, string>) =>
  dynamodb.send(
    new UpdateItemCommand({
      ...{ TableName, Key: { pk: { S: id } }, UpdateExpression },
      ...{ ExpressionAttributeNames: names, ExpressionAttributeValues: values },
    }),
  );
