const asRead = Symbol("read");

/** A number as the text wrote it. Amounts and 64-bit ids never pass through a floating-point number. */
export class JsonNumber {
  /** The number's own characters, such as `40`, `1.0` or `-0e5`. */
  readonly token: string;

  /** Throws a TypeError when `token` is not a JSON number. `read`: the decoder has found it to be one. */
  constructor(token: string, read?: typeof asRead) {
    if (read !== asRead && matchNumber(token, 0) !== token)
      throw new TypeError("a JsonNumber's token must be one JSON number");
    this.token = token;
  }

  toString(): string {
    return this.token;
  }
}

export type JsonValue = null | boolean | string | JsonNumber | readonly JsonValue[] | JsonObject;

/**
 * The members in the order of the text. A Map, because an ordinary object would move integer-like keys to
 * the front and give `__proto__` a meaning. A key given twice keeps its first place and its last value.
 */
export type JsonObject = ReadonlyMap<string, JsonValue>;

/** Everything that can be wrong with a text. Fixed sentences: none of them can carry what was in it. */
export type JsonFault =
  | "the text is not UTF-8"
  | "the text is UTF-16, not UTF-8"
  | "the text ends before its value does"
  | "a value was expected"
  | "a key in quotes or the object's end was expected"
  | "a colon was expected"
  | "a comma or the object's end was expected"
  | "a comma or the list's end was expected"
  | "nothing may follow the value"
  | "a string holds a control character that is not escaped"
  | "a string holds an unknown escape"
  | "a string holds half a surrogate pair"
  | "lists and objects are nested too deeply"
  | "an object gives a key twice";

/** A text that is not the JSON we accept. It says what is wrong and where, and never quotes the text. */
export class JsonError extends SyntaxError {
  override readonly name = "JsonError";
  readonly reason: JsonFault;
  /** Where, in UTF-16 units of the decoded text without its byte order mark, from 0. */
  readonly at: number;
  /** RFC 6901 pointer to the value being read; absent when the text is not UTF-8. Holds the text's own keys. */
  readonly pointer?: string;

  constructor(reason: JsonFault, at: number, path?: readonly (string | number)[]) {
    super(`JSON refused at offset ${at}: ${reason}`);
    this.reason = reason;
    this.at = at;
    if (path !== undefined) this.pointer = path.map((step) => `/${escapeStep(step)}`).join("");
  }
}

export type DecodeOptions = {
  /** What a key given twice means: `last` value wins (as in PHP, the default), or `refuse` the text. */
  readonly duplicates?: "last" | "refuse";
  /** How many lists and objects may stand inside one another: 511 unless told, and never more. */
  readonly maxDepth?: number;
};

/** PHP 8.2 `json_decode` at its default depth of 512 opens 511 lists and objects and refuses one more. */
const PHP_NESTING = 511;

/**
 * Decodes a JSON text exactly: numbers keep their characters, members their order.
 *
 * The grammar is RFC 8259 as PHP 8.2's `json_decode` reads it: UTF-8, no half surrogate pairs, literals in
 * lower case only, at most 511 levels, nothing after the value. Time and memory grow with the length of the
 * text alone.
 *
 * One byte order mark before the text is passed over, with white space before it, here and nowhere else. PHP
 * refuses it, but no hash is over it: AggrePay hashes what it encodes, and the mark is put before that by what
 * sends the bytes (a PHP file that was saved with one, a proxy). RFC 8259, section 8.1, allows a reader to pass
 * over it.
 *
 * Throws a JsonError for anything else.
 */
export function decodeJson(text: Uint8Array | string, options: DecodeOptions = {}): JsonValue {
  const whole = typeof text === "string" ? checkString(text) : fromUtf8(text);
  if (UTF_16.test(whole)) throw new JsonError("the text is UTF-16, not UTF-8", 0);
  return new Decoder(whole, options).whole();
}

class Decoder {
  readonly #text: string;
  readonly #refuseDuplicates: boolean;
  readonly #maxDepth: number;
  /** The keys and indexes that lead to the value being read. Its length is the depth. */
  readonly #path: (string | number)[] = [];
  #at = 0;

  constructor(text: string, options: DecodeOptions) {
    this.#text = text;
    this.#refuseDuplicates = options.duplicates === "refuse";
    this.#maxDepth = Math.min(options.maxDepth ?? PHP_NESTING, PHP_NESTING);
  }

  whole(): JsonValue {
    const value = this.#value();
    if (!Number.isNaN(this.#next())) this.#fail("nothing may follow the value");
    return value;
  }

  #value(): JsonValue {
    switch (this.#next()) {
      case OPEN_OBJECT:
        return this.#object();
      case OPEN_LIST:
        return this.#list();
      case QUOTE:
        return this.#string();
      case LETTER_T:
        return this.#literal("true", true);
      case LETTER_F:
        return this.#literal("false", false);
      case LETTER_N:
        return this.#literal("null", null);
      default:
        return this.#number();
    }
  }

  #object(): JsonObject {
    this.#open();
    const members = new Map<string, JsonValue>();
    if (this.#take(CLOSE_OBJECT)) return members;
    do {
      if (this.#next() !== QUOTE) this.#fail("a key in quotes or the object's end was expected");
      const keyAt = this.#at;
      const key = this.#string();
      this.#path.push(key);
      if (this.#refuseDuplicates && members.has(key)) this.#fail("an object gives a key twice", keyAt);
      if (!this.#take(COLON)) this.#fail("a colon was expected");
      members.set(key, this.#value());
      this.#path.pop();
    } while (this.#take(COMMA));
    if (!this.#take(CLOSE_OBJECT)) this.#fail("a comma or the object's end was expected");
    return members;
  }

  #list(): readonly JsonValue[] {
    this.#open();
    const items: JsonValue[] = [];
    if (this.#take(CLOSE_LIST)) return items;
    do {
      this.#path.push(items.length);
      items.push(this.#value());
      this.#path.pop();
    } while (this.#take(COMMA));
    if (!this.#take(CLOSE_LIST)) this.#fail("a comma or the list's end was expected");
    return items;
  }

  #open(): void {
    if (!(this.#path.length < this.#maxDepth)) this.#fail("lists and objects are nested too deeply");
    this.#at++;
  }

  #string(): string {
    const text = this.#text;
    const from = this.#at + 1;
    let at = from;
    let code = text.charCodeAt(at);
    while (code >= SPACE && code !== QUOTE && code !== BACKSLASH) code = text.charCodeAt(++at);
    this.#at = at;
    return code === QUOTE ? text.slice(from, this.#at++) : this.#escapedString(from);
  }

  /** A string of which all from there to here is as it was written. */
  #escapedString(start: number): string {
    let decoded = "";
    let from = start;
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === QUOTE) {
        decoded += this.#text.slice(from, this.#at++);
        return decoded;
      }
      if (code === BACKSLASH) {
        decoded += this.#text.slice(from, this.#at) + this.#escape();
        from = this.#at;
      } else if (code >= SPACE) {
        this.#at++;
      } else {
        this.#fail("a string holds a control character that is not escaped");
      }
    }
  }

  #escape(): string {
    const letter = this.#text.charAt(this.#at + 1);
    if (letter === "u") {
      const unit = this.#codeUnit(this.#at);
      if (unit < 0xd800 || unit > 0xdfff) {
        this.#at += 6;
        return String.fromCharCode(unit);
      }
      const low = this.#text.startsWith("\\u", this.#at + 6) ? this.#codeUnit(this.#at + 6) : 0;
      if (unit > 0xdbff || low < 0xdc00 || low > 0xdfff) this.#fail("a string holds half a surrogate pair");
      this.#at += 12;
      return String.fromCharCode(unit, low);
    }
    const place = letter === "" ? -1 : '"\\/bfnrt'.indexOf(letter);
    if (place < 0) this.#fail("a string holds an unknown escape");
    this.#at += 2;
    return '"\\/\b\f\n\r\t'.charAt(place);
  }

  /** The UTF-16 unit of the `\uXXXX` at this place. */
  #codeUnit(at: number): number {
    const digits = this.#text.slice(at + 2, at + 6);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.#fail("a string holds an unknown escape", at);
    return Number.parseInt(digits, 16);
  }

  #literal<T extends boolean | null>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) this.#fail("a value was expected");
    this.#at += word.length;
    return value;
  }

  #number(): JsonNumber {
    const token = matchNumber(this.#text, this.#at);
    if (token === undefined) this.#fail("a value was expected");
    this.#at += token.length;
    return new JsonNumber(token, asRead);
  }

  /** The code of the next character that is not white space, not yet taken; NaN at the end. */
  #next(): number {
    let code = this.#text.charCodeAt(this.#at);
    while (isSpace(code)) code = this.#text.charCodeAt(++this.#at);
    return code;
  }

  #take(mark: number): boolean {
    if (this.#next() !== mark) return false;
    this.#at++;
    return true;
  }

  #fail(reason: JsonFault, at = this.#at): never {
    const ended = at >= this.#text.length;
    throw new JsonError(ended ? "the text ends before its value does" : reason, at, this.#path);
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const REPLACEMENT = "\ufffd";
const MARKED = /^[ \t\r\n]*\ufeff/;
/** UTF-16 read as UTF-8, which gives it a NUL beside its first character; its mark may have become replacement characters. */
const UTF_16 = /^\ufffd{0,2}(?:\0[{["\s]|[{["\s]\0)/;
const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const COLON = 0x3a;
const COMMA = 0x2c;
const LETTER_T = 0x74;
const LETTER_F = 0x66;
const LETTER_N = 0x6e;

function isSpace(code: number | undefined): boolean {
  return code === SPACE || code === 0x0a || code === 0x0d || code === 0x09;
}

/** The JSON number that begins at this place, if one does. */
function matchNumber(text: string, at: number): string | undefined {
  NUMBER.lastIndex = at;
  return NUMBER.exec(text)?.[0];
}

function escapeStep(step: string | number): string {
  return String(step).replaceAll("~", "~0").replaceAll("/", "~1");
}

function checkString(text: string): string {
  const unmarked = text.replace(MARKED, "");
  if (unmarked.isWellFormed()) return unmarked;
  const whole = unmarked.toWellFormed();
  let at = 0;
  while (unmarked[at] === whole[at]) at++;
  throw new JsonError("the text is not UTF-8", at);
}

// ignoreBOM keeps a second byte order mark in the text, where no value may begin with it.
const newStrict = () => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
let strict: ReturnType<typeof newStrict> | undefined;

function fromUtf8(bytes: Uint8Array): string {
  let at = 0;
  while (isSpace(bytes[at])) at++;
  const hasMark = bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf;
  const unmarked = hasMark ? bytes.subarray(at + 3) : bytes;
  try {
    strict ??= newStrict();
    return strict.decode(unmarked);
  } catch {
    const [first, second] = bytes;
    if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
      throw new JsonError("the text is UTF-16, not UTF-8", 0);
    throw new JsonError("the text is not UTF-8", firstInvalid(unmarked));
  }
}

/** How many UTF-16 units stand before the first bytes that are not UTF-8. There must be some. */
function firstInvalid(bytes: Uint8Array): number {
  const lenient = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  let at = lenient.indexOf(REPLACEMENT);
  let byte = Buffer.byteLength(lenient.slice(0, at));
  // A replacement character that the text itself holds is these three bytes.
  while (bytes[byte] === 0xef && bytes[byte + 1] === 0xbf && bytes[byte + 2] === 0xbd) {
    const next = lenient.indexOf(REPLACEMENT, at + 1);
    byte += Buffer.byteLength(lenient.slice(at, next));
    at = next;
  }
  return at;
}
