import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { answer, type Debit, debit } from "../../challenge/rivals/provider.ts";
import { secret } from "../sandbox/running.ts";

/** Debits twice where the provider lets it, and says yes: what the challenge's judge must find. */
export async function handler(event: APIGatewayProxyEventV2) {
  const input = JSON.parse(event.body ?? "") as Debit;
  await debit(input, secret);
  return answer(200, { transactionId: await debit(input, secret) });
}
