import * as v from "valibot";
import { customerId, indianMobile, oneOf, optional } from "../../lib/fields.ts";
import { change, changeHandler } from "../../lib/operation/change.ts";
import { refuseOther } from "../../lib/providers/aggrepay/asked.ts";
import { aggrepay } from "../../lib/providers/aggrepay/index.ts";

export const operation = change({
  name: "aggrepay/customer-otp",
  summary: "Sends a customer the OTP that a forgotten MPIN is reset with",
  source: "AggrePay Wallet API v1.0, section 17",
  provider: aggrepay,
  effect: "change",
  input: v.pipe(
    v.object({ customerId: optional(customerId), mobileNumber: optional(indianMobile) }),
    oneOf("customerId", "mobileNumber"),
  ),
  identity: "idempotency-key",
  listedUnder: (input) => ({ customerId: input.customerId }),
  sends: (input) => ({
    path: "customerotp",
    fields: { customer_id: input.customerId, mobile_number: input.mobileNumber },
  }),
  returns: ({ data }, input) => {
    refuseOther(data, input);
    return {
      customerExists: data.informs.boolean("customer_exists"),
      otpSent: data.boolean("otp_sent"),
    };
  },
  inquiry: { none: "no call tells whether an OTP was sent, and a second OTP replaces the first" },
});

export const handler = /* @__PURE__ */ changeHandler(operation);
