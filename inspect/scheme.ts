import { notSecret } from "../lib/secrets/names.ts";
import { type Draft, type Part, part } from "./draft.ts";
import { CannotInspect, type Finding } from "./finding.ts";
import { formsOf } from "./forms.ts";
import type { Around } from "./hypotheses.ts";
import type { Pasted } from "./pasted.ts";

/** What a provider's signature covers in one message, under one version of the secret. */
export interface Subject {
  /** The ways to sign that the provider takes; the first one is ours. None where it signs nothing. */
  readonly genuine: readonly Draft[];
  /** Ways of the same family that it does not take. */
  readonly others: readonly { readonly finding: Finding; readonly draft: Draft }[];
  readonly around: Around;
  /** The signature that the message itself carries. */
  readonly carried?: string | undefined;
  /** What is wrong whatever the signature says. */
  readonly notes: readonly Finding[];
}

/** One kind of message of one provider. */
export type Scheme = (message: Pasted, secret: SecretTexts, operation: string | undefined) => Subject;

/** The texts of one version of a secret. */
export interface SecretTexts {
  /** @throws CannotInspect naming the key that the secret lacks. */
  readonly text: (name: string) => string;
  readonly optional: (name: string) => string | undefined;
  /** As it is: for what is no text. */
  readonly json: Readonly<Record<string, unknown>>;
  /** Each text; those that only say who the merchant is are no secrets. */
  readonly parts: readonly Part[];
}

export function secretTexts(provider: string, json: Readonly<Record<string, unknown>>): SecretTexts {
  const optional = (name: string) => {
    const value = json[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  return {
    json,
    optional,
    text(name) {
      const value = optional(name);
      if (value === undefined)
        throw new CannotInspect(`The secret "${provider}" must hold a text under "${name}".`);
      return value;
    },
    parts: Object.entries(json).flatMap(([name, value]) =>
      typeof value === "string" && value !== "" ? [part(name, value, !notSecret.includes(name))] : [],
    ),
  };
}

/** The secrets that do not stand in a draft; choices and names sign nothing. */
export const otherThan = ({ parts }: SecretTexts, ...used: readonly string[]): readonly Part[] =>
  parts.filter(({ name, isSecret }) => isSecret && !used.includes(name));

/** How a value differs from what is due: as one of its forms, or altogether. Undefined where it does not. */
export function difference(name: string, due: string, actual: string | undefined): Finding | undefined {
  if (actual === due) return undefined;
  if (actual === undefined) return { kind: "missing", piece: name, says: `"${name}" is missing.` };
  if (due === "" || actual === "")
    return {
      kind: "empty field",
      piece: name,
      says: `"${name}" is ${actual === "" ? "empty" : "not empty"}.`,
    };
  const form = formsOf(due, "everything").find(({ value }) => value === actual);
  if (form) return { kind: form.kind, piece: name, says: `"${name}" ${form.says}.` };
  return { kind: "other value", piece: name, says: `"${name}" is another value.` };
}

/** As `difference`, of a value that should be a text of the secret; says which other text it is, where it is one. */
export function notTheSecrets(
  name: string,
  key: string,
  secret: SecretTexts,
  actual: string | undefined,
): readonly Finding[] {
  const found = difference(name, secret.text(key), actual);
  if (!found) return [];
  const other = secret.parts.find(({ value }) => value === actual);
  if (other)
    return [
      {
        kind: "swapped",
        piece: name,
        says: `The secret's "${other.name}" stands where its "${key}" is due.`,
      },
    ];
  return [{ ...found, says: found.says.replace(/\.$/, `, compared with the secret's "${key}".`) }];
}
