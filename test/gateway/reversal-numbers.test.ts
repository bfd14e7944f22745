import { describe, expect, test } from "vitest";
import {
  type Answer,
  expectProblem,
  expectSuccess,
  fresh,
  recordView,
  startAggrepayGateway,
} from "../support/aggrepay-gateway.ts";
import { hang, type Reply, refusal, signed } from "../support/peer.ts";
import { started } from "../support/started.ts";

const { gateway } = started({
  /** A refused reversal that is asked for again on purpose, under its next number. */
  gateway: () => startAggrepayGateway(),
});

const limit = { code: "TRANSACTION-LIMIT", message: "Daily Transaction Limit Reached" };
const refused = refusal(limit.code, limit.message);
const reversed = refusal("TRANSACTION-ALREADY-REVERSED", "This Transaction is already reversed");
const unknown = refusal("INVALID-PARAMS", "The selected merchant transaction id is invalid.");
const done = (id: string) => signed({ merchant_transaction_id: `${id}_REVERSAL`, transaction_id: 537601231 });

/** One answer to one request, for number `reversal`, or for the first one. */
async function asked(id: string, reply: Reply, reversal?: number): Promise<Answer> {
  gateway.peer.script({ debitreversal: reply, fetchbymerchantransactionid: unknown });
  return gateway.call("debit-reversal", {
    merchantTransactionId: id,
    ...(reversal !== undefined && { reversal }),
  });
}
const sent = () => gateway.peer.requests.filter(({ name }) => name === "debitreversal").length;
const view = (id: string, state: string, reversal: number, attempt = 1) => ({
  ...recordView("debit-reversal", id, state, attempt),
  reversal,
});

const declined = (id: string, number: number) => ({
  ...({ status: 422, code: "limit-exceeded", retry: "after-fix", provider: limit } as const),
  record: view(id, "declined", number),
  nextReversal: number + 1,
});

describe("a reversal that was refused", () => {
  test("says its next number, moves under that one, and repeats its refusal for ever", async () => {
    const id = fresh();
    const first = await asked(id, refused);
    expectProblem(first, declined(id, 1));
    expectProblem(await asked(id, refused, 2), declined(id, 2));
    const third = await asked(id, done(id), 3);
    expect(sent()).toBe(1);
    const result = { merchantTransactionId: `${id}_REVERSAL`, transactionId: "537601231" };
    expectSuccess(third, { result, record: view(id, "succeeded", 3) });

    const late = await asked(id, done(id));
    expectProblem(late, { ...declined(id, 1), replayed: true });
    expect(late.text).toBe(first.text);
    expectProblem(await asked(id, done(id), 2), { ...declined(id, 2), replayed: true });
    expect((await asked(id, done(id), 3)).headers.get("idempotency-replayed")).toBe("true");
    expectProblem(await asked(id, done(id), 4), { status: 409, code: "already-done", retry: "never" });
    expect(sent()).toBe(0);
  });

  test("is refused 9 times at most: the last refusal names no other number", async () => {
    const id = fresh();
    for (let number = 1; number < 9; number++)
      expectProblem(await asked(id, refused, number === 1 ? undefined : number), declined(id, number));
    const { nextReversal: _none, ...last } = declined(id, 9);
    expectProblem(await asked(id, refused, 9), { ...last, retry: "never" });
  });

  test.each([
    {
      what: "not found",
      word: { code: "INVALID-PARAMS", message: "The selected merchant transaction id is invalid." },
      code: "not-found",
      status: 404,
    },
    {
      what: "without enough in the merchant's wallet",
      word: { code: "INSUFFICIENT-FUND", message: "Insufficient Fund" },
      code: "insufficient-funds",
      status: 422,
    },
  ])("as $what says its next number", async ({ word, code, status }) => {
    const id = fresh();
    expectProblem(await asked(id, refusal(word.code, word.message)), {
      ...{ ...declined(id, 1), code, status, provider: word },
    });
    expect((await asked(id, done(id), 2)).status).toBe(200);
  });

  const word = { code: "TRANSACTION-ALREADY-REVERSED", message: "This Transaction is already reversed" };
  const shownAs = (merchant_transaction_id: string) =>
    signed({
      ...{ amount: 5.5, transaction_type: "C2M", payment_type: "CREDIT", merchant_transaction_id },
      ...{ transaction_status: "PAYMENT_SUCCESS", transaction_id: 537601231, time: "2026-01-05 10:00:00" },
    });

  test("as reversed already, and shown as old, is refused for good", async () => {
    const id = fresh();
    gateway.peer.script({
      debitreversal: reversed,
      fetchbymerchantransactionid: shownAs(`${id}_REVERSAL`),
    });
    expectProblem(await gateway.call("debit-reversal", { merchantTransactionId: id }), {
      ...{ status: 409, code: "already-done", retry: "never" },
      provider: word,
      record: view(id, "declined", 1),
    });
    expectProblem(await asked(id, done(id), 2), { status: 409, code: "already-done", retry: "never" });
    expect(sent()).toBe(0);
  });

  test.each([
    // Where ids are cut, the debit itself stands under the cut name of its reversal.
    ["as old under another id", shownAs],
    ["nowhere", () => unknown],
  ])("as reversed already, and shown %s, may have been ours: it is in doubt", async (_, shows) => {
    const id = fresh();
    gateway.peer.script({ debitreversal: reversed, fetchbymerchantransactionid: shows(id) });
    expectProblem(await gateway.call("debit-reversal", { merchantTransactionId: id }), {
      ...{ status: 504, code: "outcome-unknown", retry: "same-identity" },
      provider: word,
      record: view(id, "in_doubt", 1),
    });
  });
});

describe("a later number", () => {
  const follows = [{ pointer: "/reversal", detail: expect.stringMatching(/^follows on /) as string }];
  const invalid = { status: 400, code: "invalid-request", retry: "after-fix", errors: follows } as const;

  test.each([2, 3, 9])("%i of a debit that nobody asked to reverse is not valid", async (number) => {
    const records = await gateway.records();
    expectProblem(await asked(fresh(), done("x"), number), invalid);
    expect([sent(), await gateway.records()]).toEqual([0, records]);
  });

  test("skips none", async () => {
    const id = fresh();
    await asked(id, refused);
    expectProblem(await asked(id, done(id), 3), invalid);
    expect(sent()).toBe(0);
  });

  test("waits while the one before it is in doubt", async () => {
    const id = fresh();
    expect((await asked(id, hang)).status).toBe(504);
    expectProblem(await asked(id, done(id), 2), {
      ...{ status: 409, code: "in-progress", retry: "same-identity" },
    });
    expect(sent()).toBe(0);
  });

  test("does not follow on one that had no effect: that one is repeated", async () => {
    const id = fresh();
    expect((await asked(id, refusal("HASH-MISMATCH", "Hash Mismatch"))).status).toBe(502);
    expectProblem(await asked(id, done(id), 2), invalid);
    expect(sent()).toBe(0);
    expectSuccess(await asked(id, done(id)), {
      result: { merchantTransactionId: `${id}_REVERSAL`, transactionId: "537601231" },
      record: view(id, "succeeded", 1, 2),
    });
  });

  test("that had no effect is repeated under its own number", async () => {
    const id = fresh();
    await asked(id, refused);
    expect((await asked(id, refusal("HASH-MISMATCH", "Hash Mismatch"), 2)).status).toBe(502);
    expectProblem(await asked(id, done(id), 3), invalid);
    const again = await asked(id, done(id), 2);
    expect(again.body.record).toEqual(view(id, "succeeded", 2, 2));
    expect((await asked(id, done(id), 2)).headers.get("idempotency-replayed")).toBe("true");
  });

  test("that is told 'already reversed' is in doubt, on its first attempt too", async () => {
    const id = fresh();
    await asked(id, refused);
    const second = await asked(id, reversed, 2);
    expectProblem(second, {
      ...{ status: 504, code: "outcome-unknown", retry: "same-identity" },
      provider: { code: "TRANSACTION-ALREADY-REVERSED", message: "This Transaction is already reversed" },
      record: view(id, "in_doubt", 2),
    });
    expectProblem(await asked(id, done(id), 3), {
      ...{ status: 409, code: "in-progress", retry: "same-identity" },
    });
    expect(sent()).toBe(0);
  });

  test("is another request than the same number with another transactionId", async () => {
    const id = fresh();
    await asked(id, refused);
    await asked(id, refused, 2);
    gateway.peer.script({ debitreversal: done(id) });
    const other = { merchantTransactionId: id, reversal: 2, transactionId: "1" };
    expectProblem(await gateway.call("debit-reversal", other), {
      ...{ status: 422, code: "identity-reused", retry: "after-fix" },
    });
    expect(sent()).toBe(0);
  });

  test("asked for 12 times at once is sent once", async () => {
    const id = fresh();
    await asked(id, refused);
    gateway.peer.script({ debitreversal: done(id) });
    const body = { merchantTransactionId: id, reversal: 2 };
    const answers = await Promise.all(Array.from({ length: 12 }, () => gateway.call("debit-reversal", body)));
    expect(sent()).toBe(1);
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
    for (const { status } of answers) expect([200, 409]).toContain(status);
    expect((await gateway.call("debit-reversal", body)).status).toBe(200);
    expect(sent()).toBe(1);
  });
});

test("the records of a merchantTransactionId are the debit's and those of each number", async () => {
  const id = fresh();
  await asked(id, refused);
  await asked(id, refused, 2);
  await asked(id, done(id), 3);
  const { result } = await gateway.get(`/v1/records?merchantTransactionId=${id}`);
  const shown = (result as readonly { readonly reversal: number; readonly state: string }[]).map(
    ({ reversal, state }) => [reversal, state],
  );
  expect(shown).toEqual([
    [1, "declined"],
    [2, "declined"],
    [3, "succeeded"],
  ]);
});
