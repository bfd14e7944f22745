import * as v from "valibot";
import { expect, test } from "vitest";
import { sample } from "../../functions/records/books.sample.ts";
import { reservedCustomerId } from "../../local/sandbox/aggrepay.ts";
import { startGateway } from "../support/gateway.ts";
import { walletOf } from "../support/sandbox-gateway.ts";
import { started } from "../support/started.ts";

const wallet = walletOf(() => gateway);

const { gateway } = started({ gateway: () => startGateway({ env: { SCHEDULE_MS: "0" } }) });

/** Those whose reads meet a fault that only changes could: they are honest. */
const [customer, payee] = ["991000017", reservedCustomerId("id-hashed", "read")];

async function lookedAt(): Promise<Day> {
  const run = await fetch(`${gateway.url}/console/books`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  expect([run.status, await run.text()]).toEqual([200, expect.any(String)]);
  const response = await fetch(`${gateway.url}/v1/books`);
  const body = (await response.json()) as { readonly result: readonly [Day] };
  expect(v.safeParse(sample.answers[200].schema, body).issues).toBeUndefined();
  return body.result[0];
}

interface Day {
  readonly state: string;
  readonly customers: object;
  readonly records: object;
  readonly movements: object;
  readonly sums: object;
  readonly differences: { readonly count: number; readonly shown: readonly object[] };
}

const money = (id: string, amount: string) => ({ amount, merchantTransactionId: id });
const debit = (id: string, amount: string, mpin = "1234") =>
  wallet.post("debit-wallet", { fromCustomerId: customer, mpin, ...money(id, amount) });

test("a day of honest traffic agrees, and what is moved aside or kept under another id is told", async () => {
  const credit = { toCustomerId: customer, pgTransactionId: "pg-1", ...money("books-1", "50.00") };
  const answers = [
    await wallet.post("credit-wallet", credit),
    await debit("books-2", "20.50"),
    await debit("books-3", "7.00"),
    await debit("books-4", "1.00", "9999"),
    await wallet.post("wallet-to-wallet", {
      ...{ fromCustomerId: customer, toCustomerId: payee, mpin: "1234" },
      ...money("books-5", "3.25"),
    }),
    await wallet.post("debit-reversal", { merchantTransactionId: "books-3" }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 422, 200, 200]);
  const honest = await lookedAt();
  expect(honest).toMatchObject({
    state: "agrees",
    customers: { found: 2, lookedAt: 2 },
    records: { found: 6, borneOut: 6, open: 0, withoutEffect: 1, notProven: 0, withoutList: 0 },
    movements: { shown: 6, explained: 6 },
    sums: { credits: "60.25", debits: "30.75", notLookedAt: "0.00" },
    differences: { count: 0, shown: [] },
  });

  await wallet.aside("creditwallet", {
    ...{ to_customer_id: customer, amount: "9.99", pg_transaction_id: "pg-till" },
    merchant_transaction_id: "till-1",
  });
  await wallet.arm("id-prefixed", "debitwallet", { merchant_transaction_id: "books-6" });
  expect((await debit("books-6", "4.00")).status).toBe(200);
  const { state, differences } = await lookedAt();
  expect(state).toBe("differs");
  expect(differences.count).toBe(2);
  expect(differences.shown).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ kind: "movement-without-record", customerId: customer, amount: "9.99" }),
      expect.objectContaining({ kind: "differs", fields: ["id"], identity: "books-6", amount: "4.00" }),
    ]),
  );
});

test("a query that is wrong is told where", async () => {
  const answers = ["date=2026-13-01", "date=2026-11-28&state=differs"].map(async (query) => {
    const response = await fetch(`${gateway.url}/v1/books?${query}`);
    const { errors } = (await response.json()) as {
      readonly errors: readonly { readonly pointer: string }[];
    };
    return [response.status, errors.map(({ pointer }) => pointer)];
  });
  expect(await Promise.all(answers)).toEqual([
    [400, ["/date"]],
    [400, ["/state"]],
  ]);
});
