import * as v from "valibot";
import { amount, customerId, indianMobile, oneOf, optional } from "../../lib/fields.ts";
import { read, readHandler } from "../../lib/operation/read.ts";
import { aggrepay } from "../../lib/providers/aggrepay/index.ts";

export const operation = read({
  name: "aggrepay/check-customer-debit-limit",
  summary: "Tells whether a debit of that amount would stay within the customer's limits",
  source: "AggrePay Wallet API v1.0, section 10",
  provider: aggrepay,
  input: v.pipe(
    v.object({ customerId: optional(customerId), mobileNumber: optional(indianMobile), amount }),
    oneOf("customerId", "mobileNumber"),
  ),
  sends: (input) => ({
    path: "checkcustomerdebitlimit",
    fields: { customer_id: input.customerId, mobile_number: input.mobileNumber, amount: input.amount },
  }),
  returns: ({ data }) => ({ withinLimit: data.isTrue }),
});

export const handler = /* @__PURE__ */ readHandler(operation);
