import type { Part } from "./draft.ts";
import { unseen } from "./forms.ts";

/** Hides known secrets wherever they stand in a text that is shown. */
export type Mask = (text: string) => string;

/** Shorter values stand in honest texts by chance; parts that hold them are masked by their name. */
const shortest = 6;

/** A mask for these values, in the forms in which a request carries them. */
export function maskOf(secrets: readonly Pick<Part, "name" | "value">[]): Mask {
  const marks = secrets
    .flatMap(({ name, value }) => formsIn(value).map((form) => ({ form, mark: `[${name}]` })))
    .filter(({ form }) => form.length >= shortest)
    .toSorted((one, other) => other.form.length - one.form.length);
  return (text) => {
    const clean = marks.reduce((rest, { form, mark }) => rest.replaceAll(form, mark), text);
    // A secret that a mark itself completes is no longer told apart from it.
    return marks.some(({ form }) => clean.includes(form)) ? "[hidden]" : clean;
  };
}

const formsIn = (value: string): readonly string[] => {
  const trimmed = value.trim();
  const json = JSON.stringify(value).slice(1, -1);
  const form = new URLSearchParams({ v: value }).toString().slice("v=".length);
  const percent = encodeURIComponent(value.toWellFormed());
  const plain = [value, trimmed, json, json.replaceAll("/", "\\/"), form, percent, shown(value)];
  return [...new Set(plain.flatMap((each) => [each, each.toUpperCase(), each.toLowerCase()]))];
};

/** A text with everything escaped that a reader could not see, spaces at its ends among them. */
export const shown = (text: string): string =>
  text
    .replaceAll("\\", "\\\\")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t")
    .replaceAll(unseen, escaped)
    .replaceAll(
      /[^\S \n\r\t]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
      escaped,
    )
    .replaceAll(/^ +| +$/g, (spaces) => "\\u0020".repeat(spaces.length));

const escaped = (sign: string): string =>
  Array.from(
    { length: sign.length },
    (_, at) => `\\u${sign.charCodeAt(at).toString(16).padStart(4, "0")}`,
  ).join("");

/** What is suspicious in a value, without the value. */
export function notesOn(value: string, isSecret: boolean): readonly string[] {
  const notes: string[] = [];
  if (value !== value.trim()) notes.push("has white space at an end");
  const hidden = [...value.matchAll(unseen)];
  if (hidden.length > 0) notes.push(`holds an invisible character after character ${hidden[0]?.index}`);
  const foreign = [...value.matchAll(/[^\0-\x7f]/gu)];
  const [first] = foreign;
  if (first && !isSecret) {
    const point = first[0].codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0");
    notes.push(`is not ASCII: U+${point} after character ${first.index}`);
  } else if (first) notes.push("is not ASCII");
  if (/^(?:\*{2,}|x{4,}|\[secret\]|\[redacted\])$/i.test(value.trim()))
    notes.push("looks masked: sign with what was sent");
  if (value === "") notes.push("is empty");
  return notes;
}
