import { shards } from "../records/write.ts";

/** The shards that one worker looks after: from the first of them up to, and without, `to`. */
export interface Share {
  readonly from: number;
  readonly to: number;
}

const whole: Share = { from: 0, to: shards };

/** The shares of so many workers: every shard is in one of them, and none in two. */
export const sharesOf = (workers: number): readonly Share[] =>
  Array.from({ length: workers }, (_, worker) => ({
    from: Math.floor((worker * shards) / workers),
    to: Math.floor(((worker + 1) * shards) / workers),
  }));

/** What the clock says to a worker. */
export const eventOf = (share: Share): { readonly shards: Share } => ({ shards: share });

/**
 * The share that an event names; all shards where it names none.
 * @throws Error where it names no shards that there are: a worker that looked after none would not be noticed.
 */
export function shareIn(event: unknown): Share {
  const { shards: named } = (event ?? {}) as { readonly shards?: Partial<Share> };
  if (named === undefined) return whole;
  const { from, to } = named;
  const isShard = (value: unknown): value is number =>
    Number.isInteger(value) && Number(value) >= 0 && Number(value) <= shards;
  if (isShard(from) && isShard(to) && from < to) return { from, to };
  throw new Error("the event names no shards that there are");
}

export const shardsIn = ({ from, to }: Share): readonly number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);
