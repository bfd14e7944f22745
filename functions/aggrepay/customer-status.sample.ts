import * as v from "valibot";
import { flag, id, orNull } from "../shapes.sample.ts";
import { type AggrepaySample, always, customer, customerFields } from "./common.sample.ts";

export const sample = {
  full: always({ ...customer, customerActive: false }, { ...customerFields, customer_active: "n" }),
  least: always(
    { customerId: "546693304", customerActive: false },
    { customer_id: "546693304", customer_active: "n" },
  ),
  other: () => ({ ...customer, customerActive: true }),
  reply: () => ({ data: { customer_id: 546693304, customer_active: "n" } }),
  result: v.strictObject({
    customerId: orNull(id("Whose status it is")),
    customerActive: flag("Whether the customer can use the wallet"),
  }),
  answer: () => ({ result: { customerId: "546693304", customerActive: false } }),
} satisfies AggrepaySample;
