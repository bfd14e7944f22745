import { DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { handler as debitHandler } from "../../functions/aggrepay/debit-wallet.ts";
import { handler as reconcileHandler } from "../../functions/reconcile.ts";
import { runtime } from "../../lib/runtime.ts";
import { systemClock } from "../../lib/time.ts";
import { attemptOf, claimOf, leaseMs, noon, reached } from "../records/claims.ts";
import { fresh } from "../support/aggrepay-gateway.ts";
import { only, startedAround } from "../support/around.ts";
import { faultsOf, unlistedIn, valuesOf } from "../support/emf.ts";
import { planted, signed, startPeer } from "../support/peer.ts";
import { started } from "../support/started.ts";

/**
 * What is counted of a debit and of the reconciler as Lambda calls them, in this process, with a clock that the tests move
 * and a DynamoDB that fails as it is told.
 */
const { apiKey, salt } = planted;
const { table, manager, records, variables } = startedAround(
  ["aggrepay"],
  only({ aggrepay: { apiKey, salt } }),
);
const { peer } = started({ peer: startPeer });

beforeAll(() => {
  Object.assign(process.env, {
    ...variables(),
    AWS_ENDPOINT_URL_DYNAMODB: table.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: manager.url,
    METRICS_NAMESPACE: "WalletGateway-test",
    AGGREPAY_ACCOUNT: "main",
    AGGREPAY_BASE_URL: peer.url,
    PROVIDER_TIMEOUT_MS: "800",
    FUNCTION_TIMEOUT_MS: "28000",
    LEASE_MS: String(leaseMs),
    QUIET_PERIOD_MS: "900000",
  });
});

let now: number;
const lines: string[] = [];
beforeEach(() => {
  now = noon;
  lines.length = 0;
  vi.spyOn(systemClock, "now").mockImplementation(() => now);
  vi.spyOn(process.stdout, "write").mockImplementation((line) => {
    lines.push(String(line).trimEnd());
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

type Line = Readonly<Record<string, unknown>>;

/** The lines that were printed since the test began, each one that CloudWatch takes. */
function printed(): readonly Line[] {
  const found = lines.map((line) => JSON.parse(line) as Line);
  // A line that tells what an inquiry learned is logged and counts nothing.
  for (const line of found)
    expect([...("lastInquiry" in line ? [] : faultsOf(line, now)), ...unlistedIn(line)]).toEqual([]);
  return found;
}

const context = { awsRequestId: "run-1", getRemainingTimeInMillis: () => 28_000 } as Context;

/** DynamoDB fails for the calls that are chosen. */
function failing(chosen: (input: object) => boolean) {
  const send = DynamoDBClient.prototype.send;
  vi.spyOn(DynamoDBClient.prototype, "send").mockImplementation(function (
    this: DynamoDBClient,
    command: Parameters<typeof send>[0],
  ) {
    if (chosen(command.input)) return Promise.reject(new TypeError("it is away"));
    return Reflect.apply(send, this, [command]);
  } as typeof send);
}

async function debit(): Promise<Line> {
  const http = { method: "POST", path: "/", protocol: "HTTP/1.1", sourceIp: "127.0.0.1", userAgent: "" };
  const input = { fromCustomerId: "7", amount: "5", mpin: planted.mpin, merchantTransactionId: fresh() };
  const event = {
    headers: { "content-type": "application/json" },
    requestContext: { http, requestId: "r-1" },
    isBase64Encoded: false,
    body: JSON.stringify(input),
  } as unknown as APIGatewayProxyEventV2;
  await debitHandler(event, context);
  const [line, ...more] = printed();
  expect(more).toEqual([]);
  return line ?? {};
}
const counts = {
  "Calls provider=aggrepay": 1,
  "Replayed provider=aggrepay": 0,
  "ProviderFaults provider=aggrepay": 0,
  "Misconfigured provider=aggrepay": 0,
  "InDoubt provider=aggrepay": 0,
  "NeedsAttention provider=aggrepay": 0,
};

describe("a debit whose record cannot be written", () => {
  test("before it is sent is no fault of the provider", async () => {
    peer.script({});
    failing(() => true);
    expect(valuesOf(await debit())).toEqual({
      ...counts,
      "Outcomes provider=aggrepay outcome=not-sent": 1,
      "Setbacks function=aggrepay/debit-wallet": 1,
    });
    expect(peer.requests).toEqual([]);
  });

  test("after it was answered is in doubt, by no fault of the provider", async () => {
    peer.script({
      debitwallet: (response, request) => {
        failing(() => true);
        signed({ transaction_id: 7 })(response, request);
      },
    });
    expect(valuesOf(await debit())).toEqual({
      ...counts,
      "InDoubt provider=aggrepay": 1,
      "ProviderLatency provider=aggrepay": expect.any(Number) as number,
      "Outcomes provider=aggrepay outcome=outcome-unknown": 1,
      "Setbacks function=aggrepay/debit-wallet": 1,
    });
  });
});

test("a debit that a fault of ours leaves behind after its claim is in doubt, by no fault of the provider", async () => {
  vi.spyOn(runtime(), "send").mockRejectedValue(new TypeError("ours"));
  const line = await debit();
  expect(line).toMatchObject({ state: "dispatched", error: "TypeError" });
  expect(valuesOf(line)).toEqual({
    ...counts,
    "InDoubt provider=aggrepay": 1,
    "Outcomes provider=aggrepay outcome=outcome-unknown": 1,
    "Unexpected function=aggrepay/debit-wallet": 1,
    "Setbacks function=aggrepay/debit-wallet": 1,
  });
});

describe("a run of the reconciler", () => {
  const run = () => reconcileHandler({}, context);
  const runLine = () => printed().find((line) => "LookedAt" in line) ?? {};
  const moved = () => printed().filter((line) => "Reconciled" in line);

  /** Nobody asks about it: its attempt went to another host. */
  const elsewhere = { host: "elsewhere.example" };
  const waitingNow = async () =>
    (await table.scan("unfinished")).filter(({ due }) => Number(due?.N) > 1e14).length;

  test("without anything to do counts what waits, and knows of no doubt", async () => {
    // Far from what the tests before have left: nothing of it is due.
    now = noon - 86_400_000;
    await run();
    const [line, ...more] = printed();
    expect(more).toEqual([]);
    expect(valuesOf(line ?? {})).toEqual({
      ...{ LookedAt: 0, Failed: 0, Overdue: 0 },
      WaitingForPerson: await waitingNow(),
    });
    expect(line).toMatchObject({ level: "INFO", function: "reconcile", requestId: "run-1" });
    expect(JSON.stringify(line)).toContain('"Namespace":"WalletGateway-test"');
  });

  test("counts the age of the oldest doubt that it leaves, from its dispatch", async () => {
    now = noon + 86_400_000;
    await run();
    lines.length = 0;
    for (const age of [60_000, 7_200_000, 600_000])
      await attemptOf(records, claimOf({ ...elsewhere, now: now - age }), "in_doubt");
    // There is nothing to ask about this one: the look itself ends its doubt.
    await attemptOf(records, claimOf({ operation: "change-mpin", now: now - 8_000_000 }), "in_doubt");
    // Under way still, and at its end: neither is in doubt.
    await records.claim(claimOf({ now: now - 1_000 }));
    await attemptOf(records, claimOf({ now: now - 9_000_000 }), "succeeded");
    await run();
    expect(valuesOf(runLine())).toMatchObject({ LookedAt: 4, Failed: 0, OldestDoubt: 7_200 });
    // Put off, so the next run looks at none of them.
    lines.length = 0;
    await run();
    expect(runLine()).not.toHaveProperty("OldestDoubt");
  });

  test("counts what waits for a person, flagged bindings and strays among it, in whatever shard", async () => {
    const before = await waitingNow();
    for (let each = 0; each < 12; each += 1) await reached(records, claimOf(), "needs_attention");
    await reached(records, claimOf(), "in_doubt");
    const registration = claimOf({ provider: "nicepay", namespace: "binding" });
    const { record } = await records.claim(registration);
    const binding = { userToken: "s1.x", boundAt: now, tXid: "TX-1" };
    expect(await records.bind({ seen: record, binding, result: "{}", now })).toBe(true);
    const settled = { expireAfterMs: undefined, binding: { tXid: "TX-2" }, result: "{}" };
    const { id, owner } = registration;
    await records.settle({ id, owner, attempt: 1, to: "succeeded", now, ...settled });
    await records.keep({
      ...claimOf({ namespace: "notification" }),
      facts: "{}",
      failure: "{}",
      binding,
      bounds: [],
    });
    now = noon - 86_400_000;
    await run();
    expect(valuesOf(runLine())).toMatchObject({ WaitingForPerson: before + 14 });
  });

  test("tells of each record that it moved, by its state alone", async () => {
    now = noon + 2 * 86_400_000;
    await run();
    lines.length = 0;
    const at = now - leaseMs;
    const claim = claimOf({ operation: "change-mpin", namespace: "idempotency-key", now: at });
    const { id } = await attemptOf(records, claim, "in_doubt");
    await run();
    expect(moved()).toMatchObject([
      { function: "reconcile", operation: "aggrepay/change-mpin", record: id, state: "needs_attention" },
    ]);
    expect(moved().map(valuesOf)).toEqual([{ "Reconciled state=needs_attention": 1 }]);
    expect(valuesOf(runLine())).toMatchObject({ LookedAt: 1, Failed: 0 });
    expect(runLine()).not.toHaveProperty("OldestDoubt");
  });

  test("that cannot count settles all the same, says that it does not know, and fails", async () => {
    now = noon + 3 * 86_400_000;
    await run();
    lines.length = 0;
    await attemptOf(records, claimOf({ ...elsewhere, now: now - 60_000 }), "in_doubt");
    failing((input) => "Select" in input && JSON.stringify(input).includes('"N":"7"'));
    await expect(run()).rejects.toThrow("could not be counted");
    expect(valuesOf(runLine())).toEqual({ LookedAt: 1, Failed: 1, OldestDoubt: 60 });
    expect(runLine()).toMatchObject({ level: "ERROR", error: "TypeError" });
    expect(lines.join()).not.toContain("it is away");
  });

  test("that cannot read a record settles and counts the others, and fails", async () => {
    now = noon + 4 * 86_400_000;
    await run();
    lines.length = 0;
    const claim = () => claimOf({ ...elsewhere, now: now - 60_000 });
    const doubts = [
      await attemptOf(records, claim(), "in_doubt"),
      await attemptOf(records, claim(), "in_doubt"),
      await attemptOf(records, claim(), "in_doubt"),
    ];
    failing((input) => "ConsistentRead" in input && JSON.stringify(input).includes(doubts[0]?.id ?? ""));
    await expect(run()).rejects.toThrow("1 of the records in doubt could not be looked into");
    expect(valuesOf(runLine())).toMatchObject({ LookedAt: 2, Failed: 1, OldestDoubt: 60 });
    expect(valuesOf(runLine())).toHaveProperty("WaitingForPerson");
    expect(runLine()).toMatchObject({ level: "ERROR", error: "TypeError" });
  });

  test("that reaches no table tells so, and fails", async () => {
    now = noon + 5 * 86_400_000;
    failing(() => true);
    await expect(run()).rejects.toThrow(/could not be/);
    expect(valuesOf(runLine())).toEqual({ LookedAt: 0, Failed: 65 });
  });

  test("asks for one count of each shard, and for no items with it", async () => {
    const asked: object[] = [];
    failing((input) => {
      if ("Select" in input) asked.push(input);
      return false;
    });
    await run();
    expect(asked).toHaveLength(64);
    expect(new Set(asked.map((input) => JSON.stringify(input))).size).toBe(64);
    expect(asked.every((input) => new QueryCommand(input as never).input.Select === "COUNT")).toBe(true);
  });
});
