import { sendMarginMs, settleMarginMs } from "../config.ts";
import { reconciledCounts, type Tally } from "../metrics.ts";
import { isInDoubt, isOpen, nextLook } from "../records/doubt.ts";
import type { RecordItem } from "../records/record.ts";
import type { Records } from "../records/store.ts";
import { shards } from "../records/write.ts";
import { log, type Runtime } from "../runtime.ts";
import { type Breaker, breakerOf } from "./breaker.ts";
import type { Settling } from "./change-spec.ts";
import type { FunctionDefinition } from "./definition.ts";
import { warnOfInquiry } from "./last-inquiry.ts";
import { type Budget, resolveUnknown } from "./resolve.ts";

/** Records of a shard that are read in one run, shards that are read at a time, and records that are asked about at a time. */
const perShard = 250;
const readAtOnce = 8;
const askedAtOnce = 32;
/** Shards that are counted at a time, beside what is asked about. */
const countedAtOnce = 4;
/** A run ends while there is time to ask once more and to write what was learned. */
const leastMs = sendMarginMs + settleMarginMs;

type Change = FunctionDefinition & Settling;

/** What is asked of one provider in a run. */
interface Line {
  readonly breaker: Breaker;
  readonly waiting: RecordItem[];
}

/**
 * One run over the index of the unfinished: each record that is due is read itself and its doubt settled as far as asking
 * can. A record that needs no call is settled as soon as it is read, so that it never waits behind a provider. A provider
 * that does not answer is not asked again in this run. What is not asked about is due still, in its place, and the next
 * run's. Two runs at once do no harm: each record has one turn.
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
  const lines = new Map<string, Line>();
  const hasTime = () => budget.remainingMs() >= leastMs;
  // Resolved when there may be more to ask about, and replaced.
  let more = Promise.withResolvers<void>();
  const wake = () => {
    more.resolve();
    more = Promise.withResolvers();
  };
  const settle = (record: RecordItem, by: Runtime) =>
    unlessItFails(() => settleOne(record, operations, by, records, budget, tally), failures);

  const sort = async (ids: readonly string[]): Promise<void> => {
    for (const id of ids) {
      if (!hasTime()) return;
      const record = await unlessItFails(() => records.get(id), failures);
      if (!record || !isDue(record, world.clock.now())) continue;
      const change = operations.get(`${record.provider}/${record.operation}`);
      if (change?.asks(record, world.config)) {
        lineOf(lines, record.provider).waiting.push(record);
        wake();
      } else await settle(record, world);
    }
  };
  const read = async (): Promise<void> => {
    for (let shard = waiting.shift(); shard !== undefined; shard = waiting.shift()) {
      if (!hasTime()) return;
      const { now } = world.clock;
      const of = shard;
      const due = await unlessItFails(() => records.due(of, now(), perShard), failures);
      await sort(due ?? []);
      // A shard that cannot be read is one failure.
      if (!due || !isWalked(of, now(), world.config.backOffMs.at(-1))) continue;
      const listed = await unlessItFails(() => records.waiting(of, 0, perShard), failures);
      await sort((listed ?? []).map(({ id }) => id));
    }
  };
  let reading = true;
  const ask = async (): Promise<void> => {
    while (hasTime()) {
      const line = longest(lines);
      const record = line?.waiting.shift();
      if (line && record) await settle(record, { ...world, send: line.breaker.watching(world.send) });
      else if (reading) await more.promise;
      else return;
    }
  };
  const readers = Promise.all(Array.from({ length: readAtOnce }, read)).finally(() => {
    reading = false;
    wake();
  });
  await Promise.all([readers, ...Array.from({ length: askedAtOnce }, ask)]);
  if (failures.length > 0)
    throw new AggregateError(failures, `${failures.length} of the records in doubt could not be looked into`);
}

function lineOf(lines: Map<string, Line>, provider: string): Line {
  const line = lines.get(provider) ?? { breaker: breakerOf(), waiting: [] };
  lines.set(provider, line);
  return line;
}

/** Of the providers that still answer, the one with the most records waiting. */
const longest = (lines: ReadonlyMap<string, Line>): Line | undefined =>
  [...lines.values()]
    .filter(({ breaker, waiting }) => !breaker.isOpen() && waiting.length > 0)
    .sort((one, other) => other.waiting.length - one.waiting.length)[0];

/** The index may be behind: a record that another run has postponed meanwhile is not due. */
const isDue = (record: RecordItem, now: number): boolean =>
  isOpen(record, now) && (nextLook(record) ?? now) <= now;

/** A shard of the list for people is read in the few minutes that are its own of each `everyMs`: some of it is asked on. */
function isWalked(shard: number, now: number, everyMs = walkMs): boolean {
  const slotMs = everyMs / shards;
  const behind = (Math.floor(now / slotMs) - shard + shards * shards) % shards;
  return behind * slotMs <= walkMs;
}
/** Runs that come a minute apart meet each shard's time at least twice. */
const walkMs = 150_000;

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
  record: RecordItem,
  operations: ReadonlyMap<string, Change>,
  world: Runtime,
  records: Records,
  budget: Budget,
  tally: Tally,
): Promise<void> {
  // A table that answers slowly may have taken what there was.
  if (budget.remainingMs() < leastMs) return;
  tally.lookedAt += 1;
  const operation = `${record.provider}/${record.operation}`;
  let seen = record;
  try {
    const settle = operations.get(operation)?.resolve ?? resolveUnknown;
    seen = await settle(record, world, records, { ...budget, questionMs: world.config.inquiryTimeoutMs });
  } finally {
    // A look that fails has left the doubt as it was.
    countDoubt(tally, seen, world.clock.now());
  }
  warnOfInquiry("reconcile", record, seen);
  const { state } = seen;
  if (state !== record.state)
    log({ function: "reconcile", operation, record: record.id, state }, reconciledCounts(state));
}

function countDoubt(tally: Tally, record: RecordItem, now: number): void {
  if (isInDoubt(record, now))
    tally.oldestDoubtMs = Math.max(tally.oldestDoubtMs ?? 0, now - record.dispatchedAt);
}
