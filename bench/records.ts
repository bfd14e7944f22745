import { N, S } from "../lib/records/record.ts";
import { recordsIn } from "../lib/records/store.ts";
import { shards, unlistedRecords } from "../lib/records/write.ts";
import type { LambdaProcess } from "../local/lambda/process.ts";
import { meter } from "../ops/cost/meter.ts";
import { startCountingProxy } from "../test/support/counting-proxy.ts";
import { type Item, startTable, type TestTable } from "../test/support/dynamodb.ts";
import { copyOnly, customerOf } from "./copies.ts";
import { median, quantile, ratio } from "./figures.ts";
import { nothing, rotated, type Taken, taking, warmUpCalls } from "./measure.ts";
import type { Part, Scale } from "./scale.ts";
import type { Store, World } from "./world.ts";

/** A table that holds so many records, a function that works on it, and what was measured of them. */
interface Held {
  readonly count: number;
  readonly table: TestTable;
  readonly process: LambdaProcess;
  /** The record that the others are copies of. */
  readonly debit: Item;
  readonly debits: Taken;
  /** Milliseconds of a page of a customer's records, and of a look at all that is unfinished. */
  readonly pages: number[];
  readonly looks: number[];
}

/** Debits and lists while a table holds so many records: a table for each number, in turns. */
export async function records(world: World, { rounds, recordCounts }: Scale): Promise<Part> {
  const tables: TestTable[] = [];
  try {
    const all: Held[] = [];
    for (const count of recordCounts) {
      const table = await startTable();
      tables.push(table);
      all.push(await filled(world, table, count));
    }
    await measure(world, all, rounds);
    for (const { process } of all) process.kill();
    const asked = await Promise.all(tables.map((table) => askedFor(world, table)));
    const data = all.map(({ count, debits, pages, looks }) => ({ count, debits, pages, looks }));
    return {
      title: "By the number of records; TLS, no distance",
      rows: [...rowsOf(all), ...rowsOfAsked(asked)],
      data: { measured: data, asked },
    };
  } finally {
    for (const table of tables) await table.stop();
  }
}

const startOn = async (world: World, store: Store) => {
  const process = await world.start(world.of("ours", "debit-wallet"), { provider: 0, store });
  await process.initialized;
  return process;
};

const aCustomer = 100;
const shownAtOnce = 20;
const unfinished = 64;

/** A debit, as our function leaves it, so many copies of it, and a few that are unfinished: as many in each table. */
async function filled(world: World, table: TestTable, count: number): Promise<Held> {
  const process = await startOn(world, table);
  await world.call(process, "debit-wallet");
  const [debit] = await table.scan();
  if (debit?.state?.S !== "succeeded") throw new Error("the debit that is copied did not succeed");
  copyOnly(table, debit, { count, aCustomer });
  const { customer: _, ...rest } = debit;
  for (let each = 0; each < unfinished; each += 1)
    await table.put({ ...rest, pk: S(`left-${each}`), shard: N(each % shards), due: N(each) });
  return { count, table, process, debit, debits: nothing(), pages: [], looks: [] };
}

async function measure(world: World, all: readonly Held[], rounds: number): Promise<void> {
  for (let round = -warmUpCalls; round < rounds; round += 1)
    for (const { count, table, process, debit, ...taken } of rotated(all, round + warmUpCalls)) {
      const list = recordsIn(table.name, table.client);
      const customer = customerOf(debit, Math.floor(Math.random() * count), { count, aCustomer });
      const debits = round < 0 ? nothing() : taken.debits;
      await taking(debits, world, process, "debit-wallet");
      if (debits.failed > 0) throw new Error("a debit failed");
      if (round < 0) continue;
      const [began, page] = [performance.now(), await list.ofCustomer(customer, shownAtOnce, undefined)];
      const looked = performance.now();
      const due = await Promise.all(
        Array.from({ length: shards }, (_, shard) => list.unfinished(shard, unlistedRecords, 2 * unfinished)),
      );
      taken.pages.push(looked - began);
      taken.looks.push(performance.now() - looked);
      if (page.rows.length !== shownAtOnce || due.flat().length !== unfinished)
        throw new Error("the lists do not show what was written");
    }
}

/** What one more debit asks of its table. */
interface Asked {
  readonly calls: Readonly<Record<string, number>>;
  readonly bytes: number;
  readonly writeUnits: number;
}

async function askedFor(world: World, table: TestTable): Promise<Asked> {
  const proxy = await startCountingProxy(table.url);
  const process = await startOn(world, { name: table.name, url: proxy.url });
  await world.call(process, "debit-wallet");
  process.kill();
  const calls = proxy.calls();
  await proxy.stop();
  const { calls: counts, writeUnits } = meter().read(calls);
  const bytes = calls.reduce((sum, { requestBytes, reply }) => sum + requestBytes + reply.length, 0);
  return { calls: counts, bytes, writeUnits };
}

function rowsOf(all: readonly Held[]): readonly (readonly string[])[] {
  const counts = all.map(({ count }) => count.toLocaleString("en"));
  const row = (what: string, of: (held: Held) => readonly number[]) => {
    const taken = all.map(of);
    const figures = taken.map((each) => `${median(each).toFixed(1)} ms`);
    return [what, ...figures, ratio(taken.at(-1) ?? [], taken[0] ?? []).toFixed(2)];
  };
  const tails = all.map(({ debits }) => quantile(debits.milliseconds, 0.99));
  return [
    ["", ...counts, `${counts.at(-1)} / ${counts[0]}`],
    row("debit-wallet", ({ debits }) => debits.milliseconds),
    row("  CPU", ({ debits }) => debits.cpu),
    ["  p99", ...tails.map((each) => `${each.toFixed(1)} ms`), byFirst(tails).toFixed(2)],
    row(`a page of ${shownAtOnce} of a customer's records`, ({ pages }) => pages),
    row(`a look for what is unfinished, ${shards} shards`, ({ looks }) => looks),
  ];
}

function rowsOfAsked(asked: readonly Asked[]): readonly (readonly string[])[] {
  const row = (what: string, of: (each: Asked) => number, shown: (each: Asked) => string) => [
    ...[what, ...asked.map(shown)],
    byFirst(asked.map(of)).toFixed(2),
  ];
  const sum = ({ calls }: Asked) => Object.values(calls).reduce((total, each) => total + each, 0);
  const named = ({ calls }: Asked) =>
    Object.entries(calls)
      .map(([operation, times]) => `${times} ${operation}`)
      .join(", ");
  return [
    row("a debit's calls of DynamoDB", sum, named),
    row(
      "their bytes, there and back",
      ({ bytes }) => bytes,
      ({ bytes }) => `${(bytes / 1000).toFixed(1)} kB`,
    ),
    row(
      "their write units",
      ({ writeUnits }) => writeUnits,
      ({ writeUnits }) => `${writeUnits}`,
    ),
  ];
}

const byFirst = (values: readonly number[]): number => (values.at(-1) ?? 0) / (values[0] ?? 0);
