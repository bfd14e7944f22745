import { createHash } from "node:crypto";
import { type AttributeValue, BatchWriteItemCommand } from "@aws-sdk/client-dynamodb";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ByState, type Filters, recordQueryOf } from "../../lib/operation/list-query.ts";
import { unfinished, waitingForAPerson } from "../../lib/operation/listed.ts";
import { L, N, type RecordItem, readRecord, S } from "../../lib/records/record.ts";
import { type Records, recordsIn, type Span } from "../../lib/records/store.ts";
import { forAPerson, forAStray, shardOf } from "../../lib/records/write.ts";
import { type Item, startTable, type TestTable } from "../support/dynamodb.ts";
import { claimOf, leaseMs, noon } from "./claims.ts";

let table: TestTable;
let waiting: Records;
let calls: Record<string, number> = {};

beforeAll(async () => {
  table = await startTable();
  waiting = recordsIn(table.name, table.client);
  table.client.middlewareStack.add(
    (next, { commandName = "" }) =>
      (args) => {
        calls[commandName] = (calls[commandName] ?? 0) + 1;
        return next(args);
      },
    { step: "initialize", name: "counted" },
  );
});
afterAll(() => table.stop());

/** A record as these lists see it. */
interface Given {
  readonly id?: string;
  readonly namespace: string;
  readonly operation: string;
  readonly state: string;
  readonly dispatchedAt: number;
  readonly due: number;
  readonly more?: Item;
}

function itemOf({ namespace, operation, state, dispatchedAt, due, more, ...given }: Given): Item {
  const { id, caller, identity, host } = claimOf(given);
  const key = namespace === "notification" ? `binding.${id}` : id;
  return {
    ...{ pk: S(key), provider: S("aggrepay"), account: S("main"), operation: S(operation) },
    ...{ namespace: S(namespace), identity: S(identity), caller: S(caller), request: S("[]"), host: S(host) },
    ...{ state: S(state), attempt: N(1), owner: S("owner"), leaseEnds: N(dispatchedAt + leaseMs) },
    ...{
      createdAt: N(dispatchedAt),
      dispatchedAt: N(dispatchedAt),
      history: L([`${state} ${dispatchedAt}`]),
    },
    ...{ shard: shardOf(key), due: N(due), ...more },
  };
}

async function put(items: readonly Item[]): Promise<void> {
  for (let at = 0; at < items.length; at += 25) {
    const requests = items.slice(at, at + 25).map((item) => ({ PutRequest: { Item: item } }));
    await table.client.send(new BatchWriteItemCommand({ RequestItems: { [table.name]: requests } }));
  }
}

async function remove(items: readonly Item[]): Promise<void> {
  for (let at = 0; at < items.length; at += 25) {
    const requests = items
      .slice(at, at + 25)
      .map(({ pk }) => ({ DeleteRequest: { Key: { pk: pk as AttributeValue } } }));
    await table.client.send(new BatchWriteItemCommand({ RequestItems: { [table.name]: requests } }));
  }
}

/** The same records without a table, for many walks: only what the list asks of it. */
function heldInMemory(
  items: readonly Item[],
  shardIn = ({ id }: RecordItem) => Number(shardOf(id).N),
): Records {
  const records = items
    .map((item) => readRecord(item))
    .toSorted((one, other) => (one.due ?? 0) - (other.due ?? 0));
  const byShard = Map.groupBy(records, shardIn);
  const byId = new Map(records.map((record) => [record.id, record]));
  return {
    unfinished: async (shard: number, { from, to, after }: Span, limit: number) => {
      const rows = byShard.get(shard) ?? [];
      return rows
        .slice(after === undefined ? 0 : rows.findIndex(({ id }) => id === after.id) + 1)
        .filter(({ due = 0 }) => due >= from && due <= to)
        .slice(0, limit)
        .map(({ id, due = 0 }) => ({ id, due }));
    },
    get: async (id: string) => byId.get(id),
  } as Partial<Records> as Records;
}

interface Page {
  readonly result: readonly { readonly id: string }[];
  readonly page: { readonly cursor: string | null; readonly complete?: boolean };
}

interface Walk {
  readonly limit: number;
  readonly now?: number;
  readonly from?: Records;
  /** Done after each page but the last. */
  readonly between?: () => Promise<void>;
}

async function pagesOf(
  list: typeof waitingForAPerson,
  query: Pick<ByState, "state" | "only">,
  { limit, now = noon, from = waiting, between }: Walk,
): Promise<readonly Page[]> {
  const pages: Page[] = [];
  for (let cursor: string | null | undefined; cursor !== null; cursor = pages.at(-1)?.page.cursor) {
    const { body } = await list({ by: "state", ...query, limit, cursor: cursor ?? undefined }, from, now);
    pages.push(body as Page);
    expect(pages.length).toBeLessThan(1_000);
    await between?.();
  }
  return pages;
}

const idsOf = (pages: readonly Page[]): string[] => pages.flatMap(({ result }) => result.map(({ id }) => id));
const textOf = (value: AttributeValue | undefined): string => value?.S ?? value?.N ?? "";

describe("what waits for a person", () => {
  const operations = ["debit-wallet", "credit-wallet", "debit-reversal", "customer-otp"];
  /** Many of one moment, records by age and by contradiction, flagged ones, and strays that came first of all. */
  const items = Array.from({ length: 700 }, (_, n) => {
    const isStray = n % 7 === 0;
    const at = noon + Math.floor(n / 5) * 1_000 - (isStray ? 3_600_000 : 0);
    const operation = operations[n % 4] ?? "";
    const isFlagged = n % 11 === 5;
    return {
      at,
      isStray,
      item: itemOf({
        namespace: isStray ? "notification" : operation === "debit-reversal" ? "reversal" : "money",
        operation: isStray ? "account-binding-webhook" : operation,
        state: isFlagged && !isStray ? "declined" : "needs_attention",
        dispatchedAt: at - 60_000,
        due: isStray ? forAStray(at) : forAPerson(at),
        more: {
          ...(n % 3 === 0 && !isStray && { waits: S("provider") }),
          ...(isFlagged && !isStray && { flagged: S("The reply says otherwise.") }),
        },
      }),
    };
  });
  beforeAll(() => put(items.map(({ item }) => item)));
  afterAll(() => remove(items.map(({ item }) => item)));

  const expected = ({ namespace, operation, since = 0, waits }: Filters): string[] =>
    items
      .filter(
        ({ at, item }) =>
          (namespace === undefined || textOf(item.namespace) === namespace) &&
          (operation === undefined || `aggrepay/${textOf(item.operation)}` === operation) &&
          (waits === undefined || (textOf(item.waits) || "person") === waits) &&
          at >= since,
      )
      .toSorted((one, other) => {
        const place = (each: typeof one) => textOf(each.item.due).padStart(20, "0") + textOf(each.item.pk);
        return place(one) < place(other) ? -1 : 1;
      })
      .map(({ item }) => textOf(item.pk));

  const queries = (limit: number) =>
    fc.record({
      namespace: some("money", "reversal", "notification", "binding"),
      operation: some("aggrepay/debit-wallet", "aggrepay/debit-reversal", "aggrepay/account-binding-webhook"),
      since: some(noon - 3_590_000, noon, noon + 50_000, noon + 10_000_000),
      waits: some("provider", "person"),
      limit: fc.integer({ min: limit, max: 100 }),
    });
  const some = <T>(...all: readonly T[]) => fc.constantFrom(undefined, ...all);

  test("comes in pages that join without a gap, strays last, whatever the filters and the size of a page", async () => {
    const held = heldInMemory(items.map(({ item }) => item));
    await fc.assert(
      fc.asyncProperty(queries(1), async ({ limit, ...only }) => {
        const pages = await pagesOf(
          waitingForAPerson,
          { state: "needs_attention", only },
          { limit, from: held },
        );
        expect(idsOf(pages)).toEqual(expected(only));
        for (const { result } of pages) expect(result.length).toBeLessThanOrEqual(limit);
      }),
      { numRuns: 60 },
    );
  });

  test.each<Filters>([
    {},
    { namespace: "reversal" },
    { since: noon + 50_000, waits: "person" },
  ])("the same from the table's index: %j", async (only) => {
    const pages = await pagesOf(waitingForAPerson, { state: "needs_attention", only }, { limit: 60 });
    expect(idsOf(pages)).toEqual(expected(only));
  });

  describe.each([
    ["one millisecond", () => 0],
    ["one millisecond, and some of those around it", (n: number) => (n < 5 ? -1 : n < 150 ? 0 : 1)],
    ["three milliseconds that each have more than a page", (n: number) => (n % 3) - 1],
  ] as const)("of one shard at %s", (_what, offset) => {
    const crowd: readonly Item[] = Array.from({ length: 4_000 }, (_, n) =>
      itemOf({
        ...{ namespace: "money", operation: "debit-wallet", state: "needs_attention" },
        ...{ dispatchedAt: noon, due: forAPerson(noon + n) },
        // The same in each run: so many are in the two shards.
        id: createHash("sha256").update(`${n}`).digest("base64url"),
      }),
    )
      .filter(({ shard }) => textOf(shard) === "7" || textOf(shard) === "8")
      .map((item, n) => ({ ...item, shard: N(7), due: N(forAPerson(noon + offset(n))) }));
    const place = (item: Item) => textOf(item.due) + textOf(item.pk);
    const inOrder = crowd
      .toSorted((one, other) => (place(one) < place(other) ? -1 : 1))
      .map(({ pk }) => textOf(pk));
    beforeAll(() => put(crowd));
    afterAll(() => remove(crowd));

    const walked = (limit: number, from?: Records) =>
      pagesOf(
        waitingForAPerson,
        { state: "needs_attention", only: { since: noon - 1 } },
        { limit, ...(from && { from }) },
      );

    test.each([1, 31, 100])("more than a page of keys is reached in pages of %s", async (limit) => {
      expect(crowd.length).toBeGreaterThan(96);
      expect(
        idsOf(
          await walked(
            limit,
            heldInMemory(crowd, () => 7),
          ),
        ),
      ).toEqual(inOrder);
    });

    test("and from the table's index", async () => {
      const mine = new Set(inOrder);
      expect(idsOf(await walked(100)).filter((id) => mine.has(id))).toEqual(inOrder);
    });
  });

  test("is looked at in bounds: one request reads at most 64 pages of keys and 332 records", async () => {
    const only = { operation: "aggrepay/none-such" };
    const query = { by: "state", state: "needs_attention", only, limit: 100, cursor: undefined } as const;
    calls = {};
    const { body } = await waitingForAPerson(query, waiting, noon);
    expect(calls).toEqual({ QueryCommand: 64, GetItemCommand: expect.any(Number) });
    expect(calls.GetItemCommand).toBeGreaterThanOrEqual(300);
    expect(calls.GetItemCommand).toBeLessThan(332);
    // Nothing was found yet, and there is more to look at.
    expect(body).toEqual({ result: [], page: { cursor: expect.stringMatching(/^\d+\./) } });
  });

  test("of money reads no stray", async () => {
    calls = {};
    const only = { namespace: "money" };
    await pagesOf(waitingForAPerson, { state: "needs_attention", only }, { limit: 100 });
    const strays = items.filter(({ isStray }) => isStray).length;
    expect(calls.GetItemCommand).toBeLessThanOrEqual(items.length - strays + 31 * 8);
  });

  test("is neither lost nor doubled where one leaves the list and one comes to it between two pages", async () => {
    const left = expected({ namespace: "money" });
    const gone = items.find(({ item }) => textOf(item.pk) === left[0])?.item ?? {};
    const come = itemOf({
      ...{ namespace: "money", operation: "debit-wallet", state: "needs_attention" },
      ...{ dispatchedAt: noon, due: forAPerson(noon + 900_000) },
    });
    let turns = 0;
    const only = { namespace: "money" };
    const pages = await pagesOf(
      waitingForAPerson,
      { state: "needs_attention", only },
      {
        limit: 50,
        between: async () => {
          turns += 1;
          if (turns === 1) {
            await remove([gone]);
            await put([come]);
          }
        },
      },
    );
    await remove([come]);
    await put([gone]);
    expect(idsOf(pages)).toEqual([...left, textOf(come.pk)]);
  });
});

describe("what is in doubt, and what is dispatched", () => {
  const of = (n: number, state: string, more: Partial<Given> = {}) =>
    itemOf({
      ...{
        namespace: n % 2 ? "money" : "idempotency-key",
        operation: n % 2 ? "debit-wallet" : "customer-otp",
      },
      // The older, the later it is looked into again.
      ...{ state, dispatchedAt: noon + n * 1_000, due: noon + 9_000_000 - n * 60_000, ...more },
    });
  const doubted = Array.from({ length: 24 }, (_, n) => of(n, n % 3 ? "in_doubt" : "dispatched"));
  const now = noon + 100_000;
  const running = Array.from({ length: 9 }, (_, n) =>
    of(n, "dispatched", { dispatchedAt: now - 9_000 + n * 1_000 }),
  );
  beforeAll(() => put([...doubted, ...running]));
  afterAll(() => remove([...doubted, ...running]));
  const pks = (items: readonly Item[]) => items.map(({ pk }) => textOf(pk));

  test.each([
    1, 7, 100,
  ])("is listed by age, not by the time of its next look, in pages of %s", async (limit) => {
    const doubt = await pagesOf(unfinished, { state: "in_doubt", only: {} }, { limit, now });
    expect(idsOf(doubt)).toEqual(pks(doubted));
    expect(doubt.map(({ page }) => page.complete)).not.toContain(false);
    const dispatched = await pagesOf(unfinished, { state: "dispatched", only: {} }, { limit, now });
    expect(idsOf(dispatched)).toEqual(pks(running));
  });

  test("is filtered", async () => {
    const only = { namespace: "money", operation: "aggrepay/debit-wallet", since: noon + 8_000 };
    const pages = await pagesOf(unfinished, { state: "in_doubt", only }, { limit: 4, now });
    expect(idsOf(pages)).toEqual(pks(doubted.filter((_, n) => n % 2 === 1 && n >= 8)));
  });

  test("of more than 1,000 unfinished, the 1,000 that are looked into next are read, and the answer says so", {
    timeout: 120_000,
  }, async () => {
    const first = Array.from({ length: 1_000 }, (_, n) => of(n, "in_doubt", { due: noon + n }));
    await put(first);
    calls = {};
    const query = { by: "state", state: "in_doubt", only: {}, limit: 100, cursor: undefined } as const;
    const { body } = await unfinished(query, waiting, noon + 10_000_000);
    await remove(first);
    expect(calls).toMatchObject({ QueryCommand: 64, GetItemCommand: 1_000 });
    expect((body as Page).page).toEqual({ cursor: expect.any(String), complete: false });
    expect(idsOf([body as Page])).toEqual(pks(first.slice(0, 100)));
  });
});

describe("a query", () => {
  const asked = (queryStringParameters: Record<string, string>) =>
    recordQueryOf({ queryStringParameters } as unknown as APIGatewayProxyEventV2);
  const state = "needs_attention";

  test.each([
    ["2026-11-29T09:30:00Z", Date.UTC(2026, 10, 29, 9, 30)],
    ["2026-11-29T09:30:00.250Z", Date.UTC(2026, 10, 29, 9, 30, 0, 250)],
    ["2026-11-29T15:00+05:30", Date.UTC(2026, 10, 29, 9, 30)],
    // As it arrives where the sign is not encoded.
    ["2026-11-29T15:00:00 05:30", Date.UTC(2026, 10, 29, 9, 30)],
    ["2026-11-29", Date.UTC(2026, 10, 29)],
  ])("takes the time %s", (since, moment) => {
    expect(asked({ state, since })).toMatchObject({ by: "state", only: { since: moment } });
  });

  test.each([
    [{ state, since: "yesterday" }, "/since"],
    [{ state, since: "2026-02-30T00:00:00Z" }, "/since"],
    [{ state, since: "2026-11-29T24:00:00Z" }, "/since"],
    [{ state, since: "2026-11-29T09:30:00" }, "/since"],
    [{ state, since: "1795182248625" }, "/since"],
    [{ state, since: "1960-01-01" }, "/since"],
    [{ state, namespace: "wallet" }, "/namespace"],
    [{ state, namespace: "Money" }, "/namespace"],
    [{ state, namespace: "" }, "/namespace"],
    [{ state, operation: "debit-wallet" }, "/operation"],
    [{ state, operation: "aggrepay/debit-wallet/x" }, "/operation"],
    [{ state, waits: "nobody" }, "/waits"],
    [{ state: "in_doubt", waits: "person" }, "/waits"],
    [{ state: "succeeded" }, "/state"],
    [{ state: "in_doubt,dispatched" }, "/state"],
    [{ customerId: "1", namespace: "money" }, "/namespace"],
    [{ merchantTransactionId: "1", since: "2026-11-29" }, "/since"],
    [{ idempotencyKey: "k" }, "/operation"],
    [{ idempotencyKey: "\n", operation: "aggrepay/change-mpin" }, "/idempotencyKey"],
    [{ referenceNo: "a b" }, "/referenceNo"],
    [{ referenceNo: "a", caller: "c" }, "/caller"],
    [{ state, caller: "c" }, "/caller"],
    [{ referenceNo: "a", idempotencyKey: "k" }, ""],
    [{ state, toString: "1" }, "/toString"],
  ])("%j is refused, with the parameter's name", (query, pointer) => {
    expect(() => asked(query as Record<string, string>)).toThrow(
      expect.objectContaining({
        code: "invalid-request",
        details: { errors: [{ pointer, detail: expect.any(String) }] },
      }),
    );
  });
});
