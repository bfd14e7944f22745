/** What a registration's fields must be: the document's table, and the codes of the provider's public list. */
import type { JsonObject } from "../common/json.ts";
import { memberOf, type SecretValue } from "../common/options.ts";
import { jakartaHours, momentOf } from "../common/time.ts";
import type { Registration } from "./bindings.ts";
import type { ResultCode } from "./reply.ts";
import { type Merchant, merchantToken } from "./signature.ts";

export const documented = [
  "merchantToken",
  "iMid",
  "timeStamp",
  "referenceNo",
  "payMethod",
  "mitraCd",
  "billingNm",
  "billingPhone",
  "billingEmail",
  "dbProcessUrl",
  "callBackUrl",
  "clientUserKey",
] as const;

const clockSkewMs = 10 * 60_000;

const textOf = (body: JsonObject, name: (typeof documented)[number]): string => {
  const value = body[name];
  return typeof value === "string" ? value : "";
};

export function signedFields(body: JsonObject) {
  return {
    iMid: textOf(body, "iMid"),
    referenceNo: textOf(body, "referenceNo"),
    billingPhone: textOf(body, "billingPhone"),
  };
}

/** Undefined where the merchant's token is right. */
export function credentialCode(body: JsonObject, merchants: readonly Merchant[]): ResultCode | undefined {
  const fields = signedFields(body);
  const known = merchants.filter(({ iMid }) => iMid === fields.iMid);
  if (known.length === 0) return "9011";
  const token = textOf(body, "merchantToken");
  return known.some(({ merchantKey }) => merchantToken(fields, merchantKey) === token) ? undefined : "9010";
}

const isFilled = (text: string, length: number): boolean => text !== "" && text.length <= length;

function isAddress(text: string): boolean {
  const url = URL.parse(text);
  return text.length <= 255 && url !== null && /^https?:$/.test(url.protocol);
}

/** The document's table has +62 and digits, its sample a space between them; an account may know one of the forms alone. */
export function phoneForm(secrets: readonly SecretValue[]): RegExp {
  const form = secrets.map((secret) => memberOf(secret, "phoneForm")).find((named) => named !== undefined);
  if (form === "plus-62-space") return /^\+62 [1-9]\d+$/;
  if (form === "62") return /^62[1-9]\d+$/;
  return /^\+62 ?[1-9]\d+$/;
}

/**
 * The first field that is wrong. What has no code of its own in the provider's list (timeStamp, mitraCd,
 * billingEmail, clientUserKey) is a failure "to register: check your HTTP message", 9001.
 */
export function fieldCode(body: JsonObject, at: number, phone: RegExp): ResultCode | undefined {
  const text = (name: (typeof documented)[number]) => textOf(body, name);
  if (text("referenceNo") === "") return "9014";
  if (text("referenceNo").length > 40) return "9109";
  const sent = momentOf(text("timeStamp"), jakartaHours);
  if (sent === undefined || Math.abs(at - sent) > clockSkewMs) return "9001";
  if (text("payMethod") !== "06") return "9012";
  if (!/^[A-Z]{4}$/.test(text("mitraCd"))) return "9001";
  if (!isFilled(text("billingNm"), 100)) return "9016";
  if (!phone.test(text("billingPhone")) || text("billingPhone").length > 15) return "9017";
  if (body.billingEmail !== undefined && text("billingEmail").length > 40) return "9001";
  if (!isAddress(text("dbProcessUrl"))) return "9020";
  if (!isAddress(text("callBackUrl"))) return "9019";
  return isFilled(text("clientUserKey"), 50) ? undefined : "9001";
}

export const registrationOf = (body: JsonObject, tXid: string): Registration => ({
  tXid,
  ...signedFields(body),
  mitraCd: textOf(body, "mitraCd"),
  billingNm: textOf(body, "billingNm"),
  billingEmail: textOf(body, "billingEmail"),
  dbProcessUrl: textOf(body, "dbProcessUrl"),
  callBackUrl: textOf(body, "callBackUrl"),
  clientUserKey: textOf(body, "clientUserKey"),
});
