import { describe, expect, test } from "vitest";
import { readConfig } from "../../lib/config.ts";
import { claimOrWithdraw, settleTries } from "../../lib/operation/claiming.ts";
import { Problem } from "../../lib/problem.ts";
import type { RecordItem } from "../../lib/records/record.ts";
import {
  type Claimed,
  ClaimUnknown,
  type Records,
  type Settlement,
  type Tries,
  type Withdrawal,
} from "../../lib/records/store.ts";
import { claimOf, leaseMs, noon } from "./claims.ts";

const config = readConfig({
  PROVIDER_TIMEOUT_MS: "20000",
  FUNCTION_TIMEOUT_MS: "28000",
  LEASE_MS: String(leaseMs),
  QUIET_PERIOD_MS: "900000",
});

const unknown = new ClaimUnknown("me", undefined, new Error("late"));

/** A store whose claim comes to that, and what it is told. */
function claimedIn(claim: () => Promise<Claimed>, now = noon, remainingMs = 28_000) {
  const told: {
    claim?: Tries;
    withdrawn: { withdrawal: Withdrawal; tries: Tries | undefined }[];
    settled: Settlement[];
  } = { withdrawn: [], settled: [] };
  const records: Pick<Records, "claim" | "withdraw" | "settle"> = {
    async claim(_claim, tries) {
      if (tries) told.claim = tries;
      return claim();
    },
    async withdraw(withdrawal, tries) {
      told.withdrawn.push({ withdrawal, tries });
      throw new Error("no answer of DynamoDB");
    },
    async settle(settlement) {
      told.settled.push(settlement);
      throw new Error("no answer of DynamoDB");
    },
  };
  const clock = { now: () => now, monotonic: () => now };
  const outcome = claimOrWithdraw(claimOf(), (made, tries) => (records as Records).claim(made, tries), {
    world: { config, clock },
    records: records as Records,
    remainingMs: () => remainingMs,
    note: () => undefined,
  }).catch((error: unknown) => error);
  return { told, outcome };
}

const dispatched = { owner: "me", attempt: 2, state: "dispatched", leaseEnds: noon + leaseMs } as RecordItem;

describe("a claim", () => {
  test("that is known in time is taken as it is", async () => {
    const { told, outcome } = claimedIn(async () => ({ kind: "won", record: dispatched }));
    expect(await outcome).toEqual({ kind: "won", record: dispatched });
    expect(told.withdrawn).toEqual([]);
  });

  test("that is met past its lease is withdrawn, and nothing is sent", async () => {
    const { told, outcome } = claimedIn(
      async () => ({ kind: "won", record: dispatched }),
      dispatched.leaseEnds,
    );
    expect(await outcome).toMatchObject({ code: "not-sent", retry: "same-identity" });
    expect(told.settled).toMatchObject([{ owner: "me", attempt: 2, to: "not_sent" }]);
  });

  test("of unknown outcome is answered 503, whatever comes of its withdrawal", async () => {
    const { told, outcome } = claimedIn(() => Promise.reject(unknown));
    expect(await outcome).toBeInstanceOf(Problem);
    expect(await outcome).toMatchObject({ status: 503, code: "not-sent" });
    expect(told.withdrawn[0]?.withdrawal).toMatchObject({ owner: "me", seen: undefined, now: noon });
  });

  test("that another record holds is withdrawn by nobody", async () => {
    const held = { kind: "held", record: { ...dispatched, leaseEnds: noon - 1 } } as const;
    const { told, outcome } = claimedIn(async () => held);
    expect(await outcome).toEqual(held);
    expect(told.withdrawn).toEqual([]);
  });

  test.each([
    // What is left of 28 s, and the least with which a claim is begun.
    { remainingMs: 27_000, eachMs: 2_000 },
    { remainingMs: 26_000, eachMs: 1_500 },
    { remainingMs: 23_000, eachMs: 950 },
  ])("keeps its order of times: claim, provider, settle, with $remainingMs ms left", async ({
    remainingMs,
    eachMs,
  }) => {
    const { told, outcome } = claimedIn(() => Promise.reject(unknown), noon, remainingMs);
    await outcome;
    expect(told.claim).toEqual({ eachMs, allMs: 2 * eachMs });
    expect(told.withdrawn[0]?.tries).toEqual({ eachMs: 3_000, allMs: 9_000 });
  });

  test("that is slow leaves time to withdraw it and to answer, also of the shortest function", async () => {
    // FUNCTION_TIMEOUT_MS = PROVIDER_TIMEOUT_MS + 4000, of a provider that is given next to nothing.
    const left = 4_100 - 2 * 950;
    const { told, outcome } = claimedIn(() => Promise.reject(unknown), noon, left);
    await outcome;
    expect(told.withdrawn[0]?.tries?.allMs).toBeLessThan(left);
  });
});

test.each([
  { remainingMs: 28_000, eachMs: 5_000 },
  { remainingMs: 6_500, eachMs: 2_000 },
  { remainingMs: 3_000, eachMs: 950 },
  { remainingMs: 1_000, eachMs: 950 },
])("a settle has three tries in the $remainingMs ms that are left", ({ remainingMs, eachMs }) => {
  expect(settleTries(remainingMs)).toEqual({ eachMs, allMs: 3 * eachMs });
});
