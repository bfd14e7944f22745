import * as v from "valibot";
import { customerId, indianMobile, oneOf, optional } from "../../lib/fields.ts";
import { read, readHandler } from "../../lib/operation/read.ts";
import { refuseOther } from "../../lib/providers/aggrepay/asked.ts";
import { aggrepay } from "../../lib/providers/aggrepay/index.ts";

export const operation = read({
  name: "aggrepay/fetch-balance",
  summary: "Fetches the balance of a customer's wallet",
  source: "AggrePay Wallet API v1.0, section 4",
  provider: aggrepay,
  input: v.pipe(
    v.object({ customerId: optional(customerId), mobileNumber: optional(indianMobile) }),
    oneOf("customerId", "mobileNumber"),
  ),
  sends: (input) => ({
    path: "fetchbalance",
    fields: { customer_id: input.customerId, mobile_number: input.mobileNumber },
  }),
  returns: ({ data }, input) => {
    refuseOther(data, input);
    return {
      balance: data.amount("balance"),
      customerId: data.sameId("customer_id", input.customerId),
    };
  },
});

export const handler = /* @__PURE__ */ readHandler(operation);
