import { DynamoDBClient, PutItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { claimed, settled } from "../record.ts";
import { call } from "./provider.ts";

const dynamodb = new DynamoDBClient({});

export async function handler(event: APIGatewayProxyEventV2) {
  const { fromCustomerId, amount, mpin, merchantTransactionId: id } = JSON.parse(event.body ?? "");
  for (const value of [fromCustomerId, amount, mpin, id])
    if (typeof value !== "string") return { statusCode: 400, body: "a field is missing" };
  const TableName = process.env.TABLE_NAME;
  await dynamodb.send(
    new PutItemCommand({
      TableName,
      Item: claimed(id, fromCustomerId, amount, Date.now()),
      ConditionExpression: "attribute_not_exists(pk)",
    }),
  );
  const data = await call("debitwallet", {
    from_customer_id: fromCustomerId,
    amount,
    mpin,
    merchant_transaction_id: id,
  });
  const result = JSON.stringify(data);
  await dynamodb.send(new UpdateItemCommand({ TableName, ...settled(id, result, Date.now()) }));
  return { statusCode: 200, headers: { "content-type": "application/json" }, body: result };
}
