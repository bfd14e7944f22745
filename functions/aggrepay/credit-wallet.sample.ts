import * as v from "valibot";
import { id } from "../shapes.sample.ts";
import { type AggrepaySample, byPayment, keyedBy, mobile, paymentOf } from "./common.sample.ts";

export const sample = {
  notes: [
    "Send it right after the payment gateway reported success. Unless the deployment chose otherwise, one `pgTransactionId` is credited once, under whatever identity.",
  ],
  full: (id) =>
    keyedBy(
      paymentOf,
      byPayment,
      {
        toCustomerId: "546693304",
        toMobileNumber: mobile,
        amount: "250.50",
        description: "Top-up / March",
        merchantTransactionId: id,
      },
      {
        to_customer_id: "546693304",
        to_mobile_number: mobile,
        amount: "250.50",
        description: "Top-up / March",
        merchant_transaction_id: id,
      },
    )(id),
  least: (id) =>
    keyedBy(
      paymentOf,
      byPayment,
      { toCustomerId: "546693304", amount: "1", merchantTransactionId: id },
      { to_customer_id: "546693304", amount: "1", merchant_transaction_id: id },
    )(id),
  other: (id) => ({
    toCustomerId: "546693304",
    toMobileNumber: mobile,
    amount: "250.51",
    pgTransactionId: paymentOf(id),
    merchantTransactionId: id,
  }),
  reply: () => ({ data: { transaction_id: 843033750 } }),
  result: v.strictObject({ transactionId: id("The provider's id of the credit") }),
  answer: () => ({ result: { transactionId: "843033750" } }),
} satisfies AggrepaySample;
