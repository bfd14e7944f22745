import type { ProviderFacts } from "../facts.ts";

export const facts: ProviderFacts = {
  title: "Wibmo",
  hosts: { dev: "https://payusandbox-kong.pc.enstage-sas.com", prod: undefined },
  secret: {
    needed: ["apiKey"],
    optional: {
      clientId: {},
      bankId: {},
      entityId: {},
      secureCode: {},
      consumerCustomId: {},
      headerNames: {},
      mobileForm: { values: ["ten-digits", "with-91"] },
      decryptHeaders: { values: ["api-key", "all"] },
    },
  },
  settings: {
    // It rests on public pages, not on the provider's document.
    wibmoCustomerRecord: {
      variable: "WIBMO_CUSTOMER_RECORD",
      kind: "onOrOff",
      preset: { dev: "on", prod: "off" },
      local: "on",
    },
    wibmoRetrievePath: { variable: "WIBMO_RETRIEVE_PATH", kind: "path" },
    wibmoDecryptPath: { variable: "WIBMO_DECRYPT_PATH", kind: "path" },
    wibmoIdentifiedInBody: { variable: "WIBMO_IDENTIFIED_IN_BODY", kind: "onOrOff" },
  },
  question: {
    operation: "wibmo/encrypt",
    input: (missing) => ({ customerId: missing }),
    proves: "the api key was accepted",
    refusals: {},
  },
};
