import * as v from "valibot";
import type { Sample } from "../../lib/operation/sample.ts";
import { full, least } from "./common.sample.ts";

const customer = { customerId: "77", name: "Asha Rao", kyc: { level: 2, done: true } };

/** The reply is the last of three: encrypted, retrieved, decrypted. */
export const sample = {
  notes: ["Answered `not-found` unless the deployment has switched it on (`WIBMO_CUSTOMER_RECORD`)."],
  full,
  least,
  reply: () => customer,
  result: v.strictObject({
    customer: v.pipe(
      v.unknown(),
      v.description(
        "The customer record as the provider decrypts it, under its own names; its numbers as text, with their digits",
      ),
    ),
  }),
  answer: () => ({ result: { customer: { ...customer, kyc: { level: "2", done: true } } } }),
} satisfies Sample<Readonly<Record<string, string | number>>, object>;
