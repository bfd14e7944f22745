import { describe, expect, test } from "vitest";
import { startedRecords } from "../support/records.ts";
import { again, attemptOf, claimOf, leaseMs, newOwner, noon, outcomes, reached } from "./claims.ts";

const { records } = startedRecords();

const facts = '{"mobileNumber":"+919900000001"}';
const factsOf = async (id: string) => (await records.get(id))?.facts;

describe("what an inquiry asks with", () => {
  test.each(outcomes)("is kept as long as there is something to ask: its owner says %s", async (to) => {
    const claim = claimOf({ facts });
    await attemptOf(records, claim, to);
    expect(await factsOf(claim.id)).toBe(to === "in_doubt" ? facts : undefined);
  });

  test.each([
    "succeeded",
    "declined",
    "not_executed",
    "needs_attention",
  ] as const)("is kept as long as there is something to ask: an inquiry shows %s", async (to) => {
    const claim = claimOf({ facts });
    const turn = { record: await attemptOf(records, claim, "in_doubt"), resolver: newOwner() };
    const record = await records.takeTurn(turn, noon + 300, leaseMs);
    if (!record) throw new Error("the turn was not given");
    await records.conclude({ ...turn, record, to, now: noon + 400 });
    expect(await factsOf(claim.id)).toBe(to === "needs_attention" ? facts : undefined);
  });

  test.each([
    "succeeded",
    "declined",
    "not_executed",
  ] as const)("is gone once a person says %s", async (to) => {
    const claim = claimOf({ facts });
    const record = await reached(records, claim, "needs_attention");
    expect(await factsOf(claim.id)).toBe(facts);
    const said = { by: "a person", reason: "shown", result: undefined, failure: undefined };
    expect((await records.decide({ ...said, record, attempt: 1, to, now: noon + 900 })).written).toBe(true);
    expect(await factsOf(claim.id)).toBeUndefined();
  });

  test("is written anew by the next attempt", async () => {
    const claim = claimOf({ facts });
    await attemptOf(records, claim, "not_executed");
    await records.claim(again(claim));
    expect(await factsOf(claim.id)).toBe(facts);
  });

  test("is kept of a binding: later notifications must agree with it", async () => {
    const binding = { facts, provider: "nicepay", namespace: "binding" };
    const [settled, decided] = [claimOf(binding), claimOf(binding)];
    await attemptOf(records, settled, "succeeded", { binding: { tXid: "TX1" } });
    const record = await reached(records, decided, "needs_attention");
    const said = { by: "a person", reason: "shown", result: "{}", failure: undefined };
    await records.decide({ ...said, record, attempt: 1, to: "succeeded", now: noon + 900 });
    expect([await factsOf(settled.id), await factsOf(decided.id)]).toEqual([facts, facts]);
  });
});
