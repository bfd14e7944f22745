import { expect, test } from "vitest";
import { search } from "../../console/page/search.ts";

const id = "duMeKVHWTuqEuy6wY2VyIYNZOAGw-eK0lYLyFnzWybU";
const unfinished = [
  { id: "a", identity: "order-1", result: null },
  { id: "b", identity: "order-2", result: { transactionId: "887420489" } },
  { id: "c", identity: "order-3", lastInquiry: { learned: "The provider shows 4711, another amount." } },
];

/** Searches, and gives the ids that were found and the queries that were made. */
async function searched(asked: string, rows: Readonly<Record<string, readonly { id: string }[]>> = {}) {
  const queries: string[] = [];
  const answer = (query: string) => {
    queries.push(query);
    return Promise.resolve(rows[query] ?? []);
  };
  const found = await search<{ readonly id: string }>(asked, {
    byRecord: (record) => answer(`record ${record}`),
    by: (query) => answer(new URLSearchParams(query).toString()),
    unfinished: () => Promise.resolve(unfinished),
    keyed: () => Promise.resolve(["aggrepay/change-mpin", "aggrepay/customer-otp"]),
  });
  return { ids: found.map((row) => row.id), queries };
}

test.each([
  ["order-1", ["a"]],
  ["887420489", ["b"]],
  ["4711", ["c"]],
])("%s is found among what is unfinished", async (asked, ids) => {
  expect((await searched(asked)).ids).toEqual(ids);
});

test("each way of looking for an id is taken where the id has its form, and a record is given once", async () => {
  const { ids, queries } = await searched("991", {
    "merchantTransactionId=991": [{ id: "x" }],
    "customerId=991&limit=100": [{ id: "x" }, { id: "y" }],
  });
  expect(ids).toEqual(["x", "y"]);
  expect(queries).toEqual(["merchantTransactionId=991", "referenceNo=991", "customerId=991&limit=100"]);
  expect((await searched(id, { [`record ${id}`]: [{ id }] })).ids).toEqual([id]);
});

test("an Idempotency-Key is asked for under each operation that has one, where nothing else is found", async () => {
  const { ids, queries } = await searched("sign up/17", {
    "idempotencyKey=sign+up%2F17&operation=aggrepay%2Fcustomer-otp": [{ id: "k" }],
  });
  expect(ids).toEqual(["k"]);
  expect(queries).toHaveLength(2);
});
