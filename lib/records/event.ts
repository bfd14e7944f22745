import type { State } from "./states.ts";

/**
 * The event of a write, as the item's attribute `event`. A pipe sends each write that has one to the event bus
 * under this name; a write that tells nothing leaves none on the item, so that nothing is told twice.
 */
export type RecordEvent = StateEvent | "account.bound" | BookEvent;

/** A day of the provider's books was looked at to its end (lib/records/books.ts). */
export type BookEvent = "books.agree" | "books.differ" | "books.incomplete";

type StateEvent =
  | "record.succeeded"
  | "record.declined"
  | "record.not-executed"
  | "record.in-doubt"
  | "record.needs-attention";

/** A record that is dispatched tells nothing yet, and one that was not sent has nothing to tell. */
const events: { readonly [Name in State]: StateEvent | undefined } = {
  dispatched: undefined,
  not_sent: undefined,
  succeeded: "record.succeeded",
  declined: "record.declined",
  not_executed: "record.not-executed",
  in_doubt: "record.in-doubt",
  needs_attention: "record.needs-attention",
};

export const eventOf = (state: State): StateEvent | undefined => events[state];
