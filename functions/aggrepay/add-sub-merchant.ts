import * as v from "valibot";
import { accountNumber, email, ifscCode, indianMobile, name } from "../../lib/fields.ts";
import { change, changeHandler } from "../../lib/operation/change.ts";
import { refuseOther } from "../../lib/providers/aggrepay/asked.ts";
import { type AggrepayReply, aggrepay } from "../../lib/providers/aggrepay/index.ts";
import { Contradiction, oneQuestion } from "../../lib/providers/inquiry.ts";
import { readable } from "../../lib/providers/reader.ts";
import { isSameLetters } from "../../lib/providers/words.ts";

/**
 * Whether a name that the provider shows could be ours, which it may keep in another form: the same letters in another case or without
 * their accents, with HTML's escapes or without, or cut.
 * @param isCut Whether a longer name may have been cut into this one.
 */
function couldBe(shown: string, ours: string, isCut: boolean): boolean {
  const own = lettersIn(ours);
  const forms = [lettersIn(shown), lettersIn(unescaped(shown))].filter((form) => form !== "");
  return forms.some((form) => form === own || (isCut && form.length >= shortestCut && own.startsWith(form)));
}

/** Nobody cuts a name shorter. */
const shortestCut = 10;
const unescaped = (text: string): string => text.replace(/&(?:#\w+|[a-z]+\d*);/gi, " ");

/** Accents of Latin and its kin are left out; the vowel signs of India's scripts tell names apart. */
const lettersIn = (text: string): string =>
  text
    .normalize("NFKD")
    .toUpperCase()
    .toLowerCase()
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/[^\p{L}\p{N}\p{M}]/gu, "");

/**
 * As coarsely as anybody compares names: forms, case, accents, white space and punctuation make no difference. Two names that fall
 * together wait for each other; whether a name is there already is asked of the provider.
 */
function coarsely(text: string): string {
  const folded = text.normalize("NFKD").toUpperCase().toLowerCase();
  return folded.replace(/[^\p{L}\p{N}]/gu, "") || folded.replace(/\s/gu, "");
}

export const operation = change({
  name: "aggrepay/add-sub-merchant",
  summary: "Adds a sub merchant",
  source: "AggrePay Wallet API v1.0, section 20",
  provider: aggrepay,
  effect: "change",
  input: v.object({
    mobileNumber: indianMobile,
    email,
    name,
    accountNumber,
    accountName: name,
    ifscCode,
    bankName: name,
    bankBranch: name,
  }),
  identity: "idempotency-key",
  place: { key: (input) => coarsely(input.name), of: "a sub merchant of this name" },
  sends: (input) => ({
    path: "addsubmerchant",
    fields: {
      mobile_number: input.mobileNumber,
      email: input.email,
      name: input.name,
      account_number: input.accountNumber,
      account_name: input.accountName,
      ifsc_code: input.ifscCode,
      bank_name: input.bankName,
      bank_branch: input.bankBranch,
    },
  }),
  returns: ({ data }, input) => {
    refuseOther(data, input);
    data.namesNoOther("name", input.name, (shown, sent) => couldBe(shown, sent, true));
    data.namesNoOther("account_number", input.accountNumber, isSameLetters);
    data.namesNoOther("ifsc_code", input.ifscCode, isSameLetters);
    return { subMerchantId: data.id("sub_merchant_id") };
  },
  // The provider lists sub merchants by id and name alone.
  inquiry: {
    keeps: (input) => ({ name: input.name }),
    evidence: oneQuestion({
      asks: () => ({ path: "getsubmerchants", fields: {} }),
      finds: ({ data }: AggrepayReply, { identity, facts }) => {
        const { name: ours = "" } = facts;
        // Before the first attempt a shorter name is another one, which was there before.
        const isCut = identity !== "";
        const rows = data.rows();
        const names = rows.map((row) => readable(() => row.text("name")));
        const found = rows[names.indexOf(ours)];
        if (found) return { subMerchantId: found.id("id") };
        if (names.some((shown) => shown !== undefined && couldBe(shown, ours, isCut)))
          return new Contradiction(
            "The provider lists a sub merchant whose name could be this one in another form.",
          );
        // A row whose name cannot be read may be the one: reading it again says so.
        for (const row of rows) row.text("name");
        return undefined;
      },
      nothing: [{ code: "NO-SUB-MERCHANT-RECORD", message: "Sub merchant details not found." }],
    }),
    absence: "not executed",
    looksFirst: true,
  },
});

export const handler = /* @__PURE__ */ changeHandler(operation);
