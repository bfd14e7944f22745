import type { Algorithm } from "./digests.ts";
import { titleOf } from "./digests.ts";
import type { Charset, Draft, Part } from "./draft.ts";
import { part } from "./draft.ts";
import type { Finding } from "./finding.ts";
import type { Form, Reach } from "./forms.ts";

/** Another way in which the signature may have been made, and what that says. */
export interface Hypothesis {
  readonly finding: Finding;
  readonly draft: Draft;
}

/** The forms of a value; the same value is asked for again and again. */
export type Forms = (value: string, reach: Reach) => readonly Form[];

/** What surrounds the signed text: parts of the secret that do not sign, and fields that are not signed. */
export interface Around {
  readonly otherSecrets: readonly Part[];
  readonly unsigned: readonly Part[];
}

/** Every single difference between a draft and another that is mistaken for it, the likelier first. */
export function* hypothesesOf(
  draft: Draft,
  around: Around,
  reach: Reach,
  formsOf: Forms,
): Iterable<Hypothesis> {
  yield* swappedSecrets(draft, around);
  yield* forms(draft, reach, formsOf);
  yield* omissions(draft);
  yield* emptyFields(draft);
  yield* surplus(draft, around);
  yield* separators(draft);
  yield* orders(draft, reach);
  yield* charsets(draft);
  yield* algorithms(draft);
}

const withParts = (draft: Draft, parts: readonly Part[]): Draft => ({ ...draft, parts });
const replaced = (draft: Draft, at: number, value: string): Draft =>
  withParts(draft, draft.parts.with(at, { ...(draft.parts[at] ?? part("", "")), value }));
const named = (draft: Draft): readonly number[] =>
  draft.parts.flatMap(({ name }, at) => (name === "" ? [] : [at]));
const nameAt = (draft: Draft, at: number | undefined): string =>
  draft.parts[at ?? -1]?.name || "the end of the text";

/** A key of the secret where another one is due. */
function* swappedSecrets(draft: Draft, { otherSecrets }: Around): Iterable<Hypothesis> {
  const finding = (piece: string, other: string): Finding => ({
    kind: "swapped",
    piece,
    says: `The secret's "${other}" stands where its "${piece}" is due.`,
  });
  for (const other of otherSecrets) {
    if (draft.key)
      yield {
        finding: finding(draft.key.name, other.name),
        draft: { ...draft, key: { ...other, name: draft.key.name } },
      };
    for (const at of named(draft)) {
      const due = draft.parts[at];
      if (due?.isSecret)
        yield { finding: finding(due.name, other.name), draft: replaced(draft, at, other.value) };
    }
  }
  const secret = named(draft).filter((at) => draft.parts[at]?.isSecret);
  for (const [index, first] of secret.entries())
    for (const second of secret.slice(index + 1)) {
      const [one, other] = [draft.parts[first], draft.parts[second]];
      if (!one || !other) continue;
      const draftSwapped = replaced(replaced(draft, first, other.value), second, one.value);
      const says = `"${one.name}" and "${other.name}" are swapped.`;
      yield { finding: { kind: "swapped", piece: one.name, says }, draft: draftSwapped };
    }
}

function* forms(draft: Draft, reach: Reach, formsOf: Forms): Iterable<Hypothesis> {
  const { key } = draft;
  if (key)
    for (const { kind, says, value } of formsOf(key.value, reach))
      yield {
        finding: { kind, piece: key.name, says: `"${key.name}" ${says}.` },
        draft: { ...draft, key: { ...key, value } },
      };
  for (const at of named(draft)) {
    const { name = "", value: own = "" } = draft.parts[at] ?? {};
    for (const { kind, says, value } of formsOf(own, reach))
      yield {
        finding: { kind, piece: name, says: `"${name}" ${says}.` },
        draft: replaced(draft, at, value),
      };
  }
}

function* omissions(draft: Draft): Iterable<Hypothesis> {
  for (const at of named(draft)) {
    const { name = "" } = draft.parts[at] ?? {};
    const finding = { kind: "missing", piece: name, says: `"${name}" is missing.` } as const;
    yield { finding, draft: withParts(draft, draft.parts.toSpliced(at, 1)) };
    const emptied = { kind: "empty field", piece: name, says: `"${name}" is empty.` } as const;
    for (const start of [at - 1, at])
      if (draft.parts[start === at ? at + 1 : start]?.name === "")
        yield { finding, draft: withParts(draft, draft.parts.toSpliced(start, 2)) };
    yield { finding: emptied, draft: replaced(draft, at, "") };
    for (const word of ["null", "NULL", "undefined", "None", "nil", "[object Object]", "Array"])
      yield {
        finding: { kind: "other value", piece: name, says: `"${name}" is the word ${word}.` },
        draft: replaced(draft, at, word),
      };
  }
}

/** An empty field that is counted: its separator is there, and no value. */
function* emptyFields(draft: Draft): Iterable<Hypothesis> {
  const separator = draft.parts.find(({ name }) => name === "");
  if (!separator) return;
  for (const at of [...draft.parts.keys(), draft.parts.length]) {
    if (at < draft.parts.length && draft.parts[at]?.name !== "") continue;
    const place = nameAt(draft, at + 1);
    for (const times of [1, 2, 3]) {
      const says = `${times === 1 ? "An empty field is" : `${times} empty fields are`} counted before ${quoted(place)}.`;
      const added = Array.from({ length: times }, () => separator);
      const finding = { kind: "empty field", piece: place, says } as const;
      yield { finding, draft: withParts(draft, draft.parts.toSpliced(at, 0, ...added)) };
    }
  }
}

function* surplus(draft: Draft, { unsigned }: Around): Iterable<Hypothesis> {
  const separator = draft.parts.findLast(({ name }) => name === "");
  for (const field of unsigned)
    for (let at = 0; at <= draft.parts.length; at += 1) {
      const finding = {
        kind: "surplus",
        piece: field.name,
        says: `"${field.name}" is covered, which is not signed, before ${quoted(nameAt(draft, at))}.`,
      } as const;
      yield { finding, draft: withParts(draft, draft.parts.toSpliced(at, 0, field)) };
      if (!separator) continue;
      yield { finding, draft: withParts(draft, draft.parts.toSpliced(at, 0, separator, field)) };
      yield { finding, draft: withParts(draft, draft.parts.toSpliced(at, 0, field, separator)) };
    }
}

const quoted = (name: string): string => (name === "the end of the text" ? name : `"${name}"`);

const signs: readonly (readonly [sign: string, name: string])[] = [
  ["", "nothing"],
  ["|", "|"],
  [",", "a comma"],
  ["&", "&"],
  [":", "a colon"],
  [";", "a semicolon"],
  [" ", "a space"],
  ["-", "a hyphen"],
  ["_", "_"],
  ["+", "+"],
  ["~", "~"],
  ["^", "^"],
  ["#", "#"],
  ["/", "/"],
  [".", "a point"],
  ["=", "="],
  ["||", "||"],
  [" | ", "| between spaces"],
  ["\n", "a line break"],
];

function* separators(draft: Draft): Iterable<Hypothesis> {
  const places = draft.parts.flatMap(({ name }, at) => (name === "" ? [at] : []));
  const values = named(draft).map((at) => draft.parts[at] ?? part("", ""));
  for (const [sign, name] of signs) {
    const all = values.flatMap((value, at) => (at === 0 ? [value] : [part("", sign), value]));
    const finding = (says: string): Finding => ({ kind: "separator", says });
    yield { finding: finding(`Between the parts stands ${name}.`), draft: withParts(draft, all) };
    if (sign === "") continue;
    yield {
      finding: finding(`${capital(name)} stands at the end of the text.`),
      draft: withParts(draft, [...draft.parts, part("", sign)]),
    };
    yield {
      finding: finding(`${capital(name)} stands at the start of the text.`),
      draft: withParts(draft, [part("", sign), ...draft.parts]),
    };
  }
  const pairs = values.flatMap((value, at) => [part("", `${at === 0 ? "" : "&"}${value.name}=`), value]);
  yield {
    finding: { kind: "separator", says: "Each part stands as name=value, with & between them." },
    draft: withParts(draft, pairs),
  };
  for (const at of places) {
    const next = quoted(nameAt(draft, at + 1));
    yield {
      finding: {
        kind: "separator",
        piece: nameAt(draft, at + 1),
        says: `The separator before ${next} is missing.`,
      },
      draft: withParts(draft, draft.parts.toSpliced(at, 1)),
    };
  }
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function* orders(draft: Draft, reach: Reach): Iterable<Hypothesis> {
  const places = named(draft);
  const values = places.map((at) => draft.parts[at] ?? part("", ""));
  const arranged = (order: readonly Part[]): Draft =>
    withParts(
      draft,
      draft.parts.map((each, at) => order[places.indexOf(at)] ?? each),
    );
  const say = (order: readonly Part[]): Finding => {
    const moved = order.find((each, at) => each !== values[at]);
    return {
      kind: order.some((each, at) => each !== values[at] && !(each.isSecret && values[at]?.isSecret))
        ? "order"
        : "swapped",
      ...(moved && { piece: moved.name }),
      says: `The order of the parts is ${order.map(({ name }) => name).join(", ")}.`,
    };
  };
  const all = values.length <= (reach === "likely" ? 4 : 6);
  for (const order of all ? permutations(values) : rearranged(values))
    yield { finding: say(order), draft: arranged(order) };
}

function* permutations<T>(of: readonly T[]): Iterable<readonly T[]> {
  if (of.length <= 1) yield of;
  else
    for (const [at, first] of of.entries())
      for (const rest of permutations(of.toSpliced(at, 1))) yield [first, ...rest];
}

/** Of many parts: reversed, sorted otherwise, two of them swapped, one of them moved. */
function* rearranged(values: readonly Part[]): Iterable<readonly Part[]> {
  const [first, ...rest] = values;
  if (first === undefined) return;
  yield values.toReversed();
  yield [first, ...rest.toReversed()];
  const byValue = (one: Part, other: Part) => (one.value < other.value ? -1 : 1);
  yield [first, ...rest.toSorted(byValue)];
  yield values.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  yield [first, ...rest.toSorted((one, other) => one.name.localeCompare(other.name, "en"))];
  for (const [from, moved] of values.entries())
    for (const to of values.keys()) {
      yield values.toSpliced(from, 1).toSpliced(to, 0, moved);
      const other = values[to];
      if (other && to > from) yield values.with(from, other).with(to, moved);
    }
}

function* charsets(draft: Draft): Iterable<Hypothesis> {
  const names: Readonly<Record<Exclude<Charset, "utf-8">, string>> = {
    "latin-1": "Latin-1",
    "utf-16le": "UTF-16",
  };
  for (const [charset, name] of Object.entries(names) as [Exclude<Charset, "utf-8">, string][])
    yield {
      finding: { kind: "encoding", says: `The text is hashed as ${name} and not as UTF-8.` },
      draft: { ...draft, charset },
    };
}

const algorithmNames: readonly Algorithm[] = ["sha1", "sha256", "sha384", "sha512"];

function* algorithms(draft: Draft): Iterable<Hypothesis> {
  const secrets = draft.parts.filter(({ name, isSecret }) => isSecret && name !== "");
  const { key, ...keyless } = draft;
  for (const algorithm of algorithmNames) {
    const finding = (says: string): Finding => ({ kind: "algorithm", says });
    const title = titleOf(algorithm);
    if (algorithm !== draft.algorithm)
      yield {
        finding: finding(`The algorithm is ${key ? "HMAC with " : ""}${title}.`),
        draft: { ...draft, algorithm },
      };
    if (key) {
      const plain: Draft = { ...keyless, algorithm };
      yield { finding: finding(`The text is hashed with ${title} without a key.`), draft: plain };
      for (const sign of ["", "|", ":"]) {
        const between = sign === "" ? [] : [part("", sign)];
        yield {
          finding: finding(`"${key.name}" stands behind the text, hashed with ${title}.`),
          draft: withParts(plain, [...draft.parts, ...between, key]),
        };
        yield {
          finding: finding(`"${key.name}" stands before the text, hashed with ${title}.`),
          draft: withParts(plain, [key, ...between, ...draft.parts]),
        };
      }
    } else
      for (const secret of secrets) {
        const says = finding(`It is an HMAC with ${title} under "${secret.name}".`);
        const at = draft.parts.indexOf(secret);
        yield { finding: says, draft: { ...draft, algorithm, key: secret } };
        const rest = draft.parts.toSpliced(at, 1);
        yield { finding: says, draft: { ...withParts(draft, rest), algorithm, key: secret } };
        const trimmed =
          rest[0]?.name === "" ? rest.slice(1) : rest.at(-1)?.name === "" ? rest.slice(0, -1) : rest;
        yield { finding: says, draft: { ...withParts(draft, trimmed), algorithm, key: secret } };
      }
  }
}
