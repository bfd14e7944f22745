import * as v from "valibot";
import type { AccountBindingNotification } from "../../lib/providers/nicepay/notification.ts";
import { id, words } from "../shapes.sample.ts";

/** What NICEPAY pushes, as its document has it; every form of JSON or of a form that leaves these readable is read. */
export const sample = {
  body: v.object({
    merchantToken: words(
      "The signature: SHA-256, in hexadecimal, of iMid, referenceNo, billingPhone and the merchant key",
    ),
    iMid: id("The merchant's id at NICEPAY"),
    referenceNo: id("The merchant's own id of the binding"),
    mitraCd: id("The wallet, such as KDVI"),
    billingNm: words("The user's name"),
    billingPhone: words("The user's mobile number"),
    clientUserKey: words("The merchant's own id of the user"),
    userToken: words("The user's payment token: a credential, which is kept sealed"),
    tXid: v.exactOptional(id("NICEPAY's id of the binding")),
  } satisfies Record<Exclude<keyof AccountBindingNotification, "odd">, v.GenericSchema>),
  /** For the registration that is the sample's; signed with the key of the provider's public test merchant. */
  example: {
    merchantToken: "831aa688988a11d3324ce5703dff772a2e6c64e3e07956bd2b7fe2f0c5be517e",
    iMid: "IONPAYTEST",
    referenceNo: "register-account-binding-1",
    mitraCd: "KDVI",
    billingNm: "Budi Sétiawan",
    billingPhone: "+6282112345678",
    clientUserKey: "user-nt-binding-1",
    userToken: "e0478456-6b50-460c-85e0-627a1e22d2e0",
    tXid: "T.register-account-binding-1",
  },
  answer: v.object({ received: v.pipe(v.literal(true), v.description("The notification is durable")) }),
} as const;
