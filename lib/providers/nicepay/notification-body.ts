import { isUtf8 } from "node:buffer";
import { Problem } from "../../problem.ts";
import { decodeJson, JsonError, JsonNumber } from "../../signing/index.ts";

/** One field of a notification's body. */
export interface Member {
  readonly name: string;
  /** A text, or a number's own digits; undefined where the value is neither. */
  readonly text: string | undefined;
  /** False where `text` is a guess at what was meant: its bytes are not UTF-8, or a `+` may be one or a space. */
  readonly isExact: boolean;
}

/** What a body may mean, the likelier first. They differ only in what a `+` of a form stands for. */
export type Readings = readonly [readonly Member[], ...(readonly Member[])[]];

/**
 * The fields of a notification. The body itself says what it is: an object in braces is JSON, as the document says; anything
 * else is a form, as the provider's other notifications are. The label and its charset decide nothing, since the signature
 * does. `multipart/form-data` is read too: it is what PHP's cURL sends for an array, and the platform has a reader for it.
 * @throws Problem 400 where it is none of these, 415 for a body that is compressed.
 */
export async function readingsOf(
  body: Uint8Array,
  { contentType, contentEncoding }: BodyHeaders,
): Promise<Readings> {
  if (contentEncoding !== undefined && !/^\s*identity\s*$/i.test(contentEncoding))
    throw new Problem("unacceptable-body", "The content-encoding must be identity: the body is compressed.", {
      status: 415,
    });
  if (/^\s*multipart\/form-data\b/i.test(contentType ?? "")) return [await fromMultipart(body, contentType)];
  const { text, isExact } = textOf(withoutMark(Buffer.from(body)));
  return /^[ \t\r\n]*\{/.test(text) ? [fromJson(text, isExact)] : fromForm(withoutMark(Buffer.from(body)));
}

export interface BodyHeaders {
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
}

export const unreadable = (pointer: string, detail: string): Problem =>
  new Problem("invalid-request", "The notification cannot be read.", { errors: [{ pointer, detail }] });

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

const withoutMark = (bytes: Buffer): Buffer =>
  bytes.subarray(0, 3).equals(byteOrderMark) ? bytes.subarray(3) : bytes;

/** In ISO-8859-1 every byte is a character, so that nothing is lost of what is not UTF-8. */
function textOf(bytes: Buffer): { readonly text: string; readonly isExact: boolean } {
  const isExact = isUtf8(bytes);
  const text = bytes.toString(isExact ? "utf8" : "latin1");
  // U+FFFD stands where somebody on the way had bytes that are not UTF-8.
  return { text, isExact: isExact && !text.includes("\ufffd") };
}

const isAscii = (text: string): boolean => !/[^\0-\x7f]/.test(text);

/**
 * The members of the outermost object. What is nested in it is passed over unread, however deep: no field that we read is an
 * object or a list.
 */
function fromJson(text: string, isExact: boolean): readonly Member[] {
  const tokens = outermost(text);
  const members: Member[] = [];
  let at = 1;
  const take = (expected: RegExp): string => {
    const token = tokens[at++] ?? "";
    if (!expected.test(token)) throw unreadable("", "must be one JSON object");
    return token;
  };
  if (tokens[at] === "}") at += 1;
  else
    do {
      const name = scalar(take(/^"/));
      take(/^:$/);
      const value = scalar(take(/^[^{}[\],:]/));
      members.push({ name: name ?? "", text: value, isExact: isExact || isAscii(value ?? "") });
    } while (take(/^[,}]$/) === ",");
  if (at !== tokens.length) throw unreadable("", "must be one JSON object");
  return members;
}

/** The text in pieces: strings, other values, and the signs between them; `null` for each nested object and list. */
function outermost(text: string): readonly string[] {
  const pieces: string[] = [];
  let depth = 0;
  for (const [piece] of text.matchAll(/"(?:[^"\\]|\\[\s\S])*"|[{}[\],:]|[^ \t\r\n{}[\],:"]+|"/g)) {
    const closes = piece === "}" || piece === "]";
    if (closes) depth -= 1;
    if (depth === 1 && closes) pieces.push("null");
    else if (depth <= 1 && piece !== "[" && !(piece === "{" && depth === 1)) pieces.push(piece);
    if (piece === "{" || piece === "[") depth += 1;
  }
  return pieces;
}

function scalar(piece: string): string | undefined {
  try {
    const value = decodeJson(piece);
    return typeof value === "string" ? value : value instanceof JsonNumber ? value.token : undefined;
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw unreadable("", `is not acceptable JSON: ${error.reason}`);
  }
}

async function fromMultipart(body: Uint8Array, contentType: string | undefined): Promise<readonly Member[]> {
  try {
    const response = new Response(Buffer.from(body), { headers: { "content-type": contentType ?? "" } });
    const fields = [...(await response.formData())];
    return fields.map(([name, value]) => ({
      name,
      text: typeof value === "string" ? value : undefined,
      isExact: typeof value === "string" && !value.includes("\ufffd"),
    }));
  } catch {
    throw unreadable("", "is not a multipart form");
  }
}

/** What a `+` in the value of a form stands for: the value with the others escaped, and whether that is no guess. */
type Plus = (value: string) => readonly [escaped: string, isExact: boolean];

/** A space where the sender escapes what it sends, a plus where it does not. */
const plusIs = {
  space: (value) => [value.replaceAll("+", " "), true],
  plus: (value) => [value.replaceAll("+", "%2B"), true],
  /** Of a sender that writes spaces so and escapes no plus: one that stands in front is a plus. */
  plusInFront: (value) => [value.replace(/^\+/, "%2B").replaceAll("+", " "), !value.slice(1).includes("+")],
} as const satisfies Readonly<Record<string, Plus>>;

function fromForm(body: Buffer): Readings {
  const text = body.toString("latin1");
  const pairs = text
    .split("&")
    .filter((pair) => pair.trim() !== "")
    .map((pair) => {
      const at = pair.includes("=") ? pair.indexOf("=") : pair.length;
      return [pair.slice(0, at), pair.slice(at + 1)] as const;
    });
  const read = (plus: Plus): readonly Member[] =>
    pairs.map(([name, value]) => {
      const [escaped, isNoGuess] = plus(value);
      const { text, isExact } = unescaped(escaped);
      return { name: unescaped(name.replaceAll("+", " ")).text, text, isExact: isExact && isNoGuess };
    });
  if (!pairs.some(([, value]) => value.includes("+"))) return [read(plusIs.space)];
  // Whoever escapes leaves none of these as they are.
  const escapes = pairs.every(([, value]) => /^[\w.~!'()*+%-]*$/.test(value));
  const [first, second] = escapes ? [plusIs.space, plusIs.plus] : [plusIs.plus, plusIs.space];
  return [read(first), read(second), read(plusIs.plusInFront)];
}

/** Percent-escapes as bytes; a `%` that begins none is itself. */
function unescaped(text: string): { readonly text: string; readonly isExact: boolean } {
  const bytes = text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return textOf(Buffer.from(bytes, "latin1"));
}
