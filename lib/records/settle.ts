import { eventOf } from "./event.ts";
import { type Attributes, L, N, type RecordItem, S } from "./record.ts";
import { isFinal, isSettled, type State, sources } from "./states.ts";
import {
  assigned,
  assignments,
  forAPerson,
  listOf,
  ofTheUnfinished,
  shardOf,
  valuesOf,
  type Write,
} from "./write.ts";

/** What the owner of an attempt learned of it. */
export interface Settlement {
  readonly id: string;
  readonly owner: string;
  readonly attempt: number;
  readonly to: Exclude<State, "dispatched" | "needs_attention">;
  readonly now: number;
  readonly result?: string | undefined;
  readonly failure?: string | undefined;
  /** Final records are forgotten after this long; undefined for money, which never is. */
  readonly expireAfterMs: number | undefined;
  /** Of a registration whose notification may come before its reply: the provider's id of the binding, where it gave one. */
  readonly binding?: { readonly tXid: string | undefined };
}

/** `written`: acknowledged, or seen to be there. `superseded`: somebody with better evidence settled it; the record says how. */
export type Settled = { readonly kind: "written" | "superseded"; readonly record: RecordItem };

/** The owner's word on its own attempt: written over doubt, never over a truth, and by nobody whose attempt has passed. */
export function settling(settlement: Settlement): Write {
  const { to, now, result, failure, expireAfterMs } = settlement;
  const tXid = settlement.binding?.tXid;
  const from = sources("owner", to);
  // A notification may have settled it as succeeded; the reply then adds what it alone knows.
  const merges = to === "succeeded" && settlement.binding;
  const open = merges
    ? `(#state IN (${listOf(from)}) OR (#state = :state AND attribute_not_exists(#tXid)))`
    : `#state IN (${listOf(from)})`;
  const agrees =
    merges && tXid !== undefined
      ? " AND (attribute_not_exists(#binding.#tXid) OR #binding.#tXid = :tXid)"
      : "";
  const item: Attributes = {
    state: S(to),
    ...(result !== undefined && { result: S(result) }),
    ...(failure !== undefined && { failure: S(failure) }),
    ...(isFinal(to) &&
      expireAfterMs !== undefined && { expires: N(Math.ceil((now + expireAfterMs) / 1000)) }),
    ...(tXid !== undefined && { tXid: S(tXid) }),
    // What is unfinished stays in its index, due at once.
    ...(!isSettled(to) && { due: N(now) }),
  };
  return {
    id: settlement.id,
    condition: `#owner = :owner AND #attempt = :ownAttempt AND ${open}${agrees}`,
    set: [...assignments(item), "#history = list_append(#history, :entry)"],
    remove: [...(isSettled(to) ? ofTheUnfinished : []), ...(failure === undefined ? ["#failure"] : [])],
    tells: eventOf(to),
    values: {
      ...assigned(item),
      ...valuesOf(from),
      ":owner": S(settlement.owner),
      ":ownAttempt": N(settlement.attempt),
      ":entry": L([`${to} ${now}`]),
    },
  };
}

/** Why the owner's word and the notification that came before it cannot both be true; undefined where they can. */
export function disagreementWith(record: RecordItem, settlement: Settlement): string | undefined {
  const ours = record.owner === settlement.owner && record.attempt === settlement.attempt;
  if (!settlement.binding || !ours || record.state !== "succeeded" || !record.binding || record.flagged)
    return undefined;
  if (settlement.to === "declined" || settlement.to === "not_executed")
    return "The registration was refused, and a notification of its binding had come before.";
  if (settlement.to === "succeeded" && record.tXid === undefined)
    return "The registration's tXid differs from that of the notification that came before.";
  return undefined;
}

/** Listed for a person, and its binding no longer served. */
export function flagging(settlement: Settlement, why: string): Write {
  const { binding, result, failure, now } = settlement;
  const item: Attributes = {
    flagged: S(why),
    shard: shardOf(settlement.id),
    due: N(forAPerson(now)),
    ...(binding?.tXid !== undefined && { tXid: S(binding.tXid) }),
    ...(result !== undefined && { result: S(result) }),
    ...(failure !== undefined && { failure: S(failure) }),
  };
  return {
    id: settlement.id,
    condition:
      "#owner = :owner AND #attempt = :ownAttempt AND attribute_exists(#binding) AND attribute_not_exists(#flagged)",
    set: assignments(item),
    tells: "record.needs-attention",
    values: {
      ...assigned(item),
      ":owner": S(settlement.owner),
      ":ownAttempt": N(settlement.attempt),
    },
  };
}
