import { describe, expect, test } from "vitest";
import { contradictionIn, moneyInquiry, whyOfEarlier } from "../../lib/providers/aggrepay/transactions.ts";
import type { Ask, Known } from "../../lib/providers/inquiry.ts";
import { Reader } from "../../lib/providers/reader.ts";
import { decodeJson } from "../../lib/signing/index.ts";

const now = Date.UTC(2026, 0, 5, 6);
const minute = 60_000;

const row = (ageMs: number, merchantTransactionId: string | null) => ({
  ...{ amount: "5.50", balance: "1.0", transaction_type: "C2M", payment_type: "DEBIT" },
  time: new Date(now - ageMs).toISOString().slice(0, 19).replace("T", " "),
  ...{ transaction_id: String(1 + ageMs), merchant_transaction_id: merchantTransactionId },
  transaction_status: "PAYMENT_SUCCESS",
});
const old = row(26 * 60 * minute, "old-1");
const older = row(27 * 60 * minute, "old-2");
const ours = row(0, null);

const noRecords: Known = {
  record: async () => undefined,
  reversedBefore: async () => [],
  option: () => undefined,
};

/** What is learned of a debit whose id the provider does not know, and how many pages of the list were read for it. */
async function learnedFrom(
  pages: readonly (readonly object[])[],
  total = () => pages.length,
  more: (page: number) => object = () => ({}),
) {
  let read = 0;
  const reader = (value: unknown) => new Reader(decodeJson(JSON.stringify(value)), "", "+00:00");
  const ask: Ask<{ readonly path: string; readonly fields: object }, object> = async (call, answer) => {
    if (call.path !== "fetchtransactions")
      return {
        kind: "refusal",
        word: { code: "INVALID-PARAMS", message: "The selected merchant transaction id is invalid." },
        ...{ as: "declined", code: "not-found", detail: "" },
      };
    read += 1;
    const number = Number((call.fields as { readonly page_number: string }).page_number);
    const page = reader({ total_pages: total(), ...more(number) });
    return { kind: "answer", answer: answer({ data: reader(pages[number] ?? []), page }) };
  };
  const inquiry = moneyInquiry({ paymentType: "DEBIT", party: "fromCustomerId" });
  const subject = {
    identity: "ours",
    number: 1,
    dispatchedAt: now,
    facts: { fromCustomerId: "100000001", amount: "5.50" },
    wasSent: () => undefined,
  };
  const { shows } = await inquiry.evidence(subject, ask as never, noRecords);
  return { shows, read };
}

test.each([
  { list: "one row a page, oldest first", pages: [[old], [ours]], read: 2 },
  { list: "rows of one second, oldest first", pages: [[old, old], [ours]], read: 2 },
  { list: "oldest first", pages: [[older, old], [ours]], read: 2 },
  { list: "newest first", pages: [[ours, old], [older]], read: 2 },
  {
    list: "oldest page first, each with its newest row first",
    pages: [
      [old, older],
      [ours, old],
    ],
    read: 3,
  },
])("a row that could be it is seen in a list that has $list", async ({ pages, read }) => {
  expect(await learnedFrom(pages)).toEqual({ shows: "other", read });
});

test("of a list that is seen to be newest first only its last page is read beyond what is older", async () => {
  const pages = [[old, older], ...Array.from({ length: 30 }, () => [older])];
  expect(await learnedFrom(pages)).toEqual({ shows: "nothing", read: 2 });
});

describe("a list of the oldest first that is longer than is read", () => {
  const earlier = (pages: number) =>
    Array.from({ length: pages }, (_, page) => [
      row((3_000 - page) * minute, `old-${page}`),
      row((3_000 - page) * minute - 1_000, `old-${page}-2`),
    ]);

  test.each([
    { end: "of its last page, with an older one", pages: [...earlier(30), [old, ours]], read: 2 },
    { end: "of a last page of its own", pages: [...earlier(30), [ours]], read: 3 },
    {
      end: "of the page before the last",
      pages: [...earlier(30), [old, ours], [row(-minute, "later")]],
      read: 3,
    },
    {
      end: "among many of that time",
      pages: [...earlier(20), [old, ours], ...Array(8).fill([row(-5, "x")])],
      read: 10,
    },
  ])("is read from its end: the row that could be it is seen $end", async ({ pages, read }) => {
    expect(await learnedFrom(pages)).toEqual({ shows: "other", read });
  });

  test("shows that nothing is there by its last page alone", async () => {
    expect(await learnedFrom(earlier(200))).toEqual({ shows: "nothing", read: 2 });
  });

  test("proves nothing where its end is longer than is read, or in no order", async () => {
    const since = Array(30).fill([row(-5, "x")]);
    expect(await learnedFrom([...earlier(3), ...since])).toEqual({ shows: "unclear", read: 10 });
    const mixed = Array(30).fill([old, older]);
    expect(await learnedFrom([...earlier(3), ...mixed])).toEqual({ shows: "unclear", read: 10 });
  });

  test("proves nothing where it grows while it is read", async () => {
    const pages = earlier(30);
    const grown = () => (read > 1 ? pages.length + 1 : pages.length);
    let read = 0;
    const told = await learnedFrom(pages, () => {
      read += 1;
      return grown();
    });
    expect(told).toEqual({ shows: "unclear", read: 2 });
  });
});

describe("a row that could be it is no other transaction because it is written in another way", () => {
  const kept = (more: object) => ({ ...row(0, "OURS"), ...more });
  test.each([
    ["its amount has a sign", kept({ amount: "-5.50" })],
    ["its amount is a number with a sign", kept({ amount: -5.5 })],
    ["its amount is in paise", kept({ amount: "550" })],
    ["its amount has no places", kept({ amount: "5" })],
    ["its kind is a word that nobody knows", kept({ payment_type: "DR" })],
    ["its time is that of Greenwich", { ...row(330 * minute, "OURS"), transaction_id: "1" }],
    ["its time has no hours", { ...row(23 * 60 * minute, "OURS"), transaction_id: "1" }],
    ["it has our own id, and a fee in its amount", { ...row(0, "ours"), amount: "7.50" }],
    ["it has our own id, and the other kind", { ...row(0, "ours"), payment_type: "CREDIT" }],
    ["it has our own id, and is old", row(48 * 60 * minute, "ours")],
  ])("%s", async (_what, shown) => {
    expect((await learnedFrom([[shown]])).shows).toBe("other");
  });

  test.each([
    ["another amount", kept({ amount: "55.0" })],
    ["the other kind", kept({ payment_type: "CREDIT" })],
  ])("%s is another transaction", async (_what, shown) => {
    expect((await learnedFrom([[shown]])).shows).toBe("nothing");
  });
});

describe("a list that says that it is not whole proves no absence", () => {
  test.each<[string, readonly (readonly object[])[], (page: number) => object]>([
    ["it counts its pages from 1", [[old], [old]], (page) => ({ page_number: Math.max(1, page) })],
    ["it shows the first page every time", [[old], [old]], () => ({ page_number: 0 })],
    ["it leaves a row out", [[old, older]], () => ({ page_number: 0, total_elements: 3 })],
    ["it is empty, and says that it is not", [[]], () => ({ total_elements: 8 })],
    ["it has no pages, and rows", [[]], () => ({ total_pages: 0, total_elements: "8" })],
  ])("%s", async (_what, pages, more) => {
    const { shows } = await learnedFrom(pages, () => pages.length, more);
    expect(shows).toBe("unclear");
  });

  test("and one that shows all it says it has proves it", async () => {
    const more = (page: number) => ({ page_number: page, total_elements: 2 });
    expect((await learnedFrom([[older], [old]], () => 2, more)).shows).toBe("nothing");
  });
});

describe("rows are judged one by one", () => {
  const unlike = (more: object) => ({ ...row(minute, "other"), ...more });

  test.each([
    ["its balance is null", unlike({ amount: "9.00", balance: null })],
    [
      "its amount cannot be read, and its kind is another",
      unlike({ amount: "lots", payment_type: "CREDIT" }),
    ],
    ["its kind is null, and its amount another", unlike({ payment_type: null, amount: "1,234.50" })],
    ["its time cannot be read, and its amount is another", unlike({ time: "yesterday", amount: 6 })],
    ["it is old, and nothing else can be read", { time: old.time }],
  ])("a row is ruled out by what can be read of it: %s", async (_what, one) => {
    expect((await learnedFrom([[one, old]])).shows).toBe("nothing");
  });

  test.each([
    ["amount", { amount: null }],
    ["amount", { amount: "1,234" }],
    ["kind", { payment_type: {} }],
    ["time", { time: "05-11-2026 10:00:00" }],
    ["time", { time: "" }],
    ["id", { transaction_id: null }],
    ["merchant's id", { merchant_transaction_id: [] }],
  ])("a row that could be it proves no absence where its %s cannot be read: %j", async (_what, more) => {
    expect((await learnedFrom([[old, unlike(more)]])).shows).toBe("unclear");
  });

  test.each([["a text"], [null], [7], [[]]])("%j in place of a row proves no absence", async (one) => {
    expect((await learnedFrom([[one as unknown as object, old]])).shows).toBe("unclear");
  });

  test("a row that could be it is told to a person, whatever stands beside it", async () => {
    expect((await learnedFrom([[unlike({ amount: null }), ours]])).shows).toBe("other");
  });

  test("rows written as JSON texts, or under the keys 0, 1, 2, are rows", async () => {
    expect((await learnedFrom([[JSON.stringify(ours) as unknown as object]])).shows).toBe("other");
    expect((await learnedFrom([{ "0": old, "2": ours } as never])).shows).toBe("other");
  });
});

test("a time that is no moment is never taken for one after the attempt", async () => {
  const shown = {
    ...{ transactionId: "1", merchantTransactionId: "ours", paymentType: "DEBIT", amount: "5.50" },
    ...{ time: "2026-01-05T06:00:00banana", transactionStatus: "PAYMENT_SUCCESS" },
  };
  const subject = {
    ...{ identity: "ours", number: 2, dispatchedAt: now, facts: { amount: "5.50" } },
    wasSent: () => undefined,
  };
  expect(contradictionIn(shown, "ours", "DEBIT", subject)?.why).toContain(
    "time, which is before the attempt",
  );
  expect(await whyOfEarlier(shown, subject, noRecords)).toContain("may be older");
});

test("with an offset that is none no time is read, so no row of the list proves that nothing happened", () => {
  const reader = new Reader(decodeJson('{"time": "2026-01-05 06:00:00"}'), "", "banana");
  expect(() => reader.time("time")).toThrow("a time");
  expect(reader.informs.time("time")).toBeNull();
});

test.each([
  ["what was asked for, long before", {}, true],
  ["one that failed, long before", { transactionStatus: "PAYMENT_FAILED" }, false],
  ["another amount, long before", { amount: "7.00" }, false],
  ["another id, long before", { merchantTransactionId: "OURS" }, false],
  ["what was asked for, an hour before", { time: new Date(now - 60 * 60_000).toISOString() }, false],
])("%s, is somebody else's for sure: %s", (_, more, isOld) => {
  const shown = {
    ...{ transactionId: "1", merchantTransactionId: "ours", paymentType: "DEBIT", amount: "5.50" },
    ...{ time: new Date(now - 72 * 60 * 60_000).toISOString(), transactionStatus: "PAYMENT_SUCCESS" },
    ...more,
  };
  const subject = {
    ...{ identity: "ours", number: 1, dispatchedAt: now, facts: { amount: "5.50" } },
    wasSent: () => undefined,
  };
  expect(contradictionIn(shown, "ours", "DEBIT", subject)?.isOld).toBe(isOld);
});
