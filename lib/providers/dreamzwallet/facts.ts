import type { ProviderFacts } from "../facts.ts";

export const facts: ProviderFacts = {
  title: "DreamzWallet",
  about: "PaymentPlug's wallet",
  hosts: { dev: "https://mob.paymentplug.com", prod: "https://wallet.paymentplug.com" },
  secret: {
    needed: ["secKey", "walletOwnerId", "token"],
    optional: {
      envelope: { values: ["authentication"] },
      hashCase: { values: ["lower", "upper"] },
      hashParts: { values: ["secKey,customerId,walletOwnerId", "customerId,walletOwnerId"] },
    },
  },
  settings: {},
  question: {
    operation: "dreamzwallet/get-secret-key",
    input: (missing) => ({ customerId: missing }),
    proves: "the hash was accepted",
    refusals: {
      "not-found":
        "it knows no such customer; that it checks token and hash before it looks is not in its document",
      declined: "it answered with a code of its own, none of those that refuse keys",
    },
  },
};
