import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { decideEach } from "../../lib/operation/decide-each.ts";
import { type Asked, decide, type Saying } from "../../lib/operation/decision.ts";
import { type SecondPerson, secondPersonIn } from "../../lib/operation/second-person.ts";
import { Problem } from "../../lib/problem.ts";
import { resolutionOf } from "../../lib/records/person.ts";
import { lapsesAt, proposalOf } from "../../lib/records/proposal.ts";
import { startedRecords } from "../support/records.ts";
import { recordsBehind } from "./behind.ts";
import { claimOf, noon, reached, settlementOf, type TestClaim } from "./claims.ts";

const { table, records } = startedRecords();
beforeAll(() => {
  vi.spyOn(process.stdout, "write").mockImplementation(() => true);
});
afterAll(() => void vi.restoreAllMocks());

const role = "arn:aws:sts::123456789012:assumed-role/desk";
const person = (caller: string, session: string, secondPerson: SecondPerson = "on"): Asked => ({
  ...{ caller, person: `${caller}/${session}`, secondPerson },
  note: () => undefined,
});
const asha = person(role, "asha");
const ravi = person(`${role}-2`, "ravi");
const later = noon + 3_600_000;
const day = 86_400_000;
let now = later;
const clock = { now: () => now, monotonic: () => now };

const waiting = async (more: Partial<TestClaim> = {}) => {
  const claim = claimOf(more);
  await reached(records, claim, "needs_attention");
  return claim;
};

type Said = Partial<Omit<Saying, "id">>;
/** The status and the record's state that a word is answered with, or the problem's code. */
async function say(
  id: string,
  by: Asked,
  { outcome = "not_executed", reason = "Not in the portal", ...more }: Said = {},
) {
  try {
    const { status = 200 } = await decide({ id, outcome, reason, ...more }, by, clock, records);
    return [status, (await records.get(id))?.state];
  } catch (error) {
    if (error instanceof Problem) return [error.status, error.code];
    throw error;
  }
}
const held = async (id: string) => {
  const record = await records.get(id);
  if (!record) throw new Error("no record");
  return record;
};

describe("that money did not move", () => {
  test.each(["money", "reversal"])("declined takes two callers, who say the same: %s", async (namespace) => {
    const { id } = await waiting({ namespace });
    expect(await say(id, asha, { outcome: "declined" })).toEqual([202, "needs_attention"]);
    expect(proposalOf(await held(id))?.outcome).toBe("declined");
    expect(await say(id, asha, { outcome: "declined" })).toEqual([409, "already-done"]);
    expect(await say(id, ravi, { outcome: "not_executed" })).toEqual([409, "already-done"]);
    expect(await say(id, asha, { outcome: "not_executed" })).toEqual([409, "already-done"]);
    expect(await say(id, ravi, { outcome: "declined" })).toEqual([200, "declined"]);
    expect(resolutionOf(await held(id))?.proposed?.by).toBe(asha.person);
  });

  test.each(["money", "reversal"])("takes two callers: %s", async (namespace) => {
    const { id } = await waiting({ namespace });
    expect(await say(id, asha)).toEqual([202, "needs_attention"]);
    expect(await say(id, asha, { reason: "I am sure" })).toEqual([409, "already-done"]);
    expect(await say(id, ravi, { reason: "Nor in the statement" })).toEqual([200, "not_executed"]);
    const record = await held(id);
    expect(resolutionOf(record)).toMatchObject({
      ...{ by: ravi.person, reason: "Nor in the statement" },
      proposed: { by: asha.person, reason: "Not in the portal", at: new Date(later).toISOString() },
    });
    expect(record.proposal).toBeUndefined();
    // Whoever lost the answer is told the same; the first one, that it is done.
    expect(await say(id, ravi, { reason: "Nor in the statement" })).toEqual([200, "not_executed"]);
    expect(await say(id, asha)).toEqual([409, "already-done"]);
  });

  test.each([
    "binding",
    "idempotency-key",
  ])("of %s takes one: nothing is paid twice by it", async (namespace) => {
    const { id } = await waiting({ namespace });
    expect(await say(id, asha)).toEqual([200, "not_executed"]);
  });

  test.each(["succeeded"] as const)("%s takes one, whatever is proposed", async (outcome) => {
    const { id } = await waiting();
    await say(id, asha);
    expect(await say(id, ravi, { outcome })).toEqual([200, outcome]);
    expect((await held(id)).proposal).toBeUndefined();
    expect(resolutionOf(await held(id))?.proposed).toBeUndefined();
  });

  test("takes one where it is switched off", async () => {
    const { id } = await waiting();
    expect(await say(id, { ...asha, secondPerson: "off" })).toEqual([200, "not_executed"]);
  });

  test("another session of the same role is no second person, but where sessions name people", async () => {
    const { id } = await waiting();
    const session = { ...asha, person: `${role}/botocore-session-1795182314` };
    expect(await say(id, asha)).toEqual([202, "needs_attention"]);
    expect(await say(id, session)).toEqual([409, "already-done"]);
    expect(await say(id, { ...asha, secondPerson: "session" })).toEqual([409, "already-done"]);
    expect(await say(id, { ...session, secondPerson: "session" })).toEqual([200, "not_executed"]);
  });

  test("is proposed of the attempt that is named, and only of one that waits", async () => {
    const { id } = await waiting();
    expect(await say(id, asha, { attempt: 2 })).toEqual([409, "already-done"]);
    const doubted = claimOf();
    await reached(records, doubted, "in_doubt");
    expect(await say(doubted.id, asha)).toEqual([409, "in-progress"]);
    const { id: done } = await reached(records, claimOf(), "succeeded");
    expect(await say(done, asha)).toEqual([409, "already-done"]);
    for (const each of [id, doubted.id, done]) expect((await held(each)).proposal).toBeUndefined();
  });

  test("a proposal lapses a day after it was made, to the millisecond", async () => {
    const [{ id: kept }, { id: lapsed }] = [await waiting(), await waiting()];
    await say(kept, asha);
    await say(lapsed, asha);
    now = later + day - 1;
    expect(await say(kept, ravi)).toEqual([200, "not_executed"]);
    now = later + day;
    expect(await say(lapsed, ravi)).toEqual([202, "needs_attention"]);
    expect(proposalOf(await held(lapsed))).toMatchObject({ by: ravi.person });
    expect(await say(lapsed, asha)).toEqual([200, "not_executed"]);
    now = later;
  });

  test("a proposal is withdrawn by anybody, once; then it begins again", async () => {
    const { id } = await waiting();
    expect(await say(id, ravi, { outcome: "withdraw" })).toEqual([409, "already-done"]);
    await say(id, asha);
    const withdraw = { outcome: "withdraw", reason: "Wrong order" } as const;
    expect(await say(id, ravi, { ...withdraw, attempt: 2 })).toEqual([409, "already-done"]);
    expect(await say(id, ravi, withdraw)).toEqual([200, "needs_attention"]);
    expect(await say(id, ravi, withdraw)).toEqual([200, "needs_attention"]);
    expect(await say(id, asha, withdraw)).toEqual([409, "already-done"]);
    expect(proposalOf(await held(id))).toMatchObject({ by: asha.person, withdrawn: { by: ravi.person } });
    expect(await say(id, ravi)).toEqual([202, "needs_attention"]);
    expect(await say(id, asha)).toEqual([200, "not_executed"]);
  });

  test("a proposal is gone with the doubt: the owner's late word settles it", async () => {
    const claim = await waiting();
    await say(claim.id, asha);
    const { record } = await records.settle(settlementOf(claim, 1, "succeeded", { now: later + 1 }));
    expect([record.state, record.proposal]).toEqual(["succeeded", undefined]);
    expect(await say(claim.id, ravi)).toEqual([409, "already-done"]);
  });

  test("a proposal whose answer was lost is known again by the SDK's repeat", async () => {
    const { proxy, behind } = await recordsBehind(table);
    const { id } = await waiting();
    const losing = { ...records, propose: behind.propose };
    proxy.loseAnswers(1);
    const said = { id, outcome: "not_executed", reason: "Not in the portal" } as const;
    expect((await decide(said, asha, clock, losing)).status).toBe(202);
    const proposal = proposalOf(await held(id));
    expect(proposal && lapsesAt(proposal)).toBe(later + day);
  });
});

describe("many at once", () => {
  const decideAll = async (ids: readonly string[], by: Asked, remainingMs = () => 20_000, at = records) => {
    const { body, status } = await decideEach(
      { ids, outcome: "not_executed", reason: "The outage" },
      { function: "records/resolve", asked: by, clock, records: at, remainingMs },
    );
    expect(status).toBe(207);
    return (body as { readonly result: readonly { readonly id: string; readonly status: number }[] }).result;
  };

  test("a hundred are proposed by one and carried out by another, in their order", async () => {
    const ids = (await Promise.all(Array.from({ length: 100 }, () => waiting()))).map(({ id }) => id);
    const statuses = async (by: Asked) => (await decideAll(ids, by)).map(({ id, status }) => [id, status]);
    expect(await statuses(asha)).toEqual(ids.map((id) => [id, 202]));
    expect(await statuses(asha)).toEqual(ids.map((id) => [id, 409]));
    expect(await statuses(ravi)).toEqual(ids.map((id) => [id, 200]));
  });

  test("of two second persons at once each record has one", async () => {
    const ids = (await Promise.all(Array.from({ length: 20 }, () => waiting()))).map(({ id }) => id);
    await decideAll(ids, asha);
    const tara = person(`${role}-3`, "tara");
    const [one, other] = await Promise.all([decideAll(ids, ravi), decideAll(ids, tara)]);
    for (const [at] of ids.entries())
      expect([one[at]?.status, other[at]?.status].toSorted()).toEqual([200, 409]);
  });

  test("one that cannot be read is answered so, and the others are decided", async () => {
    const ids = (await Promise.all(Array.from({ length: 3 }, () => waiting()))).map(({ id }) => id);
    const failing = {
      ...records,
      async get(id: string) {
        if (id === ids[0]) throw new Error("no answer of DynamoDB");
        if (id === ids[1]) throw new TypeError("a record that cannot be understood");
        return records.get(id);
      },
    };
    const noted: object[] = [];
    const by = { ...asha, note: (facts: object) => noted.push(facts) };
    expect((await decideAll(ids, by, undefined, failing)).map(({ status }) => status)).toEqual([
      503, 504, 202,
    ]);
    // An error that nobody expected is counted as one of the request.
    expect(noted).toContainEqual({ unexpected: true });
  });

  test("what there is no time for is left, and said to be", async () => {
    const { id } = await waiting();
    expect(await decideAll([id], asha, () => 3_999)).toMatchObject([
      { id, status: 503, problem: { code: "not-sent", retry: "same-identity" } },
    ]);
    expect((await held(id)).proposal).toBeUndefined();
  });
});

describe("the setting", () => {
  const of = (value: string | undefined) => secondPersonIn({ option: () => value });
  test.each([
    ["on", "on"],
    ["off", "off"],
    ["session", "session"],
    [undefined, "on"],
  ] as const)("%s is %s", (value, setting) => expect(of(value)).toBe(setting));
  test.each(["ON", "true", "no", "caller"])("%s is refused", (value) =>
    expect(() => of(value)).toThrow(/SECOND_PERSON must be on, session or off/));
});
