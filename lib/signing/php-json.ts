import { JsonNumber, type JsonObject, type JsonValue } from "./json.ts";

export type PhpJsonOptions = {
  /** Leave `/` as it is (JSON_UNESCAPED_SLASHES); otherwise it becomes `\/`, PHP's default. */
  readonly bareSlashes?: boolean;
};

/**
 * Writes a decoded text as PHP 8.2 writes `json_encode(json_decode($text, true))` at serialize_precision -1.
 * What changes on that way: everything outside ASCII becomes `\uXXXX`; an object whose keys run 0..n-1 in
 * order, so also an empty one, becomes a list; a number becomes an int64 or else the shortest float.
 *
 * Throws a RangeError for a number past the double range, which PHP reads as INF and cannot encode.
 * Source: AggrePay Wallet API v1.0, appendix 17.2 (`responseHashCheck`), run by PHP 8.2.
 */
export function encodePhpJson(value: JsonValue, options: PhpJsonOptions = {}): string {
  const slash = options.bareSlashes ? "/" : "\\/";
  const encode = (item: JsonValue): string => {
    if (typeof item === "string") return quote(item, slash);
    if (item === null || typeof item === "boolean") return String(item);
    if (item instanceof JsonNumber) return phpNumber(item.token);
    let text = "";
    if (isList(item) || hasListKeys(item)) {
      for (const each of item.values()) text += text === "" ? encode(each) : `,${encode(each)}`;
      return `[${text}]`;
    }
    for (const [key, member] of item) {
      if (text !== "") text += ",";
      text += `${quote(key, slash)}:${encode(member)}`;
    }
    return `{${text}}`;
  };
  return encode(value);
}

function isList(value: readonly JsonValue[] | JsonObject): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** Whether PHP would hold this object as a list: its keys are "0", "1", ... in that order, or there are none. */
function hasListKeys(object: JsonObject): boolean {
  let index = 0;
  for (const key of object.keys()) if (key !== String(index++)) return false;
  return true;
}

/** Everything but printable ASCII and DEL, which PHP leaves as it is; and of those not `"`, `/` and `\`. */
const special = /[^ !#-.0-[\]-\x7f]/;
const allSpecial = new RegExp(special, "g");
/** Of these all but the slash, which dates and descriptions have. */
const rare = /[^ !#-[\]-\x7f]/;

function quote(text: string, slash: string): string {
  if (!special.test(text)) return `"${text}"`;
  if (!rare.test(text)) return `"${text.replaceAll("/", slash)}"`;
  const escaped = text.replace(allSpecial, (unit) => {
    if (unit === "/") return slash;
    if (unit === '"' || unit === "\\") return `\\${unit}`;
    const place = "\b\f\n\r\t".indexOf(unit);
    if (place >= 0) return `\\${"bfnrt".charAt(place)}`;
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  return `"${escaped}"`;
}

function phpNumber(token: string): string {
  const integer = !/[.eE]/.test(token);
  // A minus sign and 19 digits are the longest int64; longer tokens need not become a BigInt at all.
  if (integer && token.length <= 18) return token === "-0" ? "0" : token;
  if (integer && token.length <= 20) {
    const exact = BigInt(token);
    if (BigInt.asIntN(64, exact) === exact) return String(exact);
  }
  return phpFloat(Number(token));
}

/** PHP's shortest form of a float (`smart_str_append_double` at precision 17, mode 0). */
function phpFloat(float: number): string {
  if (!Number.isFinite(float))
    throw new RangeError("a number is past the double range: PHP cannot encode INF");
  if (Object.is(float, -0)) return "-0";
  const [digits = "", exponent = ""] = float.toExponential().split("e");
  if (Number(exponent) >= -4 && Number(exponent) < 17) return String(float);
  return `${digits.includes(".") ? digits : `${digits}.0`}e${exponent}`;
}
