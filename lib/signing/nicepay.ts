import { hash } from "node:crypto";
import { checkFilled } from "./check.ts";
import { equalInConstantTime } from "./equal.ts";
import { accountBindingPieces, deactivationPieces, joined, type Piece, userDetailPieces } from "./pieces.ts";

/** What the token of an account binding covers: nothing else of a registration or a notification is signed. */
export type AccountBindingParts = {
  readonly iMid: string;
  readonly referenceNo: string;
  readonly billingPhone: string;
};

/**
 * A `merchantToken`: SHA-256, lower-case hex, of the parts and then the merchant key, with nothing between.
 * Which parts, and in which order, is each call's own rule. Throws a TypeError when one of them is empty.
 */
export function nicepayMerchantToken(pieces: readonly Piece[]): string {
  for (const [name, value] of pieces) checkFilled(name, value);
  return hash("sha256", joined(pieces));
}

/**
 * The `merchantToken` of an account binding, over the strings exactly as they are sent.
 *
 * Throws a TypeError when a part or the key is empty.
 * Source: NICEPAY payloan account binding (document 004), merchantToken.
 */
export function accountBindingToken(parts: AccountBindingParts, merchantKey: string): string {
  return nicepayMerchantToken(accountBindingPieces(parts, merchantKey));
}

/**
 * Whether a notification's `merchantToken` is genuine under one of the keys (the current one and, during
 * rotation, the previous). Parts that could not have been signed, an empty one among them, are never genuine.
 *
 * It covers iMid, referenceNo and billingPhone only: since they are joined with nothing between them, the
 * reader must also compare each with what was registered.
 *
 * Throws a TypeError when `merchantKeys` is empty or holds an empty key.
 */
export function verifyAccountBindingToken(
  token: string,
  parts: AccountBindingParts,
  merchantKeys: readonly string[],
): boolean {
  if (merchantKeys.length === 0) throw new TypeError("no merchantKey to check a token with");
  for (const key of merchantKeys) checkFilled("merchantKey", key);
  const signed = [parts.iMid, parts.referenceNo, parts.billingPhone];
  if (signed.some((part) => part === "" || !part.isWellFormed())) return false;
  let genuine = false;
  for (const key of merchantKeys) {
    genuine = equalInConstantTime(token, accountBindingToken(parts, key)) || genuine;
  }
  return genuine;
}

/** What the token of a question about a user token covers. */
export type UserDetailParts = {
  readonly iMid: string;
  readonly userToken: string;
};

/**
 * The `merchantToken` of a question about a user token, over the strings exactly as they are sent.
 *
 * Throws a TypeError when a part or the key is empty.
 * Source: NICEPAY's public pages, user detail of an account binding (payloan, advance API).
 */
export function userDetailToken(parts: UserDetailParts, merchantKey: string): string {
  return nicepayMerchantToken(userDetailPieces(parts, merchantKey));
}

/** What the token of a deactivation covers. */
export type DeactivationParts = UserDetailParts & { readonly timeStamp: string };

/**
 * The `merchantToken` of a deactivation, which covers its time too, over the strings exactly as they are sent.
 *
 * Throws a TypeError when a part or the key is empty.
 * Source: NICEPAY's public pages, deactivate account binding (payloan, advance API), with the page's own sample.
 */
export function deactivationToken(parts: DeactivationParts, merchantKey: string): string {
  return nicepayMerchantToken(deactivationPieces(parts, merchantKey));
}
