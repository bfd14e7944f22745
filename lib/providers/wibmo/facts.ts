import type { ProviderFacts } from "../facts.ts";
import { paths } from "./paths.ts";

export const facts: ProviderFacts = {
  title: "Wibmo",
  about: "customer records",
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
      kind: "onOrOff",
      preset: { dev: "on", prod: "off" },
      local: "on",
      about: "`retrieve-customer-record` rests on public pages, not on the provider's document",
    },
    wibmoRetrievePath: { kind: "path", unset: paths.retrieve, about: "As on those pages" },
    wibmoDecryptPath: { kind: "path", unset: paths.decrypt, about: "As on those pages" },
    wibmoIdentifiedInBody: {
      kind: "onOrOff",
      unset: "off",
      about: "Of `retrieve-customer-record`: whose the record is stands in the body too",
    },
  },
  question: {
    operation: "wibmo/encrypt",
    input: (missing) => ({ customerId: missing }),
    proves: "the api key was accepted",
    refusals: {},
  },
};
