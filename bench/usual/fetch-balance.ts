import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { call } from "./provider.ts";

export async function handler(event: APIGatewayProxyEventV2) {
  const { customerId } = JSON.parse(event.body ?? "");
  if (typeof customerId !== "string") return { statusCode: 400, body: "customerId is required" };
  const data = await call("fetchbalance", { customer_id: customerId });
  return { statusCode: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(data) };
}
