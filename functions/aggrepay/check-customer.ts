import * as v from "valibot";
import { email, indianMobile, optional } from "../../lib/fields.ts";
import { read, readHandler } from "../../lib/operation/read.ts";
import { refuseOther } from "../../lib/providers/aggrepay/asked.ts";
import { aggrepay } from "../../lib/providers/aggrepay/index.ts";

export const operation = read({
  name: "aggrepay/check-customer",
  summary: "Tells whether a customer is registered with the merchant",
  source: "AggrePay Wallet API v1.0, section 1",
  provider: aggrepay,
  input: v.object({ email, mobileNumber: optional(indianMobile) }),
  sends: (input) => ({
    path: "checkcustomer",
    fields: { email: input.email, mobile_number: input.mobileNumber },
  }),
  returns: ({ data }, input) => {
    refuseOther(data, input);
    return { customerExists: data.boolean("customer_exists") };
  },
});

export const handler = /* @__PURE__ */ readHandler(operation);
