import { textOf } from "./bytes.ts";
import {
  bareName,
  type Group,
  isField,
  type Member,
  type Members,
  mayHoldNotification,
  type Within,
} from "./member.ts";

/** What was found in the body of a form. */
export interface FoundInForm {
  /** The form's one notification by each way of parting it, the likelier first. */
  readonly groups: readonly Group[];
  /** Names and values that may be notifications in themselves. */
  readonly texts: readonly Within[];
}

/** What parts the pairs of a form: as browsers do, as the older standard allows too, and as `text/plain` does. */
const parts = [/&/, /[&;]/, /[&;\r\n]+/];

/** A form, in whichever of the ways that there are. */
export function fromForm(body: Buffer): FoundInForm {
  const text = body.toString("latin1").trim();
  const escapesPlus = /%2b/i.test(text);
  const ways = parts.filter((part, at) => at === 0 || part.test(text.replaceAll("&", "")));
  const found = ways.map((part) => pairsOf(text, part));
  return {
    groups: found.map((pairs) =>
      readingsOf(
        pairs.filter(({ name }) => isField(name)),
        escapesPlus,
      ),
    ),
    texts: found.flatMap(textsIn),
  };
}

interface Pair {
  readonly name: string;
  /** As it stands in the form. */
  readonly value: string;
}

const pairsOf = (text: string, part: RegExp): readonly Pair[] =>
  text
    .split(part)
    .filter((pair) => pair.trim() !== "")
    .map((pair) => {
      const at = pair.includes("=") ? pair.indexOf("=") : pair.length;
      const name = bareName(unescaped(pair.slice(0, at).replaceAll("+", " ")).text);
      return { name, value: pair.slice(at + 1) };
    });

const textsIn = (pairs: readonly Pair[]): readonly Within[] =>
  pairs
    .flatMap(({ name, value }) => [
      ...(isField(name) ? [] : [{ text: name, hasOpenPlus: false }]),
      ...valuesOf(value),
    ])
    .filter(({ text }) => mayHoldNotification(text));

/** A long value by each meaning of its `+`, which is known where the value has an escaped one, too, or is not escaped at all. */
function valuesOf(value: string): readonly Within[] {
  if (value.length < 100) return [];
  const meant = (plus: (value: string) => string, hasOpenPlus = false): Within => ({
    text: unescaped(plus(value)).text,
    hasOpenPlus,
  });
  if (!value.includes("+") || /%2b/i.test(value)) return [meant(plusIs.space)];
  if (!isEscaped(value)) return [meant(plusIs.plus)];
  return [meant(plusIs.space, true), meant(plusIs.plus, true)];
}

/** What a `+` in the value of a form stands for: the value with such a plus escaped. */
const plusIs = {
  space: (value: string) => value.replaceAll("+", " "),
  plus: (value: string) => value.replaceAll("+", "%2B"),
  /** Of a sender that writes spaces so and escapes no plus: one that stands in front is a plus. */
  plusInFront: (value: string) => value.replace(/^\+/, "%2B").replaceAll("+", " "),
} as const;

/** Whoever escapes leaves no other characters as they are. */
const isEscaped = (value: string): boolean => /^[\w.~!'()*+%-]*$/.test(value);

/** The pairs once for each meaning of a `+`, which the sender escapes, or writes a space as, or leaves as it is. */
function readingsOf(pairs: readonly Pair[], escapesPlus: boolean): Group {
  const hasPlus = (value: string) => value.includes("+");
  const read = (plus: (value: string) => string, isOpen: (value: string) => boolean): Members =>
    pairs.map(({ name, value }): Member => {
      const hasOpenPlus = hasPlus(value) && isOpen(value);
      return { name, ...unescaped(plus(value)), hasOpenPlus };
    });
  const asSpace = () => read(plusIs.space, () => true);
  if (!pairs.some(({ value }) => hasPlus(value))) return [asSpace()];
  // The phone is signed: where it verifies with a plus that stands as it is, and none is escaped, this sender escapes none.
  const escapesNone =
    !escapesPlus && pairs.some(({ name, value }) => /^billingPhone$/i.test(name) && hasPlus(value));
  const asPlus = () => read(plusIs.plus, (value) => isEscaped(value) && !escapesNone);
  const [first, second] = pairs.every(({ value }) => isEscaped(value))
    ? [asSpace, asPlus]
    : [asPlus, asSpace];
  return [first(), second(), read(plusIs.plusInFront, () => true)];
}

/** Percent-escapes as bytes; a `%` that begins none is itself. */
function unescaped(text: string): { readonly text: string; readonly isExact: boolean } {
  if (!/[^ -$&-~]/.test(text)) return { text, isExact: true };
  const bytes = text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return textOf(Buffer.from(bytes, "latin1"));
}

const boundary = /(?:^|\r?\n)--([^\r\n]{1,200}?)[ \t]*\r?\n/;

/**
 * A `multipart/form-data` body, which PHP's cURL sends for an array. Its boundary is its own first line, for a label may have
 * lost it. Undefined for a body that has none.
 */
export function fromMultipart(body: Buffer): FoundInForm | undefined {
  const text = body.toString("latin1");
  const [, mark] = boundary.exec(text.slice(0, 2_000)) ?? [];
  if (mark === undefined) return undefined;
  const found = text.split(`--${mark}`).slice(1).flatMap(partOf);
  const members = found.filter(({ name }) => isField(name));
  return {
    groups: members.length === 0 ? [] : [[members]],
    texts: found.flatMap(({ text = "" }) =>
      mayHoldNotification(text) ? [{ text, hasOpenPlus: false }] : [],
    ),
  };
}

function partOf(part: string): readonly Member[] {
  const [whole, head = ""] = /^([\s\S]*?)\r?\n\r?\n/.exec(part) ?? [];
  const [, quoted, bare] = /\bname\s*=\s*(?:"([^"]*)"|([^;\s]+))/i.exec(head) ?? [];
  const name = quoted ?? bare;
  if (whole === undefined || name === undefined) return [];
  const value = part.slice(whole.length).replace(/\r?\n$/, "");
  return [{ name: bareName(name), ...textOf(Buffer.from(value, "latin1")), hasOpenPlus: false }];
}
