/** Replies in the shape of the provider's other calls: the document shows that of a success only. */
import { createHash } from "node:crypto";
import type { JsonObject } from "../common/json.ts";
import { indiaHours, localTime } from "../common/time.ts";

export const errorReply = (code: string, message: string, body: JsonObject, at: number): JsonObject => ({
  messageCode: 1930,
  clientTxnId: body.clientTxnId ?? null,
  responseCode: code,
  responseMessage: message,
  responseDateTime: localTime(at, indiaHours),
});

/** The fields that name a customer; all of them are optional in the document. */
export const identifiers = ["customerMobile", "customerId", "urn", "emailId"] as const;

/** Everybody is a customer but those whose identifier ends with "0000" or starts with "missing". */
export const isUnknown = (asked: JsonObject): boolean =>
  identifiers.some((name) => /0000$|^missing/.test(String(asked[name] ?? "")));

/** The same customer for the same question, with what was asked for as it was asked. */
export function customerRecord(asked: JsonObject, at: number): JsonObject {
  const known = identifiers.map((name) => String(asked[name] ?? "")).join(" ");
  const number = createHash("sha256").update(known).digest().readUIntBE(0, 6) % 10 ** 9;
  const digits = String(number).padStart(9, "0");
  const mobile = asked.customerMobile ?? `9${digits}`;
  return {
    messageCode: 1081,
    clientTxnId: asked.clientTxnId ?? null,
    responseCode: "00",
    responseMessage: "SUCCESS",
    responseDateTime: localTime(at, indiaHours),
    accosaTransactionId: 4_000_000_000 + number,
    customerMobile: mobile,
    mobile: `91${mobile}`,
    customerId: asked.customerId ?? digits.padStart(12, "0"),
    urn: asked.urn ?? `7${digits}`,
    emailId: asked.emailId ?? `customer.${digits}@example.com`,
    name: "Asha Rao",
    firstName: "Asha",
    lastName: "Rao",
    dob: "14-Apr-1993",
    status: "Active",
  };
}
