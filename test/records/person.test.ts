import {
  ConditionalCheckFailedException,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from "@aws-sdk/client-dynamodb";
import { describe, expect, test } from "vitest";
import { detailOf } from "../../lib/operation/record-view.ts";
import { type Resolution, resolutionOf } from "../../lib/records/person.ts";
import type { RecordItem } from "../../lib/records/record.ts";
import type { Decision } from "../../lib/records/store.ts";
import { startedRecords } from "../support/records.ts";
import { recordsBehind } from "./behind.ts";
import { again, claimOf, everyState, noon, outcomes, reached, settlementOf } from "./claims.ts";

const { table, records } = startedRecords();

const later = noon + 3_600_000;
const decisions = ["succeeded", "declined", "not_executed"] as const;

function decisionOf(record: RecordItem, to: Decision["to"], more: Partial<Decision> = {}): Decision {
  return {
    record,
    attempt: record.attempt,
    to,
    by: "arn:aws:iam::123456789012:role/desk",
    reason: "Ticket 4711",
    result: to === "succeeded" ? '{"transactionId":"7"}' : undefined,
    failure: to === "succeeded" ? undefined : '{"code":"declined","detail":"Settled by hand: Ticket 4711"}',
    now: later,
    ...more,
  };
}

const waiting = async (claim = claimOf()) => ({
  claim,
  seen: await reached(records, claim, "needs_attention"),
});

/** The index of the unfinished holds it. */
async function isListed(id: string): Promise<boolean> {
  const item = await table.item(id);
  return item?.shard !== undefined && item.due !== undefined;
}

describe("a decision", () => {
  test.each(
    everyState.flatMap((state) => decisions.map((to) => ({ state, to }))),
  )("$to on $state: is written on what waits for a person, and on nothing else", async ({ state, to }) => {
    const seen = await reached(records, claimOf(), state);
    const before = await table.item(seen.id);
    const { written, record } = await records.decide(decisionOf(seen, to));
    expect(written).toBe(state === "needs_attention");
    if (!written) expect(await table.item(seen.id)).toEqual(before);
    else {
      expect(record).toMatchObject({ state: to, stateSince: later, due: undefined });
      expect(record.history.at(-1)).toBe(`${to} ${later}`);
      expect(await isListed(seen.id)).toBe(false);
    }
  });

  test("keeps who said it, why, when, and of which attempt; and of money is never forgotten", async () => {
    const { seen } = await waiting();
    const { record } = await records.decide(decisionOf(seen, "succeeded"));
    const resolution = {
      by: "arn:aws:iam::123456789012:role/desk",
      reason: "Ticket 4711",
      at: new Date(later).toISOString(),
      attempt: 1,
      outcome: "succeeded",
      transactionId: "7",
    };
    expect(resolutionOf(record)).toEqual(resolution);
    expect(detailOf(record, later)).toMatchObject({ resolution });
    expect((await table.item(seen.id))?.expires).toBeUndefined();
  });

  const day = 86_400_000;
  const endOf = (at: number) => String(Math.ceil((at + 30 * day) / 1000));
  test.each([
    ["succeeded", true],
    ["declined", true],
    ["not_executed", false],
  ] as const)("%s of what a caller's key names is forgotten in time, if it is final: %s", async (to, isFinal) => {
    const { seen } = await waiting(claimOf({ namespace: "idempotency-key" }));
    await records.decide(decisionOf(seen, to, { expireAfterMs: 30 * day }));
    expect((await table.item(seen.id))?.expires?.N).toBe(isFinal ? endOf(later) : undefined);
  });

  test.each([
    "succeeded",
    "declined",
  ] as const)("that is contradicted is not forgotten before a person says %s of that", async (to) => {
    const { claim, seen } = await waiting(claimOf({ namespace: "idempotency-key" }));
    await records.decide(decisionOf(seen, "declined", { expireAfterMs: 30 * day }));
    const late = settlementOf(claim, 1, "succeeded", { now: later + 1 });
    const { record } = await records.settle({ ...late, expireAfterMs: 30 * day });
    expect(record.flagged).toBeDefined();
    expect((await table.item(seen.id))?.expires).toBeUndefined();
    const word = { reason: "The provider was asked", now: later + 2, expireAfterMs: 30 * day };
    await records.decide(decisionOf(record, to, word));
    expect((await table.item(seen.id))?.expires?.N).toBe(endOf(later + 2));
  });

  test("is one of 20 at once, and each of the others sees it", async () => {
    const { seen } = await waiting();
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        records.decide(decisionOf(seen, decisions[n % 3] ?? "declined", { by: `person-${n}` })),
      ),
    );
    expect(all.filter(({ written }) => written)).toHaveLength(1);
    expect(new Set(all.map(({ record }) => record.resolution)).size).toBe(1);
    expect((await records.get(seen.id))?.history).toHaveLength(4);
  });

  test("of an attempt that is past writes nothing on the next", async () => {
    const { seen, claim } = await waiting();
    await records.decide(decisionOf(seen, "not_executed"));
    const second = again(claim, { now: later + 1_000 });
    const claimed = await records.claim(second);
    await records.settle(settlementOf(second, 2, "in_doubt"));
    const turn = { record: (await records.get(claim.id)) ?? claimed.record, resolver: "resolver" };
    const taken = await records.takeTurn(turn, later + 100_000, 1_000);
    await records.conclude({
      ...turn,
      record: taken ?? turn.record,
      to: "needs_attention",
      now: later + 100_001,
    });
    const now = (await records.get(claim.id)) ?? seen;
    expect(now).toMatchObject({ state: "needs_attention", attempt: 2 });
    const late = await records.decide(decisionOf(now, "declined", { attempt: 1 }));
    expect([late.written, late.record.state]).toEqual([false, "needs_attention"]);
    const right = await records.decide(decisionOf(now, "declined", { reason: "Ticket 4712" }));
    expect(right.written).toBe(true);
    // Who decided on the attempt before is kept beside it.
    const { reason, earlier } = resolutionOf(right.record) as Resolution;
    expect([reason, earlier?.map((each) => [each.reason, each.attempt, each.outcome])]).toEqual([
      "Ticket 4712",
      [["Ticket 4711", 1, "not_executed"]],
    ]);
  });

  test("whose answer was lost is known again, by the SDK's repeat and by the person's, and no other is", async () => {
    const { proxy, behind } = await recordsBehind(table);
    const { seen } = await waiting();
    const decision = decisionOf(seen, "succeeded");
    proxy.loseAnswers(1);
    expect((await behind.decide(decision)).written).toBe(true);
    expect((await records.decide({ ...decision, now: later + 9 })).written).toBe(true);
    for (const other of [
      decisionOf(seen, "declined"),
      { ...decision, by: "somebody else" },
      { ...decision, reason: "Ticket 4712" },
      { ...decision, result: '{"transactionId":"8"}' },
      { ...decision, attempt: 2 },
    ])
      expect((await records.decide(other)).written).toBe(false);
    expect((await records.get(seen.id))?.history).toHaveLength(4);
  });

  test("of not_executed lets the same request be claimed again", async () => {
    const { seen, claim } = await waiting();
    await records.decide(decisionOf(seen, "not_executed"));
    const { kind, record } = await records.claim(again(claim, { now: later + 1 }));
    expect([kind, record.attempt, record.failure]).toEqual(["won", 2, undefined]);
  });
});

describe("the owner's late word over a decision", () => {
  /** Whether the two can both be true; a success over `not_executed` is written, the others speak of nothing that happened. */
  const agree = (said: Decision["to"], word: string) =>
    word === "in_doubt" || said === "not_executed" || (said === "succeeded") === (word === "succeeded");

  test.each(
    decisions.flatMap((said) => outcomes.map((word) => ({ said, word }))),
  )("$word over $said", async ({ said, word }) => {
    const { seen, claim } = await waiting();
    const { record: decided } = await records.decide(decisionOf(seen, said));
    const { kind, record } = await records.settle(settlementOf(claim, 1, word, { now: later + 1 }));
    if (said === "not_executed" && word === "succeeded") {
      expect([kind, record.state, record.resolution]).toEqual(["written", "succeeded", decided.resolution]);
      expect((await records.claim(again(claim, { now: later + 2 }))).kind).toBe("held");
      return;
    }
    expect(record.state).toBe(said);
    expect(record.flagged !== undefined).toBe(!agree(said, word));
    expect(await isListed(claim.id)).toBe(!agree(said, word));
    if (agree(said, word)) expect(record).toEqual(decided);
    else expect([kind, record.resolution]).toEqual(["superseded", decided.resolution]);
  });

  test("of another transactionId is flagged, and the answer stays what it was", async () => {
    const { seen, claim } = await waiting();
    await records.decide(decisionOf(seen, "succeeded", { result: '{"transactionId":"8"}' }));
    const { record } = await records.settle(settlementOf(claim, 1, "succeeded"));
    expect(record.flagged).toMatch(/another transactionId.*7/);
    expect(record.result).toBe('{"transactionId":"8"}');
  });

  test("over a person who named none is no disagreement", async () => {
    const { seen, claim } = await waiting();
    const { record: decided } = await records.decide(decisionOf(seen, "succeeded", { result: "{}" }));
    const { record } = await records.settle(settlementOf(claim, 1, "succeeded"));
    expect(record).toEqual(decided);
  });

  test("is none of another attempt's owner", async () => {
    const { seen, claim } = await waiting();
    const { record: decided } = await records.decide(decisionOf(seen, "declined"));
    for (const stale of [{ owner: "another" }, { attempt: 2 }])
      expect((await records.settle(settlementOf(claim, 1, "succeeded", stale))).record).toEqual(decided);
  });
});

describe("a flag", () => {
  async function flagged(said: Decision["to"] = "declined") {
    const { seen, claim } = await waiting();
    await records.decide(decisionOf(seen, said));
    const word = said === "declined" ? "succeeded" : "declined";
    const { record } = await records.settle(settlementOf(claim, 1, word, { now: later + 1 }));
    return { claim, record };
  }

  test.each([
    ["declined", "declined", true],
    ["declined", "succeeded", false],
    ["declined", "not_executed", false],
    ["succeeded", "succeeded", true],
    ["succeeded", "declined", false],
  ] as const)("on %s is decided as %s: it stands: %s", async (said, to, stands) => {
    const { record } = await flagged(said);
    const decision = decisionOf(record, to, { reason: "The provider was asked", now: later + 2 });
    const { written, record: after } = await records.decide(decision);
    expect([written, after.state, after.flagged === undefined]).toEqual([true, said, stands]);
    expect(await isListed(record.id)).toBe(false);
    expect(resolutionOf(after)?.earlier?.map(({ reason }) => reason)).toEqual(["Ticket 4711"]);
  });

  test("is decided once", async () => {
    const { record } = await flagged();
    await records.decide(decisionOf(record, "succeeded", { by: "one" }));
    const second = await records.decide(decisionOf(record, "declined", { by: "two" }));
    expect([second.written, resolutionOf(second.record)?.by]).toEqual([false, "one"]);
  });

  test("that a person has let stand is not set again by a write that was repeated", async () => {
    const written: UpdateItemCommandInput[] = [];
    table.client.middlewareStack.add(
      (next) => (args) => {
        const input = args.input as UpdateItemCommandInput;
        if (input.UpdateExpression?.includes("#flagged")) written.push(input);
        return next(args);
      },
      { step: "initialize", name: "seen" },
    );
    const { record } = await flagged();
    table.client.middlewareStack.remove("seen");
    await records.decide(decisionOf(record, "declined", { reason: "The reply was another's" }));
    const [flag] = written;
    if (!flag) throw new Error("no flag was written");
    await expect(table.client.send(new UpdateItemCommand(flag))).rejects.toBeInstanceOf(
      ConditionalCheckFailedException,
    );
    expect((await records.get(record.id))?.flagged).toBeUndefined();
  });
});
