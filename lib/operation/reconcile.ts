import { sendMarginMs, settleMarginMs } from "../config.ts";
import { reconciledCounts, type Tally } from "../metrics.ts";
import { doubtSince, isInDoubt, isOpen, nextLook } from "../records/doubt.ts";
import type { RecordItem } from "../records/record.ts";
import type { Due, Records, Span } from "../records/store.ts";
import { listedRecords, shards } from "../records/write.ts";
import { log, type Runtime } from "../runtime.ts";
import type { Settling } from "./change-spec.ts";
import type { FunctionDefinition } from "./definition.ts";
import { warnOfInquiry } from "./last-inquiry.ts";
import { type Lines, linesOf } from "./lines.ts";
import { pagesOf, placeAt } from "./pages.ts";
import { type Budget, resolveUnknown } from "./resolve.ts";
import { type Share, shardsIn, shareIn } from "./share.ts";

/** Pages that are read at a time, and records that are asked about at a time. */
const readAtOnce = 8;
const askedAtOnce = 32;
/** A run ends while there is time to ask once more and to write what was learned. */
const leastMs = sendMarginMs + settleMarginMs;

type Change = FunctionDefinition & Settling;

/** What all parts of a run share. */
interface Run {
  readonly operations: ReadonlyMap<string, Change>;
  readonly world: Runtime;
  readonly records: Records;
  readonly budget: Budget;
  readonly tally: Tally;
  readonly lines: Lines;
}

export interface RunOptions extends Budget {
  /** Kept as the run goes, so that one that fails has counted, too. */
  readonly tally?: Tally;
  /** The whole index unless told. */
  readonly share?: Share;
}

/**
 * One run over a worker's share of the index of the unfinished: each record that is due is read itself and its doubt settled
 * as far as asking can. A record that needs no call is settled as soon as it is read, so that it never waits behind a
 * provider. A provider that does not answer is not asked again in this run. What is not asked about is due still, in its
 * place, and a later run's. Two runs at once do no harm: each record has one turn.
 */
export async function reconcile(
  changes: readonly Change[],
  world: Runtime,
  records: Records,
  { tally = { lookedAt: 0, failures: [] }, share = shareIn(undefined), ...budget }: RunOptions,
): Promise<void> {
  const operations = new Map(changes.map((change) => [change.name, change]));
  const run: Run = { operations, world, records, budget, tally, lines: linesOf() };
  await Promise.all([readAll(run, share), askAll(run)]);
  const { failures } = tally;
  if (failures.length > 0)
    throw new AggregateError(failures, `${failures.length} of the records in doubt could not be looked into`);
}

const hasTime = ({ budget }: Run): boolean => budget.remainingMs() >= leastMs;

/** Page by page, each shard in its turn. While enough waits to be asked about, one reader alone reads on. */
async function readAll(run: Run, share: Share): Promise<void> {
  const { lines, tally } = run;
  const shardsLeft = partsOf(run, share);
  const read = async (_: unknown, reader: number): Promise<void> => {
    for (let part = shardsLeft.shift(); part !== undefined; part = shardsLeft.shift()) {
      if (reader > 0) await lines.untilShort();
      if (!hasTime(run)) return;
      const pages = part;
      // A shard that cannot be read is one failure.
      const page = await unlessItFails(() => pages.next(), tally.failures);
      if (!page || page.done) continue;
      shardsLeft.push(pages);
      for (const { id } of page.value) {
        if (!hasTime(run)) return;
        await look(run, id);
      }
    }
  };
  await Promise.all(Array.from({ length: readAtOnce }, read)).finally(lines.close);
}

/** The pages of each shard, a part for each. */
function partsOf(run: Run, share: Share): AsyncGenerator<readonly Due[]>[] {
  const mine = shardsIn(share);
  // Another start each time, so that no shard is always the last.
  const first = Math.floor(run.world.clock.now() / 1000) % mine.length;
  return [...mine.slice(first), ...mine.slice(0, first)].map((shard) => rowsOf(shard, run));
}

/** What has been due for longest, what is listed where it is the shard's time, and the rest of what is due. */
async function* rowsOf(shard: number, { world, records }: Run): AsyncGenerator<readonly Due[]> {
  const now = world.clock.now();
  const pages = (span: Span) =>
    pagesOf((part, limit) => records.unfinished(shard, part, limit), span, placeAt(now));
  const due = pages({ from: 0, to: now });
  const oldest = await due.next();
  if (!oldest.done) yield oldest.value;
  if (isWalked(shard, now, world.config.backOffMs.at(-1))) yield* pages(listedRecords);
  yield* due;
}

async function look(run: Run, id: string): Promise<void> {
  const { operations, world, records, tally, lines } = run;
  const record = await unlessItFails(() => records.get(id), tally.failures);
  if (!record || !isDue(record, world.clock.now())) return;
  const change = operations.get(`${record.provider}/${record.operation}`);
  if (change?.asks(record, world.config)) lines.add(record);
  else await unlessItFails(() => settle(run, record, world), tally.failures);
}

async function askAll(run: Run): Promise<void> {
  const { world, tally, lines } = run;
  const ask = async (): Promise<void> => {
    while (hasTime(run)) {
      const asked = await lines.next();
      if (!asked) return;
      const { record, watching, done } = asked;
      const watched = { ...world, send: watching(world.send) };
      await unlessItFails(() => settle(run, record, watched), tally.failures);
      done();
    }
  };
  await Promise.all(Array.from({ length: askedAtOnce }, ask)).finally(lines.close);
}

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

/** Collects the error of one record or shard, so that the run goes on with the others; it fails at its end. */
async function unlessItFails<T>(step: () => Promise<T>, failures: unknown[]): Promise<T | undefined> {
  try {
    return await step();
  } catch (error) {
    failures.push(error);
    return undefined;
  }
}

async function settle({ operations, records, budget, tally }: Run, record: RecordItem, world: Runtime) {
  const { clock, config } = world;
  const began = clock.now();
  // No longer than a caller's function has: the turn's lease outlasts that, and not the whole run.
  const remainingMs = () => Math.min(budget.remainingMs(), began + config.functionTimeoutMs - clock.now());
  // A table that answers slowly may have taken what there was.
  if (remainingMs() < leastMs) return;
  tally.lookedAt += 1;
  const operation = `${record.provider}/${record.operation}`;
  let seen = record;
  try {
    const resolve = operations.get(operation)?.resolve ?? resolveUnknown;
    const limits = { ...budget, remainingMs, questionMs: config.inquiryTimeoutMs };
    seen = await resolve({ record, world, records, budget: limits });
  } finally {
    // A look that fails has left the doubt as it was.
    countDoubt(tally, seen, clock.now());
  }
  warnOfInquiry("reconcile", record, seen);
  const { state } = seen;
  if (state !== record.state)
    log({ function: "reconcile", operation, record: record.id, state }, reconciledCounts(state));
}

function countDoubt(tally: Tally, record: RecordItem, now: number): void {
  if (isInDoubt(record, now))
    tally.oldestDoubtMs = Math.max(tally.oldestDoubtMs ?? 0, now - doubtSince(record));
}
