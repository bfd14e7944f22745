import { Logger } from "@aws-lambda-powertools/logger";
import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import middy from "@middy/core";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { z } from "zod";
import { call } from "./provider.ts";

const logger = new Logger({ serviceName: "fetch-balance" });
const input = z.object({ customerId: z.string().regex(/^\d{1,30}$/) });

export const handler = middy(async (event: APIGatewayProxyEventV2) => {
  const { customerId } = input.parse(JSON.parse(event.body ?? ""));
  const result = await call("fetchbalance", { customer_id: customerId });
  logger.info("fetched");
  return {
    statusCode: 200,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ result }),
  };
}).use(injectLambdaContext(logger));
