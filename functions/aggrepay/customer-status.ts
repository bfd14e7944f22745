import * as v from "valibot";
import { boolean, customerId, indianMobile, oneOf, optional } from "../../lib/fields.ts";
import { change, changeHandler } from "../../lib/operation/change.ts";
import { refuseOther } from "../../lib/providers/aggrepay/asked.ts";
import { type AggrepayReply, aggrepay } from "../../lib/providers/aggrepay/index.ts";
import { oneQuestion } from "../../lib/providers/inquiry.ts";
import { NotDone } from "../../lib/providers/provider.ts";

const yesOrNo = (active: boolean | undefined): "y" | "n" | undefined =>
  active === undefined ? undefined : active ? "y" : "n";

/** Reads the status; changes it when `customerActive` is given, and only then needs an Idempotency-Key and has a record. */
export const operation = change({
  name: "aggrepay/customer-status",
  summary: "Reads or changes whether a customer is active",
  source: "AggrePay Wallet API v1.0, section 16",
  provider: aggrepay,
  effect: "change",
  input: v.pipe(
    v.object({
      customerId: optional(customerId),
      mobileNumber: optional(indianMobile),
      customerActive: optional(boolean),
    }),
    oneOf("customerId", "mobileNumber"),
  ),
  changes: (input) => input.customerActive !== undefined,
  identity: "idempotency-key",
  listedUnder: (input) => ({ customerId: input.customerId }),
  sends: (input) => ({
    path: "customerstatus",
    fields: {
      customer_id: input.customerId,
      mobile_number: input.mobileNumber,
      customer_active: yesOrNo(input.customerActive),
    },
  }),
  returns: ({ data }, input) => {
    refuseOther(data, input);
    const customerId = data.sameId("customer_id", input.customerId);
    const customerActive = data.boolean("customer_active");
    if (input.customerActive !== undefined && customerActive !== input.customerActive)
      throw new NotDone("customer_active");
    return { customerId, customerActive };
  },
  inquiry: {
    keeps: (input) => ({
      customerId: input.customerId,
      mobileNumber: input.mobileNumber,
      customerActive: yesOrNo(input.customerActive),
    }),
    evidence: oneQuestion({
      asks: ({ facts }) => ({
        path: "customerstatus",
        fields: { customer_id: facts.customerId, mobile_number: facts.mobileNumber },
      }),
      finds: ({ data }: AggrepayReply, { facts }) => {
        refuseOther(data, facts);
        const customerId = data.sameId("customer_id", facts.customerId);
        const customerActive = data.boolean("customer_active");
        if (yesOrNo(customerActive) === facts.customerActive) return { customerId, customerActive };
        return "The provider shows another customerActive than was sent.";
      },
      nothing: [],
    }),
    absence: "needs a person",
  },
});

export const handler = /* @__PURE__ */ changeHandler(operation);
