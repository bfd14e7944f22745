import { describe, expect, test } from "vitest";
import { sameInput } from "../../lib/operation/request.ts";
import type { RecordItem } from "../../lib/records/record.ts";
import type { KeyRing } from "../../lib/secrets/key-ring.ts";
import { Secret } from "../../lib/secrets/secret.ts";
import { startedRecords } from "../support/records.ts";
import { recordsBehind } from "./behind.ts";
import {
  again,
  attemptOf,
  claimOf,
  everyState,
  leaseMs,
  newOwner,
  noon,
  outcomes,
  overwrite,
  reached,
  settlementOf,
} from "./claims.ts";

const { table, records } = startedRecords();

/** What a notification writes beside a registration. */
const bound = { M: { userToken: { S: "sealed" }, boundAt: { N: "1" } } };

describe("a first claim", () => {
  test("wins, and writes all that a repeat, an inquiry and an index need", async () => {
    const claim = claimOf({ facts: '{"mobileNumber":"+919900000001"}' });
    const { kind, record } = await records.claim(claim);
    expect(kind).toBe("won");
    expect(record).toEqual({
      id: claim.id,
      provider: "aggrepay",
      account: "main",
      operation: "debit-wallet",
      namespace: "money",
      identity: claim.identity,
      number: 1,
      caller: claim.caller,
      request: claim.request,
      tags: undefined,
      facts: '{"mobileNumber":"+919900000001"}',
      customer: claim.customer,
      amount: "5.00",
      state: "dispatched",
      attempt: 1,
      owner: claim.owner,
      leaseEnds: noon + leaseMs,
      host: claim.host,
      createdAt: noon,
      dispatchedAt: noon,
      stateSince: noon,
      result: undefined,
      provedBy: undefined,
      failure: undefined,
      resolver: undefined,
      resolverLease: undefined,
      inquiries: 0,
      lastInquiry: undefined,
      due: noon + leaseMs,
      waits: undefined,
      askAt: undefined,
      tXid: undefined,
      binding: undefined,
      flagged: undefined,
      resolution: undefined,
      proposal: undefined,
      history: [`dispatched ${noon}`],
    } satisfies RecordItem);
    expect(await records.get(claim.id)).toEqual(record);
  });

  test("of what nobody is listed under is in no customer's index", async () => {
    const claim = claimOf({ customer: undefined, amount: undefined, facts: undefined });
    await records.claim(claim);
    const item = await table.item(claim.id);
    expect(Object.keys(item ?? {})).not.toEqual(expect.arrayContaining(["customer"]));
    expect((await table.scan("customer-records")).map(({ pk }) => pk?.S)).not.toContain(claim.id);
  });

  test("is one of 50 at once: exactly one wins, and all others see its record", async () => {
    const claim = claimOf();
    const rivals = Array.from({ length: 50 }, () => again(claim, { now: claim.now }));
    const claimed = await Promise.all(rivals.map((rival) => records.claim(rival)));
    const won = claimed.filter(({ kind }) => kind === "won");
    expect(won).toHaveLength(1);
    const winner = won[0]?.record.owner;
    expect(claimed.map(({ record }) => record.owner)).toEqual(rivals.map(() => winner));
    expect((await records.get(claim.id))?.attempt).toBe(1);
  });

  test("finds nothing under an id that nobody claimed", async () => {
    expect(await records.get(claimOf().id)).toBeUndefined();
  });
});

describe("a claim of an identity that has a record", () => {
  const held = everyState.filter((state) => state !== "not_sent" && state !== "not_executed");

  test.each(held)("is held while it is %s, and changes nothing", async (state) => {
    const claim = claimOf();
    await reached(records, claim, state);
    const before = await table.item(claim.id);
    const { kind, record } = await records.claim(again(claim));
    expect(kind).toBe("held");
    expect(record.state).toBe(state);
    expect(record.owner).toBe(claim.owner);
    expect(await table.item(claim.id)).toEqual(before);
  });

  test("is held by an attempt whose lease has ended: time makes no new attempt of doubt", async () => {
    const claim = claimOf();
    await records.claim(claim);
    const { kind, record } = await records.claim(again(claim, { now: noon + 365 * 86_400_000 }));
    expect([kind, record.state, record.attempt]).toEqual(["held", "dispatched", 1]);
  });

  test.each(["not_sent", "not_executed"] as const)("begins attempt 2 of what was %s", async (state) => {
    const claim = claimOf();
    await reached(records, claim, state);
    await overwrite(table, claim.id, { resolver: { S: "r-1" }, resolverLease: { N: "1" } });
    const next = again(claim, {
      caller: "arn:aws:sts::123456789012:assumed-role/other",
      host: "other.example",
    });
    const { kind, record } = await records.claim(next);
    expect(kind).toBe("won");
    expect(record).toMatchObject({
      state: "dispatched",
      attempt: 2,
      owner: next.owner,
      caller: next.caller,
      host: "other.example",
      createdAt: noon,
      dispatchedAt: next.now,
      leaseEnds: next.now + leaseMs,
      stateSince: next.now,
      failure: undefined,
      result: undefined,
    });
    expect(record.history).toHaveLength(3);
    const left = Object.keys((await table.item(claim.id)) ?? {});
    expect(
      left.filter((name) => ["failure", "event", "resolver", "resolverLease", "expires"].includes(name)),
    ).toEqual([]);
  });

  test.each([
    "not_sent",
    "not_executed",
  ] as const)("by another request is refused after %s", async (state) => {
    const claim = claimOf();
    await reached(records, claim, state);
    const before = await table.item(claim.id);
    const request = '["debit-wallet",{"amount":"5.01"}]';
    const other = again(claim, { request, isSameRequest: (stored) => stored === request });
    const { kind, record } = await records.claim(other);
    expect([kind, record.state, record.attempt]).toEqual(["held", state, 1]);
    expect(await table.item(claim.id)).toEqual(before);
  });

  test.each([
    "not_sent",
    "not_executed",
  ] as const)("is refused after %s once a binding has come", async (state) => {
    const claim = claimOf();
    await reached(records, claim, state);
    await overwrite(table, claim.id, { binding: bound });
    const before = await table.item(claim.id);
    const { kind, record } = await records.claim(again(claim));
    expect([kind, record.state]).toEqual(["held", state]);
    expect(await table.item(claim.id)).toEqual(before);
  });

  test("is one of 50 at once when it may be attempted again", async () => {
    const claim = claimOf();
    await reached(records, claim, "not_sent");
    const claimed = await Promise.all(Array.from({ length: 50 }, () => records.claim(again(claim))));
    expect(claimed.filter(({ kind }) => kind === "won")).toHaveLength(1);
    expect((await records.get(claim.id))?.attempt).toBe(2);
  });

  test("keeps its first time and a bounded history over 40 attempts", async () => {
    const claim = claimOf();
    let latest = claim;
    const sizes: number[] = [];
    for (let attempt = 1; attempt <= 40; attempt += 1) {
      const { kind, record } = await records.claim(latest);
      expect([kind, record.attempt, record.createdAt]).toEqual(["won", attempt, noon]);
      const settled = await records.settle(
        settlementOf(latest, attempt, attempt % 2 ? "not_sent" : "not_executed"),
      );
      expect(settled.kind).toBe("written");
      sizes.push(settled.record.history.length);
      latest = again(latest);
    }
    // Six before a claim, and what the claim and its settle add.
    expect(Math.max(...sizes)).toBeLessThanOrEqual(7);
    const { history = [] } = (await records.get(claim.id)) ?? {};
    expect(history.at(-1)).toMatch(/^not_executed \d+$/);
    expect(history.at(-2)).toMatch(/^dispatched \d+$/);
  });

  test("keeps that an attempt was concluded as not executed, however many that sent nothing followed", async () => {
    const claim = claimOf();
    let latest = claim;
    for (let attempt = 1; attempt <= 12; attempt += 1) {
      await records.claim(latest);
      await records.settle(settlementOf(latest, attempt, attempt === 1 ? "not_executed" : "not_sent"));
      latest = again(latest);
    }
    const { history = [] } = (await records.get(claim.id)) ?? {};
    expect(history.filter((entry) => entry.startsWith("not_executed "))).toHaveLength(1);
    expect(history.length).toBeLessThanOrEqual(7);
  });

  test("with a full history is still only for the same request", async () => {
    const claim = claimOf();
    let latest = claim;
    for (let attempt = 1; attempt <= 7; attempt += 1) {
      await attemptOf(records, latest, "not_sent");
      latest = again(latest);
    }
    const other = again(latest, { request: "[]", isSameRequest: (stored) => stored === "[]" });
    expect((await records.claim(other)).kind).toBe("held");
    const rivals = await Promise.all(Array.from({ length: 20 }, () => records.claim(again(latest))));
    expect(rivals.filter(({ kind }) => kind === "won")).toHaveLength(1);
  });
});

describe("a key of fingerprints that has rotated", () => {
  const ring = (...ids: readonly string[]): KeyRing => ({
    keys: ids.map((id) => ({ id, key: new Secret(Buffer.alloc(32, id).toString("base64")) })),
  });
  /** `renewed` is the ring as it is when it is fetched anew. */
  const otpRequest = (keys: KeyRing, otp: string, renewed = keys) => {
    const input = { customerId: "1", otp: new Secret(otp) };
    const same = sameInput("r", "forgot-mpin", input, { ring: keys, renewed: async () => renewed });
    return { request: same.text, isSameRequest: same.is };
  };

  test("does not hide the same request, which is claimed again and kept under the new key", async () => {
    const claim = claimOf(otpRequest(ring("k1"), "123456"));
    await reached(records, claim, "not_executed");
    const { kind, record } = await records.claim(again(claim, otpRequest(ring("k2", "k1"), "123456")));
    expect([kind, record.attempt]).toEqual(["won", 2]);
    expect(record.request).toMatch(/^k2\./);
  });

  test("does not let another request through", async () => {
    const claim = claimOf(otpRequest(ring("k1"), "123456"));
    await reached(records, claim, "not_executed");
    expect((await records.claim(again(claim, otpRequest(ring("k2", "k1"), "654321")))).kind).toBe("held");
  });

  test("is looked for in the ring anew where another process has had it first", async () => {
    const claim = claimOf(otpRequest(ring("k2"), "123456"));
    await reached(records, claim, "not_executed");
    const behind = otpRequest(ring("k1"), "123456", ring("k2", "k1"));
    expect((await records.claim(again(claim, behind))).kind).toBe("won");
  });

  test("that is in no ring any more is a misconfiguration, and leaves the record as it is", async () => {
    const claim = claimOf(otpRequest(ring("k1"), "123456"));
    await reached(records, claim, "not_executed");
    const before = await table.item(claim.id);
    await expect(records.claim(again(claim, otpRequest(ring("k2"), "123456")))).rejects.toMatchObject({
      code: "misconfigured",
    });
    expect(await table.item(claim.id)).toEqual(before);
  });

  test("lets one of many through, though the records that they saw are compared one by one", async () => {
    const claim = claimOf(otpRequest(ring("k1"), "123456"));
    await reached(records, claim, "not_sent");
    const rivals = Array.from({ length: 20 }, () =>
      records.claim(again(claim, otpRequest(ring("k2", "k1"), "123456"))),
    );
    expect((await Promise.all(rivals)).filter(({ kind }) => kind === "won")).toHaveLength(1);
  });

  test("is of no use over a binding", async () => {
    const claim = claimOf(otpRequest(ring("k1"), "123456"));
    await reached(records, claim, "not_sent");
    await overwrite(table, claim.id, { binding: bound });
    expect((await records.claim(again(claim, otpRequest(ring("k2", "k1"), "123456")))).kind).toBe("held");
  });
});

describe("a write whose answer was lost on the way", () => {
  test("is repeated by the SDK, and a claim that meets its own owner has won", async () => {
    const { proxy, behind } = await recordsBehind(table);
    for (const lost of [1, 2]) {
      proxy.forget();
      proxy.loseAnswers(lost);
      const claim = claimOf();
      const { kind, record } = await behind.claim(claim);
      expect([kind, record.owner, record.attempt]).toEqual(["won", claim.owner, 1]);
      expect(proxy.counts()).toEqual({ UpdateItem: lost + 1 });
      expect(record.history).toEqual([`dispatched ${noon}`]);
    }
  });

  test("is repeated by the SDK, and a settle that meets its own outcome is written", async () => {
    const { proxy, behind } = await recordsBehind(table);
    const claim = claimOf();
    await behind.claim(claim);
    proxy.loseAnswers(2);
    const settled = await behind.settle(settlementOf(claim, 1, "succeeded"));
    expect([settled.kind, settled.record.state]).toEqual(["written", "succeeded"]);
    expect(settled.record.history).toHaveLength(2);
  });

  test("is thrown when no repeat gets through: nobody may act on a claim that is not known to be written", async () => {
    const { proxy, behind } = await recordsBehind(table);
    const claim = claimOf();
    proxy.loseAnswers(10);
    await expect(behind.claim(claim)).rejects.toThrow();
    // It was written all the same: the next caller is held, whatever it was told.
    expect((await records.claim(again(claim))).record).toMatchObject({
      state: "dispatched",
      owner: claim.owner,
    });
    proxy.loseAnswers(0);
    proxy.refuse(10);
    await expect(behind.claim(claimOf())).rejects.toThrow();
    await expect(behind.settle(settlementOf(claim, 1, "succeeded"))).rejects.toThrow();
    expect((await records.get(claim.id))?.state).toBe("dispatched");
  });

  test("without the proxy: the same owner twice has won twice, and wrote once", async () => {
    const claim = claimOf();
    const first = await records.claim(claim);
    const second = await records.claim(claim);
    expect([first.kind, second.kind]).toEqual(["won", "won"]);
    expect(second.record).toEqual(first.record);
  });

  test("an owner whose attempt is over has not won by meeting its own name", async () => {
    for (const state of ["succeeded", "declined", "in_doubt"] as const) {
      const claim = claimOf();
      await reached(records, claim, state);
      expect((await records.claim(claim)).kind).toBe("held");
    }
  });
});

describe("settle", () => {
  test.each(outcomes)("by the owner writes %s once, and the record tells when and why", async (to) => {
    const claim = claimOf();
    await records.claim(claim);
    const settlement = settlementOf(claim, 1, to);
    const { kind, record } = await records.settle(settlement);
    expect(kind).toBe("written");
    expect(record).toMatchObject({ state: to, stateSince: settlement.now, attempt: 1, createdAt: noon });
    expect(record.result).toBe(settlement.result);
    expect(record.failure).toBe(settlement.failure);
    expect(record.history).toEqual([`dispatched ${noon}`, `${to} ${settlement.now}`]);
    expect(await records.get(claim.id)).toEqual(record);
  });

  test.each(outcomes)("with %s by another owner changes nothing and tells what is there", async (to) => {
    const claim = claimOf();
    await records.claim(claim);
    const { kind, record } = await records.settle({ ...settlementOf(claim, 1, to), owner: newOwner() });
    expect([kind, record.state, record.owner]).toEqual(["superseded", "dispatched", claim.owner]);
    expect((await records.get(claim.id))?.state).toBe("dispatched");
  });

  test.each(outcomes)("with %s of an attempt that has passed changes nothing", async (to) => {
    const first = claimOf();
    await reached(records, first, "not_executed");
    const second = again(first);
    await records.claim(second);
    for (const stale of [
      settlementOf(first, 1, to),
      settlementOf(second, 1, to),
      settlementOf(first, 2, to),
    ]) {
      const { kind, record } = await records.settle(stale);
      expect([kind, record.state, record.attempt]).toEqual(["superseded", "dispatched", 2]);
    }
  });

  test("of a record that is not there is thrown, and makes none", async () => {
    const claim = claimOf();
    await expect(records.settle(settlementOf(claim, 1, "succeeded"))).rejects.toThrow();
    expect(await records.get(claim.id)).toBeUndefined();
  });

  /** `<from> -> <to>` that the owner may write; whatever is missing here must leave the record as it is. */
  const allowed = new Set([
    ...["succeeded", "declined", "not_sent", "not_executed", "in_doubt"].map((to) => `dispatched -> ${to}`),
    ...["succeeded", "declined", "not_executed"].map((to) => `in_doubt -> ${to}`),
    ...["succeeded", "declined", "not_executed"].map((to) => `needs_attention -> ${to}`),
    "not_executed -> succeeded",
  ]);
  const pairs = everyState.flatMap((from) => outcomes.map((to) => ({ from, to, pair: `${from} -> ${to}` })));

  test.each(pairs)("by the owner, late: $pair", async ({ from, to, pair }) => {
    const claim = claimOf();
    await reached(records, claim, from);
    const before = await table.item(claim.id);
    const { kind, record } = await records.settle(settlementOf(claim, 1, to, { now: noon + 5_000 }));
    if (allowed.has(pair)) {
      expect([kind, record.state]).toEqual(["written", to]);
    } else {
      // One's own outcome, met again, is one's own write.
      expect([kind, record.state]).toEqual([from === to ? "written" : "superseded", from]);
      expect(await table.item(claim.id)).toEqual(before);
    }
    expect(await records.get(claim.id)).toEqual(record);
  });

  test("is written once however often it is repeated", async () => {
    const claim = claimOf();
    await records.claim(claim);
    const settlement = settlementOf(claim, 1, "succeeded");
    const all = await Promise.all(Array.from({ length: 20 }, () => records.settle(settlement)));
    expect(new Set(all.map(({ kind }) => kind))).toEqual(new Set(["written"]));
    expect((await records.get(claim.id))?.history).toHaveLength(2);
  });

  test("by two owners of one identity at once: only the one whose attempt it is", async () => {
    const claim = claimOf();
    await records.claim(claim);
    const stranger = { ...settlementOf(claim, 1, "declined"), owner: newOwner() };
    const [own, other] = await Promise.all([
      records.settle(settlementOf(claim, 1, "succeeded")),
      records.settle(stranger),
    ]);
    expect([own.kind, other.kind]).toEqual(["written", "superseded"]);
    expect((await records.get(claim.id))?.state).toBe("succeeded");
  });
});

describe("the index of the unfinished", () => {
  const entry = async (id: string) => {
    const found = (await table.scan("unfinished")).filter(({ pk }) => pk?.S === id);
    expect(found.length).toBeLessThanOrEqual(1);
    return found[0];
  };

  test("is entered by a claim, due when its lease ends, in one of 64 shards", async () => {
    const claims = Array.from({ length: 200 }, () => claimOf());
    // A slow engine must answer all that come at once within one call's time.
    for (let at = 0; at < claims.length; at += 25)
      await Promise.all(claims.slice(at, at + 25).map((claim) => records.claim(claim)));
    const ids = new Set(claims.map(({ id }) => id));
    const entries = (await table.scan("unfinished")).filter(({ pk }) => ids.has(pk?.S ?? ""));
    expect(entries).toHaveLength(200);
    for (const { due, shard, ...rest } of entries) {
      expect(due?.N).toBe(String(noon + leaseMs));
      expect(Number(shard?.N)).toBeGreaterThanOrEqual(0);
      expect(Number(shard?.N)).toBeLessThan(64);
      expect(Object.keys(rest)).toEqual(["pk"]);
    }
    // 200 ids fall on nearly all of 64 shards; on few, and one partition would carry all the load.
    expect(new Set(entries.map(({ shard }) => shard?.N)).size).toBeGreaterThan(48);
  });

  test.each([
    "succeeded",
    "declined",
    "not_sent",
    "not_executed",
  ] as const)("is left at %s", async (state) => {
    const claim = claimOf();
    await reached(records, claim, state);
    expect(await entry(claim.id)).toBeUndefined();
    const item = await table.item(claim.id);
    expect([item?.shard, item?.due]).toEqual([undefined, undefined]);
  });

  test("is kept at in_doubt, due at once", async () => {
    const claim = claimOf();
    await records.claim(claim);
    const settlement = settlementOf(claim, 1, "in_doubt");
    await records.settle(settlement);
    expect((await entry(claim.id))?.due?.N).toBe(String(settlement.now));
  });

  test("is kept at needs_attention until somebody settles it", async () => {
    const claim = claimOf();
    await reached(records, claim, "needs_attention");
    await records.settle(settlementOf(claim, 1, "in_doubt"));
    expect(await entry(claim.id)).toBeDefined();
    await records.settle(settlementOf(claim, 1, "declined"));
    expect(await entry(claim.id)).toBeUndefined();
  });

  test.each([
    "not_sent",
    "not_executed",
  ] as const)("is entered again by a new attempt after %s", async (state) => {
    const claim = claimOf();
    await reached(records, claim, state);
    const next = again(claim);
    await records.claim(next);
    expect((await entry(claim.id))?.due?.N).toBe(String(next.now + leaseMs));
  });
});

describe("a customer's index", () => {
  test("shows state, amount, time and type, and nothing else", async () => {
    const claim = claimOf();
    await reached(records, claim, "succeeded");
    const entries = (await table.scan("customer-records")).filter(({ pk }) => pk?.S === claim.id);
    expect(entries).toEqual([
      {
        pk: { S: claim.id },
        customer: { S: claim.customer },
        createdAt: { N: String(noon) },
        state: { S: "succeeded" },
        amount: { S: "5.00" },
        operation: { S: "debit-wallet" },
      },
    ]);
  });
});

describe("expiry", () => {
  const thirtyDays = 30 * 86_400_000;

  test.each(outcomes)("is written with a final state and no other: %s", async (to) => {
    const claim = claimOf();
    await records.claim(claim);
    await records.settle(settlementOf(claim, 1, to, { expireAfterMs: thirtyDays }));
    const { expires } = (await table.item(claim.id)) ?? {};
    const final = to === "succeeded" || to === "declined";
    // DynamoDB's TTL counts seconds.
    expect(expires?.N).toBe(final ? String(Math.ceil((noon + 250 + thirtyDays) / 1000)) : undefined);
  });

  test.each(outcomes)("is never written for money: %s", async (to) => {
    const claim = claimOf();
    await attemptOf(records, claim, to);
    expect(Object.keys((await table.item(claim.id)) ?? {})).not.toContain("expires");
  });

  test("does not survive into a new attempt", async () => {
    const claim = claimOf();
    await records.claim(claim);
    await records.settle(settlementOf(claim, 1, "not_executed", { expireAfterMs: thirtyDays }));
    await records.claim(again(claim));
    expect(Object.keys((await table.item(claim.id)) ?? {})).not.toContain("expires");
  });
});
