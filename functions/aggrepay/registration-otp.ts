import * as v from "valibot";
import { email, indianMobile, optional } from "../../lib/fields.ts";
import { change, changeHandler } from "../../lib/operation/change.ts";
import { refuseOther } from "../../lib/providers/aggrepay/asked.ts";
import { aggrepay } from "../../lib/providers/aggrepay/index.ts";

/** `customerExists: true` with `otpSent: false` is an answer, not an error: the mobile number is registered already. */
export const operation = change({
  name: "aggrepay/registration-otp",
  summary: "Sends an OTP to a mobile number that is to be registered",
  source: "AggrePay Wallet API v1.0, section 2",
  provider: aggrepay,
  effect: "change",
  input: v.object({ email, mobileNumber: optional(indianMobile) }),
  identity: "idempotency-key",
  sends: (input) => ({
    path: "registrationotp",
    fields: { email: input.email, mobile_number: input.mobileNumber },
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
