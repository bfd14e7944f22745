import { sendMarginMs, settleMarginMs } from "../config.ts";
import { reconciledCounts, type Tally } from "../metrics.ts";
import { isInDoubt } from "../records/doubt.ts";
import type { RecordItem } from "../records/record.ts";
import type { Records } from "../records/store.ts";
import { shards } from "../records/write.ts";
import { log, type Runtime } from "../runtime.ts";
import type { Settling } from "./change-spec.ts";
import type { FunctionDefinition } from "./definition.ts";
import { warnOfInquiry } from "./last-inquiry.ts";
import { type Budget, resolveUnknown } from "./resolve.ts";

/** Records of a shard that are looked at in one run, and how many are asked about at a time. */
const perShard = 25;
const atOnce = 8;
/** Shards that are counted at a time, beside what is asked about. */
const countedAtOnce = 4;
/** A run ends while there is time to ask once more and to write what was learned. */
const leastMs = sendMarginMs + settleMarginMs;

type Change = FunctionDefinition & Settling;

/**
 * One run over the index of the unfinished: each record that is due is read itself and its doubt settled as far as asking
 * can. What no time is left for is due still, and the next run's. Two runs at once do no harm: each record has one turn.
 * `tally` is kept as it goes, so that a run that fails has counted, too.
 */
export async function reconcile(
  changes: readonly Change[],
  world: Runtime,
  records: Records,
  budget: Budget,
  tally: Tally = { lookedAt: 0, failures: [] },
): Promise<void> {
  const operations = new Map(changes.map((change) => [change.name, change]));
  // Another start each time, so that no shard is always the last.
  const first = Math.floor(world.clock.now() / 1000) % shards;
  const waiting = Array.from({ length: shards }, (_, index) => (first + index) % shards);

  const { failures } = tally;

  const work = async (): Promise<void> => {
    for (let shard = waiting.shift(); shard !== undefined; shard = waiting.shift()) {
      if (budget.remainingMs() < leastMs) return;
      const due = await unlessItFails(() => records.due(shard, world.clock.now(), perShard), failures);
      for (const id of due ?? []) {
        if (budget.remainingMs() < leastMs) return;
        await unlessItFails(() => settleOne(id, operations, world, records, budget, tally), failures);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  if (failures.length > 0)
    throw new AggregateError(failures, `${failures.length} of the records in doubt could not be looked into`);
}

/** How many records wait for a person. Throws where a shard cannot be counted: a smaller number would be untrue. */
export async function countWaiting(
  records: Pick<Records, "countWaiting">,
  { remainingMs }: Budget,
): Promise<number> {
  const uncounted = Array.from({ length: shards }, (_, shard) => shard);
  const counts: number[] = [];
  const work = async (): Promise<void> => {
    for (let shard = uncounted.shift(); shard !== undefined; shard = uncounted.shift()) {
      if (remainingMs() < settleMarginMs)
        throw new Error("no time was left to count what waits for a person");
      counts.push(await records.countWaiting(shard));
    }
  };
  await Promise.all(Array.from({ length: countedAtOnce }, work));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** One record that cannot be read or settled keeps nobody from the others; the run fails at its end, for all to see. */
async function unlessItFails<T>(step: () => Promise<T>, failures: unknown[]): Promise<T | undefined> {
  try {
    return await step();
  } catch (error) {
    failures.push(error);
    return undefined;
  }
}

async function settleOne(
  id: string,
  operations: ReadonlyMap<string, Change>,
  world: Runtime,
  records: Records,
  budget: Budget,
  tally: Tally,
): Promise<void> {
  const record = await records.get(id);
  // A table that answers slowly may have taken what there was.
  if (budget.remainingMs() < leastMs) return;
  const now = world.clock.now();
  // The index may be behind: what another run has postponed meanwhile is not due.
  if (!record || !isInDoubt(record, now) || (record.due ?? now) > now) return;
  tally.lookedAt += 1;
  const operation = `${record.provider}/${record.operation}`;
  let seen = record;
  try {
    const settle = operations.get(operation)?.resolve ?? resolveUnknown;
    seen = await settle(record, world, records, budget);
  } finally {
    // A look that fails has left the doubt as it was.
    countDoubt(tally, seen, world.clock.now());
  }
  warnOfInquiry("reconcile", record, seen);
  const { state } = seen;
  if (state !== record.state)
    log({ function: "reconcile", operation, record: id, state }, reconciledCounts(state));
}

function countDoubt(tally: Tally, record: RecordItem, now: number): void {
  if (isInDoubt(record, now))
    tally.oldestDoubtMs = Math.max(tally.oldestDoubtMs ?? 0, now - record.dispatchedAt);
}
