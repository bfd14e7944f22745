import * as v from "valibot";
import { accountNumber, email, ifscCode, indianMobile, name } from "../../lib/fields.ts";
import { change, changeHandler } from "../../lib/operation/change.ts";
import { type AggrepayReply, aggrepay } from "../../lib/providers/aggrepay/index.ts";
import { oneQuestion } from "../../lib/providers/inquiry.ts";
import { readable } from "../../lib/providers/reader.ts";

/**
 * As coarsely as anybody compares names: forms, case, accents, white space and punctuation make no difference. Two names that fall
 * together wait for each other, and no more than that; whether a name is there already is asked of the provider.
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
  returns: ({ data }) => ({ subMerchantId: data.id("sub_merchant_id") }),
  // The provider lists sub merchants by id and name alone.
  inquiry: {
    keeps: (input) => ({ name: input.name }),
    evidence: oneQuestion({
      asks: () => ({ path: "getsubmerchants", fields: {} }),
      finds: ({ data }: AggrepayReply, { facts }) => {
        const rows = data.rows();
        const found = rows.find((row) => readable(() => row.text("name")) === facts.name);
        if (found) return { subMerchantId: found.id("id") };
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
