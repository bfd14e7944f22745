// The texts that signatures cover, in pieces. Without node:crypto, so that the inspector can show and compare them in a browser too.
import type { JsonObject } from "./json.ts";
import { encodePhpJson } from "./php-json.ts";

/** A part of a signed text under the provider's name for it; a sign between two of them has no name. */
export type Piece = readonly [name: string, value: string];

/** The whole signed text. */
export function joined(pieces: readonly Piece[]): string {
  let text = "";
  for (const [, value] of pieces) text += value;
  return text;
}

/**
 * What the hash of an AggrePay request covers: the salt, and then `|value` for every field that is not empty, in the byte order
 * of the names.
 * Source: AggrePay Wallet API v1.0, appendix 17.1, `generateHashKey`.
 */
export function aggrepayRequestPieces(salt: string, fields: readonly Piece[]): readonly Piece[] {
  const pieces: Piece[] = [["salt", salt]];
  const inOrder = fields.toSorted(([a], [b]) => (a < b ? -1 : 1));
  for (const field of inOrder) if (field[1] !== "") pieces.push(bar, field);
  return pieces;
}

const bar: Piece = ["", "|"];

/**
 * What the hash of an AggrePay reply covers beside the salt, as PHP encodes it again: with `\/`, and with bare slashes.
 *
 * Throws a RangeError for a number that PHP cannot encode. Source: appendix 17.2, `responseHashCheck`.
 */
export function aggrepayReplyTexts(reply: JsonObject): readonly string[] {
  const rest = new Map(reply);
  rest.delete("hash");
  const escaped = encodePhpJson(rest);
  // Encoding takes long, and each `/` in it has a backslash of its own before it.
  return [escaped, escaped.replaceAll("\\/", "/")];
}

/** What each NICEPAY token covers; nicepay.ts names the documents. */
export const accountBindingPieces = (
  parts: { readonly iMid: string; readonly referenceNo: string; readonly billingPhone: string },
  merchantKey: string,
): readonly Piece[] => [
  ["iMid", parts.iMid],
  ["referenceNo", parts.referenceNo],
  ["billingPhone", parts.billingPhone],
  ["merchantKey", merchantKey],
];

export const userDetailPieces = (
  parts: { readonly iMid: string; readonly userToken: string },
  merchantKey: string,
): readonly Piece[] => [
  ["iMid", parts.iMid],
  ["userToken", parts.userToken],
  ["merchantKey", merchantKey],
];

export const deactivationPieces = (
  parts: { readonly timeStamp: string; readonly iMid: string; readonly userToken: string },
  merchantKey: string,
): readonly Piece[] => [["timeStamp", parts.timeStamp], ...userDetailPieces(parts, merchantKey)];

/** What PayU's `hmac` covers under the merchant's salt. */
export const payuDatePieces = (date: string): readonly Piece[] => [
  ["", "date: "],
  ["date", date],
];

/** What PayU's `body-digest` covers. */
export const payuBodyPieces = (body: string, date: string, merchantSalt: string): readonly Piece[] => [
  ["body", body],
  ["", "|"],
  ["date", date],
  ["", "|"],
  ["merchantSalt", merchantSalt],
];

/** What DreamzWallet's hash covers, each without the white space around it; without `secKey` in the newer variant. */
export const dreamzwalletPieces = (
  secKey: string | undefined,
  customerId: string,
  walletOwnerId: string,
): readonly Piece[] => [
  ...(secKey === undefined ? [] : [["secKey", secKey.trim()] as const]),
  ["customerId", customerId.trim()],
  ["walletOwnerId", walletOwnerId.trim()],
];
