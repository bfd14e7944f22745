import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { LambdaHandler } from "../../lib/operation/handler.ts";
import { reservedCustomerId, reservedMpin, startAggrepaySandbox } from "../../local/sandbox/aggrepay.ts";

import { gatewaySecret, only, startedAround } from "../support/around.ts";
import { started } from "../support/started.ts";

/**
 * What a request costs in calls of AWS, counted on the wire: the handlers run in this process, with a counting proxy in
 * front of the table and of Secrets Manager.
 */
const credentials = { apiKey: "planted-api-key-5f0c", salt: "planted-salt-9d1e" };
const timeoutMs = 6_500;

const folder = mkdtempSync(join(tmpdir(), "calls-"));
const {
  table,
  store: dynamodb,
  vault: secrets,
  variables,
} = startedAround(["aggrepay", "gateway"], only({ aggrepay: credentials, gateway: gatewaySecret }));
const { sandbox } = started({
  sandbox: () => startAggrepaySandbox({ dataDir: folder, secrets: () => [credentials] }),
});

beforeAll(() => {
  const env = {
    ...variables(),
    AGGREPAY_ACCOUNT: "main",
    AGGREPAY_BASE_URL: sandbox.url,
    PROVIDER_TIMEOUT_MS: "1500",
    FUNCTION_TIMEOUT_MS: String(timeoutMs),
    LEASE_MS: "7000",
    QUIET_PERIOD_MS: "900000",
  };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  vi.spyOn(console, "log").mockImplementation(() => undefined);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

/** A function in a new execution environment: nothing that an earlier one kept is there. */
async function coldStart(name: string): Promise<LambdaHandler> {
  vi.resetModules();
  const { handler } = (await import(`../../functions/aggrepay/${name}.ts`)) as {
    readonly handler: LambdaHandler;
  };
  return handler;
}

async function invoke(handler: LambdaHandler, input: object, key?: string) {
  const headers = {
    "content-type": "application/json",
    ...(key !== undefined && { "idempotency-key": key }),
  };
  const event = {
    version: "2.0",
    headers,
    body: JSON.stringify(input),
    isBase64Encoded: false,
    requestContext: { requestId: "r-1" },
  } as unknown as APIGatewayProxyEventV2;
  const deadline = Date.now() + timeoutMs;
  const context = { getRemainingTimeInMillis: () => deadline - Date.now() } as Context;
  const answer = (await handler(event, context)) as APIGatewayProxyStructuredResultV2;
  return {
    status: answer.statusCode,
    body: JSON.parse(answer.body ?? "") as { readonly code?: string },
    replayed: answer.headers?.["idempotency-replayed"] === "true",
  };
}

const customer = reservedCustomerId("timeout-before", "read");
let count = 0;
const debit = (marker = "") => {
  count += 1;
  return {
    fromCustomerId: customer,
    amount: "5.00",
    mpin: reservedMpin,
    merchantTransactionId: `c-${count}${marker}`,
  };
};

async function providerCalls(): Promise<number> {
  const response = await fetch(`${sandbox.url}/sandbox/calls`);
  return ((await response.json()) as { readonly total: number }).total;
}

describe("calls of DynamoDB", () => {
  let debitWallet: LambdaHandler;

  beforeAll(async () => {
    debitWallet = await coldStart("debit-wallet");
    await debitWallet.warm();
  });

  beforeEach(() => dynamodb.forget());

  test("a debit makes two UpdateItem, and nothing else", async () => {
    expect((await invoke(debitWallet, debit())).status).toBe(200);
    expect(dynamodb.counts()).toEqual({ UpdateItem: 2 });
  });

  test("its repeat makes one, which the record answers", async () => {
    const input = debit();
    await invoke(debitWallet, input);
    dynamodb.forget();
    expect(await invoke(debitWallet, input)).toMatchObject({ status: 200, replayed: true });
    expect(dynamodb.counts()).toEqual({ UpdateItem: 1 });
  });

  test("another request under its identity makes one, and is refused by what that returns", async () => {
    const input = debit();
    await invoke(debitWallet, input);
    dynamodb.forget();
    expect(await invoke(debitWallet, { ...input, amount: "5.01" })).toMatchObject({ status: 422 });
    expect(dynamodb.counts()).toEqual({ UpdateItem: 1 });
  });

  test.each([
    ["a refusal", ".sandbox.insufficient-fund", 422],
    ["doubt", ".sandbox.reset-after", 504],
    ["a misconfiguration", ".sandbox.unauthorized", 502],
  ])("%s makes two", async (_what, marker, status) => {
    expect((await invoke(debitWallet, debit(marker))).status).toBe(status);
    expect(dynamodb.counts()).toEqual({ UpdateItem: 2 });
  });

  test("a second attempt makes three: its claim is refused by the first one's record, and made on it", async () => {
    const input = debit(".sandbox.once.unauthorized");
    await invoke(debitWallet, input);
    dynamodb.forget();
    expect((await invoke(debitWallet, input)).status).toBe(200);
    expect(dynamodb.counts()).toEqual({ UpdateItem: 3 });
  });

  test("what is not valid makes none", async () => {
    expect((await invoke(debitWallet, { ...debit(), amount: "0" })).status).toBe(400);
    expect((await invoke(debitWallet, debit(), "another-key")).status).toBe(400);
    expect(dynamodb.counts()).toEqual({});
  });

  test("a read makes none", async () => {
    const fetchBalance = await coldStart("fetch-balance");
    await fetchBalance.warm();
    expect(
      (await invoke(fetchBalance, { customerId: reservedCustomerId("timeout-before", "change") })).status,
    ).toBe(200);
    expect(dynamodb.counts()).toEqual({});
  });

  test("customer-status makes none where it only looks, and two where it changes", async () => {
    const customerStatus = await coldStart("customer-status");
    await customerStatus.warm();
    const honestToReads = reservedCustomerId("timeout-before", "change");
    expect((await invoke(customerStatus, { customerId: honestToReads })).status).toBe(200);
    expect(dynamodb.counts()).toEqual({});
    expect(
      (await invoke(customerStatus, { customerId: customer, customerActive: true }, "key-1")).status,
    ).toBe(200);
    expect(dynamodb.counts()).toEqual({ UpdateItem: 2 });
  });

  test("a reversal reads its debit and its own record, and claims with its debit's anchor", async () => {
    const input = debit();
    await invoke(debitWallet, input);
    const reversal = await coldStart("debit-reversal");
    await reversal.warm();
    dynamodb.forget();
    const { merchantTransactionId } = input;
    expect((await invoke(reversal, { merchantTransactionId })).status).toBe(200);
    expect(dynamodb.counts()).toEqual({ GetItem: 2, TransactWriteItems: 1, UpdateItem: 1 });
  });
});

describe("a table that does not answer", () => {
  let debitWallet: LambdaHandler;

  beforeAll(async () => {
    debitWallet = await coldStart("debit-wallet");
    await debitWallet.warm();
  });

  afterEach(() => {
    dynamodb.refuse(0);
    dynamodb.loseAnswers(0);
  });

  test("stops a claim: nothing is sent, and the caller knows it", async () => {
    const before = await providerCalls();
    dynamodb.refuse(1000);
    const input = debit();
    expect(await invoke(debitWallet, input)).toMatchObject({ status: 503, body: { code: "not-sent" } });
    dynamodb.refuse(0);
    expect(await providerCalls()).toBe(before);
    expect((await invoke(debitWallet, input)).status).toBe(200);
  });

  test("stops a claim whose own outcome is unknown: nothing is sent on it", async () => {
    const before = await providerCalls();
    dynamodb.loseAnswers(1000);
    const input = debit();
    expect(await invoke(debitWallet, input)).toMatchObject({ status: 503, body: { code: "not-sent" } });
    dynamodb.loseAnswers(0);
    expect(await providerCalls()).toBe(before);
    // It was written, and so was its withdrawal: whoever repeats makes the second attempt.
    expect(await invoke(debitWallet, input)).toMatchObject({ status: 200, body: { record: { attempt: 2 } } });
  });

  test("that loses the answer to a claim once does not stop it: the SDK's repeat meets its own claim", async () => {
    const before = await providerCalls();
    dynamodb.loseAnswers(1);
    expect(await invoke(debitWallet, debit())).toMatchObject({ status: 200, replayed: false });
    expect(await providerCalls()).toBe(before + 1);
  });

  test("after the provider did it: the caller is not told so before it is recorded", async () => {
    const input = debit(".sandbox.slow");
    const answer = invoke(debitWallet, input);
    await vi.waitFor(async () =>
      expect((await table.scan()).some(({ identity }) => identity?.S === input.merchantTransactionId)).toBe(
        true,
      ),
    );
    dynamodb.refuse(1000);
    expect(await answer).toMatchObject({ status: 504, body: { code: "outcome-unknown" } });
    dynamodb.refuse(0);
    expect(await invoke(debitWallet, input)).toMatchObject({ status: 409 });
  });

  test("after the provider did it, and it was recorded all the same: the repeat learns it", async () => {
    const input = debit(".sandbox.slow");
    const answer = invoke(debitWallet, input);
    await vi.waitFor(async () =>
      expect((await table.scan()).some(({ identity }) => identity?.S === input.merchantTransactionId)).toBe(
        true,
      ),
    );
    dynamodb.loseAnswers(1000);
    expect(await answer).toMatchObject({ status: 504, body: { code: "outcome-unknown" } });
    dynamodb.loseAnswers(0);
    expect(await invoke(debitWallet, input)).toMatchObject({ status: 200, replayed: true });
  });
});

describe("calls of Secrets Manager", () => {
  beforeEach(() => {
    secrets.forget();
    secrets.delay(50);
  });

  afterEach(() => secrets.delay(0));

  test("20 debits that come at once to a cold function make one", async () => {
    const cold = await coldStart("debit-wallet");
    const answers = await Promise.all(Array.from({ length: 20 }, () => invoke(cold, debit())));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(secrets.counts()).toEqual({ GetSecretValue: 1 });
  });

  test("a function that was warmed makes none more", async () => {
    const warmed = await coldStart("debit-wallet");
    await warmed.warm();
    expect(secrets.counts()).toEqual({ GetSecretValue: 1 });
    await Promise.all(Array.from({ length: 5 }, () => invoke(warmed, debit())));
    expect(secrets.counts()).toEqual({ GetSecretValue: 1 });
  });

  test("what needs a fingerprint makes one for each of its two secrets", async () => {
    const cold = await coldStart("customer-status");
    const changes = Array.from({ length: 10 }, (_, each) =>
      invoke(cold, { customerId: customer, customerActive: true }, `status-${each}`),
    );
    expect((await Promise.all(changes)).map(({ status }) => status)).toEqual(changes.map(() => 200));
    expect(secrets.counts()).toEqual({ GetSecretValue: 2 });
  });

  test("a refusal of our signature costs one more, and two at once one each at most", async () => {
    const warmed = await coldStart("debit-wallet");
    await warmed.warm();
    await new Promise((passed) => setTimeout(passed, 600));
    const before = await providerCalls();
    const answers = await Promise.all(
      [".sandbox.hash-mismatch", ".sandbox.unauthorized"].map((marker) => invoke(warmed, debit(marker))),
    );
    expect(answers.map(({ status }) => status)).toEqual([502, 502]);
    // One that was sent after the other's look must look for itself: the secret may have come between.
    expect([2, 3]).toContain(secrets.counts().GetSecretValue);
    // The secret is the one that it was: nothing is sent again.
    expect(await providerCalls()).toBe(before + 2);
  });

  test("a warm-up that fails is made up for by the first request", async () => {
    const cold = await coldStart("debit-wallet");
    secrets.refuse(3);
    await cold.warm();
    expect((await invoke(cold, debit())).status).toBe(200);
  });
});
