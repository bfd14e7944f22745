import { type ConversionConfig, type JsonSchema as Converted, toJsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";
import { recordDetail } from "../functions/records/common.sample.ts";

/** A schema as OpenAPI 3.1 has them: JSON Schema 2020-12, with members of our own that begin with `x-`. */
export type JsonSchema = Converted & { readonly [extension: `x-${string}`]: unknown };

/**
 * What JSON Schema can say of a check that valibot carries out in code, by the words that the check refuses with. A check
 * without a row here ends the making of the contract: nothing is dropped in silence.
 */
const checks: readonly (readonly [RegExp, (words: RegExpExecArray, schema: JsonSchema) => object])[] = [
  [
    /^must be a whole number from (\d+) to (\d+)$/,
    ([, least, most]) => ({ type: "integer", minimum: Number(least), maximum: Number(most) }),
  ],
  [/^must be a date that exists/, () => ({ format: "date" })],
  [/^must be above zero$/, () => ({ not: { pattern: "^0(?:\\.0{1,2})?$" }, "x-unit": "INR" })],
  [/^must not end in (\w+)$/, ([, end = ""]) => ({ not: { pattern: `${inAnyCase(end)}$` } })],
  // The pattern says it too: this sentence is there for the caller who is refused.
  [/without the 0 that stands before the number inside the country$/, () => ({})],
  [/^must be an e-mail address in ASCII/, () => ({ format: "email" })],
  [/^must be an https URL/, () => ({ format: "uri", pattern: "^[hH][tT][tT][pP][sS]://" })],
  [
    /^must have at least one of (.+)$/,
    ([, names = ""], { allOf = [] }) => ({
      allOf: [...allOf, { anyOf: names.split(", ").map((name) => ({ required: [name] })) }],
    }),
  ],
  [/^must not hold an id twice$/, () => ({ uniqueItems: true })],
  [/^must be the provider's id, not a word or sign that stands for none$/, ([rule]) => ({ "x-rule": rule })],
  // Two fields that are compared: said in words, since JSON Schema has none.
  [/^must have a fromDate that is not after its toDate$/, ([rule]) => ({ "x-rule": rule })],
];

/** Of each text: that it has no character that cannot be seen. Said once, in the description of the whole contract. */
const isOfEachText = (message: unknown): boolean => typeof message === "function";

const override: NonNullable<ConversionConfig["overrideAction"]> = ({ valibotAction, jsonSchema }) => {
  const { type, message, requirement } = valibotAction as {
    readonly type: string;
    readonly message?: unknown;
    readonly requirement?: unknown;
  };
  if (type === "regex") return { ...jsonSchema, pattern: patternOf(requirement as RegExp) };
  if (type !== "check") return undefined;
  return { ...jsonSchema, ...checked(message, jsonSchema as JsonSchema) } as Converted;
};

function checked(message: unknown, schema: JsonSchema): object {
  if (isOfEachText(message)) return {};
  for (const [words, says] of checks) {
    const found = words.exec(String(message));
    if (found) return says(found, schema);
  }
  throw new Error(`contract/schemas.ts has no row for the check "${message}"`);
}

/** JSON Schema's patterns know no flags: letters are written in both cases where case does not matter. */
function patternOf({ source, flags }: RegExp): string {
  if (!flags.includes("i")) return source;
  return source.replaceAll("a-z", "A-Za-z").replaceAll("xn--", "[xX][nN]--");
}

const inAnyCase = (text: string): string =>
  text.replace(/[A-Z]/g, (letter) => `[${letter}${letter.toLowerCase()}]`);

/** Schemas that stand once, among the contract's components. */
const shared = { RecordDetail: recordDetail };

/** A valibot schema as a schema of OpenAPI 3.1. Transformations are left out: what is described is what is sent. */
export function schemaOf(schema: v.GenericSchema): JsonSchema {
  const {
    $schema: _,
    $defs: __,
    ...converted
  } = toJsonSchema(schema, {
    target: "draft-2020-12",
    errorMode: "ignore",
    overrideAction: override,
    definitions: schema === recordDetail ? {} : shared,
    overrideRef: ({ referenceId }) => `#/components/schemas/${referenceId}`,
  });
  return converted as JsonSchema;
}

/** What callers send: every field that is not named is refused. */
export const requestSchema = (schema: v.GenericSchema): JsonSchema =>
  ({ ...schemaOf(schema), additionalProperties: false }) as JsonSchema;

/** What answers hold: a later version may add fields, and callers pass over what they do not know. */
export const answerSchema = (schema: v.GenericSchema): JsonSchema => open(schemaOf(schema)) as JsonSchema;

function open(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(open);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(
    ([name, member]) => name !== "additionalProperties" || member !== false,
  );
  return nullable(Object.fromEntries(members.map(([name, member]) => [name, open(member)])));
}

/** `anyOf` of a plain schema and null, as one schema with two types: it is shorter, and its description is in sight. */
function nullable(schema: Readonly<Record<string, unknown>>): object {
  const { anyOf, ...rest } = schema;
  if (!Array.isArray(anyOf) || anyOf.length !== 2 || anyOf[1]?.type !== "null") return schema;
  const [{ type, enum: values, ...first }] = anyOf;
  if (typeof type !== "string") return schema;
  return { type: [type, "null"], ...(values && { enum: [...values, null] }), ...first, ...rest };
}
