import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { answer, toProvider } from "./calls.ts";

export async function handler(event: APIGatewayProxyEventV2) {
  const { customerId } = JSON.parse(event.body ?? "");
  return answer(await toProvider("fetchbalance", { customer_id: customerId }));
}
