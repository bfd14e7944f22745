import { settleMarginMs } from "../config.ts";
import type { Tally } from "../metrics.ts";
import type { Records, Span } from "../records/store.ts";
import { forPeople, shards } from "../records/write.ts";
import type { Budget } from "./resolve.ts";

type Countable = Pick<Records, "countUnfinished" | "unfinished">;

type Backlog = NonNullable<Tally["backlog"]>;

/** Shards that are counted at a time, while others are asked about. */
const countedAtOnce = 4;
/** Runs come a minute apart, and one may start late: what was due before was due at a whole run. */
const graceMs = 120_000;

/** How many records wait for a person. Throws where a shard cannot be counted: a smaller number would be untrue. */
export async function countWaiting(records: Countable, budget: Budget): Promise<number> {
  const counts = await ofEachShard(budget, (shard) => records.countUnfinished(shard, forPeople));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** What runs have not got to, of all shards. Throws as `countWaiting`. */
export async function countBacklog(records: Countable, now: number, budget: Budget): Promise<Backlog> {
  const span: Span = { from: 0, to: now - graceMs };
  const found = await ofEachShard(budget, async (shard) => {
    const [first] = await records.unfinished(shard, span, 1);
    return first && { due: first.due, count: await records.countUnfinished(shard, span) };
  });
  const overdue = found.filter((each) => each !== undefined);
  const first = Math.min(...overdue.map(({ due }) => due));
  return {
    count: overdue.reduce((sum, { count }) => sum + count, 0),
    oldestMs: overdue.length === 0 ? undefined : now - first,
  };
}

async function ofEachShard<T>({ remainingMs }: Budget, count: (shard: number) => Promise<T>): Promise<T[]> {
  const uncounted = Array.from({ length: shards }, (_, shard) => shard);
  const counted: T[] = [];
  const work = async (): Promise<void> => {
    for (let shard = uncounted.shift(); shard !== undefined; shard = uncounted.shift()) {
      if (remainingMs() < settleMarginMs) throw new Error("no time was left to count the unfinished");
      counted.push(await count(shard));
    }
  };
  await Promise.all(Array.from({ length: countedAtOnce }, work));
  return counted;
}
