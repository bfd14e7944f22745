import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { claimed, settled } from "../record.ts";
import { answer, toProvider, toTable } from "./calls.ts";

export async function handler(event: APIGatewayProxyEventV2) {
  const { fromCustomerId, amount, mpin, merchantTransactionId: id } = JSON.parse(event.body ?? "");
  const item = claimed(id, fromCustomerId, amount, Date.now());
  await toTable("PutItem", { Item: item, ConditionExpression: "attribute_not_exists(pk)" });
  const reply = await toProvider("debitwallet", {
    from_customer_id: fromCustomerId,
    amount,
    mpin,
    merchant_transaction_id: id,
  });
  await toTable("UpdateItem", settled(id, reply, Date.now()));
  return answer(reply);
}
