import * as v from "valibot";
import { flag, from } from "../shapes.sample.ts";
import { type AggrepaySample, always, customer, customerFields, mobile } from "./common.sample.ts";

export const sample = {
  fields: {
    amount: "The amount in rupees that would be debited",
  },
  full: always({ ...customer, amount: "100.00" }, { ...customerFields, amount: "100.00" }),
  least: always({ mobileNumber: mobile, amount: "5" }, { mobile_number: mobile, amount: "5" }),
  reply: () => ({ data: true }),
  result: v.strictObject({
    withinLimit: from(flag("Whether the wallet may be debited with the amount"), "data"),
  }),
  answer: () => ({ result: { withinLimit: true } }),
} satisfies AggrepaySample;
