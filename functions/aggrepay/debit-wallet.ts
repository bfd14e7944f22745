import * as v from "valibot";
import {
  amount,
  customerId,
  description,
  indianMobile,
  merchantTransactionId,
  mpin,
  optional,
  subMerchantId,
} from "../../lib/fields.ts";
import { twoPlaces } from "../../lib/money.ts";
import { change, changeHandler } from "../../lib/operation/change.ts";
import { reversalSuffix, tooLong } from "../../lib/providers/aggrepay/ids.ts";
import { aggrepay } from "../../lib/providers/aggrepay/index.ts";
import { moneyInquiry, moved } from "../../lib/providers/aggrepay/transactions.ts";

export const operation = change({
  name: "aggrepay/debit-wallet",
  summary: "Debits a customer's wallet and pays the merchant (C2M)",
  source: "AggrePay Wallet API v1.0, section 6",
  provider: aggrepay,
  effect: "money",
  input: v.object({
    fromCustomerId: customerId,
    fromMobileNumber: optional(indianMobile),
    toSubMerchantId: optional(subMerchantId),
    amount,
    mpin,
    description: optional(description),
    merchantTransactionId,
  }),
  variables: ["AGGREPAY_IDS_KEPT"],
  refusesNew: (input, config) => tooLong(input, config, reversalSuffix),
  identity: { namespace: "money", of: (input) => input.merchantTransactionId },
  sameBy: (input) => ({
    fromCustomerId: input.fromCustomerId,
    fromMobileNumber: input.fromMobileNumber,
    toSubMerchantId: input.toSubMerchantId,
    amount: twoPlaces(input.amount),
  }),
  listedUnder: (input) => ({ customerId: input.fromCustomerId, amount: twoPlaces(input.amount) }),
  sends: (input) => ({
    path: "debitwallet",
    fields: {
      from_customer_id: input.fromCustomerId,
      from_mobile_number: input.fromMobileNumber,
      to_sub_merchant_id: input.toSubMerchantId,
      amount: input.amount,
      mpin: input.mpin,
      description: input.description,
      merchant_transaction_id: input.merchantTransactionId,
    },
  }),
  returns: ({ data }, input) => moved(data, input),
  inquiry: { ...moneyInquiry({ paymentType: "DEBIT", party: "fromCustomerId" }), undoneBy: "reversal" },
});

export const handler = /* @__PURE__ */ changeHandler(operation);
