import * as v from "valibot";
import { id } from "../shapes.sample.ts";
import { type AggrepaySample, identified } from "./common.sample.ts";

export const sample = {
  follows: "aggrepay/debit-wallet",
  notes: [
    "The answer to a refused reversal has `nextReversal`. To ask again, send the same request with that number as `reversal`, after somebody has seen why it was refused.",
  ],
  fields: {
    merchantTransactionId: "The merchantTransactionId of the debit; with `reversal` it is the identity",
    transactionId: "The provider's id of the debit, to be compared",
  },
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
