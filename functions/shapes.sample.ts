import * as v from "valibot";

/** The shapes that answers are declared with, each with a sentence for readers. What only informs can be `orNull`. */
const text = (description: string) => v.pipe(v.string(), v.description(description));

export const words = text;
/** An id as text, whatever form the provider gives it in. */
export const id = (description: string) => v.pipe(v.string(), v.nonEmpty(), v.description(description));
/** A decimal number as text, with as many places as the provider shows. */
export const decimal = (description: string) =>
  v.pipe(v.string(), v.regex(/^-?\d+(?:\.\d+)?$/), v.description(description));
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
