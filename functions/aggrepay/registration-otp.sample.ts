import * as v from "valibot";
import { flag, orNull } from "../shapes.sample.ts";
import { type AggrepaySample, always, email, mobile } from "./common.sample.ts";

export const sample = {
  full: always({ email, mobileNumber: mobile }, { email, mobile_number: mobile }),
  least: always({ email }, { email }),
  other: () => ({ email: "other@piggy.in" }),
  reply: () => ({ data: { customer_exists: "false", otp_sent: "true" } }),
  result: v.strictObject({
    customerExists: orNull(flag("Whether the customer is registered already")),
    otpSent: flag("Whether the provider sent an OTP"),
  }),
  answer: () => ({ result: { customerExists: false, otpSent: true } }),
} satisfies AggrepaySample;
