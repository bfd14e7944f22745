import * as v from "valibot";
import { decimal, id, orNull } from "../shapes.sample.ts";
import { type AggrepaySample, always, customer, customerFields, mobile } from "./common.sample.ts";

export const sample = {
  full: always(customer, customerFields),
  least: always({ mobileNumber: mobile }, { mobile_number: mobile }),
  reply: () => ({ data: { balance: "41.0", customer_id: "546693304" } }),
  result: v.strictObject({
    balance: decimal("The balance in rupees", "INR"),
    customerId: orNull(id("Whose balance it is")),
  }),
  answer: () => ({ result: { balance: "41.0", customerId: "546693304" } }),
} satisfies AggrepaySample;
