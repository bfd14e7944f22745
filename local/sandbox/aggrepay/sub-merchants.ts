/** Sections 20 and 21. */
import { emailOf, mobileOf, required } from "./fields.ts";
import { always, never, type Operation } from "./operation.ts";
import { Refusal } from "./refusal.ts";

const addsubmerchant: Operation = {
  required: [
    "mobile_number",
    "email",
    "name",
    "account_number",
    "account_name",
    "ifsc_code",
    "bank_name",
    "bank_branch",
  ],
  optional: [],
  changes: always,
  run(fields, ledger) {
    mobileOf(fields, "mobile_number");
    emailOf(fields, "email");
    // The document says nothing of uniqueness: a call that is sent twice adds two, and can be seen to.
    const subMerchantId = ledger.subMerchants.size + 1;
    ledger.commit({ kind: "sub-merchant", subMerchantId, name: required(fields, "name") });
    return { data: { sub_merchant_id: subMerchantId } };
  },
};

const getsubmerchants: Operation = {
  required: [],
  optional: [],
  changes: never,
  run(_fields, ledger) {
    const list = [...ledger.subMerchants].map(([id, name]) => ({ id, name }));
    const [only] = list;
    if (only === undefined) throw new Refusal("NO-SUB-MERCHANT-RECORD", "Sub merchant details not found.");
    // "Get list of all", yet the sample shows one object: one is given as an object, several as a list.
    return { data: list.length === 1 ? only : list };
  },
};

export const subMerchants = { addsubmerchant, getsubmerchants };
