import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Tally } from "../../lib/metrics.ts";
import { countWaiting } from "../../lib/operation/counting.ts";
import type { FunctionDefinition } from "../../lib/operation/definition.ts";
import { reconcile } from "../../lib/operation/reconcile.ts";
import { type Doubtful, type Look, resolve } from "../../lib/operation/resolve.ts";
import { shardsIn } from "../../lib/operation/share.ts";
import type { Evidence, Inquiry } from "../../lib/providers/inquiry.ts";
import { recordId } from "../../lib/records/identity.ts";
import type { RecordItem } from "../../lib/records/record.ts";
import { type Records, recordsIn } from "../../lib/records/store.ts";
import { shardOf } from "../../lib/records/write.ts";
import type { Runtime } from "../../lib/runtime.ts";
import { startTable, type TestTable } from "../support/dynamodb.ts";
import { startedRecords } from "../support/records.ts";
import {
  again,
  attemptOf,
  claimOf,
  everyState,
  leaseMs,
  noon,
  reached,
  settlementOf,
  type TestClaim,
} from "./claims.ts";
import { worldAt } from "./world.ts";

/** Doubt is settled here against a clock that the tests move and a provider that shows what they say. */
const { table, records } = startedRecords();
let now: number;

beforeEach(() => {
  now = leaseEnd + 1;
});

const minute = 60_000;
const quietMs = 15 * minute;
const leaseEnd = noon + leaseMs;
const quietEnd = leaseEnd + quietMs;
const backOff = [60_000, 120_000, 300_000];

const variables = {
  BINDING_WAIT_MS: String(30 * minute),
  BACK_OFF_MS: backOff.join(","),
  DOUBT_LIMIT_MS: String(24 * 60 * minute),
  AGGREPAY_BASE_URL: "https://testwallet.aggrepaypayments.com",
  AGGREPAY_ACCOUNT: "main",
};

const worldWith = (more: object = {}): Runtime => worldAt(() => now, { ...variables, ...more });
const world = worldWith();
const budget = { remainingMs: () => 28_000 };

type Asking = Extract<Inquiry<never, never, never>, { readonly absence: unknown }>;

/** An operation whose provider shows this; counts how often it was asked. */
function operationThat(shows: () => Evidence | Promise<Evidence>, more: Partial<Asking> = {}) {
  const evidence = vi.fn<Asking["evidence"]>(async () => shows());
  const inquiry: Asking = { evidence, absence: "not executed", ...more };
  const provider = {
    name: "aggrepay",
    secret: "aggrepay",
    host: (config: Runtime["config"]) => config.baseUrl("aggrepay").host,
    variables: [],
    sign: () => {
      throw new Error("nothing is signed");
    },
    read: () => {
      throw new Error("nothing is read");
    },
  } as Doubtful<never, never>["provider"];
  return { operation: { provider, inquiry } satisfies Doubtful<never, never>, asked: evidence };
}

const nothing: Evidence = { shows: "nothing" };
const done: Evidence = { shows: "done", result: { transactionId: "9" } };
const unclear: Evidence = { shows: "unclear", why: "It was away." };
const other: Evidence = { shows: "other", why: "It is shown with another amount." };

const word = { code: "SOMETHING-NEW", message: "What is this?" };
const failed = (more: object = {}) =>
  JSON.stringify({ code: "outcome-unknown", detail: "The first word.", ...more });

const doubtOf = (claim: TestClaim = claimOf(), failure = failed()) =>
  attemptOf(records, claim, "in_doubt", { failure });

type Looked = (
  operation: Doubtful<never, never>,
  record: RecordItem,
  by?: Partial<Look>,
) => Promise<RecordItem>;
const resolved: Looked = (operation, record, by) =>
  resolve(operation, { record, world, records, budget, ...by });

/** As a repeat or a reconciler comes to it: on the record as it stands. */
const repeated: Looked = async (operation, { id }, by) => {
  const record = await records.get(id);
  if (!record) throw new Error("there is no such record");
  return resolved(operation, record, by);
};

const failureOf = ({ failure }: RecordItem) => JSON.parse(failure ?? "null") as unknown;

describe("what the provider shows", () => {
  test("done: the record succeeds with what was shown", async () => {
    const { operation, asked } = operationThat(() => done);
    const record = await resolved(operation, await doubtOf());
    expect(record).toMatchObject({ state: "succeeded", result: '{"transactionId":"9"}', failure: undefined });
    expect(asked).toHaveBeenCalledTimes(1);
  });

  test("the question is of the identity, the effect and the time of the attempt that is in doubt", async () => {
    const claim = claimOf();
    const { operation, asked } = operationThat(() => done);
    await resolved(operation, await doubtOf(claim));
    expect(asked.mock.calls[0]?.[0]).toEqual({
      identity: claim.identity,
      number: 1,
      dispatchedAt: noon,
      wasSent: expect.any(Function) as unknown,
      facts: (JSON.parse(claim.request) as readonly [string, object])[1],
    });
    const kept = claimOf({ facts: '{"mobileNumber":"+919900000001"}', request: "f1.fingerprint" });
    await resolved(operation, await doubtOf(kept));
    expect(asked.mock.calls[1]?.[0]).toMatchObject({ facts: { mobileNumber: "+919900000001" } });
  });

  test("what contradicts the record is asked about again until the quiet period is over", async () => {
    const { operation } = operationThat(() => other);
    now = quietEnd;
    const record = await resolved(operation, await doubtOf());
    expect(record).toMatchObject({ state: "in_doubt", due: quietEnd + 1, inquiries: 1 });
  });

  test("what the last inquiry learned is kept while nothing is settled, and is gone with the doubt", async () => {
    const early = await resolved(operationThat(() => nothing).operation, await doubtOf());
    expect(early.lastInquiry).toEqual({
      at: leaseEnd + 1,
      learned: "The provider shows no such thing yet, which proves nothing before the quiet period is over.",
    });
    now = quietEnd + 1;
    const away = await repeated(operationThat(() => unclear).operation, early);
    expect(away.lastInquiry).toEqual({ at: quietEnd + 1, learned: "It was away." });
    const settled = await repeated(operationThat(() => done).operation, away);
    expect([settled.state, settled.provedBy, settled.lastInquiry]).toEqual([
      "succeeded",
      "inquiry",
      undefined,
    ]);
  });

  test("a record that is given to a person shows it too, within 240 characters", async () => {
    now = quietEnd + 1;
    const { operation } = operationThat(() => ({ shows: "other", why: "x".repeat(300) }));
    const record = await resolved(operation, await doubtOf());
    expect(record.lastInquiry).toEqual({ at: quietEnd + 1, learned: "x".repeat(240) });
  });

  test("what contradicts the record is then a person's, who sees both sides", async () => {
    const { operation } = operationThat(() => other);
    now = quietEnd + 1;
    const record = await resolved(operation, await doubtOf(claimOf(), failed({ provider: word })));
    expect(record.state).toBe("needs_attention");
    expect(failureOf(record)).toEqual({
      code: "outcome-unknown",
      detail: "The first word. It is shown with another amount.",
      provider: word,
    });
  });

  test("nothing to go by: asked again after pauses that grow, the last one repeated", async () => {
    const { operation, asked } = operationThat(() => unclear);
    let record = await doubtOf();
    for (const [turn, pause] of [...backOff, 300_000, 300_000].entries()) {
      record = await repeated(operation, record);
      expect(record).toMatchObject({ state: "in_doubt", due: now + pause, inquiries: turn + 1 });
      now += pause;
    }
    expect(asked).toHaveBeenCalledTimes(5);
  });

  test("a caller's repeats are answered by the provider, and leave the reconciler's pauses as they are", async () => {
    const { operation, asked } = operationThat(() => unclear);
    let record = await doubtOf();
    const { due = 0 } = record;
    for (let n = 0; n < 20; n++)
      record = await repeated(operation, record, { budget: { ...budget, isRepeat: true } });
    expect(asked).toHaveBeenCalledTimes(20);
    expect(record).toMatchObject({ state: "in_doubt", due: due + 20, inquiries: 0 });
    record = await repeated(operation, record);
    expect(record).toMatchObject({ due: now + 60_000, inquiries: 1 });
  });

  const listedByAge = async () => {
    const { operation } = operationThat(() => unclear);
    const record = await doubtOf();
    now = noon + 24 * 60 * minute;
    return repeated(operation, record);
  };

  test("of what is listed by age alone: a repeat of its caller asks, and the evidence settles it", async () => {
    const { operation } = operationThat(() => done);
    const record = await repeated(operation, await listedByAge());
    expect(record).toMatchObject({ state: "succeeded", waits: undefined, askAt: undefined, due: undefined });
  });

  test("a contradiction turns what is listed by age into a person's for good, in its place", async () => {
    const listed = await listedByAge();
    now += minute;
    const turned = await repeated(operationThat(() => other).operation, listed);
    expect(turned).toMatchObject({
      state: "needs_attention",
      waits: "person",
      due: listed.due,
      askAt: undefined,
    });
    const { operation, asked } = operationThat(() => done);
    expect(await repeated(operation, turned)).toEqual(turned);
    expect(asked).not.toHaveBeenCalled();
  });

  test.each([
    done,
    nothing,
    other,
    unclear,
  ])("a person decides while the provider is asked: %o", async (shown) => {
    const listed = await listedByAge();
    const { operation } = operationThat(async () => {
      const word = { by: "a person", reason: "seen", result: undefined, failure: failed() };
      await records.decide({ record: listed, attempt: 1, to: "declined", now, ...word });
      return shown;
    });
    expect((await repeated(operation, listed)).state).toBe("declined");
    expect((await records.get(listed.id))?.state).toBe("declined");
  });

  test("nothing to go by for as long as doubt may last is a person's", async () => {
    const { operation } = operationThat(() => unclear);
    const record = await doubtOf();
    now = noon + 24 * 60 * minute - 1;
    expect((await repeated(operation, record)).state).toBe("in_doubt");
    now += 1;
    const last = await repeated(operation, record);
    expect(last.state).toBe("needs_attention");
    expect(failureOf(last)).toMatchObject({ detail: "The first word. It was away." });
  });
});

describe("that the provider shows nothing", () => {
  test.each([
    "in_doubt",
    "dispatched",
  ] as const)("of what is %s is believed of a question asked after the quiet period, to the millisecond", async (state) => {
    const { operation } = operationThat(() => nothing);
    let record = await reached(records, claimOf(), state);
    for (const at of [leaseEnd + 1, quietEnd - 1, quietEnd]) {
      now = at;
      record = await repeated(operation, record);
      expect(record).toMatchObject({ state, due: quietEnd + 1 });
    }
    now = quietEnd + 1;
    expect((await repeated(operation, record)).state).toBe("not_executed");
  });

  test("is not believed of a question asked before its end and answered after it", async () => {
    const { operation } = operationThat(() => {
      now = quietEnd + 10_000;
      return nothing;
    });
    const record = await doubtOf();
    now = quietEnd - 10_000;
    expect((await repeated(operation, record)).state).toBe("in_doubt");
  });

  test("counts from the lease of the latest attempt, not of the first", async () => {
    const { operation } = operationThat(() => nothing);
    const claim = claimOf();
    await reached(records, claim, "not_executed");
    const second = again(claim, { now: noon + quietMs });
    await records.claim(second);
    const { record } = await records.settle(settlementOf(second, 2, "in_doubt"));
    now = second.now + leaseMs + quietMs;
    expect((await repeated(operation, record)).state).toBe("in_doubt");
    now += 1;
    expect((await repeated(operation, record)).state).toBe("not_executed");
  });

  test("of a refusal that nobody knew makes it declined, with the provider's word", async () => {
    const { operation } = operationThat(() => nothing);
    const record = await doubtOf(claimOf(), failed({ provider: word }));
    expect((await repeated(operation, record)).state).toBe("in_doubt");
    now = quietEnd + 1;
    const settled = await repeated(operation, record);
    expect(settled.state).toBe("declined");
    expect(failureOf(settled)).toMatchObject({ code: "declined", provider: word });
  });

  test("of an id that was taken by somebody long before declines a first attempt, and is a person's after an earlier one", async () => {
    const old: Evidence = { shows: "other", why: "It is shown, and is old.", isOld: true };
    const { operation } = operationThat(() => old);
    const first = await doubtOf(claimOf(), failed({ provider: word, taken: true }));
    now = leaseEnd;
    const settled = await repeated(operation, first);
    expect(settled.state).toBe("declined");
    expect(failureOf(settled)).toMatchObject({ code: "already-done", provider: word });
    // Without the provider's word for it, what is old contradicts, and no more.
    const other = await doubtOf(claimOf());
    expect((await repeated(operation, other)).state).toBe("in_doubt");
    const claim = claimOf();
    await reached(records, claim, "not_executed");
    const second = again(claim, { now: noon });
    await records.claim(second);
    const { record } = await records.settle(
      settlementOf(second, 2, "in_doubt", { failure: failed({ provider: word, taken: true }) }),
    );
    now = quietEnd + 1;
    expect((await repeated(operation, record)).state).toBe("needs_attention");
  });

  test("of a reversal that the provider called done proves nothing, and a person's it is in the end", async () => {
    const { operation } = operationThat(() => nothing, { absence: "proves nothing" });
    const claim = claimOf({ namespace: "reversal" });
    let record = await doubtOf(claim, failed({ provider: word, taken: true }));
    now = quietEnd + 1;
    record = await repeated(operation, record);
    expect(record.state).toBe("in_doubt");
    now = noon + 24 * 60 * minute;
    expect((await repeated(operation, record)).state).toBe("needs_attention");
  });

  test("of a shortage that could have followed from an earlier attempt declines it under its own name", async () => {
    const { operation } = operationThat(() => nothing);
    const record = await doubtOf(claimOf(), failed({ provider: word, refused: "insufficient-funds" }));
    now = quietEnd + 1;
    const settled = await repeated(operation, record);
    expect([settled.state, (failureOf(settled) as { readonly code?: string }).code]).toEqual([
      "declined",
      "insufficient-funds",
    ]);
  });

  test("of an id that was taken is a person's", async () => {
    const { operation } = operationThat(() => nothing);
    const record = await doubtOf(claimOf(), failed({ provider: word, taken: true }));
    now = quietEnd + 1;
    expect((await repeated(operation, record)).state).toBe("needs_attention");
  });

  test("of an id that was taken is a person's, also where age alone had listed it before", async () => {
    let shown: Evidence = { shows: "unclear", why: "The provider is away." };
    const { operation } = operationThat(() => shown);
    const record = await doubtOf(claimOf(), failed({ provider: word, taken: true }));
    now = noon + 25 * 60 * minute;
    const listed = await repeated(operation, record);
    expect([listed.state, listed.waits]).toEqual(["needs_attention", "provider"]);
    shown = nothing;
    now += 60 * minute;
    const seen = await repeated(operation, listed);
    expect([seen.state, seen.waits ?? "person"]).toEqual(["needs_attention", "person"]);
  });

  test("where that proves nothing leaves doubt, for a person in the end", async () => {
    const { operation } = operationThat(() => nothing, { absence: "proves nothing" });
    const record = await doubtOf(claimOf(), failed({ provider: word }));
    for (const at of [quietEnd + 1, noon + 23 * 60 * minute]) {
      now = at;
      expect((await repeated(operation, record)).state).toBe("in_doubt");
    }
    now = noon + 25 * 60 * minute;
    expect((await repeated(operation, record)).state).toBe("needs_attention");
  });

  test("where it only confirms is a person's, after the quiet period", async () => {
    const { operation } = operationThat(() => nothing, { absence: "needs a person" });
    const record = await doubtOf();
    expect((await repeated(operation, record)).state).toBe("in_doubt");
    now = quietEnd + 1;
    expect((await repeated(operation, record)).state).toBe("needs_attention");
  });
});

describe("a debit of which nothing is shown, and its reversal", () => {
  const reversalOf = (debit: TestClaim) =>
    claimOf({
      id: recordId("aggrepay", "main", { namespace: "reversal", id: debit.identity }),
      namespace: "reversal",
      identity: debit.identity,
      operation: "debit-reversal",
    });
  // A refusal that nobody has looked into proves nothing.
  const harmless = ["not_sent", "declined"];

  test.each([undefined, ...everyState])("that is %s", async (state) => {
    const debit = claimOf();
    const record = await doubtOf(debit);
    if (state) await reached(records, reversalOf(debit), state);
    const { operation } = operationThat(() => nothing, { undoneBy: "reversal" });
    now = quietEnd + 1;
    const settled = await repeated(operation, record);
    const believed = state === undefined || harmless.includes(state);
    expect(settled.state).toBe(believed ? "not_executed" : "needs_attention");
  });

  test("that begins while the provider is asked", async () => {
    const debit = claimOf();
    const record = await doubtOf(debit, failed({ provider: word }));
    const { operation } = operationThat(
      async () => {
        await records.claim(reversalOf(debit));
        return nothing;
      },
      { undoneBy: "reversal" },
    );
    now = quietEnd + 1;
    expect((await repeated(operation, record)).state).toBe("needs_attention");
  });
});

describe("nobody is asked", () => {
  test.each(everyState)("about what is %s and not in doubt", async (state) => {
    const { operation, asked } = operationThat(() => done);
    const record = await reached(records, claimOf(), state);
    // A dispatched one is its owner's for as long as its lease lasts.
    now = state === "in_doubt" ? now : leaseEnd - 1;
    const after = await repeated(operation, record);
    if (state === "in_doubt") expect(after.state).toBe("succeeded");
    else expect(after).toEqual(record);
    expect(asked).toHaveBeenCalledTimes(state === "in_doubt" ? 1 : 0);
  });

  test.each([
    ["host", { AGGREPAY_BASE_URL: "https://aggwallet.aggrepaypayments.com" }],
    ["port", { AGGREPAY_BASE_URL: "https://testwallet.aggrepaypayments.com:8443" }],
    ["account", { AGGREPAY_ACCOUNT: "other" }],
  ])("at another %s than the attempt's: it would speak of somebody else's wallet", async (_what, more) => {
    const { operation, asked } = operationThat(() => nothing);
    const record = await doubtOf();
    now = quietEnd + 1;
    const after = await repeated(operation, record, { world: worldWith(more) });
    expect(after.state).toBe("in_doubt");
    expect(asked).not.toHaveBeenCalled();
    now = noon + 24 * 60 * minute;
    expect((await repeated(operation, record, { world: worldWith(more) })).state).toBe("needs_attention");
  });

  test("where there is nothing to ask: a person's, once the lease has ended", async () => {
    const { operation } = operationThat(() => done);
    const silent = { ...operation, inquiry: { none: "no call tells" } };
    const record = await doubtOf();
    now = leaseEnd - 1;
    expect(await repeated(silent, record)).toMatchObject({
      state: "in_doubt",
      due: leaseEnd,
    });
    now = leaseEnd;
    const after = await repeated(silent, record);
    expect(after.state).toBe("needs_attention");
    expect(failureOf(after)).toMatchObject({ detail: expect.stringContaining("The first word.") as string });
  });

  test("where evidence comes by itself: a person's, once it has been waited for", async () => {
    const { operation } = operationThat(() => done);
    const waiting = { ...operation, inquiry: { none: "it notifies", waits: true as const } };
    const record = await doubtOf();
    now = leaseEnd + 30 * minute - 1;
    expect(await repeated(waiting, record)).toMatchObject({
      state: "in_doubt",
      due: leaseEnd + 30 * minute,
    });
    now += 1;
    expect((await repeated(waiting, record)).state).toBe("needs_attention");
  });
});

describe("while the provider is asked", () => {
  test("nobody else asks: 20 at once ask once, and all see one record", async () => {
    const { operation, asked } = operationThat(() => done);
    const record = await doubtOf();
    const all = await Promise.all(Array.from({ length: 20 }, () => resolved(operation, record)));
    expect(asked).toHaveBeenCalledTimes(1);
    expect(new Set(all.map(({ state }) => state))).toEqual(new Set(["succeeded", "in_doubt"]));
    expect((await records.get(record.id))?.state).toBe("succeeded");
  });

  test("the owner's late word comes: it stands, and is what the resolver tells", async () => {
    const claim = claimOf();
    const { operation } = operationThat(async () => {
      await records.settle(settlementOf(claim, 1, "succeeded", { now }));
      return nothing;
    });
    const record = await doubtOf(claim);
    now = quietEnd + 1;
    expect(await resolved(operation, record)).toMatchObject({
      state: "succeeded",
      result: '{"transactionId":"7"}',
    });
  });

  test.each([
    nothing,
    done,
    unclear,
    other,
  ])("it sleeps through another's turn and a new attempt, and then writes nothing of $shows", async (shown) => {
    const claim = claimOf();
    const second = again(claim, { now: quietEnd + 2 * leaseMs });
    let slept = false;
    const { operation } = operationThat(async () => {
      if (slept) return nothing;
      slept = true;
      now += leaseMs;
      const seen = (await records.get(claim.id)) as RecordItem;
      await resolved(operation, seen);
      expect((await records.claim(second)).kind).toBe("won");
      return shown;
    });
    const record = await doubtOf(claim);
    now = quietEnd + 1;
    const after = await resolved(operation, record);
    expect(after).toMatchObject({
      state: "dispatched",
      attempt: 2,
      owner: second.owner,
      due: second.now + leaseMs,
    });
    expect((await records.settle(settlementOf(second, 2, "succeeded"))).kind).toBe("written");
  });

  test("it fails: the record stays as it was, and is somebody's again when the turn's lease has ended", async () => {
    const broken = operationThat(() => Promise.reject(new Error("a fault of ours")));
    const record = await doubtOf();
    await expect(resolved(broken.operation, record)).rejects.toThrow();
    const { operation, asked } = operationThat(() => done);
    const seen = (await records.get(record.id)) as RecordItem;
    expect((await resolved(operation, seen)).state).toBe("in_doubt");
    expect(asked).not.toHaveBeenCalled();
    now += leaseMs;
    expect((await resolved(operation, seen)).state).toBe("succeeded");
  });
});

describe("a final state by inquiry", () => {
  test("is forgotten in time where the caller's key made the identity, and never of money", async () => {
    const { operation } = operationThat(() => done);
    const keyed = await resolved(
      operation,
      await doubtOf(claimOf({ namespace: "idempotency-key", facts: "{}" })),
    );
    expect(Number((await table.item(keyed.id))?.expires?.N)).toBeGreaterThan(now / 1000);
    const money = await resolved(operation, await doubtOf());
    expect(await table.item(money.id)).not.toHaveProperty("expires");
  });
});

describe("a run of the reconciler", () => {
  let own: TestTable;
  let store: Records;
  beforeEach(async () => {
    own = await startTable();
    store = recordsIn(own.name, own.client);
    vi.spyOn(process.stdout, "write").mockReturnValue(true);
    return async () => {
      vi.restoreAllMocks();
      await own.stop();
    };
  });

  function changeThat(shows: () => Evidence | Promise<Evidence>, name = "aggrepay/debit-wallet") {
    const { operation, asked } = operationThat(shows);
    const definition = {
      name,
      summary: "",
      access: "move-money",
      variables: [],
      secrets: [],
      tableActions: [],
    } satisfies FunctionDefinition;
    return {
      asked,
      change: {
        ...definition,
        asks: () => !name.endsWith("-otp"),
        resolve: (look: Look) => resolve(operation, look),
      },
    };
  }

  async function doubts(length: number): Promise<readonly RecordItem[]> {
    const made: RecordItem[] = [];
    for (let each = 0; each < length; each += 1) made.push(await attemptOf(store, claimOf(), "in_doubt"));
    return made;
  }
  const statesOf = async () =>
    Object.groupBy(await own.scan(), ({ state }) => state?.S ?? "") as Record<string, unknown[] | undefined>;

  test("settles whatever is due in any shard, and asks about nothing else", async () => {
    await doubts(100);
    await Promise.all(Array.from({ length: 10 }, () => attemptOf(store, claimOf(), "succeeded")));
    await Promise.all(Array.from({ length: 10 }, () => reached(store, claimOf(), "needs_attention")));
    await store.claim(claimOf());
    await store.claim(claimOf({ now: now + 1 }));
    const { change, asked } = changeThat(() => done);
    await reconcile([change], world, store, budget);
    expect(asked).toHaveBeenCalledTimes(101);
    const states = await statesOf();
    expect(
      Object.entries(states)
        .map(([state, items]) => [state, items?.length])
        .toSorted(),
    ).toEqual([
      ["dispatched", 1],
      ["needs_attention", 10],
      ["succeeded", 111],
    ]);
    await reconcile([change], world, store, budget);
    expect(asked).toHaveBeenCalledTimes(101);
  });

  test("at the same time as three others: a record has one turn at a time", async () => {
    await doubts(60);
    const asking = new Map<string, number>();
    let most = 0;
    const { operation, asked } = operationThat(() => unclear);
    asked.mockImplementation(async ({ identity }) => {
      asking.set(identity, (asking.get(identity) ?? 0) + 1);
      most = Math.max(most, asking.get(identity) ?? 0);
      await new Promise((passed) => setTimeout(passed, 5));
      asking.set(identity, (asking.get(identity) ?? 0) - 1);
      return unclear;
    });
    const { change } = changeThat(() => unclear);
    const counted: typeof change = {
      ...change,
      resolve: (look) => resolve(operation, look),
    };
    await Promise.all(Array.from({ length: 4 }, () => reconcile([counted], world, store, budget)));
    expect([asking.size, most]).toEqual([60, 1]);
  });

  test("at the same time as three others asks once about what it can settle", async () => {
    await doubts(60);
    const { change, asked } = changeThat(() => done);
    await Promise.all(Array.from({ length: 4 }, () => reconcile([change], world, store, budget)));
    expect(asked).toHaveBeenCalledTimes(60);
    expect(Object.keys(await statesOf())).toEqual(["succeeded"]);
  });

  test("leaves what it could not learn for the time that it was put off to", async () => {
    await doubts(3);
    const { change, asked } = changeThat(() => unclear);
    await reconcile([change], world, store, budget);
    now += 59_999;
    await reconcile([change], world, store, budget);
    expect(asked).toHaveBeenCalledTimes(3);
    now += 1;
    await reconcile([change], world, store, budget);
    expect(asked).toHaveBeenCalledTimes(6);
  });

  test("puts off what this version does not know, in nobody's way, and gives it to a person in the end", async () => {
    const [stranger] = await doubts(1);
    const { change } = changeThat(() => done);
    await reconcile([], world, store, budget);
    const putOff = await store.get(stranger?.id ?? "");
    expect([putOff?.state, putOff?.due]).toEqual(["in_doubt", now + 60_000]);
    // The version that knows it has come again.
    now += 60_000;
    await reconcile([change], world, store, budget);
    expect((await store.get(stranger?.id ?? ""))?.state).toBe("succeeded");

    const [left] = await doubts(1);
    now += world.config.doubtLimitMs;
    await reconcile([], world, store, budget);
    const { state, failure } = (await store.get(left?.id ?? "")) ?? {};
    expect([state, failure]).toEqual([
      "needs_attention",
      expect.stringContaining("does not know the operation"),
    ]);
  });

  test("without time to ask and to record asks nothing", async () => {
    await doubts(3);
    const { change, asked } = changeThat(() => done);
    await reconcile([change], world, store, { remainingMs: () => 3_500 });
    expect(asked).not.toHaveBeenCalled();
    await reconcile([change], world, store, budget);
    expect(asked).toHaveBeenCalledTimes(3);
  });

  test("ends in time though the table is slow to say what is due, and slow to show it", async () => {
    const [one] = await doubts(1);
    const { change, asked } = changeThat(() => done);
    for (const slow of ["unfinished", "get"] as const) {
      let leftMs = 28_000;
      let calls = 0;
      const answers = async <T>(answer: Promise<T>): Promise<T> => {
        calls += 1;
        leftMs -= 2_000;
        return answer;
      };
      const table = {
        ...store,
        unfinished: async (...all: Parameters<Records["unfinished"]>) =>
          slow === "unfinished" ? answers(store.unfinished(...all)) : [{ id: one?.id ?? "", due: 0 }],
        get: (id: string) => (slow === "get" ? answers(store.get(id)) : store.get(id)),
      };
      const budget = { remainingMs: () => leftMs };
      leftMs = slow === "get" ? 5_000 : leftMs;
      await reconcile([change], world, table, budget);
      // Those that are under way when the time ends are the last.
      expect(calls).toBeLessThanOrEqual(slow === "unfinished" ? 12 + 8 : 8);
      if (slow === "get") expect(asked).not.toHaveBeenCalled();
    }
  });

  test("counts what waits for a person in time, or not at all", async () => {
    let leftMs = 28_000;
    const slow = {
      ...store,
      countUnfinished: async () => {
        leftMs -= 1_000;
        return 1;
      },
    };
    await expect(countWaiting(slow, { remainingMs: () => leftMs })).rejects.toThrow("no time was left");
    expect(await countWaiting(slow, budget)).toBe(64);
  });

  test("settles first what needs no call, and asks a provider that hangs no more than is under way", async () => {
    await doubts(200);
    const otps = Array.from({ length: 16 }, () => claimOf({ operation: "customer-otp" }));
    for (const otp of otps) await attemptOf(store, otp, "in_doubt", { failure: failed() });
    let sent = 0;
    const hanging: Runtime = {
      ...world,
      send: async () => {
        sent += 1;
        await new Promise((soon) => setTimeout(soon, 50));
        return { kind: "lost", why: "no whole reply came in time", timedOut: true };
      },
    };
    const { change } = changeThat(() => unclear);
    const debit: typeof change = {
      ...change,
      resolve: async ({ record, world: { send } }) => {
        const url = new URL("https://wallet.example");
        const timing = { connectMs: 1, replyMs: 1, mayStillSend: () => true };
        await send({ method: "POST", url, headers: {}, body: "" }, timing);
        return record;
      },
    };
    const otp = {
      ...changeThat(() => done, "aggrepay/customer-otp").change,
      resolve: (look: Look) =>
        resolve({ ...operationThat(() => done).operation, inquiry: { none: "no call" } }, look),
    };
    await reconcile([debit, otp], hanging, store, budget);
    for (const { id } of otps) expect((await store.get(id))?.state).toBe("needs_attention");
    expect(sent).toBeLessThan(40);
    // Those that were not asked about keep their place, and count no inquiry.
    const span = { from: 0, to: now };
    const left = await Promise.all(
      shardsIn({ from: 0, to: 64 }).map((shard) => store.unfinished(shard, span, 250)),
    );
    expect(left.flat()).toHaveLength(200);
  });

  test("asks on what is listed by age alone, hourly, in its place in the list", async () => {
    const [doubt] = await doubts(1);
    const away = worldWith({ BACK_OFF_MS: "60000" });
    const read = async () => (await store.get(doubt?.id ?? "")) as RecordItem;
    now = noon + 24 * 60 * minute;
    await reconcile([changeThat(() => unclear).change], away, store, budget);
    const listed = await read();
    expect(listed).toMatchObject({ state: "needs_attention", waits: "provider", askAt: now + minute });
    await reconcile([changeThat(() => done).change], away, store, budget);
    expect(await read()).toEqual(listed);
    now += minute;
    await reconcile([changeThat(() => unclear).change], away, store, budget);
    expect(await read()).toMatchObject({ due: listed.due, askAt: now + minute, inquiries: 1 });
    now += minute;
    await reconcile([changeThat(() => done).change], away, store, budget);
    expect(await read()).toMatchObject({
      state: "succeeded",
      due: undefined,
      waits: undefined,
      askAt: undefined,
    });
  });

  test("after an outage longer than doubt may last, those that come hourly settle all of it without a person", async () => {
    const share = { from: 0, to: 8 };
    const inShare = ({ id }: { readonly id: string }) => Number(shardOf(id).N) < share.to;
    const claims = Array.from({ length: 900 }, () => claimOf()).filter(inShare);
    await Promise.all(claims.map((claim) => attemptOf(store, claim, "in_doubt")));
    const hourly = worldWith({ BACK_OFF_MS: "60000,3600000" });
    const run = (change: ReturnType<typeof changeThat>["change"]) =>
      reconcile([change], hourly, store, { ...budget, share });
    const states = async () =>
      Object.entries(await statesOf()).map(([state, items]) => [state, items?.length]);
    now = noon + 25 * 60 * minute;
    await run(changeThat(() => unclear).change);
    expect(await states()).toEqual([["needs_attention", claims.length]]);
    // It is well again: each shard has its minutes of the hour, and a listed record's pause is an hour, too.
    const { change, asked } = changeThat(() => done);
    for (let passed = 0; passed < 122; passed += 2) {
      now += 2 * minute;
      await run(change);
    }
    expect(await states()).toEqual([["succeeded", claims.length]]);
    expect(asked).toHaveBeenCalledTimes(claims.length);
  }, 60_000);

  test("that fails at one record goes on with the others", async () => {
    const [first] = await doubts(40);
    const { change, asked } = changeThat(() => done);
    const failing: Records = {
      ...store,
      get: (id) => (id === first?.id ? Promise.reject(new Error("throttled")) : store.get(id)),
    };
    await reconcile([change], world, failing, budget).catch(() => undefined);
    // Whatever was still under way when it ended is let go on.
    await new Promise((settled) => setTimeout(settled, 200));
    expect(asked).toHaveBeenCalledTimes(39);
  });

  test.each<readonly [string, (() => Evidence) | undefined, number | undefined]>([
    ["settles a record", () => done, undefined],
    ["finds that a person is needed", () => other, undefined],
    ["sees nothing after the quiet period", () => nothing, undefined],
    ["learns nothing", () => unclear, quietEnd + 5_001 - noon],
    [
      "fails",
      () => {
        throw new Error("it is away");
      },
      quietEnd + 5_001 - noon,
    ],
    ["has nobody to ask", undefined, quietEnd + 1 - noon],
  ])("that %s tells the age of the doubt that is left after it", async (_what, shows, age) => {
    await doubts(1);
    now = quietEnd + 1;
    const { change } = changeThat(() => {
      // Asking takes its time.
      now += 5_000;
      return shows?.() ?? nothing;
    });
    const tally: Tally = { lookedAt: 0, failures: [] };
    await reconcile(shows ? [change] : [], world, store, { ...budget, tally }).catch(() => undefined);
    expect([tally.lookedAt, tally.oldestDoubtMs]).toEqual([1, age]);
  });

  test("takes for the age of a doubt that began a day after its attempt the time since then", async () => {
    const claim = claimOf();
    const refused = await attemptOf(store, claim, "not_executed");
    const began = noon + 25 * 60 * minute;
    now = began;
    await store.doubt({ record: refused, owner: "another", now, leaseMs, failure: failed() });
    const { change } = changeThat(() => unclear);
    const looked = async () => {
      const tally: Tally = { lookedAt: 0, failures: [] };
      await reconcile([change], world, store, { ...budget, tally });
      return [tally.oldestDoubtMs, (await store.get(claim.id))?.state];
    };
    expect(await looked()).toEqual([0, "in_doubt"]);
    now = began + world.config.doubtLimitMs - 1;
    expect(await looked()).toEqual([world.config.doubtLimitMs - 1, "in_doubt"]);
    now += 10 * minute;
    expect(await looked()).toEqual([undefined, "needs_attention"]);
  });

  test("leaves a record whose operation is no longer there", async () => {
    await doubts(1);
    const { change, asked } = changeThat(() => done, "aggrepay/credit-wallet");
    await reconcile([change], world, store, budget);
    expect(asked).not.toHaveBeenCalled();
    expect(Object.keys(await statesOf())).toEqual(["in_doubt"]);
  });

  test("finds a record settled meanwhile, and writes nothing", async () => {
    const claim = claimOf();
    await attemptOf(store, claim, "in_doubt");
    const { change } = changeThat(async () => {
      await store.settle(settlementOf(claim, 1, "declined", { now }));
      return done;
    });
    await reconcile([change], world, store, budget);
    expect((await store.get(claim.id))?.state).toBe("declined");
  });
});
