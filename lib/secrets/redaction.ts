import { createHash } from "node:crypto";
import { readings } from "./readings.ts";
import type { Secret } from "./secret.ts";

/** Finds given secrets in texts of a peer that received them, in whatever form they were written back. */
export interface Redaction {
  /**
   * For sentences and other information: the text without the secrets. Where one stands in it in another form than its own,
   * nothing of the text is left, because what surrounds it could be the rest of it. So it is where a number of at least 4 digits
   * is all but 2 or fewer digits of a code: the rest could be tried. By chance that is one number of 4 digits in 3,000, and
   * information alone is lost by it.
   */
  readonly mask: (text: string) => string;
  /**
   * For ids and whatever else must stay as it is: whether the value is an echo. A code of under 6 digits is found only where
   * it stands by itself (`mpin-1234`, `1-2-3-4`): one 12-digit id in a thousand holds a given row of 4 digits by chance.
   */
  readonly isIn: (value: string) => boolean;
}

export const masked = "[secret]";

export function redaction(secrets: readonly Secret[]): Redaction {
  // The longest first, so that a secret which begins another leaves no rest of it.
  const byText = new Map(secrets.map((secret) => [secret.reveal(), secret]));
  const texts = [...byText.keys()].filter((text) => text !== "").toSorted((a, b) => b.length - a.length);
  let marks: readonly Mark[] | undefined;
  const isIn = (text: string, place: Place): boolean => {
    if (texts.length === 0 || text === "") return false;
    marks ??= [...byText.values()].filter((secret) => secret.reveal() !== "").map(markOf);
    return readings(text).some((reading) => marks?.some((mark) => mark(reading, place)));
  };
  return {
    mask(text) {
      const rest = texts.reduce((clean, secret) => clean.replaceAll(secret, masked), text);
      return isIn(rest.replaceAll(masked, " | "), "sentence") ? masked : rest;
    },
    isIn: (value) => isIn(value, "value"),
  };
}

type Place = "sentence" | "value";

/** Whether one secret can be seen in one reading of a text. */
type Mark = (reading: string, place: Place) => boolean;

/** Worked out once for each secret, and forgotten with it. */
const known = new WeakMap<Secret, Mark>();

function markOf(secret: Secret): Mark {
  const mark = known.get(secret) ?? newMark(secret.reveal());
  known.set(secret, mark);
  return mark;
}

function newMark(secret: string): Mark {
  const plain = squeezed(secret.normalize("NFKC"));
  const isShort = /^\d{1,5}$/.test(plain);
  const isPartKnown = /^\d{5,8}$/.test(plain);
  const bytes = [Buffer.from(secret, "utf8"), Buffer.from(secret, "utf16le")];
  const anywhere = [
    ...bytes.map((each) => each.toString("hex")),
    [...secret].map((character) => character.codePointAt(0)).join(""),
    ...(isShort || plain === "" ? [] : [plain, [...plain].toReversed().join("")]),
  ];
  const inBase64 = bytes.flatMap(base64Of);
  let digests: ReturnType<typeof digestsOf> | undefined;
  const isDigest = (letters: string, base64: string): boolean => {
    if (Math.max(letters.length, base64.length) < shortestDigest) return false;
    digests ??= digestsOf(secret);
    return digests.some(({ hex, text }) => letters.includes(hex) || base64.includes(text));
  };
  return (reading, place) => {
    const letters = squeezed(reading);
    const base64 = reading
      .replaceAll(/[\s"'\\=]/g, "")
      .replaceAll("-", "+")
      .replaceAll("_", "/");
    return (
      (plain === "" && reading.includes(secret)) ||
      anywhere.some((form) => letters.includes(form)) ||
      inBase64.some((form) => base64.includes(form)) ||
      isDigest(letters, base64) ||
      (isPartKnown && place === "sentence" && saysPart(reading, plain)) ||
      // Unless its digits stand in a row, whatever is between them, the code is nowhere, and most texts need no closer look.
      (isShort &&
        reading.replaceAll(/\D/g, "").includes(plain) &&
        (place === "sentence" ? saysCode(reading, plain) : isCode(reading, plain)))
    );
  };
}

/** Letters and digits alone, in lower case: what stands between them may be anything. Those of ASCII are found without Unicode's tables. */
const squeezed = (text: string): string =>
  text.replaceAll(isAscii.test(text) ? /[^A-Za-z0-9]/g : /[^\p{L}\p{N}]/gu, "").toLowerCase();
const isAscii = /^[ -~]*$/;

/** Within a longer text, base64 of these bytes has one of three forms; its ends depend on what stands around. */
const base64Of = (bytes: Buffer): readonly string[] =>
  [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64");
    return encoded.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6));
  });

/** Of MD5 in base64. Most texts are shorter, so that a code that is new with each request need not be hashed for them. */
const shortestDigest = 22;

/** A plain hash of a code is as good as the code: all codes can be tried. */
const digestsOf = (secret: string) =>
  ["md5", "sha1", "sha256", "sha512"].map((algorithm) => {
    const digest = createHash(algorithm).update(secret, "utf8").digest();
    return { hex: digest.toString("hex"), text: digest.toString("base64").replaceAll("=", "") };
  });

/** In a sentence: within any number, or divided over numbers that only signs and spaces keep apart. */
function saysCode(text: string, code: string): boolean {
  for (const [numbers] of text.matchAll(/\d+(?:[^\p{L}\p{N}]{1,8}\d+)*/gu)) {
    const parts = numbers.split(/\D+/);
    if (parts.some((part) => part.includes(code))) return true;
    if (parts.some((_, first) => isJoined(parts.slice(first), code))) return true;
  }
  return false;
}

/** In a sentence: a number of its own that is nearly all of the code. */
function saysPart(text: string, code: string): boolean {
  const least = Math.max(4, code.length - 2);
  const isPart = (digits: string) => digits.length >= least && code.includes(digits);
  for (const [numbers] of text.matchAll(/\d+(?:[^\p{L}\p{N}]{1,8}\d+)*/gu))
    if (numbers.split(/\D+/).some(isPart) || isPart(numbers.replaceAll(/\D/g, ""))) return true;
  return false;
}

/** Whether the first few of these make up the code. */
function isJoined(parts: readonly string[], code: string): boolean {
  let joined = "";
  for (const part of parts) {
    joined += part;
    if (joined.length >= code.length) break;
  }
  return joined === code;
}

/**
 * In a value: a number of its own, all the digits that there are, or digits one by one, which no date or time is written in.
 */
const isCode = (value: string, code: string): boolean =>
  value.split(/\D+/).includes(code) ||
  value.replaceAll(/\D/g, "") === code ||
  [...value.matchAll(/(?<!\d)\d(?:[^\p{L}\p{N}]{1,8}\d(?!\d))+/gu)].some(([digits]) =>
    digits.replaceAll(/\D/g, "").includes(code),
  );
