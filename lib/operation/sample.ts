import type { GenericSchema } from "valibot";
import type { InputSchema } from "./body.ts";

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
  /** Sentences for fields that mean something else here than in other operations. */
  readonly fields?: Readonly<Record<string, string>>;
  /** What a caller must know besides, a sentence or two each. */
  readonly notes?: readonly string[];
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
  readonly answer: (
    sends: Sends,
    input?: Asked<Sends>["input"],
  ) => { readonly result: unknown; readonly page?: object };
  /** The operation whose identity it has: of a reversal, the debit. */
  readonly follows?: string;
}

/** A sample of whatever provider. */
export type AnySample = Pick<
  Sample<never, unknown>,
  "reply" | "result" | "page" | "answer" | "other" | "later" | "fields" | "notes" | "follows"
> & {
  readonly full: (id: string) => Asked<object>;
  readonly least: (id: string) => Asked<object>;
};

type Fields = Readonly<Record<string, GenericSchema>>;

/** What one route of the gateway's own looks like: an operation that keeps or shows records, and calls no provider. */
export interface RouteSample {
  /** Where it says something else than the operation does. */
  readonly summary?: string;
  /** Parameters of the path and of the query, each with a sentence. */
  readonly path?: Fields;
  readonly query?: Fields;
  readonly notes?: readonly string[];
  readonly body?: InputSchema<unknown>;
  /** Sentences for fields of the body that mean something else here than in other operations. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Right requests, by a short name. */
  readonly requests: Readonly<Record<string, RouteRequest>>;
  /** The whole body of each success, by its status. */
  readonly answers: Readonly<Record<number, DeclaredAnswer>>;
}

export interface RouteRequest {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, unknown>>;
}

interface DeclaredAnswer {
  readonly description: string;
  readonly schema: GenericSchema;
  readonly examples: Readonly<Record<string, object>>;
}
