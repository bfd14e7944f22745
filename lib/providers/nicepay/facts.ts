import type { ProviderFacts } from "../facts.ts";
import { paths } from "./paths.ts";

export const facts: ProviderFacts = {
  title: "NICEPAY",
  about: "account binding for payloan in Indonesia",
  hosts: { dev: "https://dev.nicepay.co.id", prod: "https://www.nicepay.co.id" },
  hasChanges: true,
  inconclusive: {
    ...Object.fromEntries(
      ["1001", "1002", "1003", "1004", "9002", "9302"].map((code) => [
        code,
        "NICEPAY has trouble of its own.",
      ]),
    ),
    "9528": "NICEPAY did not find something, and does not say what.",
  },
  secret: {
    needed: ["iMid", "merchantKey"],
    optional: { phoneForm: { values: ["plus-62", "plus-62-space", "62"] } },
  },
  settings: {
    nicepayUserDetail: {
      kind: "onOrOff",
      preset: "off",
      local: "off",
      inTemplate: true,
      about:
        "`on`: [user tokens](api.md#user-tokens-of-nicepay) are confirmed before they are given, and can be revoked. 20 resources more",
    },
    nicepayUserDetailPath: {
      kind: "path",
      unset: paths["user detail"],
      about: "The pages lost the sign between its words",
    },
    nicepayRemoveTokenPath: {
      kind: "path",
      unset: paths.deactivation,
      about: "The pages lost the sign between its words",
    },
    // No page says with which code a token is unknown or revoked: see docs/api.md, "User tokens of NICEPAY".
    nicepayRevokedCodes: {
      kind: "codesOrNone",
      preset: "none",
      local: "",
      about:
        "Codes by which user detail says that a user token is unknown or was revoked. The sandbox's is 9920; with `nicepayUserDetail`, `npm run demo` revokes a token where it is told the same",
    },
    nicepayRegistrationPath: {
      kind: "path",
      unset: paths.registration,
      about: "Its letter case is inferred",
    },
    // Until a host is named none is allowed: users would be sent there with what the provider adds to the URL.
    callbackHosts: {
      kind: "hostNamesOrNone",
      preset: "none",
      local: "*",
      mustBeChosen: "users may be sent to no other hosts; none refuses registrations of bindings",
      about: "Hosts that a `callBackUrl` may have. With `none`, registrations of bindings are refused",
    },
    webhookSourceAddresses: {
      kind: "networks",
      preset: {
        dev: "103.20.51.39,103.20.51.40",
        prod: "103.20.51.33,103.20.51.34,103.20.51.0/24,103.117.8.0/24",
      },
      local: "0.0.0.0/0,::/0",
      about: "What may notify: NICEPAY's published addresses, by stage",
    },
  },
};
