import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isInDoubt } from "../../lib/records/doubt.ts";
import type { RecordItem } from "../../lib/records/record.ts";
import type { State } from "../../lib/records/states.ts";
import { type Conclusion, type Records, recordsIn, type Turn } from "../../lib/records/store.ts";
import { forAPerson, forPeople } from "../../lib/records/write.ts";
import { type Item, startTable, type TestTable } from "../support/dynamodb.ts";
import { startedRecords } from "../support/records.ts";
import { recordsBehind } from "./behind.ts";
import {
  again,
  claimOf,
  everyState,
  leaseMs,
  noon,
  outcomes,
  reached,
  settlementOf,
  type TestClaim,
} from "./claims.ts";

const { table, records } = startedRecords();

/** When the lease of an attempt that began at noon has ended. */
const later = noon + leaseMs + 1_000;

let count = 0;
const turnOf = (record: RecordItem): Turn => {
  count += 1;
  return { record, resolver: `resolver-${count}` };
};

async function itemOf(id: string): Promise<Item> {
  const item = await table.item(id);
  if (!item) throw new Error("the record is gone");
  return item;
}

/** A record in doubt, and a turn that is taken. */
async function taken(claim: TestClaim = claimOf(), state: State = "in_doubt", now = later) {
  const seen = await reached(records, claim, state);
  const turn = turnOf(seen);
  const record = await records.takeTurn(turn, now, leaseMs);
  if (!record) throw new Error("the turn was not to be had");
  return { claim, turn: { ...turn, record }, record };
}

const conclusions: readonly Conclusion["to"][] = ["succeeded", "declined", "not_executed", "needs_attention"];

const conclusionOf = (turn: Turn, to: Conclusion["to"], more: Partial<Conclusion> = {}): Conclusion => ({
  ...turn,
  to,
  now: later + 500,
  ...(to === "succeeded"
    ? { result: '{"transactionId":"8"}' }
    : { failure: JSON.stringify({ code: "outcome-unknown", detail: `Asked: ${to}.` }) }),
  ...more,
});

const entry = async (id: string) => (await table.scan("unfinished")).find(({ pk }) => pk?.S === id);

describe("a record is in doubt", () => {
  test.each(
    everyState,
  )("%s: where it says so, or was sent by somebody whose lease has ended", async (state) => {
    const record = await reached(records, claimOf(), state);
    expect(isInDoubt(record, noon + leaseMs - 1)).toBe(state === "in_doubt");
    expect(isInDoubt(record, noon + leaseMs)).toBe(state === "in_doubt" || state === "dispatched");
  });
});

describe("a turn", () => {
  test.each(everyState)("at %s: is had of doubt alone", async (state) => {
    const seen = await reached(records, claimOf(), state);
    const before = await itemOf(seen.id);
    const got = await records.takeTurn(turnOf(seen), later, leaseMs);
    if (state === "in_doubt" || state === "dispatched") {
      expect(got).toMatchObject({
        state,
        attempt: 1,
        resolverLease: later + leaseMs,
        due: later + leaseMs,
        history: seen.history,
      });
    } else {
      expect(got).toBeUndefined();
      expect(await itemOf(seen.id)).toEqual(before);
    }
  });

  test("at what is dispatched is had from the end of its lease, not before", async () => {
    const seen = await reached(records, claimOf(), "dispatched");
    expect(await records.takeTurn(turnOf(seen), seen.leaseEnds - 1, leaseMs)).toBeUndefined();
    expect(await records.takeTurn(turnOf(seen), seen.leaseEnds, leaseMs)).toBeDefined();
  });

  test("is one resolver's of 30, until its lease ends", async () => {
    const seen = await reached(records, claimOf(), "in_doubt");
    const got = await Promise.all(
      Array.from({ length: 30 }, () => records.takeTurn(turnOf(seen), later, leaseMs)),
    );
    expect(got.filter((each) => each !== undefined)).toHaveLength(1);
    const taken = (await records.get(seen.id)) ?? seen;
    expect(await records.takeTurn(turnOf(taken), later + leaseMs - 1, leaseMs)).toBeUndefined();
    expect(await records.takeTurn(turnOf(taken), later + leaseMs, leaseMs)).toBeDefined();
  });

  test("is not had where somebody has looked into it since it was read, and at any time where nobody has", async () => {
    const seen = await reached(records, claimOf(), "in_doubt");
    const turn = turnOf(seen);
    const taken = await records.takeTurn(turn, later, leaseMs);
    const postponed = await records.postpone({ ...turn, record: taken ?? seen }, { due: later + 3_600_000 });
    expect(await records.takeTurn(turnOf(seen), later + 1, leaseMs)).toBeUndefined();
    expect(await records.takeTurn(turnOf(postponed), later + 1, leaseMs)).toMatchObject({ inquiries: 1 });
  });

  test("is not had of another attempt than the one that was seen", async () => {
    const claim = claimOf();
    const seen = await reached(records, claim, "not_executed");
    const next = again(claim);
    await records.claim(next);
    await records.settle(settlementOf(next, 2, "in_doubt"));
    const stale: RecordItem = { ...seen, state: "in_doubt" };
    expect(await records.takeTurn(turnOf(stale), later + 120_000, leaseMs)).toBeUndefined();
  });

  test("whose answer was lost is had all the same: the SDK's repeat meets its own name", async () => {
    const { proxy, behind } = await recordsBehind(table);
    const seen = await reached(records, claimOf(), "in_doubt");
    const turn = turnOf(seen);
    proxy.loseAnswers(1);
    const record = await behind.takeTurn(turn, later, leaseMs);
    expect(record?.resolver).toBe(turn.resolver);
    // And so is what it came to.
    proxy.loseAnswers(1);
    const own = { ...turn, record: record ?? seen };
    const concluded = await behind.conclude(conclusionOf(own, "succeeded"));
    expect([concluded.state, concluded.history.length]).toEqual(["succeeded", 3]);
  });

  test("of a record that is not there is thrown, and makes none", async () => {
    const record = await reached(records, claimOf(), "in_doubt");
    const gone = { ...record, id: claimOf().id };
    await expect(records.takeTurn(turnOf(gone), later, leaseMs)).rejects.toThrow();
    expect(await records.get(gone.id)).toBeUndefined();
  });
});

describe("a conclusion", () => {
  const froms = ["dispatched", "in_doubt"] as const;
  const cases = froms.flatMap((from) => conclusions.map((to) => ({ from, to })));

  test.each(cases)("$from -> $to is written with its reason, and ends the turn", async ({ from, to }) => {
    const { turn, claim } = await taken(claimOf(), from);
    const conclusion = conclusionOf(turn, to);
    const record = await records.conclude(conclusion);
    expect(record).toMatchObject({
      state: to,
      attempt: 1,
      stateSince: conclusion.now,
      result: conclusion.result,
      failure: conclusion.failure,
      resolver: undefined,
      resolverLease: undefined,
    });
    expect(record.history.at(-1)).toBe(`${to} ${conclusion.now}`);
    expect(await records.get(claim.id)).toEqual(record);
    expect((await entry(claim.id)) !== undefined).toBe(to === "needs_attention");
  });

  test("that it succeeded takes the doubt's reason away", async () => {
    const { turn, record } = await taken();
    expect(record.failure).toBeDefined();
    await records.conclude(conclusionOf(turn, "succeeded"));
    expect(Object.keys(await itemOf(record.id))).not.toContain("failure");
  });

  test.each(conclusions)("of %s by whom the turn has passed from writes nothing", async (to) => {
    const { turn, record } = await taken();
    const other = await records.takeTurn(turnOf(record), later + leaseMs, leaseMs);
    expect(other).toBeDefined();
    const before = await itemOf(record.id);
    expect(await records.conclude(conclusionOf(turn, to))).toMatchObject({
      state: "in_doubt",
      resolver: other?.resolver,
    });
    expect(await records.postpone(turn, { due: later + 1 })).toMatchObject({ resolver: other?.resolver });
    expect(await itemOf(record.id)).toEqual(before);
  });

  test.each(conclusions)("of %s by one that slept through a new attempt writes nothing", async (to) => {
    const { turn, claim } = await taken();
    // Another resolver's turn showed that it was not executed, and the same request was made again.
    const awake = turnOf(turn.record);
    const record = await records.takeTurn(awake, later + leaseMs, leaseMs);
    await records.conclude(conclusionOf({ ...awake, record: record ?? turn.record }, "not_executed"));
    const second = again(claim, { now: later + 120_000 });
    expect((await records.claim(second)).record).toMatchObject({ attempt: 2, resolver: undefined });
    await records.settle(settlementOf(second, 2, "in_doubt"));
    const before = await itemOf(claim.id);
    expect(await records.conclude(conclusionOf(turn, to))).toMatchObject({ state: "in_doubt", attempt: 2 });
    expect((await records.postpone(turn, { due: later })).due).toBe(second.now + 250);
    expect(await itemOf(claim.id)).toEqual(before);
  });

  test.each(conclusions)("of %s after the owner's late word changes nothing: the owner knows", async (to) => {
    for (const word of ["succeeded", "declined", "not_executed"] as const) {
      const { turn, claim } = await taken();
      const settled = await records.settle(settlementOf(claim, 1, word, { now: later + 100 }));
      expect([settled.kind, settled.record.state]).toEqual(["written", word]);
      const before = await itemOf(claim.id);
      expect((await records.conclude(conclusionOf(turn, to))).state).toBe(word);
      expect((await records.postpone(turn, { due: later })).state).toBe(word);
      expect(await itemOf(claim.id)).toEqual(before);
    }
  });

  test("that a person is needed does not stop the owner's late word", async () => {
    for (const word of ["succeeded", "declined", "not_executed"] as const) {
      const { turn, claim } = await taken();
      await records.conclude(conclusionOf(turn, "needs_attention"));
      const settled = await records.settle(settlementOf(claim, 1, word, { now: later + 1_000 }));
      expect([settled.kind, settled.record.state]).toEqual(["written", word]);
      expect(await entry(claim.id)).toBeUndefined();
    }
  });

  test.each([
    "succeeded",
    "declined",
    "not_executed",
  ] as const)("of %s stands against whatever the owner says afterwards", async (to) => {
    for (const word of outcomes.filter((each) => each !== to)) {
      const { turn, claim } = await taken();
      await records.conclude(conclusionOf(turn, to));
      const settled = await records.settle(settlementOf(claim, 1, word, { now: later + 1_000 }));
      // But for a success over what was taken for nothing: the next repeat would do it again.
      if (to === "not_executed" && word === "succeeded") expect(settled.record.state).toBe("succeeded");
      else expect([settled.kind, settled.record.state]).toEqual(["superseded", to]);
    }
  });

  test("of not_executed stands against a late success once the next attempt has begun", async () => {
    const { turn, claim } = await taken();
    await records.conclude(conclusionOf(turn, "not_executed"));
    await records.claim(again(claim, { now: later + 120_000 }));
    const settled = await records.settle(settlementOf(claim, 1, "succeeded", { now: later + 130_000 }));
    expect([settled.kind, settled.record.state, settled.record.attempt]).toEqual([
      "superseded",
      "dispatched",
      2,
    ]);
  });

  test("that it was not executed lets the same request be claimed again, and no other", async () => {
    const { turn, claim } = await taken();
    await records.conclude(conclusionOf(turn, "not_executed"));
    const other = again(claim, { request: "[]", isSameRequest: (stored) => stored === "[]" });
    expect((await records.claim(other)).kind).toBe("held");
    const { kind, record } = await records.claim(again(claim));
    expect([kind, record.attempt, record.inquiries, record.failure]).toEqual(["won", 2, 0, undefined]);
  });

  test.each(
    conclusions,
  )("of %s is forgotten in time only where it is final, and never of money", async (to) => {
    const keyed = await taken();
    await records.conclude(conclusionOf(keyed.turn, to, { expireAfterMs: 86_400_000 }));
    const final = to === "succeeded" || to === "declined";
    const { expires } = await itemOf(keyed.claim.id);
    expect(expires?.N).toBe(final ? String(Math.ceil((later + 500 + 86_400_000) / 1000)) : undefined);
    const money = await taken();
    await records.conclude(conclusionOf(money.turn, to));
    expect(Object.keys(await itemOf(money.claim.id))).not.toContain("expires");
  });

  test("of two at once is written once", async () => {
    const { turn, claim } = await taken();
    const all = await Promise.all(
      conclusions.flatMap((to) => [conclusionOf(turn, to), conclusionOf(turn, to)]).map(records.conclude),
    );
    expect(new Set(all.map(({ state }) => state)).size).toBe(1);
    expect((await records.get(claim.id))?.history).toHaveLength(3);
  });
});

describe("a turn that came to nothing", () => {
  test.each([
    "dispatched",
    "in_doubt",
  ] as const)("at %s is counted, and the next is due then", async (state) => {
    const { turn, record, claim } = await taken(claimOf(), state);
    const due = later + 60_000;
    expect(await records.postpone(turn, { due })).toMatchObject({
      state,
      due,
      inquiries: 1,
      resolver: undefined,
      resolverLease: undefined,
      history: record.history,
    });
    expect((await entry(claim.id))?.due?.N).toBe(String(due));
    const postponed = (await records.get(claim.id)) ?? record;
    const next = await records.takeTurn(turnOf(postponed), later + 1, leaseMs);
    expect(next?.inquiries).toBe(1);
  });

  test("leaves the owner's late word its way", async () => {
    const { turn, claim } = await taken();
    await records.postpone(turn, { due: later + 60_000 });
    expect((await records.settle(settlementOf(claim, 1, "succeeded"))).kind).toBe("written");
    expect(await entry(claim.id)).toBeUndefined();
  });
});

describe("what is due", () => {
  /** Ids whose first byte is the shard's, which no other test of this file has. */
  const inShard = (shard: number) => {
    count += 1;
    const bytes = Buffer.alloc(32, count);
    bytes[0] = shard;
    bytes.writeUInt32BE(count, 1);
    return bytes.toString("base64url");
  };
  let own: Records;
  let ownTable: TestTable;
  beforeAll(async () => {
    ownTable = await startTable();
    own = recordsIn(ownTable.name, ownTable.client);
  });
  afterAll(() => ownTable.stop());

  const due = async (shard: number, now: number, limit: number) =>
    (await own.unfinished(shard, { from: 0, to: now }, limit)).map(({ id }) => id);

  test("is given of one shard, the longest first, up to a limit, and not before its time", async () => {
    const ids: string[] = [];
    for (let each = 0; each < 5; each += 1) {
      const id = inShard(7);
      ids.push(id);
      await own.claim(claimOf({ id, now: noon + (4 - each) * 1_000 }));
    }
    await own.claim(claimOf({ id: inShard(8) }));
    const oldestFirst = ids.toReversed();
    expect(await due(7, noon + leaseMs - 1, 10)).toEqual([]);
    expect(await due(7, noon + leaseMs, 10)).toEqual(oldestFirst.slice(0, 1));
    expect(await due(7, noon + leaseMs + 2_000, 10)).toEqual(oldestFirst.slice(0, 3));
    expect(await due(7, noon + leaseMs + 60_000, 10)).toEqual(oldestFirst);
    expect(await due(7, noon + leaseMs + 60_000, 2)).toEqual(oldestFirst.slice(0, 2));
    expect(await due(9, noon + leaseMs + 60_000, 10)).toEqual([]);
  });

  test("is none that somebody looks into, until that turn's lease ends", async () => {
    const seen = await reached(own, claimOf({ id: inShard(10) }), "in_doubt");
    expect(await due(10, later, 10)).toEqual([seen.id]);
    await own.takeTurn(turnOf(seen), later, leaseMs);
    expect(await due(10, later + leaseMs - 1, 10)).toEqual([]);
    expect(await due(10, later + leaseMs, 10)).toEqual([seen.id]);
  });

  test("is none that waits for a person, ever: it is listed apart, in the order in which they came", async () => {
    const waiting: string[] = [];
    for (let each = 0; each < 3; each += 1) {
      const seen = await reached(own, claimOf({ id: inShard(11) }), "in_doubt");
      const turn = turnOf(seen);
      const record = await own.takeTurn(turn, later, leaseMs);
      const now = later + (2 - each) * 1_000;
      await own.conclude(conclusionOf({ ...turn, record: record ?? seen }, "needs_attention", { now }));
      waiting.unshift(seen.id);
    }
    const inManyYears = noon + 100 * 365 * 86_400_000;
    expect(await due(11, inManyYears, 10)).toEqual([]);
    const listed = await own.unfinished(11, forPeople, 10);
    expect(listed.map(({ id }) => id)).toEqual(waiting);
    expect(listed.map(({ due }) => due)).toEqual([0, 1_000, 2_000].map((wait) => forAPerson(later + wait)));
    const span = { ...forPeople, from: forAPerson(later + 1_000) };
    expect((await own.unfinished(11, span, 1)).map(({ id }) => id)).toEqual(waiting.slice(1, 2));
    const backward = await own.unfinished(11, { ...forPeople, isBackward: true }, 2);
    expect(backward.map(({ id }) => id)).toEqual(waiting.slice(1).toReversed());
  });

  test.each(["succeeded", "declined", "not_executed"] as const)("is none that became %s", async (to) => {
    const seen = await reached(own, claimOf({ id: inShard(12) }), "in_doubt");
    const turn = turnOf(seen);
    const record = await own.takeTurn(turn, later, leaseMs);
    await own.conclude(conclusionOf({ ...turn, record: record ?? seen }, to));
    expect(await due(12, later + 86_400_000, 10)).toEqual([]);
  });
});
