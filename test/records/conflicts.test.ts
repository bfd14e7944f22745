import { beforeEach, describe, expect, test } from "vitest";
import { placeId, takingPlace } from "../../lib/records/place.ts";
import { ClaimUnknown, recordsIn } from "../../lib/records/store.ts";
import { startCountingProxy } from "../support/counting-proxy.ts";
import { startTable } from "../support/dynamodb.ts";
import { started } from "../support/started.ts";
import { again, claimOf, newOwner, noon, settlementOf } from "./claims.ts";

/**
 * DynamoDB's refusals of writes that meet a transaction, as it sends them, in front of a real engine: what the SDK repeats, and
 * what comes of it here. The engine itself refuses none so.
 */
const prefix = "com.amazonaws.dynamodb.v20120810#";

const { table } = started({ table: () => startTable() });
const { front } = started({ front: () => startCountingProxy(table.url) });
const { records } = started({ records: async () => recordsIn(table.name, table.clientAt(front.url)) });
beforeEach(() => {
  front.answerWrites([]);
  front.forget();
});

const inTheWay = { __type: `${prefix}TransactionConflictException`, message: "conflict" };
const cancelledFor = (...codes: readonly string[]) => ({
  __type: `${prefix}TransactionCanceledException`,
  Message: `Transaction cancelled [${codes.join(", ")}]`,
  CancellationReasons: codes.map((Code) => (Code === "None" ? { Code } : { Code, Message: "why" })),
});

const count = (operation: string) => front.counts()[operation];

async function claimed() {
  const claim = claimOf();
  const { kind, record } = await records.claim(claim);
  expect(kind).toBe("won");
  front.forget();
  return { claim, record };
}

describe("a single write that a transaction is in the way of", () => {
  test("a claim is tried again, and won", async () => {
    front.answerWrites([inTheWay, inTheWay]);
    const { kind, record } = await records.claim(claimOf());
    expect([kind, record.state, record.attempt]).toEqual(["won", "dispatched", 1]);
    // Each try of ours is one of the SDK's: it repeats none of these.
    expect(count("UpdateItem")).toBe(3);
  });

  test("a claim whose first answer was lost, and whose repeat is refused, knows its own", async () => {
    front.loseAnswers(1);
    front.answerWrites([inTheWay]);
    const { kind, record } = await records.claim(claimOf());
    expect([kind, record.attempt, record.history.length]).toEqual(["won", 1, 1]);
  });

  test("a settle is tried again: what is known is written, and nobody is left in doubt", async () => {
    const { claim } = await claimed();
    front.answerWrites([inTheWay, inTheWay, inTheWay]);
    const { kind, record } = await records.settle(settlementOf(claim, 1, "succeeded"));
    expect([kind, record.state]).toEqual(["written", "succeeded"]);
    expect(count("UpdateItem")).toBe(4);
  });

  test("a turn, its end, and a withdrawal, too", async () => {
    const { claim } = await claimed();
    await records.settle(settlementOf(claim, 1, "in_doubt"));
    const record = await records.get(claim.id);
    if (!record) throw new Error("there is no record");
    const turn = { record, resolver: newOwner() };
    front.answerWrites([inTheWay]);
    const taken = await records.takeTurn(turn, noon + 1_000, 33_000);
    expect(taken?.resolver).toBe(turn.resolver);
    front.answerWrites([inTheWay]);
    const end = { ...turn, record: taken ?? record, to: "not_executed", now: noon + 2_000 } as const;
    expect((await records.conclude(end)).state).toBe("not_executed");
    const other = await claimed();
    front.answerWrites([inTheWay]);
    const { claim: owned, record: claimedAs } = other;
    const { owner } = claimedAs;
    await records.withdraw({ claim: owned, owner, seen: undefined, now: noon + 1, failure: "{}" });
    expect((await records.get(owned.id))?.state).toBe("not_sent");
  });

  test("that stays in the way for long ends as what it is: unwritten", async () => {
    const { claim } = await claimed();
    front.answerWrites(Array.from({ length: 6 }, () => inTheWay));
    await expect(records.settle(settlementOf(claim, 1, "succeeded"))).rejects.toMatchObject({
      name: "TransactionConflictException",
    });
    expect(count("UpdateItem")).toBe(6);
    expect((await records.get(claim.id))?.state).toBe("dispatched");
  });
});

describe("a claim with its place, in a transaction that is cancelled", () => {
  const beside = (claim = claimOf()) => {
    const key = newOwner();
    const id = placeId("aggrepay", "main", "add-sub-merchant", key);
    return {
      claim,
      seen: undefined,
      part: (owner: string) => takingPlace({ id, holder: claim.id, seen: undefined }, owner),
    };
  };

  const codes = [
    "TransactionConflict",
    "ThrottlingError",
    "ProvisionedThroughputExceeded",
    "ItemCollectionSizeLimitExceeded",
    "ValidationError",
    "AccessDenied",
  ];
  test.each(
    codes.flatMap((code) => [{ what: [code, "None"] }, { what: ["None", code] }, { what: [code, code] }]),
  )("for $what: the SDK asks once, nothing is written, and it can be begun anew", async ({ what }) => {
    const next = beside();
    front.answerWrites([cancelledFor(...what)]);
    const outcome = await records.claimBeside(next).catch((error: unknown) => error);
    expect(count("TransactWriteItems")).toBe(1);
    // Another transaction: all is looked at again. What this code has no name for: it is withdrawn, and answered 503.
    if (what.every((code) => code === "None" || code === "TransactionConflict"))
      expect(outcome).toEqual({ kind: "refused", byPart: false });
    else expect(outcome).toBeInstanceOf(ClaimUnknown);
    expect(await records.get(next.claim.id)).toBeUndefined();
    expect((await records.claimBeside(next)).kind).toBe("won");
  });

  test("for a condition and another transaction at once: the record that refuses is the truth", async () => {
    const next = beside();
    const { record } = await records.claim(next.claim);
    const Item = await table.item(next.claim.id);
    const cancelled = cancelledFor("ConditionalCheckFailed", "TransactionConflict");
    const [first, ...others] = cancelled.CancellationReasons;
    front.answerWrites([{ ...cancelled, CancellationReasons: [{ ...first, Item }, ...others] }]);
    const outcome = await records.claimBeside({ ...next, claim: again(next.claim) });
    expect(outcome).toMatchObject({ kind: "held", record: { owner: record.owner } });
  });

  test("in progress: the SDK asks again with the same token, and it is written once", async () => {
    const next = beside();
    const inProgress = { __type: `${prefix}TransactionInProgressException`, Message: "same token" };
    front.answerWrites([inProgress]);
    expect((await records.claimBeside(next)).kind).toBe("won");
    expect(count("TransactWriteItems")).toBe(2);
    expect((await records.get(next.claim.id))?.history.length).toBe(1);
  });

  test("whose first answer was lost is not taken for unwritten where its repeat meets a transaction", async () => {
    const next = beside();
    front.loseAnswers(1);
    front.answerWrites([cancelledFor("TransactionConflict", "None")]);
    const outcome = await records.claimBeside(next).catch((error: unknown) => error);
    expect(outcome).toBeInstanceOf(ClaimUnknown);
    const record = await records.get(next.claim.id);
    expect(record?.owner).toBe((outcome as ClaimUnknown).owner);
  });
});
