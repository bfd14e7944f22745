import type { Field } from "../../../lib/signing/index.ts";

/** Random cases for the comparison with PHP, the same again from the same seed. */
export class Cases {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** mulberry32: from 0 to below 1. */
  #random(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0];
  }

  many<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.below(most + 1) }, make);
  }

  request(): { salt: string; apiKey: string; fields: Field[] } {
    const fields = new Map(this.many(12, () => [this.#fieldName(), this.#fieldValue()]));
    fields.delete("hash");
    fields.delete("api_key");
    const word = () => this.#fieldValue() || "0";
    return { salt: word(), apiKey: word(), fields: [...fields] };
  }

  #fieldName(): string {
    const known = this.pick([
      "amount",
      "mpin",
      "address",
      "address_line_1",
      "customer_id",
      "description",
      "e1",
      "a",
    ]);
    return known + this.many(2, () => this.pick(["_", "0", "1", "9", "10", "a", "z", "_2", "e5"])).join("");
  }

  #fieldValue(): string {
    const pieces = this.many(this.pick([0, 1, 3, 12, 40]), () =>
      this.chance(0.5) ? this.#character() : this.pick(WORDS),
    );
    return pieces.join("").replace(/^[\s\0]+|[\s\0]+$/g, "");
  }

  /** The members of a reply; `placeholder` stands where the hash goes. */
  reply(placeholder: string): Buffer {
    const members: [string, string][] = [];
    const error = this.chance(0.3);
    members.push(["data", error ? "null" : this.#value(5)], ["error", error ? this.#value(3) : "null"]);
    members.push(["page", this.chance(0.8) ? "null" : this.#value(2)]);
    const hash = this.chance(0.85)
      ? `"${placeholder}"`
      : this.pick(["null", "null", "true", "0", '""', "[]", "{}"]);
    members.splice(this.chance(0.7) ? members.length : this.below(4), 0, ["hash", hash]);
    if (this.chance(0.1)) members.splice(this.below(4), 1);
    if (this.chance(0.1)) members.push([this.pick(["data", "hash", "extra", "0", "1"]), this.#value(2)]);
    if (this.chance(0.03))
      members.splice(0, members.length, ["hash", hash], ["0", this.#value(1)], ["1", "2"]);
    const text = `{${members.map(([key, value]) => `"${key}"${this.#space()}:${value}`).join(`,${this.#space()}`)}}`;
    const bytes = Buffer.from(this.#space() + text + this.#space());
    if (this.chance(0.02)) return Buffer.from(this.#value(3));
    return this.chance(0.3) ? this.#mutate(bytes) : bytes;
  }

  #value(depth: number): string {
    if (this.chance(0.005)) return this.#nest(this.pick([500, 509, 510, 511, 512, 600]));
    const kind = this.below(depth > 0 ? 10 : 6);
    if (kind < 2) return this.#number();
    if (kind < 5) return this.#string();
    if (kind < 6) return this.chance(0.98) ? this.pick(["true", "false", "null"]) : this.pick(ODD_LITERALS);
    const gap = this.#space();
    if (kind < 8) return `[${gap}${this.many(4, () => this.#value(depth - 1)).join(`${gap},`)}]`;
    const key = this.chance(0.3) ? this.#countingKeys() : () => this.#key();
    return `{${gap}${this.many(5, () => `${key()}${gap}:${this.#value(depth - 1)}`).join(",")}${gap}}`;
  }

  #nest(levels: number): string {
    const [open, close] = this.pick([
      ["[", "]"],
      ['{"a":', "}"],
      ['{"0":', "}"],
    ]);
    return `${open.repeat(levels)}1${close.repeat(levels)}`;
  }

  /** "0", "1", ... mostly in order: a list in disguise, or nearly one. */
  #countingKeys(): () => string {
    let next = this.chance(0.85) ? 0 : 1;
    return () => {
      if (this.chance(0.05)) next += this.pick([-1, 1, 2]);
      return `"${next++}"`;
    };
  }

  #key(): string {
    return this.chance(0.5) ? this.pick(KEYS) : this.#string();
  }

  #string(): string {
    return `"${this.many(8, () => (this.chance(0.4) ? this.#escape() : this.#literalText())).join("")}"`;
  }

  #literalText(): string {
    return this.chance(0.5) ? this.pick(WORDS) : this.#character().replace(/["\\\p{Cc}]/gu, "/");
  }

  #escape(): string {
    const hex = () => this.pick(["0", "1", "7", "8", "9", "a", "B", "c", "D", "e", "f", "F"]);
    const high = () => `\\${"u"}d${this.pick(["8", "9", "a", "B"])}${hex()}${hex()}`;
    const low = () => `\\uD${this.pick(["c", "D", "e", "F"])}${hex()}${hex()}`;
    const kind = this.below(400);
    if (kind === 0) return high();
    if (kind === 1) return low() + this.pick(["", low(), high()]);
    if (kind === 2) return this.pick(["\\q", "\\", "\\u12g4", "\\u00", "\\'", "\\U0041", "\t", "\n", "\0"]);
    if (kind < 80) return high() + low();
    if (kind < 200) return `\\u${this.pick(["0", "f", "2"])}${this.pick(["0", "f"])}${hex()}${hex()}`;
    return this.pick([
      "\\n",
      "\\t",
      "\\r",
      "\\b",
      "\\f",
      "\\/",
      "/",
      '\\"',
      "\\\\",
      "\\u0000",
      "\\u007f",
      "\\u2028",
    ]);
  }

  #character(): string {
    const [low, high] = this.pick<[number, number]>([
      [0x00, 0x20],
      [0x20, 0x7e],
      [0x20, 0x7e],
      [0x7f, 0xff],
      [0x100, 0xd7ff],
      [0xe000, 0xffff],
      [0x10000, 0x10ffff],
    ]);
    return String.fromCodePoint(low + this.below(high - low + 1));
  }

  #number(): string {
    const kind = this.below(40);
    if (kind === 0) return this.pick(ODD_NUMBERS);
    if (kind < 8) return this.pick(EDGE_NUMBERS);
    if (kind < 16) return String(this.#double());
    if (kind < 20)
      return this.#double()
        .toExponential(this.below(21))
        .replace("e", this.pick(["e", "E"]));
    const sign = this.pick(["", "", "-"]);
    const digits = (most: number) => this.many(most, () => String(this.below(10))).join("");
    const whole = this.chance(0.3) ? "0" : `${1 + this.below(9)}${digits(this.pick([2, 8, 18, 18, 22]))}`;
    const fraction = this.chance(0.5) ? `.${this.below(10)}${digits(this.pick([2, 16, 20]))}` : "";
    const power = this.below(this.pick([2, 20, 330]));
    const exponent = this.chance(0.4) ? this.pick(["e", "E", "e+", "e-", "E-0"]) + power : "";
    return sign + whole + fraction + exponent;
  }

  /** Any finite double: random bits, or a power of two or ten and its neighbours. */
  #double(): number {
    const bits = new DataView(new ArrayBuffer(8));
    if (this.chance(0.5)) {
      bits.setUint32(0, this.below(2 ** 32));
      bits.setUint32(4, this.below(2 ** 32));
    } else {
      bits.setFloat64(0, this.chance(0.5) ? 2 ** (this.below(2000) - 1022) : 10 ** (this.below(40) - 20));
      bits.setBigInt64(0, bits.getBigInt64(0) + BigInt(this.below(3) - 1));
    }
    const double = bits.getFloat64(0);
    return Number.isFinite(double) ? double : 0.1;
  }

  #space(): string {
    return this.chance(0.8) ? "" : this.many(3, () => this.pick([" ", "\t", "\n", "\r"])).join("");
  }

  /** The bytes cut short, or with one to three of them changed, put in or left out. */
  #mutate(bytes: Buffer): Buffer {
    if (this.chance(0.1)) return bytes.subarray(0, this.below(bytes.length));
    for (let edits = 1 + this.below(3); edits > 0; edits--) {
      const at = this.below(bytes.length);
      const mark = this.chance(0.6)
        ? Buffer.from(this.pick(MARKS), "latin1")
        : Buffer.from([this.below(256)]);
      bytes = Buffer.concat([bytes.subarray(0, at), mark, bytes.subarray(at + this.below(3))]);
    }
    return bytes;
  }
}

const WORDS = [
  "a",
  "/",
  "a/b@example.com",
  "Zoë",
  "अनु",
  "😀",
  "&",
  "=",
  "+",
  "%41",
  "|",
  "<>'",
  "0",
  "41.0",
  " ",
] as const;

const KEYS = [
  '""',
  '"a"',
  '"a"',
  '"b"',
  '"0"',
  '"1"',
  '"-0"',
  '"-1"',
  '"01"',
  '" 1"',
  '"1.0"',
  '"1e1"',
  '"__proto__"',
  '"constructor"',
  '"hash"',
  '"\\u0000"',
  '"\\u0030"',
  '"9223372036854775807"',
  '"9223372036854775808"',
  '"-9223372036854775808"',
] as const;

const ODD_LITERALS = [
  "TRUE",
  "Null",
  "fALSE",
  "nul",
  "undefined",
  "NaN",
  "Infinity",
  "truefalse",
  "",
  "'a'",
] as const;

const ODD_NUMBERS = [
  "01",
  "-",
  "-01",
  "+1",
  ".5",
  "1.",
  "1e",
  "1e+",
  "0x10",
  "--1",
  "1_0",
  "1.5.5",
  "-a",
  "1e400",
] as const;

const EDGE_NUMBERS = [
  "0",
  "-0",
  "-0.0",
  "-0e5",
  "0E-0",
  "41.0",
  "1e3",
  "9223372036854775807",
  "9223372036854775808",
  "-9223372036854775808",
  "-9223372036854775809",
  "9007199254740993",
  "9007199254740993.0",
  "1e15",
  "1e16",
  "1e17",
  "1e21",
  "1e22",
  "0.0001",
  "0.00001",
  "99999999999999999.0",
  "5e-324",
  "2e-324",
  "-1e-400",
  "2.2250738585072011e-308",
  "1.7976931348623157e308",
  "1.7976931348623158e308",
  "1.7976931348623159e308",
  "-1e309",
  "00",
] as const;

const MARKS = [
  '"',
  "\\",
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  "0",
  "9",
  "-",
  ".",
  "e",
  "/",
  "\0",
  "\x1f",
  "\x7f",
  "\x80",
  "\xc0\x80",
  "\xed\xa0\x80",
  "\xf4\x90\x80\x80",
  "\xef\xbb\xbf",
  "\xff",
  "\xc3\xa9",
  "tru",
  " ",
] as const;
