import { type Binding, bindingValue } from "./binding.ts";
import { type Clause, clause, either, has, isNew, lacks } from "./clauses.ts";
import { N, type RecordItem, S } from "./record.ts";
import { becomes, forAStray, shardOf, type Write } from "./write.ts";

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
  const { now, failure } = stray;
  const state = becomes({ to: "needs_attention", now, failure, isBinding: true, history: [] });
  return {
    ...state,
    id: stray.id,
    when: [isNew],
    set: {
      ...state.set,
      provider: S(stray.provider),
      account: S(stray.account),
      operation: S(stray.operation),
      namespace: S(stray.namespace),
      identity: S(stray.identity),
      caller: S(stray.provider),
      request: S(stray.request),
      facts: S(stray.facts),
      binding: bindingValue(stray.binding),
      attempt: N(0),
      owner: S(stray.id),
      host: S(stray.provider),
      leaseEnds: N(now),
      createdAt: N(now),
      dispatchedAt: N(now),
      shard: shardOf(stray.id),
      due: N(forAStray(now)),
    },
  };
}

const counting = ({ id, most, expires }: Bound): Write => ({
  id,
  when: [isBelow(most)],
  set: expires === undefined ? {} : { expires: N(Math.ceil(expires / 1000)) },
  also: [clause("#count = if_not_exists(#count, :none) + :one", { ":none": N(0), ":one": N(1) })],
  tells: undefined,
});

/** The counter has not reached its bound. */
export const isBelow = (most: number): Clause =>
  either(lacks("count"), clause("#count < :most", { ":most": N(most) }));

/** Once in a minute, whichever process comes. */
export const telling = ({ id }: Bound, now: number): Write => ({
  id,
  when: [
    has("count"),
    either(lacks("toldAt"), clause("#toldAt <= :before", { ":before": N(now - tellsEveryMs) })),
  ],
  set: { toldAt: N(now) },
  tells: undefined,
});
