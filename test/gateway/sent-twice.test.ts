import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { walletOf } from "../support/sandbox-gateway.ts";

let gateway: Gateway;
const wallet = walletOf(() => gateway);

beforeAll(async () => {
  gateway = await startGateway({ env: { SCHEDULE_MS: "0" } });
});
afterAll(() => gateway?.stop());

const [customer, payee] = ["991000017", "991000018"];
let count = 0;
const fresh = (mark = "") => `twice-${++count}${mark}`;
const credit = (merchantTransactionId: string) => ({
  ...{ toCustomerId: customer, amount: "50.00", pgTransactionId: `pg-${merchantTransactionId}` },
  merchantTransactionId,
});
const debit = (merchantTransactionId: string) => ({
  ...{ fromCustomerId: customer, amount: "1.00", mpin: "1234" },
  merchantTransactionId,
});
const transfer = (merchantTransactionId: string) => ({
  ...debit(merchantTransactionId),
  toCustomerId: payee,
});

/** What stands before the provider sends a request twice and passes on the second answer, which says "already there". */
describe("a request that is carried to the provider twice", () => {
  test.each([
    ["credit-wallet", credit],
    ["debit-wallet", debit],
    ["wallet-to-wallet", transfer],
  ] as const)("%s: it is shown under its id, so it succeeded, once", async (route, inputOf) => {
    expect((await wallet.post("credit-wallet", credit(fresh()))).status).toBe(200);
    const id = fresh(".sandbox.sent-twice");
    const answer = await wallet.post(route, inputOf(id));
    expect([answer.status, answer.body.record?.state, answer.body.record?.attempt]).toEqual([
      200,
      "succeeded",
      1,
    ]);
    const own = (await wallet.effects()).filter((effect) => effect.merchantTransactionId === id);
    expect(own.map(({ transactionId }) => String(transactionId))).toEqual([
      answer.body.result?.transactionId,
    ]);
    expect((await wallet.post(route, inputOf(id))).replayed).toBe(true);
  });

  test("debit-reversal: the same", async () => {
    const id = fresh();
    expect((await wallet.post("credit-wallet", credit(fresh()))).status).toBe(200);
    expect((await wallet.post("debit-wallet", debit(id))).status).toBe(200);
    await wallet.arm("sent-twice", "debitreversal", { merchant_transaction_id: id });
    const answer = await wallet.post("debit-reversal", { merchantTransactionId: id });
    expect([answer.status, answer.body.record?.state]).toEqual([200, "succeeded"]);
  });

  test("register-customer: the number was looked for before, and is there now", async () => {
    const mobileNumber = "+919876501234";
    await wallet.post("registration-otp", { mobileNumber, email: "asha@example.com" }, fresh());
    await wallet.arm("sent-twice", "registercustomer", { mobile_number: mobileNumber });
    const input = { mobileNumber, otp: "123456", firstName: "Asha", lastName: "Rao", mpin: "1234" };
    const answer = await wallet.post("register-customer", input, fresh());
    expect([answer.status, answer.body.record?.state]).toEqual([200, "succeeded"]);
    expect(answer.body.result?.customerId).toMatch(/^\d+$/);
  });

  test("one that is taken by another amount is nobody's to decide but a person's", async () => {
    const id = fresh();
    expect((await wallet.post("credit-wallet", credit(fresh()))).status).toBe(200);
    await wallet.aside("creditwallet", {
      ...{ to_customer_id: customer, amount: "9.99", pg_transaction_id: `pg-aside-${id}` },
      merchant_transaction_id: id,
    });
    const answer = await wallet.post("debit-wallet", debit(id));
    expect([answer.status, answer.body.code, answer.body.record?.state]).toEqual([
      504,
      "outcome-unknown",
      "in_doubt",
    ]);
  });
});

/** Only the answer to the second one came: the provider had taken the first. */
describe("a credit that is carried to the provider twice, and is refused the second time before looking", () => {
  const refused = async (id: string, fault = "http-429") => {
    await wallet.arm(fault, "creditwallet", { merchant_transaction_id: id });
    const answer = await wallet.post("credit-wallet", credit(id));
    expect(answer.body.record?.state).toBe("not_executed");
  };
  const underAnotherId = (id: string) => ({ ...credit(id), merchantTransactionId: `${id}-again` });

  test.each([
    "hash-mismatch",
    "unauthorized",
  ])("%s: no other id credits its payment, and it succeeded", async (fault) => {
    const id = fresh();
    await refused(id, fault);
    await wallet.aside("creditwallet", {
      ...{ to_customer_id: customer, amount: "50.00", pg_transaction_id: `pg-${id}` },
      merchant_transaction_id: id,
    });
    const other = await wallet.post("credit-wallet", underAnotherId(id));
    expect([other.status, other.body.code]).toEqual([409, "already-done"]);
    const own = await wallet.post("credit-wallet", credit(id));
    expect([own.status, own.replayed, own.body.record?.attempt]).toEqual([200, true, 1]);
    expect(await wallet.effects({ merchantTransactionId: id })).toHaveLength(1);
    expect(await wallet.calls("creditwallet", { merchant_transaction_id: `${id}-again` })).toEqual([]);
  });

  test("is not known to be nothing before the quiet period is over", async () => {
    const id = fresh();
    await refused(id);
    const other = await wallet.post("credit-wallet", underAnotherId(id));
    expect([other.status, other.body.code, other.body.retry, other.retryAfter]).toEqual([
      409,
      "in-progress",
      "same-identity",
      expect.stringMatching(/^(?:[1-5]?\d|60)$/),
    ]);
    const own = await wallet.post("credit-wallet", credit(id));
    expect([own.status, own.body.record?.state]).toEqual([504, "in_doubt"]);
    expect(await wallet.calls("creditwallet", { merchant_transaction_id: `${id}-again` })).toEqual([]);
  });

  test("is repeated at once under its own id", async () => {
    const id = fresh();
    await refused(id);
    const own = await wallet.post("credit-wallet", credit(id));
    expect([own.status, own.body.record?.attempt]).toEqual([200, 2]);
  });
});
