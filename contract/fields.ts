import type * as v from "valibot";
import { fieldSentences } from "../functions/fields.sample.ts";
import { providerNames } from "./probes.ts";
import type { Sampled } from "./registry.ts";
import { answerSchema, type JsonSchema, requestSchema } from "./schemas.ts";

type Properties = Readonly<Record<string, JsonSchema>>;

/** What a field means: as the operation's sample says it, or as it is meant everywhere. */
export function sentenceOf(field: string, own: Readonly<Record<string, string>> = {}): string {
  const sentence = own[field] ?? fieldSentences[field];
  if (sentence === undefined) throw new Error(`no sentence says what the field ${field} means`);
  return sentence;
}

/** The body that an operation takes, each field with its sentence, its limits and the provider's own name. */
export function requestBody(
  schema: v.GenericSchema,
  own: Readonly<Record<string, string>> | undefined,
  each?: Sampled,
): JsonSchema {
  const { properties = {}, ...rest } = requestSchema(schema);
  const described = Object.entries(properties as Properties).map(([name, property]) => {
    const names = each ? providerNames(each, name) : [];
    return [
      name,
      {
        ...property,
        description: sentenceOf(name, own),
        ...(names.length > 0 && { "x-provider-name": names.join(", ") }),
      },
    ];
  });
  return { ...rest, properties: Object.fromEntries(described) } as JsonSchema;
}

/** What an operation answers, each field with the name under which the provider's reply has it. */
export function resultOf(each: Sampled, part: "result" | "page"): JsonSchema | undefined {
  const schema = each.sample[part];
  if (schema === undefined) return undefined;
  const { sends } = each.sample.full("id");
  const names = keysIn(each.sample.reply(sends as never));
  return named(answerSchema(schema), names) as JsonSchema;
}

function keysIn(value: unknown): ReadonlyMap<string, string> {
  if (typeof value !== "object" || value === null) return new Map();
  return new Map(
    Object.entries(value).flatMap(([name, member]) => [
      ...keysIn(member),
      ...(Array.isArray(value) ? [] : [[camel(name), name] as const]),
    ]),
  );
}

const camel = (name: string): string => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

function named(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((each) => named(each, names));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) =>
      key === "properties" ? [key, namedProperties(member, names)] : [key, named(member, names)],
    ),
  );
}

const namedProperties = (properties: Properties, names: ReadonlyMap<string, string>): object =>
  Object.fromEntries(
    Object.entries(properties).map(([name, property]) => {
      const theirs = names.get(name);
      return [
        name,
        { ...(theirs && { "x-provider-name": theirs }), ...(named(property, names) as JsonSchema) },
      ];
    }),
  );
