import { createHash } from "node:crypto";
import { readings } from "./readings.ts";
import type { Secret } from "./secret.ts";

/** Finds given secrets in texts of a peer that received them, in whatever form they were written back. */
export interface Redaction {
  /**
   * For sentences and other information: the text without the secrets. Where one stands in it in another form than its own,
   * nothing of the text is left, because what surrounds it could be the rest of it. So it is where a piece of a long secret stands
   * in it, in any of these forms, and where a number of at least 4 digits is all but 2 or fewer digits of a code: the rest could be
   * tried. By chance that is one number of 4 digits in 3,000, and information alone is lost by it.
   */
  readonly mask: (text: string) => string;
  /** The same for a value that informs. Of pieces, those are hidden that `isIn` finds. */
  readonly maskValue: (value: string) => string;
  /**
   * For ids and whatever else must stay as it is: whether the value is an echo. A code of under 6 digits is found only where
   * it stands by itself (`mpin-1234`, `1-2-3-4`): one 12-digit id in a thousand holds a given row of 4 digits by chance. A piece
   * is half of a secret, and of our own alone: keys have beginnings in common, and a user's token may be made of the ids that
   * it belongs to.
   */
  readonly isIn: (value: string) => boolean;
}

export const masked = "[secret]";

/** Of our own secrets, and of those of users. */
export function redaction(ours: readonly Secret[], users: readonly Secret[] = []): Redaction {
  const byText = new Map([...users, ...ours].map((secret) => [secret.reveal(), secret]));
  byText.delete("");
  // The longest first, so that a secret which begins another leaves no rest of it.
  const texts = [...byText.keys()].toSorted((a, b) => b.length - a.length);
  let marks: readonly (readonly [mark: Mark, isOurs: boolean])[] | undefined;
  const isIn = (text: string, place: Place, sharp = false): boolean => {
    if (texts.length === 0 || text === "") return false;
    marks ??= [...byText.values()].map((secret) => [markOf(secret), ours.includes(secret)]);
    return readings(text).some((reading) => {
      const look: Look = [reading, squeezed(reading), inBase64(reading)];
      return marks?.some(([mark, isOurs]) => mark(look, place, sharp ? "short" : isOurs && "half"));
    });
  };
  const mask = (text: string, sharp: boolean): string => {
    const rest = texts.reduce((clean, secret) => clean.replaceAll(secret, masked), text);
    return isIn(rest.replaceAll(masked, " | "), "sentence", sharp) ? masked : rest;
  };
  return {
    mask: (text) => mask(text, true),
    maskValue: (value) => mask(value, false),
    isIn: (value) => isIn(value, "value"),
  };
}

type Place = "sentence" | "value";

/** One reading of a text, in the alphabets in which forms of secrets are looked for. */
type Look = readonly [reading: string, letters: string, base64: string];

/** Whether one secret can be seen in one reading of a text, or a piece of it that is so large. */
type Mark = (look: Look, place: Place, piece: "short" | "half" | false) => boolean;

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
  const written = [
    ...bytes.map((each) => each.toString("hex")),
    [...secret].map((character) => character.codePointAt(0)).join(""),
  ];
  const spelled = isShort || plain === "" ? [] : [plain, [...plain].toReversed().join("")];
  const anywhere = [...written, ...spelled];
  const encoded = bytes.flatMap(base64Of);
  let digests: ReturnType<typeof digestsOf> | undefined;
  const isDigest = ([, letters, base64]: Look): boolean => {
    if (Math.max(letters.length, base64.length) < shortestDigest) return false;
    digests ??= digestsOf(secret);
    return digests.some(({ hex, text }) => letters.includes(hex) || base64.includes(text));
  };
  // Many a key is itself hexadecimal or base64 of the bytes that it stands for.
  const meant = /^[0-9a-f]+$/.test(plain) ? Buffer.from(plain, "hex") : Buffer.from(secret, "base64");
  const allSpelled = spelled.join(" ");
  const allWritten = [...written, meant.toString("hex")].join(" ");
  const allEncoded = [...encoded, ...base64Of(meant)].join(" ");
  const hasPiece = ([, letters, base64]: Look, run: number): boolean =>
    secret.length >= 16 &&
    (hasRun(letters, run, allSpelled) ||
      hasRun(letters, 2 * run, allWritten) ||
      hasRun(base64, run, inBase64(secret)) ||
      // What stands before them decides how the first and the last bytes are written.
      hasRun(base64, Math.floor((run * 8) / 6) - 1, allEncoded, false));
  const short = secret.length < 32 ? 8 : 12;
  const half = Math.max(16, Math.ceil(plain.length / 2));
  return (look, place, piece) => {
    const [reading, letters, base64] = look;
    return (
      (plain === "" && reading.includes(secret)) ||
      anywhere.some((form) => letters.includes(form)) ||
      encoded.some((form) => base64.includes(form)) ||
      (piece && hasPiece(look, piece === "short" ? short : half)) ||
      isDigest(look) ||
      (isPartKnown && place === "sentence" && saysPart(reading, plain)) ||
      // Unless its digits stand in a row, whatever is between them, the code is nowhere, and most texts need no closer look.
      (isShort &&
        reading.replaceAll(/\D/g, "").includes(plain) &&
        (place === "sentence" ? saysCode(reading, plain) : isCode(reading, plain)))
    );
  };
}

/**
 * Whether that many characters in a row stand in the forms too. Halves of such runs are looked for first, at such distances
 * that each run has one of them whole; a run, only around those that are found.
 */
function hasRun(text: string, length: number, forms: string, isText = true): boolean {
  const half = Math.ceil(length / 2);
  const others = length - half;
  for (let at = 0; at + half <= text.length; at += others + 1)
    if (forms.includes(text.slice(at, at + half)))
      for (let from = Math.max(0, at - others); from <= at && from + length <= text.length; from += 1) {
        const run = text.slice(from, from + length);
        const longer = text.slice(from, from + leastOrdinary);
        if (
          forms.includes(run) &&
          !(isText && ordinary.test(run) && (longer.length < leastOrdinary || !forms.includes(longer)))
        )
          return true;
      }
  return false;
}

/** Keys have words in them, as `api-key`, and dates; a longer run of letters or digits alone is a piece all the same. */
const ordinary = /^(?:[a-z]+|\d+)$/i;
const leastOrdinary = 12;

/** Letters and digits alone, in lower case: what stands between them may be anything. Those of ASCII are found without Unicode's tables. */
const squeezed = (text: string): string =>
  text.replaceAll(isAscii.test(text) ? /[^A-Za-z0-9]/g : /[^\p{L}\p{N}]/gu, "").toLowerCase();
const isAscii = /^[ -~]*$/;

/** Without what stands between the lines of base64 or ends it, and both its forms as one. */
const inBase64 = (text: string): string =>
  text
    .replaceAll(/[\s"'\\=]/g, "")
    .replaceAll("-", "+")
    .replaceAll("_", "/");

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
