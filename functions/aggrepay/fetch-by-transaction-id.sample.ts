import { type AggrepaySample, always, row, shownRow, transaction } from "./common.sample.ts";

export const sample = {
  full: always({ transactionId: "734203905" }, { transaction_id: "734203905" }),
  least: always({ transactionId: "734203905" }, { transaction_id: "734203905" }),
  reply: () => ({ data: row }),
  result: transaction,
  answer: () => ({ result: shownRow }),
} satisfies AggrepaySample;
