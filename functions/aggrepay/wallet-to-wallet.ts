import * as v from "valibot";
import { amount, customerId, description, merchantTransactionId, mpin, optional } from "../../lib/fields.ts";
import { twoPlaces } from "../../lib/money.ts";
import { change, changeHandler } from "../../lib/operation/change.ts";
import { tooLong } from "../../lib/providers/aggrepay/ids.ts";
import { aggrepay } from "../../lib/providers/aggrepay/index.ts";
import { moneyInquiry, moved } from "../../lib/providers/aggrepay/transactions.ts";

export const operation = change({
  name: "aggrepay/wallet-to-wallet",
  summary: "Debits a customer's wallet and pays another customer (C2C)",
  source: "AggrePay Wallet API v1.0, section 7",
  provider: aggrepay,
  effect: "money",
  input: v.object({
    fromCustomerId: customerId,
    toCustomerId: customerId,
    amount,
    mpin,
    description: optional(description),
    merchantTransactionId,
  }),
  variables: ["AGGREPAY_IDS_KEPT"],
  refusesNew: tooLong,
  identity: { namespace: "money", of: (input) => input.merchantTransactionId },
  sameBy: (input) => ({
    fromCustomerId: input.fromCustomerId,
    toCustomerId: input.toCustomerId,
    amount: twoPlaces(input.amount),
  }),
  listedUnder: (input) => ({ customerId: input.fromCustomerId, amount: twoPlaces(input.amount) }),
  sends: (input) => ({
    path: "wallettowallet",
    fields: {
      from_customer_id: input.fromCustomerId,
      to_customer_id: input.toCustomerId,
      amount: input.amount,
      mpin: input.mpin,
      description: input.description,
      merchant_transaction_id: input.merchantTransactionId,
    },
  }),
  returns: ({ data }, input) => moved(data, input),
  inquiry: moneyInquiry({ paymentType: "DEBIT", party: "fromCustomerId" }),
});

export const handler = /* @__PURE__ */ changeHandler(operation);
