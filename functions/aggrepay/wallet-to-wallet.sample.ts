import * as v from "valibot";
import { id } from "../shapes.sample.ts";
import { type AggrepaySample, identified, secret } from "./common.sample.ts";

export const sample = {
  full: identified(
    {
      fromCustomerId: "546693304",
      toCustomerId: "575290695",
      amount: "1.5",
      mpin: secret.mpin,
      description: "Lunch",
    },
    {
      from_customer_id: "546693304",
      to_customer_id: "575290695",
      amount: "1.5",
      mpin: secret.mpin,
      description: "Lunch",
    },
  ),
  least: identified(
    { fromCustomerId: "546693304", toCustomerId: "575290695", amount: "0.01", mpin: secret.mpin },
    { from_customer_id: "546693304", to_customer_id: "575290695", amount: "0.01", mpin: secret.mpin },
  ),
  other: (id) => ({
    fromCustomerId: "546693304",
    toCustomerId: "575290696",
    amount: "1.5",
    mpin: secret.mpin,
    merchantTransactionId: id,
  }),
  reply: () => ({ data: { transaction_id: 689188022 } }),
  result: v.strictObject({ transactionId: id("The provider's id of the transfer") }),
  answer: () => ({ result: { transactionId: "689188022" } }),
} satisfies AggrepaySample;
