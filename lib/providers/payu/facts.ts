import type { ProviderFacts } from "../facts.ts";
import { idLengths } from "./id-lengths.ts";

export const facts: ProviderFacts = {
  title: "PayU",
  about: "a closed loop wallet",
  hosts: { dev: "https://apitest.payu.in", prod: "https://api.payu.in" },
  secret: {
    needed: ["merchantKey", "merchantSalt", "walletIdentifier"],
    optional: {
      mid: {},
      signatureScheme: { values: ["hmac", "body-digest"], shown: 'hmac, or body-digest, which needs "mid"' },
      authorizationForm: { values: ["sample", "prose"] },
    },
  },
  settings: {
    payuClientTxnIdLength: {
      kind: "count",
      least: idLengths.least,
      most: idLengths.most,
      unset: String(idLengths.preset),
      about: "Characters of a `clientTxnId` that the gateway makes; a sibling product takes 14 at most",
    },
  },
  question: {
    operation: "payu/check-status",
    input: (missing) => ({ verifyClientTxnId: missing }),
    proves: "the signature was accepted",
    refusals: {
      "not-found": "the signature was accepted: it looked, and knows no such wallet",
      declined: "it answered with a code of its own, none of those that refuse keys",
    },
  },
};
