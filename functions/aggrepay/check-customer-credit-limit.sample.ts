import * as v from "valibot";
import { flag, from } from "../shapes.sample.ts";
import { type AggrepaySample, always, customer, customerFields } from "./common.sample.ts";

export const sample = {
  fields: {
    amount: "The amount in rupees that would be credited",
  },
  full: always({ ...customer, amount: "100.00" }, { ...customerFields, amount: "100.00" }),
  least: always({ customerId: "546693304", amount: "5" }, { customer_id: "546693304", amount: "5" }),
  reply: () => ({ data: true }),
  result: v.strictObject({
    withinLimit: from(flag("Whether the wallet may be credited with the amount"), "data"),
  }),
  answer: () => ({ result: { withinLimit: true } }),
} satisfies AggrepaySample;
