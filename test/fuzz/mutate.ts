import type { Random } from "../soak/random.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type Fields = Readonly<Record<string, Json>>;

/** Texts that programs have stumbled over before. */
export const oddTexts: readonly string[] = [
  "",
  " ",
  "\u0000",
  "a\u0000b",
  "\r\n",
  "x\r\nx-injected: 1",
  "\u2028\u2029",
  "\ufeff",
  "\ufffd",
  "\ud800",
  "\udfff\ud800",
  "😀".repeat(30),
  "é".normalize("NFD"),
  "İıſK",
  "\u202eevil",
  "%00",
  "%",
  "%ff",
  "../../etc/passwd",
  "__proto__",
  "constructor",
  "toString",
  "null",
  "true",
  "NaN",
  "-0",
  "0",
  "00",
  "1e309",
  "1E5",
  "0x10",
  "1_000",
  "１２３",
  "٣",
  "+1",
  "-1",
  ".5",
  "5.",
  "0.001",
  "999999999999.99",
  "9999999999999.99",
  "9007199254740993",
  "123456789012345678901234567890",
  "1,000.00",
  "' OR 1=1 --",
  '"',
  "\\",
  "{}",
  "[]",
  "<script>alert(1)</script>",
  "$" + "{jndi:ldap://127.0.0.1/x}",
  "+910000000000",
  "+919999999999 ",
  "a@b",
  "a@b.c",
  "x_REVERSAL",
  "_REVERSAL",
  "2024-02-30",
  "0000-00-00",
  "9999-12-31",
  "https://evil.example/",
  "javascript:alert(1)",
  "http://127.0.0.1",
  "https://[::1]/",
  "https://u:p@h/",
  "a".repeat(65),
  "a".repeat(300),
  "9".repeat(31),
  "x".repeat(5000),
];

const oddValues: readonly Json[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e21,
  Number.MAX_SAFE_INTEGER,
  -0.0000001,
  [],
  {},
  [[]],
  [null],
  { a: { b: { c: { d: { e: { f: { g: { h: { i: 1 } } } } } } } } },
  ["x", 1, null],
  { __proto__: null },
];

export const oddText = (random: Random): string => random.pick(oddTexts);
export const oddValue = (random: Random): Json =>
  random.chance(0.6) ? oddText(random) : random.pick(oddValues);

/** One member of an object, at any depth, replaced, dropped, doubled into a list, renamed or added. */
export function withOddMember(value: Json, random: Random): Json {
  if (Array.isArray(value)) {
    if (value.length === 0 || random.chance(0.2))
      return random.pick([[], [...value, oddValue(random)], [...value, ...value], oddValue(random)]);
    const at = random.below(value.length);
    return value.map((item, index) => (index === at ? withOddMember(item as Json, random) : (item as Json)));
  }
  if (typeof value !== "object" || value === null)
    return random.chance(0.3) && typeof value === "string" ? twisted(value, random) : oddValue(random);
  const entries = Object.entries(value as Fields);
  if (entries.length === 0) return { [oddText(random)]: oddValue(random) };
  const at = random.below(entries.length);
  const [name = "", member = null] = entries[at] ?? [];
  const replaced = (changed: readonly (readonly [string, Json])[]): Json =>
    Object.fromEntries([...entries.slice(0, at), ...changed, ...entries.slice(at + 1)]);
  switch (random.weighted({ deeper: 6, odd: 4, drop: 3, add: 2, rename: 1, wrap: 1 })) {
    case "deeper":
      return replaced([[name, withOddMember(member, random)]]);
    case "odd":
      return replaced([[name, oddValue(random)]]);
    case "drop":
      return replaced([]);
    case "add":
      return { ...(value as Fields), [oddText(random)]: oddValue(random) };
    case "rename":
      return replaced([[twisted(name, random), member]]);
    case "wrap":
      return replaced([[name, random.chance(0.5) ? [member] : { value: member }]]);
  }
}

/** A text with one place changed. */
export function twisted(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  const piece = random.chance(0.5) ? oddText(random) : String.fromCharCode(random.below(0x250));
  switch (random.weighted({ insert: 3, cut: 2, replace: 3, upper: 1, pad: 1, double: 1 })) {
    case "insert":
      return text.slice(0, at) + piece + text.slice(at);
    case "cut":
      return text.slice(0, at);
    case "replace":
      return text.slice(0, at) + piece + text.slice(at + 1);
    case "upper":
      return text.toUpperCase();
    case "pad":
      return ` ${text}\t`;
    case "double":
      return text + text;
  }
}

/** Bytes with one place changed: what is left is often no UTF-8 and no JSON. */
export function brokenBytes(bytes: Buffer, random: Random): Buffer {
  const at = random.below(bytes.length + 1);
  const piece = Buffer.from(
    random.pick([
      ...["\xff", "\xc0\x80", "\xed\xa0\x80", "\x00", "\xef\xbb\xbf", "\xf4\x90\x80\x80"],
      ...['"', "{", "}", "[", "]", ",", ":", "\\u", "\\", "0", "-", "e", "\n", "/**/", "&", "=", "+", "%"],
      ...['"__proto__":{"a":1},', "[".repeat(200), '{"a":'.repeat(50), "1".repeat(400)],
    ]),
    "latin1",
  );
  const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (random.weighted({ insert: 4, cut: 2, replace: 3, flip: 3, double: 1, order: 1, gap: 1 })) {
    case "insert":
      return Buffer.concat([head, piece, tail]);
    case "cut":
      return Buffer.from(head);
    case "replace":
      return Buffer.concat([head, piece, tail.subarray(piece.length)]);
    case "flip": {
      const flipped = Buffer.from(bytes);
      if (at < flipped.length) flipped[at] = (flipped[at] ?? 0) ^ (1 << random.below(8));
      return flipped;
    }
    case "double":
      return Buffer.concat([bytes, bytes]);
    case "order":
      return Buffer.concat([tail, head]);
    case "gap":
      return Buffer.concat([head, tail.subarray(random.below(20))]);
  }
}

/** Members given twice, which no object in memory can hold. */
export function withDoubledMember(text: string, random: Random): string {
  const [, name = "a"] = /"((?:[^"\\]|\\.)*)":/.exec(text.slice(random.below(text.length))) ?? [];
  const member = `"${name}":${JSON.stringify(oddValue(random))}`;
  return random.chance(0.5) ? text.replace("{", `{${member},`) : text.replace(/\}$/, `,${member}}`);
}
