import * as v from "valibot";
import { flag, orNull } from "../shapes.sample.ts";
import { type AggrepaySample, always, customer, customerFields } from "./common.sample.ts";

export const sample = {
  full: always(customer, customerFields),
  least: always({ customerId: "546693304" }, { customer_id: "546693304" }),
  other: () => ({ customerId: "546693305" }),
  reply: () => ({ data: { customer_exists: "true", otp_sent: "true" } }),
  result: v.strictObject({
    customerExists: orNull(flag("Whether the customer is registered")),
    otpSent: flag("Whether the provider sent an OTP"),
  }),
  answer: () => ({ result: { customerExists: true, otpSent: true } }),
} satisfies AggrepaySample;
