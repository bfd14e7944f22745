/**
 * Hashes of AggrePay Wallet API v1.0, sections 17.1 (request) and 17.2 (reply), written from that text
 * alone: the sandbox must not share the gateway's signing code, or both could be wrong together.
 */
import { createHash } from "node:crypto";
import { Refusal } from "./refusal.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

export type Fields = ReadonlyMap<string, string>;

export interface Secret {
  readonly apiKey: string;
  readonly salt: string;
}

function sha512(text: string): string {
  return createHash("sha512").update(text, "utf8").digest("hex").toUpperCase();
}

/** Section 17.1: the salt, then `|value` of every field that is not empty, in the byte order of the names. */
export function requestHash(fields: Fields, salt: string): string {
  const values = [...fields]
    .filter(([name, value]) => name !== "hash" && value !== "")
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map(([, value]) => `|${value}`);
  return sha512(salt + values.join(""));
}

/**
 * PHP's `json_encode` for the shapes of this provider's replies: `/` escaped, everything outside ASCII as
 * `\uXXXX`. (Empty objects, keys that look like integers and floats with exponents never occur here.)
 */
export function phpJson(value: Json): string {
  return JSON.stringify(value)
    .replaceAll("/", "\\/")
    .replace(
      /[\u0080-\uffff]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
}

/** Section 17.2: of the salt and the reply as `json_encode` writes it without its `hash`. */
export function replyHash(reply: Json, salt: string): string {
  return sha512(salt + phpJson(reply));
}

/**
 * The secret that signed a request. During a rotation two secrets are live, and they may share an api key.
 * Letter case counts: the document asks for upper-case hex.
 */
export function authenticate(fields: Fields, secrets: readonly Secret[]): Secret {
  const known = secrets.filter((secret) => secret.apiKey === fields.get("api_key"));
  if (known.length === 0) throw new Refusal("UNAUTHORIZED", "Unauthorized");
  const signer = known.find((secret) => requestHash(fields, secret.salt) === fields.get("hash"));
  if (signer === undefined) throw new Refusal("HASH-MISMATCH", "Hash Mismatch");
  return signer;
}
