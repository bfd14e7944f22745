import { BatchWriteItemCommand } from "@aws-sdk/client-dynamodb";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { countBacklog } from "../../lib/operation/counting.ts";
import type { FunctionDefinition } from "../../lib/operation/definition.ts";
import { type Asked, type Lines, linesOf } from "../../lib/operation/lines.ts";
import { pagesOf, placeAt } from "../../lib/operation/pages.ts";
import { reconcile } from "../../lib/operation/reconcile.ts";
import type { Resolve } from "../../lib/operation/resolve.ts";
import { eventOf, type Share, shardsIn, shareIn, sharesOf } from "../../lib/operation/share.ts";
import { N, type RecordItem, S } from "../../lib/records/record.ts";
import { type Due, type Records, recordsIn, type Span } from "../../lib/records/store.ts";
import { listedRecords, shardOf } from "../../lib/records/write.ts";
import type { Runtime } from "../../lib/runtime.ts";
import type { Send } from "../../lib/transport.ts";
import { startTable, type TestTable } from "../support/dynamodb.ts";
import { attemptOf, claimOf, leaseMs, newOwner, noon, overwrite } from "./claims.ts";
import { worldAt } from "./world.ts";

/** Many records that are due at once: how they are shared out, in which order they are read, and what is counted of them. */
const minute = 60_000;

describe("the shares of workers", () => {
  test.each([1, 2, 3, 4, 5, 64])("of %i hold every shard once", (workers) => {
    const all = sharesOf(workers).flatMap(shardsIn);
    expect(all).toEqual(Array.from({ length: 64 }, (_, shard) => shard));
    const sizes = sharesOf(workers).map((share) => shardsIn(share).length);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  });

  test("are what their events say", () => {
    for (const share of sharesOf(5))
      expect(shareIn(JSON.parse(JSON.stringify(eventOf(share))))).toEqual(share);
  });

  test.each([
    {},
    { "detail-type": "Scheduled Event", detail: {} },
    undefined,
    null,
  ])("an event that names none (%j) means all shards", (event) => {
    expect(shardsIn(shareIn(event))).toHaveLength(64);
  });

  test.each([
    {},
    null,
    { from: 0 },
    { from: 0, to: 65 },
    { from: -1, to: 3 },
    { from: 3, to: 3 },
    { from: 4, to: 3 },
    { from: 0.5, to: 3 },
    { from: "0", to: "16" },
  ])("shards that are not there (%j) are no share", (named) => {
    expect(() => shareIn({ shards: named })).toThrow();
  });
});

/** An index in memory: the one that DynamoDB keeps is tested with the store. */
const indexOf =
  (rows: readonly Due[]) =>
  async ({ from, to, after, isBackward }: Span, limit: number) => {
    const start = after === undefined ? 0 : rows.findIndex(({ id }) => id === after.id) + 1;
    const found = rows.slice(start).filter(({ due }) => due >= from && due <= to);
    return (isBackward ? found.toReversed() : found).slice(0, limit);
  };

describe("the pages of a shard", () => {
  const rowsOf = (count: number, due: (index: number) => number) =>
    Array.from({ length: count }, (_, index) => ({ id: `row-${index}`, due: due(index) }));

  test.each<readonly [string, number, (index: number) => number]>([
    ["none", 0, (index) => index],
    ["less than a page", 24, (index) => index],
    ["one page exactly", 25, (index) => index],
    ["many", 2_613, (index) => index * 7],
    ["many of one moment", 1_301, () => 5],
    ["many of a few moments", 1_301, (index) => Math.floor(index / 400)],
    ["many in a burst at the end", 1_301, (index) => (index < 300 ? index : 99_000)],
  ])("hold %s: each row once, the oldest first", async (_what, count, due) => {
    const rows = rowsOf(count, due);
    for (const at of [0, 0.001, 0.382, 0.5, 0.999]) {
      const seen: Due[] = [];
      for await (const page of pagesOf(indexOf(rows), { from: 0, to: 100_000 }, at)) seen.push(...page);
      expect(seen.slice(0, 25)).toEqual(rows.slice(0, 25));
      expect(new Set(seen.map(({ id }) => id)).size).toBe(count);
      expect(seen).toHaveLength(count);
    }
  });

  test.each([
    ["to their end", { from: 0, to: 100_000 }, 0],
    ["to long after their end", { from: 0, to: 100_000_000_000_000 }, 0],
    ["of the list for a person", listedRecords, listedRecords.from + noon],
  ])("go on at another place in each run, so that whatever is read in three pages, all is read in time: %s", async (_what, span, start) => {
    const rows = rowsOf(10_000, (index) => start + index * 10);
    const seen = new Set<string>();
    for (let run = 0; run < 120; run += 1) {
      let pages = 0;
      const now = noon + run * minute;
      for await (const page of pagesOf(indexOf(rows), span, placeAt(now))) {
        for (const { id } of page) seen.add(id);
        pages += 1;
        if (pages === 3) break;
      }
    }
    expect(seen.size).toBe(10_000);
  });
});

describe("what waits to be asked about", () => {
  const recordOf = (provider: string) => ({ provider }) as RecordItem;
  const fill = (lines: Lines, provider: string, count: number) =>
    Array.from({ length: count }, () => lines.add(recordOf(provider)));
  const taken = async (lines: Lines, count: number) => {
    const asked: Asked[] = [];
    for (let each = 0; each < count; each += 1) asked.push((await lines.next()) as Asked);
    return asked;
  };
  const providersOf = (asked: readonly Asked[]) =>
    Object.entries(Object.groupBy(asked, ({ record }) => record.provider)).map(([name, all]) => [
      name,
      all?.length,
    ]);
  const failing: Send = async () => ({ kind: "lost", why: "no reply", timedOut: true });
  const request = { method: "POST", url: new URL("https://wallet.example"), headers: {}, body: "" } as const;
  const timing = { connectMs: 1, replyMs: 1, mayStillSend: () => true };

  test("is shared between providers: few records do not wait for many", async () => {
    const lines = linesOf();
    fill(lines, "aggrepay", 400);
    fill(lines, "nicepay", 4);
    fill(lines, "wibmo", 9);
    expect(providersOf(await taken(lines, 32))).toEqual([
      ["aggrepay", 19],
      ["nicepay", 4],
      ["wibmo", 9],
    ]);
  });

  test("goes on with the others where a provider does not answer, and leaves its records to a later run", async () => {
    const lines = linesOf();
    fill(lines, "aggrepay", 40);
    fill(lines, "nicepay", 40);
    const [first] = await taken(lines, 1);
    for (let each = 0; each < 3; each += 1) await first?.watching(failing)(request, timing);
    expect(providersOf(await taken(lines, 40))).toEqual([["nicepay", 40]]);
    expect([...new Set(fill(lines, "aggrepay", 2))]).toEqual([false]);
    lines.close();
    expect(await lines.next()).toBeUndefined();
  });

  test("is no more than a run can ask about, and reading waits while there is enough", async () => {
    const lines = linesOf();
    expect(fill(lines, "aggrepay", 5_001).filter((isAdded) => !isAdded)).toHaveLength(1);
    let isShort = false;
    const short = lines.untilShort().then(() => {
      isShort = true;
    });
    for (const { done } of await taken(lines, 4_500)) done();
    await new Promise((soon) => setTimeout(soon, 1));
    expect(isShort).toBe(false);
    for (const { done } of await taken(lines, 1)) done();
    await short;
  });

  test("ends who waits for it when nothing more comes", async () => {
    const lines = linesOf();
    const waiting = [lines.next(), lines.next()];
    lines.close();
    expect(await Promise.all(waiting)).toEqual([undefined, undefined]);
    await lines.untilShort();
  });
});

describe("a run", () => {
  let table: TestTable;
  let records: Records;
  let now: number;
  beforeEach(async () => {
    table = await startTable();
    records = recordsIn(table.name, table.client);
    now = noon + leaseMs + 1;
    vi.spyOn(process.stdout, "write").mockReturnValue(true);
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await table.stop();
  });

  const world = worldAt(() => now);
  const budget = { remainingMs: () => 28_000 };

  let ids = 0;
  /** In that shard, or one after another. */
  function inShard(shard?: number): string {
    const bytes = Buffer.alloc(32);
    ids += 1;
    bytes[0] = shard ?? ids % 64;
    bytes.writeUInt32BE(ids, 1);
    return bytes.toString("base64url");
  }

  interface Which {
    readonly shard?: number;
    readonly provider?: string;
    readonly operation?: string;
    readonly due?: number;
  }

  /** Records in doubt: one that was claimed and settled, and copies of it. */
  async function doubts(count: number, { shard, due = now - 1, ...more }: Which = {}): Promise<void> {
    const { id } = await attemptOf(records, claimOf({ ...more, id: inShard(shard) }), "in_doubt");
    await overwrite(table, id, { due: N(due) });
    const first = await table.item(id);
    const copies = Array.from({ length: count - 1 }, () => {
      const pk = inShard(shard);
      return { PutRequest: { Item: { ...first, pk: S(pk), shard: shardOf(pk) } } };
    });
    for (let at = 0; at < copies.length; at += 25)
      await table.client.send(
        new BatchWriteItemCommand({ RequestItems: { [table.name]: copies.slice(at, at + 25) } }),
      );
  }

  type Change = FunctionDefinition & {
    readonly asks: () => boolean;
    readonly resolve: Resolve;
  };
  const changeOf = (name: string, asks: boolean, resolve: Change["resolve"]): Change => ({
    ...{ name, summary: "", access: "move-money", variables: [], secrets: [], tableActions: [] },
    asks: () => asks,
    resolve,
  });

  /** What asking, or looking, comes to: the record's end. */
  const settled: Change["resolve"] = async ({ record, records: store }) => {
    const turn = { record, resolver: newOwner() };
    const taken = await store.takeTurn(turn, now, leaseMs);
    return taken ? store.conclude({ ...turn, record: taken, to: "succeeded", now, result: "{}" }) : record;
  };
  /** A provider that takes questions and answers none. */
  const hanging: Change["resolve"] = async ({ record, world: { send } }) => {
    const timing = { connectMs: 1, replyMs: 1, mayStillSend: () => true };
    await send({ method: "POST", url: new URL("https://wallet.example"), headers: {}, body: "" }, timing);
    return record;
  };
  const lost: Runtime = {
    ...world,
    send: async () => {
      await new Promise((soon) => setTimeout(soon, 20));
      return { kind: "lost", why: "no whole reply came in time", timedOut: true };
    },
  };
  const debit = changeOf("aggrepay/debit-wallet", true, hanging);
  const otp = changeOf("aggrepay/customer-otp", false, settled);
  const openIn = async (share: Share) => {
    const shards = await Promise.all(
      shardsIn(share).map((shard) => records.unfinished(shard, { from: 0, to: now }, 1_000)),
    );
    return shards.flat().length;
  };

  /** A store in memory, of which reading takes its time: what is due in it, and what was read. */
  function storeOf(all: readonly RecordItem[], readMs: () => number) {
    const byId = new Map(all.map((record) => [record.id, record]));
    const byShard = Map.groupBy(
      all.map(({ id, due = 0 }) => ({ id, due })).toSorted((one, other) => one.due - other.due),
      ({ id }) => Number(shardOf(id).N),
    );
    const settledIds = new Set<string>();
    const store: Records = {
      ...records,
      unfinished: (shard, span, limit) => {
        const rows = (byShard.get(shard) ?? []).filter(({ id }) => !settledIds.has(id));
        return indexOf(rows)(span, limit);
      },
      get: async (id) => {
        await new Promise(setImmediate);
        leftMs -= readMs();
        return byId.get(id);
      },
    };
    let leftMs = 0;
    const run = (changes: readonly Change[], by: Runtime) => {
      leftMs = 55_000;
      return reconcile(changes, by, store, { remainingMs: () => leftMs });
    };
    return { store, run, settledIds };
  }

  /** The first doubt as it is stored, and so many like it. */
  async function recordsLike(count: number, which: Which): Promise<readonly RecordItem[]> {
    const { shard, due = now - 1, ...more } = which;
    const first = await attemptOf(records, claimOf({ ...more, id: inShard(shard) }), "in_doubt");
    return Array.from({ length: count }, () => ({ ...first, id: inShard(shard), due }));
  }

  /** Looking at one of these is its end. */
  const handedOver = (settledIds: Set<string>): Change =>
    changeOf("aggrepay/customer-otp", false, async ({ record }) => {
      settledIds.add(record.id);
      return record;
    });

  test("hands over 64 records that need no call in its first run, though 2,000 debits before them hang", async () => {
    const debits = await recordsLike(2_000, { due: now - minute });
    const otps = await recordsLike(64, { operation: "customer-otp" });
    let asked = 0;
    const asking = changeOf("aggrepay/debit-wallet", true, async (look) => {
      asked += 1;
      return hanging(look);
    });
    const { run, settledIds } = storeOf([...debits, ...otps], () => 1);
    await run([asking, handedOver(settledIds)], lost);
    expect(settledIds.size).toBe(64);
    expect(asked).toBeLessThan(40);
  });

  test("comes upon those behind 10,000 that hang in time, though it reads no more than 2,500", async () => {
    const debits = await recordsLike(10_000, {});
    const spread = debits.map((record, at) => ({ ...record, due: now - 60 * minute + at * 320 }));
    const otps = (await recordsLike(64, { operation: "customer-otp" })).map((record, at) => ({
      ...record,
      due: now - 20 * minute + at * 18_000,
    }));
    const { run, settledIds } = storeOf([...spread, ...otps], () => 22);
    const otp = handedOver(settledIds);
    for (let count = 0; count < 120 && settledIds.size < 64; count += 1) {
      await run([debit, otp], lost);
      now += minute;
    }
    expect(settledIds.size).toBe(64);
  });

  test("hides nothing behind a first page, in whichever shard it is, and gives other providers their share", async () => {
    await doubts(600, { shard: 9 });
    now += minute;
    await doubts(1, { shard: 9, operation: "customer-otp" });
    await doubts(3, { shard: 9, provider: "nicepay", operation: "deactivate" });
    const other = changeOf("nicepay/deactivate", true, settled);
    await reconcile([debit, otp, other], lost, records, budget);
    // All that is left is of the provider that hangs.
    expect(await openIn({ from: 9, to: 10 })).toBe(600);
  }, 30_000);

  test("of four workers together settles all, each once, and none looks into another's shards", async () => {
    await doubts(200);
    const askedOf = new Map<string, number>();
    const counting: Change["resolve"] = (look) => {
      askedOf.set(look.record.id, (askedOf.get(look.record.id) ?? 0) + 1);
      return settled(look);
    };
    const change = changeOf("aggrepay/debit-wallet", true, counting);
    const [first = { from: 0, to: 0 }, ...others] = sharesOf(4);
    await reconcile([change], world, records, { ...budget, share: first });
    const left = (await openIn({ from: 0, to: 64 })) - (await openIn(first));
    expect([await openIn(first), left]).toEqual([0, 200 - askedOf.size]);
    await Promise.all(others.map((share) => reconcile([change], world, records, { ...budget, share })));
    expect([askedOf.size, ...new Set(askedOf.values())]).toEqual([200, 1]);
    expect(await openIn({ from: 0, to: 64 })).toBe(0);
  }, 30_000);

  test("asks no longer about one record than a caller's function could", async () => {
    await doubts(1);
    const left: number[] = [];
    const change = changeOf("aggrepay/debit-wallet", true, async ({ record, budget: { remainingMs } }) => {
      left.push(remainingMs());
      now += 20_000;
      left.push(remainingMs());
      return record;
    });
    await reconcile([change], world, records, { remainingMs: () => 55_000 });
    expect(left).toEqual([28_000, 8_000]);
  });

  test("that is well leaves no backlog; what was due two minutes ago and is due still is one, of all shards", async () => {
    await doubts(30);
    await doubts(1, { due: now + minute });
    expect(await countBacklog(records, now + 119_998, budget)).toEqual({ count: 0, oldestMs: undefined });
    expect(await countBacklog(records, now + 119_999, budget)).toEqual({ count: 30, oldestMs: 120_000 });
    expect(await countBacklog(records, now + 10 * minute, budget)).toMatchObject({ count: 31 });
    await reconcile([changeOf("aggrepay/debit-wallet", true, settled)], world, records, budget);
    expect(await countBacklog(records, now + 10 * minute, budget)).toMatchObject({ count: 1 });
  });

  test("whose backlog cannot be counted says no smaller number", async () => {
    const failing = { ...records, unfinished: () => Promise.reject(new Error("throttled")) };
    await expect(countBacklog(failing, now, budget)).rejects.toThrow("throttled");
    await expect(countBacklog(records, now, { remainingMs: () => 2_000 })).rejects.toThrow("no time");
  });
});
