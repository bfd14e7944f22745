import type { InferOutput } from "valibot";
import type { day } from "../../functions/records/books.sample.ts";
import type { recordDetail } from "../../functions/records/common.sample.ts";
import type { State } from "../../lib/records/states.ts";

export type { State };

/** What the gateway and the console's server answer. */
export interface Setup {
  readonly gateway: string;
  readonly kind: "local" | "deployed";
  readonly base: string;
  readonly signedAs: string | null;
  readonly titles: Readonly<Record<string, string>>;
  readonly sandboxes: readonly { readonly name: string; readonly title: string }[];
}

/** A record as `GET /v1/records/{id}` and lists by state hold it: what its answer is declared to be. */
export type Detail = InferOutput<typeof recordDetail>;

/** What every list holds of a record; a customer's has no identities. */
export type Row = Pick<Detail, "id" | "operation" | "state" | "amount" | "createdAt"> &
  Partial<Pick<Detail, "identity">>;

/** What `GET /v1/books` gives of a day. */
export type Day = InferOutput<typeof day>;

export interface Page<T> {
  readonly result: readonly T[];
  readonly page?: { readonly cursor: string | null; readonly complete?: boolean };
}
