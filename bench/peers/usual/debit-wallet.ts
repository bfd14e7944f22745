import { IdempotencyConfig } from "@aws-lambda-powertools/idempotency";
import { DynamoDBPersistenceLayer } from "@aws-lambda-powertools/idempotency/dynamodb";
import { makeHandlerIdempotent } from "@aws-lambda-powertools/idempotency/middleware";
import { Logger } from "@aws-lambda-powertools/logger";
import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import middy from "@middy/core";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { z } from "zod";
import { call } from "./provider.ts";

const logger = new Logger({ serviceName: "debit-wallet" });
const persistenceStore = new DynamoDBPersistenceLayer({
  tableName: process.env.TABLE_NAME ?? "",
  keyAttr: "pk",
});
const config = new IdempotencyConfig({ eventKeyJmesPath: "powertools_json(body).merchantTransactionId" });
const input = z.object({
  fromCustomerId: z.string().regex(/^\d{1,30}$/),
  amount: z.string().regex(/^\d{1,10}\.\d{2}$/),
  mpin: z.string().regex(/^\d{4,6}$/),
  merchantTransactionId: z.string().min(1).max(64),
});

export const handler = middy(async (event: APIGatewayProxyEventV2) => {
  const { fromCustomerId, amount, mpin, merchantTransactionId } = input.parse(JSON.parse(event.body ?? ""));
  const result = await call("debitwallet", {
    from_customer_id: fromCustomerId,
    amount,
    mpin,
    merchant_transaction_id: merchantTransactionId,
  });
  logger.info("debited", { merchantTransactionId });
  return {
    statusCode: 200,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ result }),
  };
})
  .use(injectLambdaContext(logger))
  .use(makeHandlerIdempotent({ persistenceStore, config }));
