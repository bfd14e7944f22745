import { expect, onTestFinished, test } from "vitest";
import { copyOnly, customerOf } from "../../bench/copies.ts";
import { recordsIn } from "../../lib/records/store.ts";
import { startTable } from "../support/dynamodb.ts";

test("the engine reads copies of a record as it would read what it had written itself", async () => {
  const table = await startTable();
  onTestFinished(() => table.stop());
  const debit = {
    pk: { S: "x".repeat(43) },
    customer: { S: "aggrepay#main#1" },
    createdAt: { N: "1796003513274" },
    state: { S: "succeeded" },
  };
  await table.put(debit);
  const copies = { count: 300, aCustomer: 100 };
  copyOnly(table, debit, copies);

  const all = await table.scan();
  expect(all).toHaveLength(1 + copies.count);
  const { rows } = await recordsIn(table.name, table.client).ofCustomer(
    customerOf(debit, 299, copies),
    200,
    undefined,
  );
  expect(rows).toHaveLength(copies.aCustomer);
  const [copy] = rows;
  expect(await table.item(copy?.id ?? "")).toEqual({
    ...debit,
    pk: { S: copy?.id },
    customer: { S: "aggrepay#main#100000002" },
  });
  // Their keys are spread over what a hash may begin with.
  expect(new Set(all.map(({ pk }) => pk?.S?.[0])).size).toBe(64);
});
