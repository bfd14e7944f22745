import * as v from "valibot";
import { id } from "../shapes.sample.ts";
import { type AggrepaySample, identified } from "./common.sample.ts";

export const sample = {
  full: identified(
    { transactionId: "654561373", description: "Out of stock" },
    { transaction_id: "654561373", description: "Out of stock" },
  ),
  later: ["reversal"],
  least: identified({}, {}),
  other: (id) => ({ merchantTransactionId: id, transactionId: "654561374" }),
  reply: (sends) => ({
    data: {
      merchant_transaction_id: `${sends.merchant_transaction_id}_REVERSAL`,
      transaction_id: 537601231,
    },
  }),
  result: v.strictObject({
    merchantTransactionId: id(
      "The id that the provider keeps the reversal under: the debit's with _REVERSAL",
    ),
    transactionId: id("The provider's id of the reversal"),
  }),
  answer: (sends) => ({
    result: {
      merchantTransactionId: `${sends.merchant_transaction_id}_REVERSAL`,
      transactionId: "537601231",
    },
  }),
} satisfies AggrepaySample;
