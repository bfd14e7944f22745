import type { Config } from "../config.ts";
import type { FieldError } from "../problem.ts";
import type { Facts, Inquiry, Listing } from "../providers/inquiry.ts";
import type { Effect, Opened } from "../providers/provider.ts";
import type { Identity } from "../records/identity.ts";
import type { RecordItem } from "../records/record.ts";
import type { Records } from "../records/store.ts";
import type { Runtime } from "../runtime.ts";
import type { PlaceSpec } from "./beside.ts";
import type { FunctionDefinition } from "./definition.ts";
import type { Request } from "./handler.ts";
import type { OperationSpec } from "./read.ts";
import type { Resolve } from "./resolve.ts";

/** An operation that changes something at the provider, in the words of its own file. */
export interface ChangeSpec<Input, Result, Call, Reply> extends OperationSpec<Input, Result, Call, Reply> {
  readonly effect: Exclude<Effect, "read">;
  /** The caller's Idempotency-Key, or the identity that the request has by nature. */
  readonly identity: "idempotency-key" | NaturalIdentity<Input>;
  /** Money: what a repeat must equal, kept in the clear. Left out, the whole input is compared by a keyed fingerprint. */
  readonly sameBy?: (input: Input) => Facts;
  /** Under whom and with which amount the record is listed. */
  readonly listedUnder?: (input: Input) => Listing;
  /** How doubt is settled. */
  readonly inquiry: Inquiry<Input, Call, Reply>;
  /** What the keys of all items begin with that it may touch, as its definition says. */
  readonly keysBeginWith?: readonly string[];
  /** What the call and the inquiry need of another record, by the identity: opened before anything is written or sent. */
  readonly opens?: Opens;
  /** A change has `refusesNew`: what a setting refuses now may have been carried out before. */
  readonly refuses?: never;
  /** What the configuration refuses of a request that has no attempt yet; a repeat is answered from its record. */
  readonly refusesNew?: (input: Input, config: Config) => readonly FieldError[];
  /** A binding's: the provider's id of it, in the result of its registration, where the reply gave one. */
  readonly bindsBy?: (result: Result) => string | undefined;
  /** A natural key that it has besides its identity, and that one record at a time may work at. */
  readonly place?: PlaceSpec<Input>;
  /** Another record that must allow this change first. */
  readonly follows?: Precedent<Input>;
  /** False for a request that only looks; it is then carried out as a read. Every request changes unless told. */
  readonly changes?: (input: Input) => boolean;
}

/** Throws the Problem that refuses the change. */
export type Opens = (identity: string, held: Held) => Promise<Opened>;

/** Where the records of this account are, and what opens them. */
export type Held = Pick<Runtime, "config" | "secrets"> & { readonly records: Pick<Records, "get"> };

interface NaturalIdentity<Input> {
  readonly namespace: "money" | "reversal" | "binding" | "deactivation";
  readonly of: (input: Input) => string;
  /** Of a reversal: which of its debit's this is. A number follows on the refusal of the one before it. */
  readonly number?: (input: Input) => number;
}

/** A reversal follows its debit. */
export interface Precedent<Input> {
  readonly identity: (input: Input) => Identity;
  /** Throws the Problem that refuses the change; says how its record is listed. `record` is undefined where we hold none. */
  readonly allows: (record: RecordItem | undefined, input: Input) => Listing;
}

export type ChangeOperation<Input, Result, Call, Reply> = FunctionDefinition &
  ChangeSpec<Input, Result, Call, Reply> &
  Settling;

/** One request for a change, and what it is carried out with. */
export interface Run<Input extends object, Result, Call, Reply> {
  readonly operation: ChangeOperation<Input, Result, Call, Reply>;
  readonly request: Request<Input>;
  readonly world: Runtime;
  readonly records: Records;
}

/** A change, as whoever settles its doubt knows it. */
export interface Settling {
  readonly resolve: Resolve;
  /** Whether that takes a call to the provider. */
  readonly asks: (record: RecordItem, config: Config) => boolean;
}

export const settles = (definition: FunctionDefinition): definition is FunctionDefinition & Settling =>
  "resolve" in definition;
