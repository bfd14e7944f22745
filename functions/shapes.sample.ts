import * as v from "valibot";

/** The shapes that answers are declared with, each with a sentence for readers. What only informs can be `orNull`. */
const text = (description: string) => v.pipe(v.string(), v.description(description));

export const words = text;
/** An id as text, whatever form the provider gives it in. */
export const id = (description: string) => v.pipe(v.string(), v.nonEmpty(), v.description(description));
/** A decimal number as text, with as many places as the provider shows. `unit` is a currency, as ISO 4217 writes it. */
export const decimal = (description: string, unit: "INR" | "IDR") =>
  v.pipe(
    v.string(),
    v.regex(/^-?\d+(?:\.\d+)?$/),
    v.metadata({ "x-unit": unit }),
    v.description(description),
  );
/** A success that has no other value: the provider says that it did it. */
export const done = (description: string) => v.pipe(v.literal(true), v.description(description));
/** One of a few words of the gateway's own. */
export const oneOf = <const Words extends readonly string[]>(words: Words, description: string) =>
  v.pipe(v.picklist(words), v.description(description));
/** A field that the provider calls otherwise, by one name or more. */
export const from = <Schema extends v.GenericSchema>(schema: Schema, ...names: readonly string[]) =>
  v.pipe(schema, v.metadata({ "x-provider-name": names.join(", ") }));
/** RFC 3339 with the provider's offset, or UTC. */
export const time = (description: string) =>
  v.pipe(
    v.string(),
    v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/),
    v.metadata({ format: "date-time" }),
    v.description(description),
  );
export const flag = (description: string) => v.pipe(v.boolean(), v.description(description));
export const count = (description: string) =>
  v.pipe(v.number(), v.integer(), v.minValue(0), v.description(description));
/** Only informs: null where the provider leaves it out or it cannot be read. */
export const orNull = <Schema extends v.GenericSchema>(schema: Schema) => v.nullable(schema);
