import * as v from "valibot";
import type { Sample } from "../../lib/operation/sample.ts";
import { decimal, id, orNull, words } from "../shapes.sample.ts";

const asked = () => ({
  input: { userToken: "e0478456-6b50-460c-85e0-627a1e22d2e0" },
  sends: { userToken: "e0478456-6b50-460c-85e0-627a1e22d2e0" },
});

const limit = { paymentType: "30_days", remainingUserLimit: "3449710.00", totalUserLimit: "3500000.00" };
const account = {
  billingPhone: "+6282112345678",
  billingNm: "NON PROD",
  accountStatus: "1",
  accountType: "2",
};

export const sample = {
  full: asked,
  least: asked,
  reply: () => ({ resultCd: "0000", resultMsg: "SUCCESS", ...account, limitDetails: [limit] }),
  result: v.strictObject({
    billingPhone: words("The phone number of the account, its middle perhaps left out"),
    billingNm: orNull(words("The account's holder")),
    accountStatus: orNull(id("The account's status, as the provider's number")),
    accountType: orNull(id("The account's type, as the provider's number")),
    limitDetails: orNull(
      v.pipe(
        v.array(
          v.strictObject({
            paymentType: orNull(words("The terms, such as 30_days")),
            remainingUserLimit: orNull(decimal("What is left to borrow, in rupiah", "IDR")),
            totalUserLimit: orNull(decimal("What may be borrowed in all, in rupiah", "IDR")),
          }),
        ),
        v.description("What the user may borrow, by terms"),
      ),
    ),
  }),
  answer: () => ({ result: { ...account, limitDetails: [limit] } }),
} satisfies Sample<Readonly<Record<string, string>>, object>;
