import * as v from "valibot";
import type { Sample } from "../../lib/operation/sample.ts";
import { id, words } from "../shapes.sample.ts";

const asked = () => ({ input: { customerId: "189433" }, sends: { customerId: "189433" } });

export const sample = {
  notes: [
    "Expect that each call makes a new key and that the key before it dies: the provider has not said otherwise. The gateway sends each request once.",
  ],
  fields: {
    customerId: "The provider's id of the wallet user",
  },
  full: asked,
  least: asked,
  reply: ({ customerId }) => ({
    customerId,
    secKey: "planted-user-key-55",
    status: "SUCCESS",
    responseCode: "SUCCESS",
  }),
  result: v.strictObject({
    customerId: id("The wallet user"),
    secKey: words("The user's secret key: keep it from logs and from the user's sight"),
  }),
  answer: ({ customerId }) => ({ result: { customerId, secKey: "planted-user-key-55" } }),
} satisfies Sample<Readonly<Record<string, string>>, object>;
