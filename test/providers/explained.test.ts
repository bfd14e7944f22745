import { describe, expect, test } from "vitest";
import { explained } from "../../lib/providers/aggrepay/explained.ts";
import type { ComparedRow } from "../../lib/providers/aggrepay/transactions.ts";
import type { Known, OwnRecord } from "../../lib/providers/inquiry.ts";

const row = (more: Partial<ComparedRow> = {}): ComparedRow => ({
  ...{ transactionId: "7001", merchantTransactionId: "other", paymentType: "DEBIT" },
  ...{ amount: "5.50", time: "2026-01-05T11:30:00+05:30" },
  ...more,
});

type Held = Readonly<Record<string, OwnRecord>>;
const record = (more: Partial<OwnRecord> = {}): OwnRecord => ({
  ...{ isUnfinished: false, transactionId: "7001", provedBy: "reply" },
  ...more,
});

/** `held` by `<namespace> <id>`. */
const known = (held: Held, kept = ""): Known => ({
  record: async (namespace, id) => held[`${namespace} ${id}`],
  reversedBefore: async () => [],
  option: (name) => (name === "AGGREPAY_IDS_KEPT" ? kept || undefined : undefined),
});

const shown = async (rows: readonly ComparedRow[], held: Held, { kept = "", identity = "ours" } = {}) =>
  (await explained(rows, identity, known(held, kept))).shows;

describe("a row of our kind and amount is explained", () => {
  test.each([
    ["by the transaction of another record's own reply", record()],
    ["by the transaction that a person named", record({ provedBy: "person" })],
  ])("%s", async (_what, own) => {
    expect(await shown([row()], { "money other": own })).toBe("nothing");
  });

  test("of a credit by a reversal's record, under its own id and under its debit's", async () => {
    const credit = { paymentType: "CREDIT" };
    const held = { "reversal other": record() };
    expect(await shown([row({ ...credit, merchantTransactionId: "other_REVERSAL" })], held)).toBe("nothing");
    expect(await shown([row({ ...credit, merchantTransactionId: "other_reversal" })], held)).toBe("nothing");
    expect(await shown([row(credit)], held)).toBe("nothing");
    expect(await shown([row(credit)], { "money other": record() })).toBe("nothing");
  });

  test("by an inquiry's success once ids of that length are known to be kept, and no other", async () => {
    const held = { "money other": record({ provedBy: "inquiry" }) };
    expect(await shown([row()], held)).toBe("other");
    expect(await shown([row()], held, { kept: "20", identity: "-".repeat(20) })).toBe("nothing");
    expect(await shown([row()], held, { kept: "20", identity: "-".repeat(21) })).toBe("other");
  });
});

describe("a row of our kind and amount is a person's", () => {
  test.each([
    ["without an id", row({ merchantTransactionId: null }), {}],
    ["under our own id", row({ merchantTransactionId: "ours" }), { "money ours": record() }],
    ["under an id that none of our records has", row(), {}],
    [
      "under the id of a record with another transaction",
      row(),
      { "money other": record({ transactionId: "7002" }) },
    ],
    [
      "under the id of a record that names no transaction",
      row(),
      { "money other": record({ transactionId: undefined }) },
    ],
    [
      "under the id of a record that does not say how it succeeded",
      row(),
      { "money other": record({ provedBy: undefined }) },
    ],
    ["that a reversal's record would explain, if it were a credit", row(), { "reversal other": record() }],
  ])("%s", async (_what, shownRow, held: Held) => {
    expect(await shown([shownRow], held)).toBe("other");
  });

  test("and the sentence names its id, amount and time", async () => {
    expect(await explained([row({ merchantTransactionId: "OURS" })], "ours", known({}))).toEqual({
      shows: "other",
      why: "The provider knows no such id, and lists a row that could be it: transaction 7001, id OURS, 5.50, 2026-01-05T11:30:00+05:30.",
    });
  });
});

test("a part of the sentence that is cut says so, and an id has room for more than ours", async () => {
  const nameOf = async (merchantTransactionId: string) =>
    /, id (\S+), 5\.50/.exec(
      ((await explained([row({ merchantTransactionId })], "ours", known({}))) as { why: string }).why,
    )?.[1];
  expect(await nameOf("x".repeat(90))).toBe("x".repeat(90));
  expect(await nameOf("x".repeat(91))).toBe(`${"x".repeat(90)}...`);
});

describe("a row under the id of another record that is in doubt", () => {
  const held = {
    "money other": record({ isUnfinished: true, transactionId: undefined, provedBy: undefined }),
  };

  test("is asked about later", async () => {
    expect(await shown([row()], held)).toBe("unclear");
  });

  test("keeps no other row from being a person's", async () => {
    expect(await shown([row(), row({ merchantTransactionId: null })], held)).toBe("other");
  });
});

test("more rows than are looked up at once are asked about later", async () => {
  const rows = Array.from({ length: 51 }, () => row());
  expect(await shown(rows, { "money other": record() })).toBe("unclear");
  expect(await shown(rows.slice(1), { "money other": record() })).toBe("nothing");
});

test("a row without an id is a person's among however many", async () => {
  const rows = Array.from({ length: 51 }, () => row());
  expect(await shown([...rows, row({ merchantTransactionId: null })], { "money other": record() })).toBe(
    "other",
  );
});
