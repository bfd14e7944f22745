import { expect, test } from "vitest";
import { operation as debit } from "../functions/aggrepay/debit-wallet.ts";
import { operation as transfer } from "../functions/aggrepay/wallet-to-wallet.ts";
import { operation as checkStatus } from "../functions/payu/check-status.ts";
import { type InputSchema, readInput } from "../lib/operation/body.ts";
import { Problem } from "../lib/problem.ts";

/** What is said of the one field that the operation does not have. */
function saidOf(name: string, schema: InputSchema<unknown>): string | undefined {
  const event = {
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ [name]: "1" }),
    isBase64Encoded: false,
  };
  try {
    readInput(event, schema);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return error.details.errors?.[0]?.detail;
  }
  return undefined;
}

test.each([
  ["customerId", debit.input, "fromCustomerId"],
  ["CustomerID", debit.input, "fromCustomerId"],
  ["merchant_transaction_id", debit.input, "merchantTransactionId"],
  ["debitAmount", debit.input, "amount"],
  ["pin", debit.input, "mpin"],
  ["Amount ", debit.input, "amount"],
  ["verifyclientTxnId", checkStatus.input, "verifyClientTxnId"],
])("%j is not a field, and the one that is meant is named", (name, schema, field) => {
  expect(saidOf(name, schema)).toBe(`is not a field of this request (${field} is)`);
});

test.each([
  ["customerId", transfer.input],
  ["id", debit.input],
  ["", debit.input],
  ["_-_", debit.input],
  ["note", debit.input],
  [`${"x".repeat(200)}amount`, debit.input],
])("nothing is guessed of %j", (name, schema) => {
  expect(saidOf(name, schema)).toBe("is not a field of this request");
});
