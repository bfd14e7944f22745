import { indiaOffset } from "../../time.ts";
import type { ProviderFacts } from "../facts.ts";
import { idsKeptRange } from "./ids.ts";

export const facts: ProviderFacts = {
  title: "AggrePay",
  about: "a semi-closed wallet in India",
  hosts: {
    dev: "https://testwallet.aggrepaypayments.com",
    prod: "https://aggwallet.aggrepaypayments.com",
  },
  hasChanges: true,
  secret: { needed: ["apiKey", "salt"], optional: {} },
  settings: {
    // Unset, an id may be kept in any form: see docs/operations.md, "Ids that AggrePay keeps".
    aggrepayIdsKept: {
      kind: "count",
      of: "characters",
      ...idsKeptRange,
      orNone: true,
      preset: "none",
      local: "",
      about:
        "How many characters of an id AggrePay has been [shown to keep](operations.md#ids-that-aggrepay-keeps) byte for byte. Caps `merchantTransactionId`. With `none`, most pairs of equal amounts of one customer that are in doubt at once are settled by a person",
    },
    aggrepayUtcOffset: { kind: "utcOffset", unset: indiaOffset, about: "Of AggrePay's times" },
    creditOncePerPayment: {
      kind: "onOrOff",
      preset: "on",
      local: "on",
      about:
        "A `pgTransactionId` is credited once, whatever `merchantTransactionId` it comes under. `off` where one payment is credited in parts; what was credited meanwhile is not known to it when it is `on` [again](operations.md#a-mobile-number-a-name-or-a-payment-that-stays-busy)",
    },
  },
  question: {
    operation: "aggrepay/get-sub-merchants",
    input: () => ({}),
    proves: "key and salt are right: its reply is signed with them",
    refusals: { "not-found": "key and signature were accepted: it has no sub merchants" },
  },
};
