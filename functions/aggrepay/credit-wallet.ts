import * as v from "valibot";
import { isOn } from "../../lib/config.ts";
import {
  amount,
  customerId,
  description,
  indianMobile,
  merchantTransactionId,
  optional,
  pgTransactionId,
} from "../../lib/fields.ts";
import { twoPlaces } from "../../lib/money.ts";
import { change, changeHandler } from "../../lib/operation/change.ts";
import { tooLong } from "../../lib/providers/aggrepay/ids.ts";
import { aggrepay } from "../../lib/providers/aggrepay/index.ts";
import { moneyInquiry, moved } from "../../lib/providers/aggrepay/transactions.ts";

/**
 * To be called immediately after the payment gateway's success. A payment is credited once, whatever merchantTransactionId it
 * comes under, unless a deployment leaves that out (`creditOncePerPayment`).
 */
export const operation = change({
  name: "aggrepay/credit-wallet",
  summary: "Adds funds to a customer's wallet",
  source: "AggrePay Wallet API v1.0, section 5",
  provider: aggrepay,
  effect: "money",
  input: v.object({
    toCustomerId: customerId,
    toMobileNumber: optional(indianMobile),
    amount,
    description: optional(description),
    merchantTransactionId,
    pgTransactionId,
  }),
  variables: ["AGGREPAY_IDS_KEPT", "CREDIT_ONCE_PER_PAYMENT"],
  refusesNew: tooLong,
  identity: { namespace: "money", of: (input) => input.merchantTransactionId },
  place: {
    key: (input) => input.pgTransactionId,
    of: "this pgTransactionId",
    once: true,
    applies: (config) => isOn(config, "CREDIT_ONCE_PER_PAYMENT", "on"),
  },
  sameBy: (input) => ({
    toCustomerId: input.toCustomerId,
    toMobileNumber: input.toMobileNumber,
    amount: twoPlaces(input.amount),
    pgTransactionId: input.pgTransactionId,
  }),
  listedUnder: (input) => ({ customerId: input.toCustomerId, amount: twoPlaces(input.amount) }),
  sends: (input) => ({
    path: "creditwallet",
    fields: {
      to_customer_id: input.toCustomerId,
      to_mobile_number: input.toMobileNumber,
      amount: input.amount,
      description: input.description,
      merchant_transaction_id: input.merchantTransactionId,
      pg_transaction_id: input.pgTransactionId,
    },
  }),
  returns: ({ data }, input) => moved(data, input),
  inquiry: moneyInquiry({ paymentType: "CREDIT", party: "toCustomerId" }),
});

export const handler = /* @__PURE__ */ changeHandler(operation);
