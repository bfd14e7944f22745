import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { type Answer, walletOf } from "../support/sandbox-gateway.ts";

/** What AGGREPAY_IDS_KEPT refuses, and what it leaves alone: the same data before and after it is set. */
const env = {
  PROVIDER_TIMEOUT_MS: "1500",
  FUNCTION_TIMEOUT_MS: "6500",
  LEASE_MS: "7000",
  // Nobody asks the provider but the requests of these tests.
  SCHEDULE_MS: "0",
};

let dataDir: string;
let gateway: Gateway;
let customer: string;
let other: string;
const wallet = walletOf(() => gateway);

let count = 0;
const idOf = (length: number) => {
  count += 1;
  return `${count}-`.padEnd(length, "x");
};

const debit = (merchantTransactionId: string, more: object = {}) =>
  wallet.post("debit-wallet", {
    ...{ fromCustomerId: customer, amount: "5.00", mpin: "1234", merchantTransactionId },
    ...more,
  });
const credit = (merchantTransactionId: string) =>
  wallet.post("credit-wallet", {
    ...{ toCustomerId: customer, amount: "5.00", merchantTransactionId },
    pgTransactionId: `pg-${merchantTransactionId}`,
  });
const transfer = (merchantTransactionId: string) =>
  wallet.post("wallet-to-wallet", {
    ...{ fromCustomerId: customer, toCustomerId: other, amount: "5.00", mpin: "1234" },
    merchantTransactionId,
  });

const effectsOf = (merchantTransactionId: string) => wallet.effects({ merchantTransactionId });
const errorsOf = ({ body }: Answer) => (body as { readonly errors?: readonly object[] }).errors;

/** Made before the cap: one that was answered, one that was refused before looking, and one whose reply was lost. */
const answered = idOf(50);
const refused = idOf(50);
const lost = idOf(50);
let first: Answer;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "ids-cap-"));
  gateway = await startGateway({ env, dataDir });
  customer = await wallet.newCustomer();
  other = await wallet.newCustomer();
  first = await debit(answered);
  expect([first.status, first.replayed]).toEqual([200, false]);
  await wallet.arm("hash-mismatch", "debitwallet", { merchant_transaction_id: refused });
  expect((await debit(refused)).body.record?.state).toBe("not_executed");
  await wallet.arm("reset-after", "debitwallet", { merchant_transaction_id: lost });
  expect((await debit(lost)).body.record?.state).toBe("in_doubt");
  await gateway.stop();
  gateway = await startGateway({ env: { ...env, AGGREPAY_IDS_KEPT: "40" }, dataDir });
});

afterAll(async () => {
  await gateway?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

describe("an id that nobody has used", () => {
  test.each([
    ["credit", credit, 40, ""],
    ["transfer", transfer, 40, ""],
    ["debit", debit, 31, ", and the debit's reversal is named by it and _REVERSAL"],
  ] as const)("of a %s is refused with field and limit where it is longer", async (_what, send, limit, why) => {
    const [longest, longer] = [idOf(limit), idOf(limit + 1)];
    const answer = await send(longer);
    expect([answer.status, answer.body.code, answer.body.retry]).toEqual([
      400,
      "invalid-request",
      "after-fix",
    ]);
    expect(errorsOf(answer)).toEqual([
      {
        pointer: "/merchantTransactionId",
        detail: `must have at most ${limit} characters: the provider is known to keep 40 of an id${why}`,
      },
    ]);
    expect([await effectsOf(longer), await wallet.records(longer)]).toEqual([[], []]);
    expect((await send(longest)).status).toBe(200);
    expect(await effectsOf(longest)).toHaveLength(1);
  });
});

describe("a longer id that was used before", () => {
  test("is answered from its record, and is still no other request's", async () => {
    const repeat = await debit(answered);
    expect([repeat.status, repeat.replayed, repeat.text]).toEqual([200, true, first.text]);
    const changed = await debit(answered, { amount: "5.01" });
    expect([changed.status, changed.body.code]).toEqual([422, "identity-reused"]);
    expect(await effectsOf(answered)).toHaveLength(1);
  });

  test("in doubt, is asked about, and sent no second time", async () => {
    const repeat = await debit(lost);
    const [effect, ...more] = await effectsOf(lost);
    expect(more).toEqual([]);
    expect([repeat.status, repeat.body.result]).toEqual([
      200,
      { transactionId: String(effect?.transactionId) },
    ]);
    expect(await wallet.calls("debitwallet", { merchant_transaction_id: lost })).toEqual([]);
  });

  test("may still be reversed: a reversal makes no new id of ours", async () => {
    const reversal = await wallet.post("debit-reversal", { merchantTransactionId: answered });
    expect([reversal.status, reversal.body.result]).toMatchObject([
      200,
      { merchantTransactionId: `${answered}_REVERSAL` },
    ]);
  });

  test("without an effect, begins no new attempt", async () => {
    const repeat = await debit(refused);
    expect([repeat.status, await effectsOf(refused)]).toMatchObject([400, []]);
  });
});
