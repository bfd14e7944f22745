import { plainDecimal, twoPlaces } from "../../money.ts";
import type { Facts, Subject } from "../inquiry.ts";
import type { AggrepayCall, AggrepayReply } from "./index.ts";
import type { Reader } from "./reply.ts";

/** A transaction as sections 11 to 13 show it. */
export const transaction = (row: Reader) => ({
  transactionId: row.id("transaction_id"),
  merchantTransactionId: row.optionalId("merchant_transaction_id"),
  transactionType: row.text("transaction_type"),
  paymentType: row.text("payment_type"),
  amount: row.amount("amount"),
  balance: row.amount("balance"),
  time: row.time("time"),
  transactionStatus: row.text("transaction_status"),
});

/** Asks for a transaction by the id that we gave it (section 12; the path is spelt with one t). */
export const askByMerchantTransactionId = (merchantTransactionId: string): AggrepayCall => ({
  path: "fetchbymerchantransactionid",
  fields: { merchant_transaction_id: merchantTransactionId },
});

/** Whether the transaction shown is the one meant: the id to the byte, the kind, the amount as a decimal, and done. */
export function showsTransaction(
  { data }: AggrepayReply,
  expected: {
    readonly merchantTransactionId: string;
    readonly paymentType: "CREDIT" | "DEBIT";
    readonly amount: string;
  },
): boolean {
  const shown = transaction(data);
  return (
    shown.merchantTransactionId === expected.merchantTransactionId &&
    shown.paymentType === expected.paymentType &&
    sameAmount(shown.amount, expected.amount) &&
    shown.transactionStatus === "PAYMENT_SUCCESS"
  );
}

function sameAmount(shown: string, expected: string): boolean {
  const [whole = "", fraction = ""] = (plainDecimal(shown) ?? "").split(".");
  return `${whole}.${fraction.replace(/0+$/, "").padEnd(2, "0")}` === twoPlaces(expected);
}

/** The inquiry of a change of money that we named: found under its id, as the effect that the record keeps. */
export const moneyInquiry = (paymentType: "CREDIT" | "DEBIT") => ({
  asks: ({ identity }: Subject) => askByMerchantTransactionId(identity),
  shows: (reply: AggrepayReply, { identity, facts }: Subject) =>
    showsTransaction(reply, { merchantTransactionId: identity, paymentType, amount: facts.amount ?? "" }),
});

/** Facts that name a customer, by id or by mobile number. */
export const customerFacts = (input: {
  readonly customerId?: string;
  readonly mobileNumber?: string;
}): Facts => ({
  customerId: input.customerId,
  mobileNumber: input.mobileNumber,
});

export const customerFields = (
  facts: Facts | { readonly customerId?: string; readonly mobileNumber?: string },
) => ({
  customer_id: facts.customerId,
  mobile_number: facts.mobileNumber,
});
