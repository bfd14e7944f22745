import * as v from "valibot";
import type { Sample } from "../../lib/operation/sample.ts";
import { flag, from, id, orNull, words } from "../shapes.sample.ts";

/** What is sent is the token that the binding's record keeps. */
const asked = (id: string) => ({
  input: { referenceNo: id },
  sends: { userToken: "e0478456-6b50-460c-85e0-627a1e22d2e0" },
});

export const sample = {
  follows: "nicepay/register-account-binding",
  fields: {
    referenceNo: "The referenceNo of the binding, and the identity of its deactivation",
  },
  full: asked,
  least: asked,
  reply: ({ userToken }) => ({
    resultCd: "0000",
    resultMsg: "SUCCESS",
    userToken,
    tokenStatus: "0",
    description: "12345678deactivated by merchant",
  }),
  result: v.strictObject({
    referenceNo: id("The merchant's own id of the binding"),
    deactivated: from(flag("True: the user token was revoked"), "tokenStatus"),
    description: orNull(words("What the provider says of it")),
  }),
  answer: (_, { referenceNo } = asked("id").input) => ({
    result: { referenceNo, deactivated: true, description: "12345678deactivated by merchant" },
  }),
} satisfies Sample<Readonly<Record<string, string>>, object>;
