import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { type Answer, walletOf } from "../support/sandbox-gateway.ts";
import { words } from "../support/words.ts";

const env = {
  PROVIDER_TIMEOUT_MS: "1500",
  FUNCTION_TIMEOUT_MS: "6500",
  LEASE_MS: "7000",
  // Nobody asks the provider but the requests of these tests.
  SCHEDULE_MS: "0",
  // That the provider shows nothing proves nothing as long as these tests run.
  QUIET_PERIOD_MS: "600000",
};

let dataDir: string;
let gateway: Gateway;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "money-once-"));
  gateway = await startGateway({ env, dataDir });
  customer = await wallet.newCustomer();
});

afterAll(async () => {
  await gateway?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** kill -9 of the host, and the same data directory under a new one. */
async function crashAndRestart(): Promise<void> {
  await gateway.kill("SIGKILL");
  gateway = await startGateway({ env, dataDir });
}

const wallet = walletOf(() => gateway);
let customer: string;

const debitOf = (merchantTransactionId: string, amount = "5.00") => ({
  fromCustomerId: customer,
  amount,
  mpin: "1234",
  merchantTransactionId,
});
const debit = (id: string, amount?: string) => wallet.post("debit-wallet", debitOf(id, amount));

/** Debits and credits which reached the provider under this id since the host started. */
const callsOf = async (id: string) => [
  ...(await wallet.calls("debitwallet", { merchant_transaction_id: id })),
  ...(await wallet.calls("creditwallet", { merchant_transaction_id: id })),
];
const effectsOf = (id: string) => wallet.effects({ merchantTransactionId: id });

/** Told to wait, or that nobody knows; or, by the provider's own evidence, what is true. */
async function expectNoGuess(id: string, answer: Answer): Promise<void> {
  const effects = await effectsOf(id);
  expect(effects.length).toBeLessThanOrEqual(1);
  if (answer.status === 200) {
    expect(answer.body.result).toEqual({ transactionId: String(effects[0]?.transactionId) });
    return;
  }
  expect([409, 504]).toContain(answer.status);
  expect(answer.body.code).toBe(answer.status === 409 ? "in-progress" : "outcome-unknown");
  expect(Number(answer.retryAfter)).toBeGreaterThan(0);
}

describe("identical debits", () => {
  test("200 at once move money once, and everyone learns the same", async () => {
    const id = "at-once";
    const answers = await Promise.all(Array.from({ length: 200 }, () => debit(id)));
    const done = answers.filter(({ status }) => status === 200);
    expect(done.length).toBeGreaterThan(0);
    expect(new Set(done.map(({ text }) => text)).size).toBe(1);
    // Whoever carried it out was answered from its own work, all others from the record.
    expect(done.filter(({ replayed }) => !replayed)).toHaveLength(1);
    for (const other of answers.filter(({ status }) => status !== 200)) {
      expect([other.status, other.body.code]).toEqual([409, "in-progress"]);
      expect(Number(other.retryAfter)).toBeGreaterThan(0);
    }
    expect(await callsOf(id)).toHaveLength(1);
    expect(await effectsOf(id)).toHaveLength(1);
    expect(await wallet.records(id)).toHaveLength(1);

    const repeat = await debit(id);
    expect([repeat.status, repeat.replayed, repeat.text]).toEqual([200, true, done[0]?.text]);
    expect(await callsOf(id)).toHaveLength(1);
  });

  test("20 at once whose answer takes its time: those who ask meanwhile are told to come back", async () => {
    const id = "slowly.sandbox.slow";
    const answers = await Promise.all(Array.from({ length: 20 }, () => debit(id)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 409).length).toBeGreaterThan(0);
    expect(statuses.filter((status) => status !== 409 && status !== 200)).toEqual([]);
    expect(await callsOf(id)).toHaveLength(1);
    expect(await effectsOf(id)).toHaveLength(1);
  });

  test("many identities at once: each moves its own money once", async () => {
    const ids = Array.from({ length: 30 }, (_, each) => `many-${each}`);
    const answers = await Promise.all([...ids, ...ids].map((id) => debit(id, "1.00")));
    expect(answers.filter(({ status }) => status !== 200 && status !== 409)).toEqual([]);
    for (const id of ids) {
      expect(await effectsOf(id)).toHaveLength(1);
      expect(await callsOf(id)).toHaveLength(1);
    }
  });
});

describe("an identity that was used", () => {
  const id = "used";

  beforeAll(async () => {
    expect((await debit(id)).status).toBe(200);
  });

  test("is refused for another amount, and nothing is sent", async () => {
    const answer = await debit(id, "5.01");
    expect([answer.status, answer.body.code, answer.replayed]).toEqual([422, "identity-reused", false]);
    expect(answer.body.errors).toEqual([{ pointer: "/amount", detail: "differs from the first request" }]);
    expect(await callsOf(id)).toHaveLength(1);
  });

  test("is refused for a credit, and nothing is sent", async () => {
    const answer = await wallet.post("credit-wallet", {
      toCustomerId: customer,
      amount: "5.00",
      merchantTransactionId: id,
      pgTransactionId: "pg-1",
    });
    expect([answer.status, answer.body.code]).toEqual([422, "identity-reused"]);
    expect(await callsOf(id)).toHaveLength(1);
  });

  test.each(["5", "5.0", " 5.00 "])("is known again when the amount is written as %j", async (amount) => {
    const answer = await debit(id, amount);
    expect([answer.status, answer.replayed]).toEqual([200, true]);
  });

  test("is known again with a mistyped MPIN and another description: they must learn the truth", async () => {
    const answer = await wallet.post("debit-wallet", { ...debitOf(id), mpin: "9999", description: "again" });
    expect([answer.status, answer.replayed]).toEqual([200, true]);
    expect(await callsOf(id)).toHaveLength(1);
  });
});

describe("kill -9 of the host", () => {
  test("after a success: the repeat is answered from the record", async () => {
    const id = "killed-after";
    const first = await debit(id);
    expect([first.status, first.replayed]).toEqual([200, false]);
    await crashAndRestart();
    const repeat = await debit(id);
    expect([repeat.status, repeat.replayed, repeat.text]).toEqual([200, true, first.text]);
    expect(await callsOf(id)).toEqual([]);
    expect(await effectsOf(id)).toHaveLength(1);
  });

  test("while a debit is in flight: it is never sent again", async () => {
    const id = "killed-meanwhile.sandbox.slow";
    const first = debit(id).catch((error: unknown) => error);
    await vi.waitFor(async () => expect(await callsOf(id)).toHaveLength(1), { timeout: 5_000 });
    await crashAndRestart();
    expect(await first).toBeInstanceOf(Error);
    for (let each = 0; each < 3; each += 1) await expectNoGuess(id, await debit(id));
    expect(await callsOf(id)).toEqual([]);
    const [record] = await wallet.records(id);
    expect(record?.attempt?.N).toBe("1");
    // Another request under its identity is still another request.
    expect((await debit(id, "6.00")).status).toBe(422);
  });

  test("while 50 debits are in flight: no money moves twice afterwards", async () => {
    const ids = Array.from({ length: 50 }, (_, each) => `storm-${each}`);
    const storm = ids.map((id) => debit(id, "1.00").catch(() => undefined));
    const begun = async () =>
      (await wallet.effects()).filter((each) => ids.includes(each.merchantTransactionId ?? ""));
    await vi.waitFor(async () => expect((await begun()).length).toBeGreaterThan(0), { timeout: 5_000 });
    await crashAndRestart();
    const before = await Promise.all(storm);
    const after = await Promise.all(ids.map((id) => debit(id, "1.00")));
    for (const [at, id] of ids.entries()) {
      const effects = await effectsOf(id);
      expect(effects.length).toBeLessThanOrEqual(1);
      // Told that it was done, it was done; and what was told once is told again.
      if (before[at]?.status === 200) expect(after[at]?.text).toBe(before[at].text);
      if (after[at]?.status === 200) expect(effects).toHaveLength(1);
      else await expectNoGuess(id, after[at] as Answer);
    }
  });
});

describe("kill -9 of the function's process while a debit is in flight", () => {
  test("is a fault to the caller; past its lease the provider is asked, and nothing is sent again", async () => {
    const id = "function-killed.sandbox.slow";
    const first = debit(id);
    await vi.waitFor(async () => expect(await callsOf(id)).toHaveLength(1), { timeout: 5_000 });
    const killed = processesOf(/debit-?wallet/i);
    expect(killed.length).toBeGreaterThan(0);
    for (const pid of killed) process.kill(pid, "SIGKILL");
    const answer = await first;
    expect(answer.status).toBeGreaterThanOrEqual(500);
    const [record] = await wallet.records(id);
    expect([record?.state?.S, record?.attempt?.N]).toEqual(["dispatched", "1"]);

    // The host may hand a request to a process before it learns that it is gone.
    const repeat = await vi.waitFor(async () => {
      const said = await debit(id);
      expect(said.status).not.toBe(500);
      return said;
    });
    await expectNoGuess(id, repeat);
    // Past its lease nobody works on it any more: that is doubt, and still no new attempt.
    const learned = await vi.waitFor(
      async () => {
        const said = await debit(id);
        expect(said.status).toBe(200);
        return said;
      },
      { timeout: 20_000, interval: 500 },
    );
    await expectNoGuess(id, learned);
    expect(learned.body.record?.attempt).toBe(1);
    expect(await callsOf(id)).toHaveLength(1);
    expect(await effectsOf(id)).toHaveLength(1);
  });
});

/** Processes of the host that run this function, by the name that Lambda tells them. */
function processesOf(name: RegExp): readonly number[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        const [, parent] = /\) \S (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
        const [, called = ""] =
          /(?:^|\0)AWS_LAMBDA_FUNCTION_NAME=([^\0]*)/.exec(readFileSync(`/proc/${pid}/environ`, "utf8")) ??
          [];
        return Number(parent) === gateway.pid && name.test(called);
      } catch {
        // It has ended meanwhile.
        return false;
      }
    })
    .map(Number);
}

describe("a provider that never says what it did", () => {
  test.each([
    ...words("timeout-after reset-after http-500-after garbage truncated wrong-hash no-hash"),
    ...words("null-null-after invalid-input-after unknown-code-after"),
  ])("with %s leaves doubt; a repeat asks, learns that it was done, and sends nothing again", async (fault) => {
    const id = `done.sandbox.${fault}`;
    const first = await debit(id);
    expect([first.status, first.body.code, first.body.record?.state]).toEqual([
      504,
      "outcome-unknown",
      "in_doubt",
    ]);
    const repeat = await vi.waitFor(async () => {
      const said = await debit(id);
      expect(said.status).toBe(200);
      return said;
    });
    expect(repeat.body.record?.id).toBe(first.body.record?.id);
    await expectNoGuess(id, repeat);
    expect(await callsOf(id)).toHaveLength(1);
    expect(await effectsOf(id)).toHaveLength(1);
  });

  test.each([
    ...words("timeout-before reset-before http-500-before http-502 redirect null-null unknown-code"),
    ...words("invalid-input"),
  ])("with %s leaves doubt, which a repeat does not end by sending it again", async (fault) => {
    const id = `not-done.sandbox.${fault}`;
    for (let each = 0; each < 3; each += 1) {
      const answer = await debit(id);
      expect([answer.status, answer.body.code]).toEqual([504, "outcome-unknown"]);
      expect(answer.body.record).toMatchObject({ state: "in_doubt", attempt: 1 });
    }
    expect((await debit(id, "6.00")).status).toBe(422);
    expect(await callsOf(id)).toHaveLength(1);
    expect(await effectsOf(id)).toEqual([]);
  });

  test("that refused before looking lets the same request through later, as attempt 2", async () => {
    const id = "refused.sandbox.once.hash-mismatch";
    const first = await debit(id);
    expect([first.status, first.body.code, first.body.record?.state]).toEqual([
      502,
      "misconfigured",
      "not_executed",
    ]);
    expect((await debit(id, "6.00")).status).toBe(422);
    const second = await debit(id);
    expect([second.status, second.replayed]).toEqual([200, false]);
    expect(await callsOf(id)).toHaveLength(2);
    expect(await effectsOf(id)).toHaveLength(1);
  });
});
