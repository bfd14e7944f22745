import * as schemas from "../../lib/fields.ts";
import { wrongInput } from "../exit.ts";
import { didYouMean } from "../suggest.ts";

/** What a new operation is made of. */
export interface Answers {
  readonly provider: string;
  /** `block-customer` */
  readonly name: string;
  readonly summary: string;
  readonly source: string;
  /** The provider's own path. */
  readonly path: string;
  readonly changes: boolean;
  readonly fields: readonly InputField[];
  readonly results: readonly ResultField[];
}

export interface InputField {
  readonly name: string;
  /** An export of lib/fields.ts. */
  readonly schema: string;
  readonly isOptional: boolean;
}

export interface ResultField {
  readonly name: string;
  readonly kind: ResultKind;
}

/** Kinds of what an answer holds: how the reply is read, the shape that declares it, and an example as it comes and as it is given. */
export const resultKinds = {
  id: { read: "id", shape: "id", comes: '"654561373"', gives: '"654561373"' },
  text: { read: "text", shape: "words", comes: '"shown"', gives: '"shown"' },
  amount: { read: "amount", shape: "decimal", comes: '"41.0"', gives: '"41.0"' },
  count: { read: "count", shape: "count", comes: "3", gives: "3" },
  flag: { read: "boolean", shape: "flag", comes: '"true"', gives: "true" },
  done: { read: "done", shape: "done", comes: '"true"', gives: "true" },
} as const;
export type ResultKind = keyof typeof resultKinds;

/** The schemas of lib/fields.ts: what is no function of its own. */
const schemaNames = Object.entries(schemas)
  .filter(([, value]) => typeof value === "object")
  .map(([name]) => name);

/** Names that most fields have another schema for. */
const usual: Readonly<Record<string, string>> = {
  mobileNumber: "indianMobile",
  fromCustomerId: "customerId",
  toCustomerId: "customerId",
  emailAddress: "email",
  firstName: "name",
  lastName: "name",
  dateOfBirth: "date",
  newMpin: "mpin",
  oldMpin: "mpin",
  fromDate: "date",
  toDate: "date",
};

const fieldForm = /^([a-z][A-Za-z0-9]*)(\?)?(?::([A-Za-z]+))?$/;

/**
 * Reads `customerId,amount,reason?:description`: names, `?` where a field may be left out, the schema where it is not called
 * the same.
 *
 * @throws Stopped `wrongInput`
 */
export function inputFieldsOf(text: string): readonly InputField[] {
  return partsOf(text).map((part) => {
    const [, name, optional, given] = fieldForm.exec(part) ?? [];
    if (name === undefined)
      throw wrongInput(`"${part}" must be like customerId, reason? or fromCustomerId:customerId.`);
    const schema = given ?? usual[name] ?? name;
    if (!schemaNames.includes(schema))
      throw wrongInput(
        `lib/fields.ts has no "${schema}"${didYouMean(schema, schemaNames) || `: it has ${schemaNames.join(", ")}.`}`,
      );
    return { name, schema, isOptional: optional !== undefined };
  });
}

/**
 * Reads `balance:amount,blocked:done`.
 *
 * @throws Stopped `wrongInput`
 */
export function resultFieldsOf(text: string): readonly ResultField[] {
  const kinds = Object.keys(resultKinds);
  const results = partsOf(text).map((part) => {
    const [, name, kind = ""] = /^([a-z][A-Za-z0-9]*):([a-z]+)$/.exec(part) ?? [];
    if (name === undefined || !isKind(kind))
      throw wrongInput(`"${part}" must be name:kind, the kind one of ${kinds.join(", ")}.`);
    return { name, kind };
  });
  if (results.length === 0)
    throw wrongInput("--result must name what the answer holds, such as balance:amount.");
  return results;
}

const isKind = (kind: string): kind is ResultKind => Object.hasOwn(resultKinds, kind);

const partsOf = (text: string): readonly string[] =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
