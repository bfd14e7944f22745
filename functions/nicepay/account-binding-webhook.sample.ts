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
  example: {
    merchantToken: "5d2a2b3c0a2f7d9f4c8b1e6a7d3c9b8e1f0a5d4c3b2a19087f6e5d4c3b2a1908",
    iMid: "IONPAYTEST",
    referenceNo: "order-1",
    mitraCd: "KDVI",
    billingNm: "Budi Sétiawan",
    billingPhone: "+6282112345678",
    clientUserKey: "user-order-1",
    userToken: "e0478456-6b50-460c-85e0-627a1e22d2e0",
    tXid: "T.order-1",
  },
  answer: v.object({ received: v.pipe(v.literal(true), v.description("The notification is durable")) }),
} as const;
