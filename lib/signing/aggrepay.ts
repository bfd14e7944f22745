import { hash as digest } from "node:crypto";
import { checkFilled, checkText } from "./check.ts";
import { equalInConstantTime } from "./equal.ts";
import { decodeJson, JsonError, JsonNumber, type JsonObject, type JsonValue } from "./json.ts";
import { aggrepayReplyTexts, aggrepayRequestPieces, joined, type Piece } from "./pieces.ts";

/** One field of a form post, under the provider's name for it. */
export type Field = Piece;

export type AggrepaySecret = { readonly apiKey: string; readonly salt: string };

export type SignedAggrepayRequest = {
  /** What is sent, in order: `api_key` first, `hash` last, empty fields left out. */
  readonly fields: readonly Field[];
  /** The same as `application/x-www-form-urlencoded`: the bytes to send. */
  readonly body: string;
};

/**
 * Signs a request: adds `api_key` and `hash`, and writes the form post.
 *
 * Empty fields are not hashed (appendix 17.1), so they are not sent either. Throws a TypeError, which never
 * holds a value, when a field is given twice, is called `api_key` or `hash`, is not in lower case, has white
 * space around its value, or has no UTF-8 form; and when the secret is not filled in.
 *
 * Source: AggrePay Wallet API v1.0, appendix 17.1 and 17.3.
 */
export function signAggrepay(secret: AggrepaySecret, fields: readonly Field[]): SignedAggrepayRequest {
  const signed: Field[] = [["api_key", checkFilled("apiKey", secret.apiKey)]];
  for (const field of fields) {
    const [name, value] = field;
    if (name === "api_key") throw new TypeError('"api_key" comes from the secret: do not give it as a field');
    checkTrimmed(name, value);
    if (value !== "") signed.push(field);
  }
  checkFields(fields);
  signed.push(["hash", hashOf(secret.salt, signed)]);
  return {
    fields: signed,
    body: formOf(signed),
  };
}

/** `application/x-www-form-urlencoded` of fields that are checked. Most values have nothing to escape, and are not looked at twice. */
function formOf(fields: readonly Field[]): string {
  if (!fields.every(([, value]) => needsNoEscape.test(value)))
    return String(new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value])));
  return fields.map(([name, value]) => `${name}=${value}`).join("&");
}
const needsNoEscape = /^[\w*.-]*$/;

/**
 * The `hash` of a request: SHA-512, upper-case hex, of the salt and then `|value` for every field that is
 * not empty, in the byte order of the names. `fields` holds `api_key` and not `hash`.
 *
 * Throws a TypeError for names or values that cannot be signed. Source: appendix 17.1, `generateHashKey`.
 */
export function aggrepayRequestHash(salt: string, fields: readonly Field[]): string {
  checkFields(fields);
  return hashOf(salt, fields);
}

/** Of fields that are checked. */
const hashOf = (salt: string, fields: readonly Field[]): string =>
  sha512(joined(aggrepayRequestPieces(checkFilled("salt", salt), fields)));

/** Why a reply is not believed. */
export type AggrepayDoubt =
  | "not JSON that PHP decodes"
  | "UTF-16, not UTF-8"
  | "not a JSON object"
  | "holds a number that PHP cannot encode"
  | "not in the form of a reply"
  | "hash is missing"
  | "hash is not a string"
  | "hash is wrong";

/**
 * A reply as far as it can be believed. `signed: false` is an error, or the failed `updatecustomer`, which
 * come without a hash: anyone on the way could have written it. What is not believed is not shown.
 */
export type AggrepayReply =
  | {
      readonly verified: true;
      readonly signed: true;
      readonly data: JsonValue;
      readonly error: JsonValue;
      readonly page: JsonValue;
    }
  | {
      readonly verified: true;
      readonly signed: false;
      readonly data: null;
      readonly error: JsonValue;
      readonly page: null;
    }
  | { readonly verified: false; readonly why: AggrepayDoubt };

/**
 * Decodes a reply and checks its `hash`, SHA-512 in upper-case hex of the salt and of the reply without
 * `hash` as PHP encodes it again, against each of the salts (the current one and, during rotation, the
 * previous). The provider's card product leaves `/` bare, so both forms are genuine; and so is a reply whose hash covers it as it came.
 *
 * Stricter than the document's function, by our choice: `data` or `page` without a hash is not believed,
 * and neither is what PHP cannot decode or encode; a hash must be a string and match exactly; a reply
 * with neither data nor error must show all four of its members, so that another server's `{"message": ...}`
 * is not taken for a failure that the provider reported. `[]` and `""` are null, and in an error reply `{}`, `false` and `0`
 * too, but for what a hash covers where there is no error: there an empty list is an answer.
 *
 * `body` is the reply's bytes as received. Throws a TypeError when `salts` is empty or holds an empty salt.
 * Source: AggrePay Wallet API v1.0, appendix 17.2 (`responseHashCheck`, `hashCalculate`).
 */
export function openAggrepayReply(body: Uint8Array, salts: readonly string[]): AggrepayReply {
  if (salts.length === 0) throw new TypeError("no salt to check a reply with");
  for (const salt of salts) checkFilled("salt", salt);

  const reply = decodeReply(body);
  if (typeof reply === "string") return { verified: false, why: reply };
  const isAsSent = isHashedAsItCame(body, reply, salts);
  const texts = isAsSent ? [] : encodeWithoutHash(reply);
  if (texts === undefined) return { verified: false, why: "holds a number that PHP cannot encode" };

  const error = said(reply.get("error"));
  const hash = error === null ? filled(reply.get("hash")) : said(reply.get("hash"));
  const shown = (name: string) => {
    const value = reply.get(name);
    if (error !== null) return said(value);
    return hash === null ? filled(value) : (value ?? null);
  };
  const [data, page] = [shown("data"), shown("page")];
  if (hash === null) {
    if (data !== null || page !== null) return { verified: false, why: "hash is missing" };
    if (error === null && !MEMBERS.every((name) => reply.has(name))) {
      return { verified: false, why: "not in the form of a reply" };
    }
    return { verified: true, signed: false, data, error, page };
  }
  if (typeof hash !== "string") return { verified: false, why: "hash is not a string" };
  if (!isAsSent && !matchesAny(hash, salts, texts)) return { verified: false, why: "hash is wrong" };
  return { verified: true, signed: true, data, error, page };
}

/** PHP writes an empty array or an empty text for null here and there. */
function filled(value: JsonValue | undefined): JsonValue {
  return value === undefined || value === "" || (Array.isArray(value) && value.length === 0) ? null : value;
}

/**
 * An error, and what stands beside one: nothing in any form that PHP gives it, `false`, `0`, an empty object and
 * what holds no more than such values too.
 */
function said(value: JsonValue | undefined): JsonValue {
  return isNothing(value) ? null : (value ?? null);
}

function isNothing(value: JsonValue | undefined): boolean {
  if (value instanceof Map || Array.isArray(value)) return [...value.values()].every(isNothing);
  return (
    filled(value) === null || value === false || (value instanceof JsonNumber && /^-?0$/.test(value.token))
  );
}

const MEMBERS = ["data", "error", "page", "hash"];

function decodeReply(body: Uint8Array): JsonObject | AggrepayDoubt {
  try {
    const reply = decodeJson(body);
    return reply instanceof Map ? reply : "not a JSON object";
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    const isUtf16 = error.reason === "the text is UTF-16, not UTF-8";
    return isUtf16 ? "UTF-16, not UTF-8" : "not JSON that PHP decodes";
  }
}

/**
 * Whether a hash that stands last covers what stands before it as it came: what PHP has encoded, it encodes the same again, and doing
 * that takes longer than all else here. The body is one that could be decoded, so that what it ends with is a member of the whole. It was read
 * as UTF-8 too, so that the hash is of the same bytes.
 */
function isHashedAsItCame(body: Uint8Array, reply: JsonObject, salts: readonly string[]): boolean {
  const hash = reply.get("hash");
  if (typeof hash !== "string") return false;
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString();
  const end = `,"hash":"${hash}"}`;
  return text.endsWith(end) && matchesAny(hash, salts, [`${text.slice(0, -end.length)}}`]);
}

/** The text that is hashed, in both slash forms. */
function encodeWithoutHash(reply: JsonObject): readonly string[] | undefined {
  try {
    return aggrepayReplyTexts(reply);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/**
 * Every salt is tried, so that the time does not tell which it was. The second form is tried where the first does not match: which
 * of the two a genuine reply has is no secret, and a false one takes both.
 */
function matchesAny(hash: string, salts: readonly string[], texts: readonly string[]): boolean {
  let matches = false;
  for (const salt of salts)
    matches = texts.some((text) => equalInConstantTime(hash, sha512(salt + text))) || matches;
  return matches;
}

/**
 * Lower-case names as the document lists them. Such names sort by byte as PHP's ksort sorts them, and PHP
 * does not rewrite them when it reads a form, as it does with dots, spaces and brackets.
 */
function checkFields(fields: readonly Field[]): void {
  const seen = new Set<string>();
  for (const [name, value] of fields) {
    if (!/^[a-z][a-z0-9_]*$/.test(name))
      throw new TypeError(`field name ${JSON.stringify(name)} is not in lower case`);
    if (name === "hash") throw new TypeError('"hash" is what signing adds: do not give it as a field');
    if (seen.has(name)) throw new TypeError(`field "${name}" is given twice`);
    seen.add(name);
    if (!value.isWellFormed()) checkText(`field "${name}"`, value);
  }
}

/** The provider's other products trim before they hash, so what is sent must have nothing to trim. */
function checkTrimmed(name: string, value: string): void {
  if (value.trim() === value && !value.startsWith("\0") && !value.endsWith("\0")) return;
  throw new TypeError(`field "${name}" has white space around its value: trim it where it is read`);
}

function sha512(text: string): string {
  return digest("sha512", text).toUpperCase();
}
