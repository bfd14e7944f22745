import { eventOf } from "./event.ts";
import { type Attributes, L, N, type RecordItem, S } from "./record.ts";
import { isSettled, sources } from "./states.ts";
import { assigned, assignments, listOf, ofTheUnfinished, valuesOf, type Write } from "./write.ts";

/** How a person settled what asking could not. */
export interface Decision {
  /** As the person saw it. */
  readonly record: RecordItem;
  readonly to: "succeeded" | "declined" | "not_executed";
  readonly result: string | undefined;
  readonly failure: string | undefined;
  /** Who, why and when, as JSON. */
  readonly resolution: string;
  readonly now: number;
}

/** Only a record that waits for a person, and only as that person saw it. */
export function deciding({ record, to, result, failure, resolution, now }: Decision): Write {
  const from = sources("person", to);
  const item: Attributes = {
    state: S(to),
    resolution: S(resolution),
    ...(result !== undefined && { result: S(result) }),
    ...(failure !== undefined && { failure: S(failure) }),
  };
  return {
    id: record.id,
    condition: `#attempt = :seenAttempt AND #state IN (${listOf(from)})`,
    set: [...assignments(item), "#history = list_append(#history, :entry)"],
    remove: [...(isSettled(to) ? ofTheUnfinished : []), ...(failure === undefined ? ["#failure"] : [])],
    tells: eventOf(to),
    values: {
      ...assigned(item),
      ...valuesOf(from),
      ":seenAttempt": N(record.attempt),
      ":entry": L([`${to} ${now}`]),
    },
  };
}

/** A binding that came before its registration's reply and disagrees with it: a person lets it stand, or takes it off the list. */
export function decidingFlag({ record, to, resolution }: Decision): Write {
  const item: Attributes = { resolution: S(resolution) };
  return {
    id: record.id,
    condition: "#attempt = :seenAttempt AND attribute_exists(#flagged)",
    set: assignments(item),
    remove: ["#shard", "#due", ...(to === "succeeded" ? ["#flagged"] : [])],
    tells: to === "succeeded" ? "account.bound" : undefined,
    values: { ...assigned(item), ":seenAttempt": N(record.attempt) },
  };
}
