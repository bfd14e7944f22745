import { randomUUID } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { awsClientConfig } from "../../lib/aws.ts";
import { readConfig } from "../../lib/config.ts";
import { runChange } from "../../lib/operation/attempt.ts";
import type { Answer } from "../../lib/operation/handler.ts";
import { Problem } from "../../lib/problem.ts";
import { recordsIn } from "../../lib/records/store.ts";
import { secretsFrom } from "../../lib/secrets/secrets.ts";
import { systemClock } from "../../lib/time.ts";
import { transportBy } from "../../lib/transport.ts";
import { startAggrepaySandbox } from "../../local/sandbox/aggrepay.ts";
import { newIdentity, type Subject, subject } from "../faults/subjects.ts";
import { gatewaySecret, only, startedAround } from "../support/around.ts";
import { clientAt, localCredentials } from "../support/dynamodb.ts";
import { started } from "../support/started.ts";

/**
 * A table that writes and is slow to say so, for callers that each have a process's own connections and the stack's own times.
 * The whole of it: `BROWN_OUT_CALLERS=200 BROWN_OUT_SECONDS=60 npx vitest run test/gateway/brown-out.test.ts`.
 */
const callers = Number(process.env.BROWN_OUT_CALLERS ?? 12);
const seconds = Number(process.env.BROWN_OUT_SECONDS ?? 3);
const functionTimeoutMs = 28_000;
vi.setConfig({ testTimeout: (seconds + 60) * 1000 });

const credentials = { apiKey: "planted-api-key-5f0c", salt: "planted-salt-9d1e" };
const folder = mkdtempSync(join(tmpdir(), "brown-out-"));
const { table, store, manager } = startedAround(
  ["aggrepay", "gateway"],
  only({ aggrepay: credentials, gateway: gatewaySecret }),
);
const { sandbox } = started({
  sandbox: () => startAggrepaySandbox({ dataDir: folder, secrets: () => [credentials] }),
});
/** Of every request; there is money enough for all. */
let customerId: string;

beforeAll(async () => {
  customerId = await register();
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** A process of the host: it serves one request after another, and shares nothing with the others. */
function startCaller() {
  const config = readConfig({
    PROVIDER_TIMEOUT_MS: "20000",
    FUNCTION_TIMEOUT_MS: String(functionTimeoutMs),
    LEASE_MS: "33000",
    QUIET_PERIOD_MS: "900000",
    AGGREPAY_ACCOUNT: "main",
    AGGREPAY_BASE_URL: sandbox.url,
  });
  const env = {
    ...localCredentials,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${new URL(manager.url).port}`,
  };
  const client = new SecretsManagerClient(awsClientConfig(env, "SECRETS_MANAGER"));
  const world = {
    config,
    clock: systemClock,
    secrets: secretsFrom(client, (name) => `arn:${name}`, systemClock),
    ...transportBy(systemClock),
    uniqueId: () => randomUUID(),
  };
  const database = clientAt(store.url);
  const records = recordsIn(table.name, database);
  return {
    async call({ operation, input, key, caller }: Subject): Promise<Answer | Problem> {
      const deadline = Date.now() + functionTimeoutMs;
      const request = {
        ...{ input, caller, person: caller },
        idempotencyKey: key,
        remainingMs: () => deadline - Date.now(),
        takenAt: undefined,
        note: () => undefined,
      };
      try {
        return await runChange(operation, request, world, records);
      } catch (error) {
        if (error instanceof Problem) return error;
        throw error;
      } finally {
        // The host would have killed it.
        expect(Date.now()).toBeLessThan(deadline);
      }
    },
    stop() {
      database.destroy();
      client.destroy();
    },
  };
}

/** Of an OTP nothing can be asked: its doubt is a person's at once. */
const requests = (): readonly Subject[] => [
  subject("debitWallet", newIdentity("D"), { more: { fromCustomerId: customerId, amount: "0.01" } }),
  subject("customerOtp", newIdentity("O"), { more: { customerId } }),
  subject("creditWallet", newIdentity("C"), {
    more: { toCustomerId: customerId, amount: "0.01", pgTransactionId: newIdentity("P") },
  }),
];

async function register(): Promise<string> {
  const caller = startCaller();
  const done = async (request: Subject) => {
    const answer = await caller.call(request);
    if (answer instanceof Problem) throw answer;
    return answer.body as { readonly result: { readonly customerId?: string } };
  };
  await done(subject("registrationOtp", "first"));
  const { result } = await done(subject("registerCustomer", "first"));
  const more = { toCustomerId: result.customerId, amount: "100000.00", pgTransactionId: "first" };
  await done(subject("creditWallet", "first", { more }));
  caller.stop();
  return result.customerId ?? "";
}

/** One caller, who makes one request after another and repeats none. */
async function callUntil(end: number, first: number): Promise<readonly (Answer | Problem)[]> {
  const caller = startCaller();
  const answers: (Answer | Problem)[] = [];
  for (let turn = first; answers.length === 0 || Date.now() < end; turn++) {
    const request = requests()[turn % 3];
    if (request) answers.push(await caller.call(request));
  }
  caller.stop();
  return answers;
}

const statesNow = async (): Promise<Readonly<Record<string, number>>> => {
  const counts: Record<string, number> = {};
  for (const { state } of await table.scan())
    if (state?.S !== undefined) counts[state.S] = (counts[state.S] ?? 0) + 1;
  return counts;
};

describe("a table that acknowledges its writes late", () => {
  test.each([
    { what: "after 900 ms", waitMs: () => 900, isSent: true },
    // Longer than a claim is waited for: nothing is sent, and it is known that nothing was.
    { what: "after 2.7 s", waitMs: () => 2_700, isSent: false },
    { what: "in 0 to 4 s", waitMs: alternating(0, 4_000, 1_200, 0, 2_500), isSent: true },
  ])("$what leaves nothing in doubt and nothing for a person", async ({ waitMs, isSent }) => {
    const before = await statesNow();
    store.acknowledgeWritesAfter(waitMs);
    const end = Date.now() + seconds * 1000;
    const all = await Promise.all(Array.from({ length: callers }, (_, index) => callUntil(end, index)));
    store.acknowledgeWritesAfter(() => 0);
    const answers = all.flat();
    const states = await statesNow();
    console.info(`${answers.length} requests of ${callers} callers: ${JSON.stringify(states)}`);
    const isNew = (state: string) => (states[state] ?? 0) - (before[state] ?? 0);
    expect(["dispatched", "in_doubt", "needs_attention"].map(isNew)).toEqual([0, 0, 0]);
    const problems = answers.filter((answer) => answer instanceof Problem);
    expect(new Set(problems.map(({ code }) => code))).toEqual(
      new Set(problems.length > 0 ? ["not-sent"] : []),
    );
    expect(isNew("succeeded")).toBe(answers.length - problems.length);
    expect(isNew("succeeded") > 0).toBe(isSent);
  });
});

function alternating(...waits: readonly number[]): () => number {
  let turn = 0;
  return () => waits[turn++ % waits.length] ?? 0;
}
