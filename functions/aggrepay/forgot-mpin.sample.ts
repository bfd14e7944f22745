import * as v from "valibot";
import { done } from "../shapes.sample.ts";
import { type AggrepaySample, always, customer, customerFields, mobile, secret } from "./common.sample.ts";

export const sample = {
  full: always(
    { ...customer, otp: secret.otp, newMpin: secret.newMpin },
    { ...customerFields, otp: secret.otp, new_mpin: secret.newMpin },
  ),
  least: always(
    { mobileNumber: mobile, otp: secret.otp, newMpin: secret.newMpin },
    { mobile_number: mobile, otp: secret.otp, new_mpin: secret.newMpin },
  ),
  other: () => ({ ...customer, otp: secret.otp, newMpin: secret.mpin }),
  reply: () => ({ data: { mpin_updated: "true" } }),
  result: v.strictObject({ mpinUpdated: done("True: the provider set the new MPIN") }),
  answer: () => ({ result: { mpinUpdated: true } }),
} satisfies AggrepaySample;
