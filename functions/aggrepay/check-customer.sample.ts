import * as v from "valibot";
import { flag } from "../shapes.sample.ts";
import { type AggrepaySample, always, email, mobile } from "./common.sample.ts";

export const sample = {
  full: always({ email, mobileNumber: mobile }, { email, mobile_number: mobile }),
  least: always({ email }, { email }),
  reply: () => ({ data: { customer_exists: "true" } }),
  result: v.strictObject({
    customerExists: flag("Whether a customer has this e-mail address or mobile number"),
  }),
  answer: () => ({ result: { customerExists: true } }),
} satisfies AggrepaySample;
