/**
 * Texts that everybody reads as they are written. AggrePay trims what it receives before it checks the hash, and what it trims
 * includes characters that cannot be seen: with one of them in a value its hash never fits, whatever is repeated. They also make
 * two texts that look alike differ. So they are refused, wherever they stand.
 * Source of what is trimmed: Laravel's Str::trim, whose messages AggrePay's are.
 */

/**
 * Control characters, line separators, what Unicode calls default ignorable (zero width, direction marks, soft hyphen, fillers,
 * variation selectors, tags, byte order mark), and what else shows nothing: interlinear annotation, Braille blank, null notehead.
 */
const unseen = /[\p{Cc}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb\u2800\u{1d159}]/u;

/** Letters and marks of scripts in which a joiner after them changes how a word is written: क्‍ष, می‌خواهم. */
const joining =
  "[" +
  [
    "Arab",
    "Beng",
    "Deva",
    "Gujr",
    "Guru",
    "Khmr",
    "Knda",
    "Mlym",
    "Mymr",
    "Orya",
    "Sinh",
    "Syrc",
    "Taml",
    "Telu",
  ]
    .map((script) => String.raw`\p{Script=${script}}`)
    .join("") +
  "]";
/** Never at the end of a text, where they are trimmed; nor at its beginning. */
const seenJoiners = (): RegExp =>
  new RegExp(
    String.raw`(?<=${joining})[\u200c\u200d](?!$)|` +
      // 👩‍🔧 is one picture, ❤️ a coloured one.
      String.raw`(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f])\u200d(?=\p{Extended_Pictographic})|` +
      String.raw`(?<=\p{Extended_Pictographic})[\ufe0e\ufe0f]|` +
      // 1️⃣ is a key; without the key a digit looks the same with the selector.
      String.raw`(?<=[0-9#*])\ufe0f(?=\u20e3)`,
    "gu",
  );

/** A space other than that of ASCII, where a text begins or ends: the provider trims it, and we do not. */
const outerSpace = /^[\p{Zs}]|[\p{Zs}]$/u;

/** Signs of ASCII with no space at an end: most texts. The patterns above take 1.5 ms of a cold start to be made ready. */
const isPlain = /^[!-~](?:[ -~]*[!-~])?$/;

/** Why a text cannot be sent as it is, naming the character by its code point; undefined where it can. */
export function invisibleIn(text: string): string | undefined {
  if (isPlain.test(text)) return undefined;
  const [hidden] = unseen.exec(text.replace(seenJoiners(), "")) ?? [];
  if (hidden !== undefined) return `must not contain ${codePoint(hidden)}, which cannot be seen`;
  const [space] = outerSpace.exec(text) ?? [];
  return space === undefined ? undefined : `must not begin or end with ${codePoint(space)}, a space`;
}

const seenOrUnseen = (): RegExp => new RegExp(`(${seenJoiners().source})|${unseen.source}|\\p{Cs}`, "gu");

/** A text as people read it safely: each character that cannot be seen, or that turns the text around, as JSON escapes it. */
export const escaped = (text: string): string =>
  text.replace(seenOrUnseen(), (character: string, joiner: string | undefined) =>
    joiner === undefined
      ? [...Array(character.length).keys()].map((at) => unit(character, at)).join("")
      : joiner,
  );

const unit = (text: string, at: number): string => `\\u${text.charCodeAt(at).toString(16).padStart(4, "0")}`;

const codePoint = (character: string): string =>
  `U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}`;

/** Without the white space of ASCII around it. */
export const trimmed = (text: string): string => text.replace(/^[\t-\r ]+|[\t-\r ]+$/g, "");
