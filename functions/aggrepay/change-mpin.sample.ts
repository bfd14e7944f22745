import * as v from "valibot";
import { done } from "../shapes.sample.ts";
import { type AggrepaySample, always, customer, customerFields, secret } from "./common.sample.ts";

export const sample = {
  full: always(
    { ...customer, oldMpin: secret.mpin, newMpin: secret.newMpin },
    { ...customerFields, old_mpin: secret.mpin, new_mpin: secret.newMpin },
  ),
  least: always(
    { customerId: "546693304", oldMpin: secret.mpin, newMpin: secret.newMpin },
    { customer_id: "546693304", old_mpin: secret.mpin, new_mpin: secret.newMpin },
  ),
  other: () => ({ ...customer, oldMpin: secret.newMpin, newMpin: secret.mpin }),
  reply: () => ({ data: { mpin_updated: "true" } }),
  result: v.strictObject({ mpinUpdated: done("True: the provider set the new MPIN") }),
  answer: () => ({ result: { mpinUpdated: true } }),
} satisfies AggrepaySample;
