import { type AggrepaySample, always, row, shownRow, transaction } from "./common.sample.ts";

export const sample = {
  fields: {
    merchantTransactionId:
      "The merchantTransactionId of the transaction; a reversal has its debit's with _REVERSAL",
  },
  full: always({ merchantTransactionId: "ABC122361" }, { merchant_transaction_id: "ABC122361" }),
  least: always(
    { merchantTransactionId: "ABC122361_REVERSAL" },
    { merchant_transaction_id: "ABC122361_REVERSAL" },
  ),
  reply: ({ merchant_transaction_id = null }) => ({ data: { ...row, merchant_transaction_id } }),
  result: transaction,
  answer: ({ merchant_transaction_id }) => ({
    result: { ...shownRow, merchantTransactionId: merchant_transaction_id },
  }),
} satisfies AggrepaySample;
