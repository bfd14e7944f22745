import { type Binding, bindingValue } from "./binding.ts";
import { type Attributes, L, N, type RecordItem, S } from "./record.ts";
import { assigned, assignments, forAStray, shardOf, type Write } from "./write.ts";

/** A notification that verifies and fits no registration: kept apart, for a person to look at. */
export interface Stray
  extends Pick<
    RecordItem,
    "id" | "provider" | "account" | "operation" | "namespace" | "identity" | "request"
  > {
  readonly facts: string;
  readonly binding: Binding;
  readonly failure: string;
  readonly now: number;
  /** How many like it are kept: it is kept only where none of these is reached. */
  readonly bounds: readonly Bound[];
}

/** A counter in the table, and how far it counts. */
export interface Bound {
  readonly id: string;
  readonly most: number;
  /** When it is forgotten, in milliseconds since 1970; undefined: never. */
  readonly expires?: number;
}

/** `dropped`: not kept, and the first one in a minute to be so; `dropped silently`: not the first. */
export type Kept = "kept" | "dropped" | "dropped silently";

/** How often a counter that is reached says so. */
const tellsEveryMs = 60_000;

/** The stray, then each of its counters one further: all of these are written, or nothing is. */
export const keeping = (stray: Stray): readonly Write[] => [writing(stray), ...stray.bounds.map(counting)];

function writing(stray: Stray): Write {
  const { now } = stray;
  const item: Attributes = {
    provider: S(stray.provider),
    account: S(stray.account),
    operation: S(stray.operation),
    namespace: S(stray.namespace),
    identity: S(stray.identity),
    caller: S(stray.provider),
    request: S(stray.request),
    facts: S(stray.facts),
    failure: S(stray.failure),
    binding: bindingValue(stray.binding),
    state: S("needs_attention"),
    attempt: N(0),
    owner: S(stray.id),
    host: S(stray.provider),
    leaseEnds: N(now),
    createdAt: N(now),
    dispatchedAt: N(now),
    shard: shardOf(stray.id),
    due: N(forAStray(now)),
    history: L([`needs_attention ${now}`]),
  };
  return {
    id: stray.id,
    condition: "attribute_not_exists(#pk)",
    set: assignments(item),
    tells: "record.needs-attention",
    values: assigned(item),
  };
}

const counting = ({ id, most, expires }: Bound): Write => ({
  id,
  condition: "attribute_not_exists(#count) OR #count < :most",
  set: [
    "#count = if_not_exists(#count, :none) + :one",
    ...(expires === undefined ? [] : ["#expires = :expires"]),
  ],
  tells: undefined,
  values: {
    ":none": N(0),
    ":one": N(1),
    ":most": N(most),
    ...(expires !== undefined && { ":expires": N(Math.ceil(expires / 1000)) }),
  },
});

/** Once in a minute, whichever process comes. */
export const telling = ({ id }: Bound, now: number): Write => ({
  id,
  condition: "attribute_exists(#count) AND (attribute_not_exists(#toldAt) OR #toldAt <= :before)",
  set: ["#toldAt = :now"],
  tells: undefined,
  values: { ":now": N(now), ":before": N(now - tellsEveryMs) },
});
