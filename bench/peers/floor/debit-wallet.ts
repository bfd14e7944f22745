import { DynamoDBClient, PutItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { claimed, settled } from "../record.ts";
import { answer, toProvider } from "./calls.ts";

const dynamodb = new DynamoDBClient({});
const TableName = process.env.TABLE_NAME;

export async function handler(event: APIGatewayProxyEventV2) {
  const { fromCustomerId, amount, mpin, merchantTransactionId: id } = JSON.parse(event.body ?? "");
  const Item = claimed(id, fromCustomerId, amount, Date.now());
  await dynamodb.send(
    new PutItemCommand({ TableName, Item, ConditionExpression: "attribute_not_exists(pk)" }),
  );
  const reply = await toProvider("debitwallet", {
    from_customer_id: fromCustomerId,
    amount,
    mpin,
    merchant_transaction_id: id,
  });
  await dynamodb.send(new UpdateItemCommand({ TableName, ...settled(id, reply, Date.now()) }));
  return answer(reply);
}
