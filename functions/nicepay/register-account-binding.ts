import * as v from "valibot";
import { entriesOf, wrong } from "../../lib/config.ts";
import {
  billingEmail,
  clientUserKey,
  httpsUrl,
  indonesianMobile,
  mitraCd,
  name,
  newReferenceNo,
  optional,
} from "../../lib/fields.ts";
import { bindingForms } from "../../lib/operation/account-binding.ts";
import { change, changeHandler } from "../../lib/operation/change.ts";
import { nicepay } from "../../lib/providers/nicepay/index.ts";
import { isSamePhone } from "../../lib/providers/nicepay/phone.ts";
import { isWebAddress } from "../../lib/providers/nicepay/redirect.ts";
import { UnreadableReply } from "../../lib/providers/provider.ts";

/** `redirectUrlHttp` is where the user is sent to log in; the user token comes by notification afterwards. */
export const operation = change({
  name: "nicepay/register-account-binding",
  summary: "Registers a binding of a user's payloan account",
  source: "NICEPAY, registration and notification of a payloan account binding",
  provider: nicepay,
  effect: "change",
  input: v.object({
    referenceNo: newReferenceNo,
    mitraCd: v.optional(mitraCd, "KDVI"),
    billingNm: name,
    billingPhone: indonesianMobile,
    billingEmail: optional(billingEmail),
    callBackUrl: httpsUrl,
    clientUserKey,
  }),
  variables: ["NICEPAY_REGISTRATION_PATH", "WEBHOOK_BASE_URL", "CALLBACK_HOSTS"],
  refusesNew: ({ callBackUrl }, config) => {
    const allowed = config.option("CALLBACK_HOSTS");
    const hosts = entriesOf(allowed?.toLowerCase());
    if (allowed === "*" || hosts.includes(new URL(callBackUrl).hostname)) return [];
    // An entry that is wrong allows nothing, and keeps from nobody what the others allow.
    if (hosts.some((host) => /[^a-z0-9.-]/.test(host)))
      throw wrong("CALLBACK_HOSTS", "must be host names, separated by commas");
    return [{ pointer: "/callBackUrl", detail: "must be on one of the hosts that the gateway allows" }];
  },
  identity: { namespace: "binding", of: (input) => input.referenceNo },
  sends: (input) => ({
    referenceNo: input.referenceNo,
    billingPhone: input.billingPhone,
    others: {
      mitraCd: input.mitraCd,
      billingNm: input.billingNm,
      billingEmail: input.billingEmail,
      callBackUrl: input.callBackUrl,
      clientUserKey: input.clientUserKey,
    },
  }),
  returns: (reply, input) => {
    // The redirect is what the caller needs: without it no user can log in, and no other call gives it.
    const redirectUrlHttp = reply.text("redirectUrlHttp").trim();
    if (!isWebAddress(redirectUrlHttp))
      throw new UnreadableReply("/redirectUrlHttp is not a web address", "/redirectUrlHttp");
    reply.informs.id("referenceNo");
    reply.namesNoOther("referenceNo", input.referenceNo);
    reply.namesNoOther("billingPhone", input.billingPhone, isSamePhone);
    reply.namesNoOther("clientUserKey", input.clientUserKey);
    const partner = reply.informs.optionalText("mitraCd");
    // What is no partner's code only informs.
    const code = partner?.trim().toUpperCase() ?? "";
    if (/^[A-Z]{4}$/.test(code) && code !== input.mitraCd)
      throw new UnreadableReply("it is for another mitraCd");
    return {
      referenceNo: input.referenceNo,
      tXid: reply.informs.id("tXid"),
      mitraCd: partner,
      registeredAt: reply.informs.dateAndTime("transDt", "transTm"),
      redirectUrlHttp,
    };
  },
  bindsBy: (result) => result.tXid ?? undefined,
  inquiry: {
    // What a notification must agree with, as its signature does not cover it.
    keeps: ({ mitraCd, clientUserKey }) => ({
      mitraCd,
      clientUserKeyLength: String(clientUserKey.length),
    }),
    compares: bindingForms,
    waits: true,
    none: "no call asks for a binding: its notification proves it, and without the reply's redirect no user can log in",
  },
});

export const handler = /* @__PURE__ */ changeHandler(operation);
