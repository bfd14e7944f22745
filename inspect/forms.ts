import { dateForms, rareDateForms } from "./date-forms.ts";
import type { Kind } from "./finding.ts";
import { numberForms, rareNumberForms } from "./number-forms.ts";

/** Another form of a value, and what is said of the side that has it: `"amount" <says>`. */
export interface Form {
  readonly kind: Kind;
  readonly says: string;
  readonly value: string;
}

/** How far to look: everything, or what is likely enough to be looked for together with other differences. */
export type Reach = "everything" | "likely";

/** Every form in which the same value is mistaken for itself, without the value and without repeats. */
export function formsOf(value: string, reach: Reach): readonly Form[] {
  const likely = [
    ...whiteSpace(value),
    ...letterCase(value),
    ...encodings(value),
    ...numberForms(value),
    ...dateForms(value),
  ];
  const others = reach === "likely" ? [] : rareForms(value);
  const seen = new Set([value]);
  return [...likely, ...others].filter((form) => !seen.has(form.value) && seen.add(form.value));
}

const rareForms = (value: string): readonly Form[] => [
  ...rareWhiteSpace(value),
  ...invisible(value),
  ...rareNumberForms(value),
  ...rareDateForms(value),
  ...rareEncodings(value),
  ...cuts(value),
];

const spaces = [
  [" ", "a space"],
  ["\n", "a line break (LF)"],
  ["\r\n", "a line break (CR LF)"],
  ["\r", "a carriage return"],
  ["\t", "a tab"],
  ["\u00a0", "a no-break space (U+00A0)"],
  ["  ", "two spaces"],
] as const;

function* whiteSpace(value: string): Iterable<Form> {
  const kind = "white space";
  yield { kind, says: "is without the white space around it", value: value.trim() };
  const seen = value.replaceAll(unseen, "");
  yield { kind: "invisible character", says: "is without its invisible characters", value: seen };
  yield { kind, says: "has a space at its end", value: `${value} ` };
  yield { kind, says: "has a line break (LF) at its end", value: `${value}\n` };
  yield { kind, says: "has its spaces made one", value: value.replaceAll(/\s+/g, " ") };
  yield { kind, says: "is without any white space", value: value.replaceAll(/\s/g, "") };
}

function* rareWhiteSpace(value: string): Iterable<Form> {
  const kind = "white space";
  yield { kind, says: "is without the white space at its end", value: value.trimEnd() };
  yield { kind, says: "is without the white space at its start", value: value.trimStart() };
  for (const [space, name] of spaces) {
    yield { kind, says: `has ${name} at its end`, value: `${value}${space}` };
    yield { kind, says: `has ${name} at its start`, value: `${space}${value}` };
  }
  yield { kind, says: "has a space at both ends", value: ` ${value} ` };
  yield { kind, says: "has no-break spaces for spaces", value: value.replaceAll(" ", "\u00a0") };
  yield { kind, says: "has plain spaces for no-break spaces", value: value.replaceAll("\u00a0", " ") };
  yield { kind, says: "has CR LF for LF", value: value.replaceAll(/\r?\n/g, "\r\n") };
  yield { kind, says: "has LF for CR LF", value: value.replaceAll("\r\n", "\n") };
}

/** Format characters, fillers and controls that no font shows. */
export const unseen = /(?![\n\r\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

const hidden = [
  ["\u200b", "a zero-width space (U+200B)"],
  ["\ufeff", "a byte order mark (U+FEFF)"],
  ["\0", "a NUL"],
  ["\u200e", "a left-to-right mark (U+200E)"],
  ["\u200c", "a zero-width non-joiner (U+200C)"],
  ["\u200d", "a zero-width joiner (U+200D)"],
  ["\u2060", "a word joiner (U+2060)"],
  ["\u00ad", "a soft hyphen (U+00AD)"],
  ["\u202a", "a left-to-right embedding (U+202A)"],
  ["\u202c", "an end of embedding (U+202C)"],
] as const;

function* invisible(value: string): Iterable<Form> {
  const kind = "invisible character";
  for (const [sign, name] of hidden) {
    yield { kind, says: `has ${name} at its end`, value: `${value}${sign}` };
    yield { kind, says: `has ${name} at its start`, value: `${sign}${value}` };
  }
  yield { kind, says: "is between embedding marks", value: `\u202a${value}\u202c` };
  if (value.length > 64) return;
  for (const [sign, name] of hidden)
    for (let at = 1; at < value.length; at += 1) {
      const rest = `${value.slice(0, at)}${sign}${value.slice(at)}`;
      yield { kind, says: `has ${name} after its character ${at}`, value: rest };
    }
}

function* letterCase(value: string): Iterable<Form> {
  const kind = "letter case";
  yield { kind, says: "is in capital letters", value: value.toUpperCase() };
  yield { kind, says: "is in small letters", value: value.toLowerCase() };
  const capital = value
    .toLowerCase()
    .replaceAll(/(?<![\p{L}\p{N}'])\p{L}/gu, (letter) => letter.toUpperCase());
  yield { kind, says: "has a capital at the start of each word", value: capital };
  yield {
    kind,
    says: "has a capital at its start alone",
    value: value.replace(/^./u, (one) => one.toUpperCase()),
  };
}

/** Letters of other scripts, quotes and dashes, each with the ASCII character that it looks like. */
const lookAlikes: Readonly<Record<string, string>> = Object.fromEntries(
  [
    // Cyrillic
    "\u0430a \u0441c \u0435e \u043eo \u0440p \u0445x \u0443y \u0456i \u0410A \u0412B \u0415E \u041aK \u041cM \u041dH \u041eO",
    "\u0420P \u0421C \u0422T \u0425X",
    // Greek
    "\u0391A \u0392B \u0395E \u0396Z \u0397H \u0399I \u039aK \u039cM \u039dN \u039fO \u03a1P \u03a4T \u03a7X \u03bfo",
    // Typography
    "\u2018' \u2019' \u201c\" \u201d\" \u2010- \u2011- \u2012- \u2013- \u2014- \u2212- \u00d7x",
  ]
    .flatMap((row) => row.split(" "))
    .map((pair) => [pair.slice(0, 1), pair.slice(1)]),
);

function* encodings(value: string): Iterable<Form> {
  const kind = "encoding";
  yield { kind, says: "is percent-encoded (a space is %20)", value: escaped(value) };
  yield { kind, says: "is form-encoded (a space is +)", value: formEncoded(value) };
  yield { kind, says: "has + for each space", value: value.replaceAll(" ", "+") };
  yield { kind, says: "has a space for each +", value: value.replaceAll("+", " ") };
  yield { kind, says: "is percent-decoded once more", value: unescapedOnce(value) };
  yield { kind, says: "is its UTF-8 read as Latin-1", value: mojibake(value) };
  yield { kind, says: "has Unicode's composed letters (NFC)", value: value.normalize("NFC") };
  yield {
    kind,
    says: "has ASCII characters for those that only look like them",
    value: value.replaceAll(/[^\0-\x7f]/gu, (sign) => lookAlikes[sign] ?? sign),
  };
  yield { kind, says: "is escaped for HTML", value: htmlEscaped(value) };
  yield { kind, says: "is escaped as in JSON", value: JSON.stringify(value).slice(1, -1) };
}

function* rareEncodings(value: string): Iterable<Form> {
  const kind = "encoding";
  const percent = escaped(value);
  yield { kind, says: "is percent-encoded with small hexadecimal digits", value: inSmallHex(percent) };
  yield {
    kind,
    says: "is form-encoded with small hexadecimal digits",
    value: inSmallHex(formEncoded(value)),
  };
  yield {
    kind,
    says: "is percent-encoded as encodeURIComponent does",
    value: encodeURIComponent(value.toWellFormed()),
  };
  yield { kind, says: "is percent-encoded twice", value: escaped(percent) };
  yield { kind, says: "is form-decoded once more", value: unescapedOnce(value.replaceAll("+", " ")) };
  yield { kind, says: "is read as UTF-8 where it was Latin-1", value: unmojibake(value) };
  yield { kind, says: "has Unicode's decomposed letters (NFD)", value: value.normalize("NFD") };
  yield { kind, says: "has Unicode's plain letters (NFKC)", value: value.normalize("NFKC") };
  yield { kind, says: "has ? for what is not ASCII", value: value.replaceAll(/[^\0-\x7f]/gu, "?") };
  yield { kind, says: "is without what is not ASCII", value: value.replaceAll(/[^\0-\x7f]/gu, "") };
  const unaccented = value.normalize("NFD").replaceAll(/\p{M}/gu, "");
  yield { kind, says: "is without its accents", value: unaccented };
  const html = htmlEscaped(value);
  yield { kind, says: "is escaped for HTML, single quotes too", value: html.replaceAll("'", "&#039;") };
  yield { kind, says: "is HTML with its escapes undone", value: htmlUnescaped(value) };
  yield { kind, says: "is between double quotes", value: `"${value}"` };
  yield { kind, says: "is a JSON text with its quotes", value: JSON.stringify(value) };
  yield { kind, says: "has \\/ for /", value: value.replaceAll("/", "\\/") };
  yield { kind, says: "has / for \\/", value: value.replaceAll("\\/", "/") };
  yield { kind, says: "has \\u escapes for what is not ASCII", value: inUnicodeEscapes(value) };
  yield { kind, says: "is between single quotes", value: `'${value}'` };
  yield { kind, says: "is without the quotes around it", value: value.replace(/^(["'])(.*)\1$/s, "$2") };
  yield { kind, says: "is in base64", value: base64(value) };
}

const escaped = (value: string): string =>
  encodeURIComponent(value.toWellFormed()).replaceAll(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
const formEncoded = (value: string): string =>
  new URLSearchParams({ v: value }).toString().slice("v=".length);
const inSmallHex = (value: string): string => value.replaceAll(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase());

function unescapedOnce(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

const utf8 = (value: string): Uint8Array => new TextEncoder().encode(value);
const latin1 = (bytes: Iterable<number>): string =>
  Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
const mojibake = (value: string): string => latin1(utf8(value));

function unmojibake(value: string): string {
  if (/[^\0-\xff]/.test(value)) return value;
  try {
    const bytes = Uint8Array.from(value, (sign) => sign.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return value;
  }
}

const base64 = (value: string): string => btoa(mojibake(value));
const htmlEscaped = (value: string): string =>
  value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
const htmlUnescaped = (value: string): string =>
  value
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll(/&#0?39;|&apos;/g, "'")
    .replaceAll("&amp;", "&");
const inUnicodeEscapes = (value: string): string =>
  value.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

function* cuts(value: string): Iterable<Form> {
  const most = Math.min(value.length, 300);
  for (let length = 1; length < most; length += 1)
    yield { kind: "cut off", says: `is cut off after ${length} characters`, value: value.slice(0, length) };
}
