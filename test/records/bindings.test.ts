import { randomBytes } from "node:crypto";
import { UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { describe, expect, test } from "vitest";
import type { Binding } from "../../lib/records/record.ts";
import type { State } from "../../lib/records/states.ts";
import type { Settlement, Stray } from "../../lib/records/store.ts";
import { startedRecords } from "../support/records.ts";
import { again, claimOf as debitClaimOf, noon, type TestClaim } from "./claims.ts";

const { table, records } = startedRecords();

const random = () => randomBytes(32).toString("base64url");

const claimOf = (more: Partial<TestClaim> = {}): TestClaim =>
  debitClaimOf({
    provider: "nicepay",
    account: "main",
    operation: "register-account-binding",
    namespace: "binding",
    identity: `R-${random().slice(0, 8)}`,
    caller: "anonymous",
    request: "f1.same",
    isSameRequest: (stored) => stored === "f1.same",
    facts: '{"billingPhone":"+6282112345678"}',
    customer: undefined,
    amount: undefined,
    host: "dev.nicepay.co.id",
    now: noon,
    leaseMs: 33_000,
    ...more,
  });

type Outcome = Settlement["to"];

const settlementOf = (claim: TestClaim, to: Outcome, more: Partial<Settlement> = {}): Settlement => ({
  id: claim.id,
  owner: claim.owner,
  attempt: 1,
  to,
  now: noon + 500,
  ...(to === "succeeded"
    ? { result: '{"redirectUrlHttp":"https://n.example/"}', binding: { tXid: "TX1" } }
    : { failure: `{"code":"${to}"}`, binding: { tXid: undefined } }),
  expireAfterMs: undefined,
  ...more,
});

const token = (name = "sealed-1", tXid?: string): Binding => ({ userToken: name, boundAt: noon + 250, tXid });

async function claimed(): Promise<TestClaim> {
  const claim = claimOf();
  expect((await records.claim(claim)).kind).toBe("won");
  return claim;
}

async function bind(claim: TestClaim, binding: Binding = token()): Promise<boolean> {
  const seen = await records.get(claim.id);
  if (!seen) throw new Error("there is no record");
  return records.bind({ seen, binding, result: '{"redirectUrlHttp":null}', now: noon + 250 });
}

/** Writes a state as the reconciler or a person would. */
async function overwrite(id: string, state: State): Promise<void> {
  await table.client.send(
    new UpdateItemCommand({
      TableName: table.name,
      Key: { pk: { S: id } },
      UpdateExpression: "SET #state = :state",
      ExpressionAttributeNames: { "#state": "state" },
      ExpressionAttributeValues: { ":state": { S: state } },
    }),
  );
}

const listed = async (id: string) => (await table.scan("unfinished")).some(({ pk }) => pk?.S === id);

describe("bind", () => {
  test.each<State>([
    "dispatched",
    "in_doubt",
    "needs_attention",
  ])("over %s: binds, settles as succeeded, and leaves the list of the unfinished, in one write", async (state) => {
    const claim = await claimed();
    if (state === "in_doubt") await records.settle(settlementOf(claim, "in_doubt"));
    if (state === "needs_attention") await overwrite(claim.id, state);
    expect(await listed(claim.id)).toBe(true);
    expect(await bind(claim, token("sealed-1", "TX9"))).toBe(true);
    const record = await records.get(claim.id);
    expect(record).toMatchObject({
      state: "succeeded",
      attempt: 1,
      result: '{"redirectUrlHttp":null}',
      stateSince: noon + 250,
      binding: { userToken: "sealed-1", boundAt: noon + 250, tXid: "TX9" },
      tXid: undefined,
      failure: undefined,
      flagged: undefined,
    });
    expect(record?.history.at(-1)).toBe(`succeeded ${noon + 250}`);
    expect(await listed(claim.id)).toBe(false);
  });

  test("over succeeded: adds the binding and nothing else", async () => {
    const claim = await claimed();
    const before = (await records.settle(settlementOf(claim, "succeeded"))).record;
    expect(await bind(claim, token("sealed-1", "TX1"))).toBe(true);
    expect(await records.get(claim.id)).toEqual({ ...before, binding: token("sealed-1", "TX1") });
  });

  test("with another tXid than the reply gave: refused", async () => {
    const claim = await claimed();
    const before = (await records.settle(settlementOf(claim, "succeeded"))).record;
    expect(await bind(claim, token("sealed-1", "TX2"))).toBe(false);
    expect(await records.get(claim.id)).toEqual(before);
  });

  test("a second time, with the same or another token: refused, whoever looked when", async () => {
    const claim = await claimed();
    const seen = await records.get(claim.id);
    if (!seen) throw new Error("there is no record");
    const bindAs = (name: string) =>
      records.bind({ seen, binding: token(name), result: "{}", now: noon + 300 });
    const won = await Promise.all(["a", "b", "c", "d", "e"].map(bindAs));
    expect(won.filter(Boolean)).toHaveLength(1);
    const first = await records.get(claim.id);
    expect(first?.binding?.userToken).toBe("abcde"[won.indexOf(true)]);
    for (const name of ["a", "b", "z"]) {
      expect(await bindAs(name)).toBe(false);
      expect(await bind(claim, token(name))).toBe(false);
    }
    expect(await records.get(claim.id)).toEqual(first);
  });

  test("on a record that has changed since it was seen: refused", async () => {
    for (const to of ["succeeded", "in_doubt", "declined", "not_sent", "not_executed"] as const) {
      const claim = await claimed();
      const seen = await records.get(claim.id);
      if (!seen) throw new Error("there is no record");
      const { record } = await records.settle(settlementOf(claim, to));
      expect(await records.bind({ seen, binding: token(), result: "{}", now: noon })).toBe(false);
      expect(await records.get(claim.id)).toEqual(record);
    }
  });

  test("on a later attempt than was seen: refused", async () => {
    const claim = await claimed();
    const seen = await records.get(claim.id);
    await records.settle(settlementOf(claim, "not_sent"));
    expect((await records.claim(again(claim))).record.attempt).toBe(2);
    if (!seen) throw new Error("there is no record");
    expect(await records.bind({ seen, binding: token(), result: "{}", now: noon })).toBe(false);
    expect((await records.get(claim.id))?.binding).toBeUndefined();
  });
});

describe("settle, after the notification", () => {
  test.each([undefined, "TX1"])("with a reply that agrees (tXid %s): merged", async (tXid) => {
    const claim = await claimed();
    await bind(claim, token("sealed-1", tXid));
    const { kind, record } = await records.settle(settlementOf(claim, "succeeded"));
    expect(kind).toBe("written");
    expect(record).toMatchObject({
      state: "succeeded",
      tXid: "TX1",
      result: '{"redirectUrlHttp":"https://n.example/"}',
      binding: token("sealed-1", tXid),
      flagged: undefined,
    });
    expect(await listed(claim.id)).toBe(false);
    // The SDK repeats a write whose answer was lost.
    const again = await records.settle(settlementOf(claim, "succeeded"));
    expect(again).toEqual({ kind: "written", record });
  });

  test("with a reply that has another tXid: flagged, listed, the binding as it was", async () => {
    const claim = await claimed();
    await bind(claim, token("sealed-1", "TX2"));
    const { kind, record } = await records.settle(settlementOf(claim, "succeeded"));
    expect(kind).toBe("superseded");
    expect(record).toMatchObject({ state: "succeeded", tXid: "TX1", binding: token("sealed-1", "TX2") });
    expect(record.flagged).toMatch(/tXid/);
    expect(await listed(claim.id)).toBe(true);
    expect((await records.settle(settlementOf(claim, "succeeded"))).record).toEqual(record);
  });

  test.each<Outcome>([
    "declined",
    "not_executed",
    "not_sent",
  ])("as %s: flagged, listed, the binding as it was", async (to) => {
    const claim = await claimed();
    await bind(claim);
    const { kind, record } = await records.settle(settlementOf(claim, to));
    expect(kind).toBe("superseded");
    expect(record).toMatchObject({ state: "succeeded", binding: token(), failure: `{"code":"${to}"}` });
    expect(record.flagged).toMatch(/refused|not sent/);
    expect(await listed(claim.id)).toBe(true);
    expect((await records.settle(settlementOf(claim, to))).record).toEqual(record);
  });

  test("as in_doubt: nothing is written over the proof", async () => {
    const claim = await claimed();
    await bind(claim);
    const before = await records.get(claim.id);
    const { kind, record } = await records.settle(settlementOf(claim, "in_doubt"));
    expect({ kind, record }).toEqual({ kind: "superseded", record: before });
    expect(await records.get(claim.id)).toEqual(before);
  });

  test("by an owner whose attempt has passed: nothing", async () => {
    const claim = await claimed();
    await bind(claim);
    const before = await records.get(claim.id);
    for (const to of ["succeeded", "declined", "not_executed"] as const)
      for (const stale of [{ owner: random() }, { attempt: 2 }]) {
        const { kind } = await records.settle(settlementOf(claim, to, stale));
        expect(kind).toBe("superseded");
        expect(await records.get(claim.id)).toEqual(before);
      }
  });

  test("a late reply over doubt, and over a person's list", async () => {
    for (const state of ["in_doubt", "needs_attention"] as const) {
      const claim = await claimed();
      await records.settle(settlementOf(claim, "in_doubt"));
      if (state === "needs_attention") await overwrite(claim.id, state);
      const { kind, record } = await records.settle(settlementOf(claim, "succeeded"));
      expect(kind).toBe("written");
      expect(record).toMatchObject({ state: "succeeded", tXid: "TX1", failure: undefined });
      expect(await listed(claim.id)).toBe(false);
    }
  });

  test("no item of a binding is ever forgotten", async () => {
    const claim = await claimed();
    await bind(claim);
    await records.settle(settlementOf(claim, "succeeded"));
    expect(await table.item(claim.id)).not.toHaveProperty("expires");
  });
});

describe("claim, after the notification", () => {
  test.each<Outcome>([
    "not_sent",
    "not_executed",
  ])("a bound record that is %s allows no new attempt", async (state) => {
    const claim = await claimed();
    await bind(claim);
    await overwrite(claim.id, state as State);
    const before = await records.get(claim.id);
    const { kind, record } = await records.claim(again(claim));
    expect({ kind, record }).toEqual({ kind: "held", record: before });
    // Under an older key, too.
    const aged = again(claim, { request: "f2.same", isSameRequest: () => true });
    expect((await records.claim(aged)).kind).toBe("held");
    expect(await records.get(claim.id)).toEqual(before);
  });
});

describe("keep", () => {
  const strayOf = (more: Partial<Stray> = {}): Stray => ({
    id: random(),
    provider: "nicepay",
    account: "main",
    operation: "account-binding-webhook",
    namespace: "notification",
    identity: "R-1",
    request: "f1.content",
    facts: '{"billingPhone":"+6282112345678"}',
    failure: '{"code":"outcome-unknown"}',
    binding: token("sealed-stray", "TX1"),
    bounds: [],
    now: noon,
    ...more,
  });

  test("is listed for a person, once", async () => {
    const stray = strayOf();
    await records.keep(stray);
    const record = await records.get(stray.id);
    expect(record).toMatchObject({
      id: stray.id,
      identity: "R-1",
      namespace: "notification",
      state: "needs_attention",
      binding: token("sealed-stray", "TX1"),
      failure: stray.failure,
      createdAt: noon,
    });
    expect(await listed(stray.id)).toBe(true);
    const item = await table.item(stray.id);
    expect(item).not.toHaveProperty("expires");
    await records.keep({ ...stray, now: noon + 1_000, binding: token("sealed-again") });
    expect(await table.item(stray.id)).toEqual(item);
  });

  test("at once, ten times, is one item", async () => {
    const stray = strayOf();
    await Promise.all(Array.from({ length: 10 }, (_, at) => records.keep({ ...stray, now: noon + at })));
    expect((await table.scan()).filter(({ pk }) => pk?.S === stray.id)).toHaveLength(1);
  });
});
