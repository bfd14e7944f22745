import * as v from "valibot";
import { customerId, indianMobile, mpin, oneOf, optional } from "../../lib/fields.ts";
import { change, changeHandler } from "../../lib/operation/change.ts";
import { refuseOther } from "../../lib/providers/aggrepay/asked.ts";
import { aggrepay } from "../../lib/providers/aggrepay/index.ts";

export const operation = change({
  name: "aggrepay/change-mpin",
  summary: "Changes a customer's MPIN",
  source: "AggrePay Wallet API v1.0, section 19",
  provider: aggrepay,
  effect: "change",
  input: v.pipe(
    v.object({
      customerId: optional(customerId),
      mobileNumber: optional(indianMobile),
      oldMpin: mpin,
      newMpin: mpin,
    }),
    oneOf("customerId", "mobileNumber"),
  ),
  identity: "idempotency-key",
  listedUnder: (input) => ({ customerId: input.customerId }),
  sends: (input) => ({
    path: "changempin",
    fields: {
      customer_id: input.customerId,
      mobile_number: input.mobileNumber,
      old_mpin: input.oldMpin,
      new_mpin: input.newMpin,
    },
  }),
  returns: ({ data }, input) => {
    refuseOther(data, input);
    return { mpinUpdated: data.done("mpin_updated") };
  },
  inquiry: { none: "no call shows an MPIN, and trying the new one could lock the customer out" },
});

export const handler = /* @__PURE__ */ changeHandler(operation);
