import type { GenericSchema } from "valibot";

/** A right request, and what is sent to the provider for it, under the provider's own names. */
export interface Asked<Sends> {
  readonly input: Readonly<Record<string, unknown>>;
  readonly sends: Sends;
}

/**
 * What an operation looks like, in a file next to it: requests, what is sent for them, the provider's reply as its document
 * shows it, and the answer. Tests, documents and tools are derived from samples. No bundle holds them.
 */
export interface Sample<Sends, Reply> {
  /** With every field given. What must be unique is made of `id`. */
  readonly full: (id: string) => Asked<Sends>;
  /** Fields that only a later request can have. */
  readonly later?: readonly string[];
  /** With the required fields alone. */
  readonly least: (id: string) => Asked<Sends>;
  /** The same identity for another request; an operation that only reads has no identity. */
  readonly other?: (id: string) => Asked<Sends>["input"];
  /** The reply to what was sent, as far as the provider does not sign it. */
  readonly reply: (sends: Sends) => Reply;
  /** What the answer's `result` and `page` hold, with a sentence for each field. */
  readonly result: GenericSchema;
  readonly page?: GenericSchema;
  readonly answer: (sends: Sends) => { readonly result: unknown; readonly page?: object };
}

/** A sample of whatever provider. */
export type AnySample = Pick<
  Sample<never, unknown>,
  "reply" | "result" | "page" | "answer" | "other" | "later"
> & {
  readonly full: (id: string) => Asked<object>;
  readonly least: (id: string) => Asked<object>;
};
