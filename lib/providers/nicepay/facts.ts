import type { ProviderFacts } from "../facts.ts";

export const facts: ProviderFacts = {
  title: "NICEPAY",
  hosts: { dev: "https://dev.nicepay.co.id", prod: "https://www.nicepay.co.id" },
  hasChanges: true,
  secret: {
    needed: ["iMid", "merchantKey"],
    optional: { phoneForm: { values: ["plus-62", "plus-62-space", "62"] } },
  },
  settings: {
    nicepayUserDetail: {
      variable: "NICEPAY_USER_DETAIL",
      kind: "onOrOff",
      preset: "off",
      local: "off",
      inTemplate: true,
    },
    nicepayUserDetailPath: { variable: "NICEPAY_USER_DETAIL_PATH", kind: "path" },
    nicepayRemoveTokenPath: { variable: "NICEPAY_REMOVE_TOKEN_PATH", kind: "path" },
    // No page says with which code a token is unknown or revoked: see docs/api.md, "User tokens of NICEPAY".
    nicepayRevokedCodes: {
      variable: "NICEPAY_REVOKED_CODES",
      kind: "codesOrNone",
      preset: "none",
      local: "",
    },
    nicepayRegistrationPath: { variable: "NICEPAY_REGISTRATION_PATH", kind: "path" },
    // Until a host is named none is allowed: users would be sent there with what the provider adds to the URL.
    callbackHosts: {
      variable: "CALLBACK_HOSTS",
      kind: "hostNamesOrNone",
      preset: "none",
      local: "*",
      mustBeChosen: "users may be sent to no other hosts; none refuses registrations of bindings",
    },
    webhookSourceAddresses: {
      variable: "WEBHOOK_SOURCE_ADDRESSES",
      kind: "networks",
      preset: {
        dev: "103.20.51.39,103.20.51.40",
        prod: "103.20.51.33,103.20.51.34,103.20.51.0/24,103.117.8.0/24",
      },
      local: "0.0.0.0/0,::/0",
    },
  },
};
