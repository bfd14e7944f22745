import type { ProviderFacts } from "../facts.ts";
import { idsKeptRange } from "./ids.ts";

export const facts: ProviderFacts = {
  title: "AggrePay",
  hosts: {
    dev: "https://testwallet.aggrepaypayments.com",
    prod: "https://aggwallet.aggrepaypayments.com",
  },
  hasChanges: true,
  secret: { needed: ["apiKey", "salt"], optional: {} },
  settings: {
    // Unset, an id may be kept in any form: see docs/operations.md, "Ids that AggrePay keeps".
    aggrepayIdsKept: {
      variable: "AGGREPAY_IDS_KEPT",
      kind: "count",
      of: "characters",
      ...idsKeptRange,
      orNone: true,
      preset: "none",
      local: "",
    },
    aggrepayUtcOffset: { variable: "AGGREPAY_UTC_OFFSET", kind: "utcOffset" },
    creditOncePerPayment: { variable: "CREDIT_ONCE_PER_PAYMENT", kind: "onOrOff", preset: "on", local: "on" },
  },
  question: {
    operation: "aggrepay/get-sub-merchants",
    input: () => ({}),
    proves: "key and salt are right: its reply is signed with them",
    refusals: { "not-found": "key and signature were accepted: it has no sub merchants" },
  },
};
