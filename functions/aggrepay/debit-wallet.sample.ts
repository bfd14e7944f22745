import * as v from "valibot";
import { id } from "../shapes.sample.ts";
import { type AggrepaySample, identified, mobile, secret } from "./common.sample.ts";

export const sample = {
  full: identified(
    {
      fromCustomerId: "546693304",
      fromMobileNumber: mobile,
      toSubMerchantId: "1",
      amount: "4.00",
      mpin: secret.mpin,
      description: "Order 12",
    },
    {
      from_customer_id: "546693304",
      from_mobile_number: mobile,
      to_sub_merchant_id: "1",
      amount: "4.00",
      mpin: secret.mpin,
      description: "Order 12",
    },
  ),
  least: identified(
    { fromCustomerId: "546693304", amount: "4", mpin: secret.mpin },
    { from_customer_id: "546693304", amount: "4", mpin: secret.mpin },
  ),
  other: (id) => ({
    fromCustomerId: "546693304",
    fromMobileNumber: mobile,
    toSubMerchantId: "2",
    amount: "4.00",
    mpin: secret.mpin,
    merchantTransactionId: id,
  }),
  reply: () => ({ data: { transaction_id: 654561373 } }),
  result: v.strictObject({ transactionId: id("The provider's id of the debit; a reversal may name it") }),
  answer: () => ({ result: { transactionId: "654561373" } }),
} satisfies AggrepaySample;
