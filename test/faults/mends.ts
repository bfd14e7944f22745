import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** One thing that keeps the product right, and the product without it: a text of one of its files replaced. */
export interface Mend {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const mend = (name: string, file: string, from: string, to: string): Mend => ({ name, file, from, to });

export const mends: readonly Mend[] = [
  mend(
    "a row is explained by a record of ours alone",
    "lib/providers/aggrepay/explained.ts",
    `let is: Verdict["is"] = "unexplained";`,
    `let is: Verdict["is"] = "explained";`,
  ),
  mend(
    "an attempt's claim holds once",
    "lib/records/claim.ts",
    "? { when: [isNew], attempt: 1,",
    `? { when: [{ expression: "(attribute_not_exists(#pk) OR #state <> :state)", values: {} }], attempt: 1,`,
  ),
  mend(
    "a claim of unknown outcome is withdrawn",
    "lib/operation/claiming.ts",
    "if (cause instanceof ClaimUnknown) {",
    "if (cause instanceof ClaimUnknown && !cause) {",
  ),
  mend(
    "what has a natural key has a place",
    "lib/operation/attempt.ts",
    "place && place.applies?.(config) !== false",
    "place && !place && place.applies?.(config) !== false",
  ),
  mend(
    "a reversal's number follows on a refusal",
    "lib/operation/reversal.ts",
    "if (number > 1) {",
    "if (number > 9) {",
  ),
  mend(
    "what is listed by age alone is asked about",
    "lib/records/doubt.ts",
    `state === "needs_attention" && waits === "provider";`,
    `state === "needs_attention" && waits === "provider" && state === undefined;`,
  ),
  mend("content codings are undone", "lib/content-coding.ts", "if (coding === undefined) break;", "break;"),
  mend(
    "a content coding is seen by its bytes",
    "lib/content-coding.ts",
    `const coding = named === "br" ? named : (seen ?? named);`,
    "const coding = named;",
  ),
  mend(
    "a label that does not fit says nothing",
    "lib/content-coding.ts",
    "const isOther = isPlain(current) ||",
    "const isOther = (isPlain(current) && !current) ||",
  ),
  mend(
    "a validator's sentence is read in many forms",
    "lib/providers/aggrepay/validation.ts",
    `decisive(message.replace(/([a-z])([A-Z])/g, "$1 $2").replaceAll("_", " "));`,
    "decisive(message);",
  ),
  mend(
    "only a validator's sentence proves that a field was refused",
    "lib/providers/aggrepay/refusals.ts",
    "finds: (findings) => findings.length > 0,",
    "finds: () => true,",
  ),
  mend(
    "times are read in many forms",
    "lib/time.ts",
    "const day = calendarDate(date);",
    String.raw`const day = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text) ? calendarDate(date) : undefined;`,
  ),
  mend(
    "rows are read one by one",
    "lib/providers/reader.ts",
    "if (error instanceof UnreadableReply) return undefined;",
    "if (error instanceof UnreadableReply) throw error;",
  ),
  mend(
    "PHP's empty list and text are null",
    "lib/signing/aggrepay.ts",
    `return value === undefined || value === "" || (Array.isArray(value) && value.length === 0) ? null : value;`,
    "return value ?? null;",
  ),
  mend(
    "words that decide are compared in one form",
    "lib/providers/words.ts",
    "decisive(one) === decisive(other);",
    "one.trim() === other.trim();",
  ),
  mend(
    "what only informs is null where it cannot be read",
    "lib/providers/reader.ts",
    "if (!(error instanceof UnreadableReply)) throw error;",
    "throw error;",
  ),
  mend(
    "a list is read in many shapes",
    "lib/providers/reader.ts",
    "if (Array.isArray(value)) return value as readonly JsonValue[];",
    "return Array.isArray(value) ? (value as readonly JsonValue[]) : undefined;",
  ),
  mend(
    "yes and no are read in many forms",
    "lib/providers/reader.ts",
    `const word = decisive(value instanceof JsonNumber ? value.token : String(value));`,
    "const word = String(value);",
  ),
  mend(
    "a byte order mark is passed over",
    "lib/signing/json.ts",
    "const unmarked = hasMark ? bytes.subarray(at + 3) : bytes;",
    "const unmarked = bytes;",
  ),
  mend(
    "a firewall's refusal is doubt",
    "lib/providers/provider.ts",
    'kind: "unusable",\n  why: `Something in front of',
    "...throttled(provider),\n  why: `Something in front of",
  ),
  mend(
    "HTTP 429 around a success is doubt",
    "lib/providers/aggrepay/index.ts",
    "if (status === 429 && showsNothing)",
    "if (status === 429)",
  ),
];

/** What the interleavings have no eye for, and the world (`../world`) has. */
export const worldMends: readonly Mend[] = [
  mend(
    "what a provider says is told without secrets",
    "lib/operation/admitted.ts",
    "redaction(versions.flatMap(textsIn), hidden)",
    "redaction([])",
  ),
  mend(
    "a refusal is doubt where the same was refused before looking",
    "lib/operation/attempt.ts",
    "if ((resent || wasRefused(record)) &&",
    "if (resent &&",
  ),
  mend(
    "what was signed again was sent before",
    "lib/operation/exchange.ts",
    "{ ...second, resent: true }",
    "second",
  ),
  mend(
    '"no such debit", of one that succeeded, is doubt',
    "lib/operation/attempt.ts",
    'outcome.as === "taken" || isOfOwnDebit(outcome.code, record);',
    'outcome.as === "taken";',
  ),
  mend(
    "what the provider has not finished is not settled by what it does not show",
    "lib/operation/resolve.ts",
    "if (failure.unfinished)",
    "if (failure.unfinished && !provider)",
  ),
];

/** From now on modules are loaded without that mend. */
export function takeOut({ name, file, from, to }: Mend): void {
  const path = resolve(import.meta.dirname, "../..", file);
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context);
      if (!url.startsWith("file:") || fileURLToPath(url) !== path) return loaded;
      return { ...loaded, source: replaced(readFileSync(path, "utf8"), from, to, name) };
    },
  });
}

/** @throws Error where the text does not stand there once: the mend is another now, and this list is to be told. */
export function replaced(text: string, from: string, to: string, name: string): string {
  const parts = text.split(from);
  if (parts.length !== 2)
    throw new Error(`"${name}" cannot be taken out: its text is there ${parts.length - 1} times`);
  return parts.join(to);
}
