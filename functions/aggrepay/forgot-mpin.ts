import * as v from "valibot";
import { customerId, indianMobile, mpin, oneOf, optional, otp } from "../../lib/fields.ts";
import { change, changeHandler } from "../../lib/operation/change.ts";
import { refuseOther } from "../../lib/providers/aggrepay/asked.ts";
import { aggrepay } from "../../lib/providers/aggrepay/index.ts";

export const operation = change({
  name: "aggrepay/forgot-mpin",
  summary: "Sets a new MPIN with the OTP that the customer received",
  source: "AggrePay Wallet API v1.0, section 18 (its new_mpin holds a misprint)",
  provider: aggrepay,
  effect: "change",
  input: v.pipe(
    v.object({
      customerId: optional(customerId),
      mobileNumber: optional(indianMobile),
      otp,
      newMpin: mpin,
    }),
    oneOf("customerId", "mobileNumber"),
  ),
  identity: "idempotency-key",
  listedUnder: (input) => ({ customerId: input.customerId }),
  sends: (input) => ({
    path: "forgotmpin",
    fields: {
      customer_id: input.customerId,
      mobile_number: input.mobileNumber,
      otp: input.otp,
      new_mpin: input.newMpin,
    },
  }),
  returns: ({ data }, input) => {
    refuseOther(data, input);
    return { mpinUpdated: data.done("mpin_updated") };
  },
  inquiry: { none: "no call shows an MPIN, and an OTP serves once" },
});

export const handler = /* @__PURE__ */ changeHandler(operation);
