/**
 * middy and Powertools' idempotency as their documentation tells: the DynamoDB persistence layer, a key by JMESPath, payload
 * validation, the Lambda context (the wrapper registers it, so a record in progress expires with its function), a refusal of the
 * provider returned and so kept, everything else thrown so that a repeat runs again.
 *
 * `makeIdempotent` and not the middleware: up to 2.35.0 the middleware deletes the record of a request that is under way when a
 * duplicate of it comes (https://github.com/aws-powertools/powertools-lambda-typescript/issues/5675); the wrapper does not.
 */
import {
  IdempotencyAlreadyInProgressError,
  IdempotencyConfig,
  IdempotencyValidationError,
  makeIdempotent,
} from "@aws-lambda-powertools/idempotency";
import { DynamoDBPersistenceLayer } from "@aws-lambda-powertools/idempotency/dynamodb";
import { Logger } from "@aws-lambda-powertools/logger";
import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { getSecret } from "@aws-lambda-powertools/parameters/secrets";
import middy from "@middy/core";
import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import { z } from "zod";
import { answer, type Credentials, debit, isTaken, Refused, shown } from "./provider.ts";

const logger = new Logger({ serviceName: "debit-wallet", logLevel: "ERROR" });
const persistenceStore = new DynamoDBPersistenceLayer({
  tableName: process.env.TABLE_NAME ?? "",
  keyAttr: "pk",
});
const config = new IdempotencyConfig({
  eventKeyJmesPath: "powertools_json(body).merchantTransactionId",
  payloadValidationJmesPath: "powertools_json(body).[fromCustomerId, amount]",
  throwOnNoIdempotencyKey: true,
  expiresAfterSeconds: 24 * 60 * 60,
});
const input = z.object({
  fromCustomerId: z.string().regex(/^\d{1,30}$/),
  amount: z.string().regex(/^\d{1,10}\.\d{2}$/),
  mpin: z.string().regex(/^\d{4,6}$/),
  merchantTransactionId: z.string().min(1).max(64),
});
/** What no documentation tells, and careful people add: a taken id is looked up. */
const asks = process.env.ASKS_WHERE_TAKEN === "yes";

const debited = async (event: APIGatewayProxyEventV2, _context: Context) => {
  const given = input.parse(JSON.parse(event.body ?? ""));
  const credentials = (await getSecret(process.env.AGGREPAY_SECRET_ID ?? "", {
    transform: "json",
  })) as unknown as Credentials;
  try {
    return answer(200, { transactionId: await debit(given, credentials) });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const found = asks && isTaken(error) ? await shown(given.merchantTransactionId, credentials) : undefined;
    return found === undefined ? answer(422, { code: error.code }) : answer(200, { transactionId: found });
  }
};

export const handler = middy(makeIdempotent(debited, { persistenceStore, config }))
  .use(injectLambdaContext(logger))
  .onError((request) => {
    const { error } = request;
    if (error instanceof IdempotencyAlreadyInProgressError)
      request.response = answer(409, { code: "in-progress" });
    else if (error instanceof IdempotencyValidationError)
      request.response = answer(422, { code: "another-request" });
    else {
      logger.error("debit failed", error as Error);
      request.response = answer(502, { code: "failed" });
    }
  });
