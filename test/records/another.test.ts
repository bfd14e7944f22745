import { describe, expect, test } from "vitest";
import { unlessAnothers } from "../../lib/operation/another.ts";
import { recordId } from "../../lib/records/identity.ts";
import type { RecordItem } from "../../lib/records/record.ts";
import type { State } from "../../lib/records/states.ts";
import { startedRecords } from "../support/records.ts";
import { attemptOf, claimOf, noon, reached, type TestClaim } from "./claims.ts";

const { records } = startedRecords();
const hour = 60 * 60_000;
let customers = 0;
const newCustomer = () => `aggrepay#main#another-${++customers}`;

/** A claim of that customer, under the key that its identity has. */
const claimed = (customer: string, identity: string, more: Partial<TestClaim> = {}): TestClaim =>
  claimOf({
    ...{ customer, identity, id: recordId("aggrepay", "main", { namespace: "money", id: identity }) },
    ...more,
  });

const shown = (transactionId: string, besides: readonly string[] = []) =>
  ({ shows: "done", result: { transactionId }, besides }) as const;
const judged = async (record: RecordItem, transactionId = "7", besides: readonly string[] = []) =>
  (await unlessAnothers(shown(transactionId, besides), record, records)).shows;

describe("a transaction that the provider shows under a record's id", () => {
  test.each<[string, string, Partial<TestClaim>]>([
    ["names it", "A1", {}],
    ["names it, was first asked for long before,", "A2", { now: noon - 72 * hour }],
  ])("is another record's that %s", async (_, id, more) => {
    const customer = newCustomer();
    await attemptOf(records, claimed(customer, `${id}.x`, more), "succeeded");
    const record = await reached(records, claimed(customer, id), "in_doubt");
    expect([await judged(record), await judged(record, "8")]).toEqual(["other", "done"]);
  });

  test.each<[State, string]>([
    ["dispatched", "unclear"],
    ["in_doubt", "unclear"],
    ["needs_attention", "unclear"],
    // A refusal before anybody looked may answer a second copy of its request.
    ["not_executed", "unclear"],
    ["not_sent", "done"],
    ["declined", "done"],
  ])("next to an alike record that is %s: %s", async (state, wanted) => {
    const customer = newCustomer();
    await reached(records, claimed(customer, `b-${state}`), state);
    const record = await reached(records, claimed(customer, `B${state.toUpperCase()}`), "in_doubt");
    expect(await judged(record)).toBe(wanted);
    // Shown under an id of its own, the other one has a transaction of its own.
    expect(await judged(record, "7", [`b-${state}`])).toBe("done");
  });

  test.each([
    ["order-1", "order-12", "done"],
    ["a-long-order-number-1", "a-long-order-number-1-of-2", "unclear"],
    ["CASE", "case", "unclear"],
    ["1-23", "2-13", "done"],
  ])("under %s next to %s in doubt: %s", async (identity, other, wanted) => {
    const customer = newCustomer();
    await reached(records, claimed(customer, other), "in_doubt");
    expect(await judged(await reached(records, claimed(customer, identity), "in_doubt"))).toBe(wanted);
  });

  test("is its own next to many others of one amount", async () => {
    const customer = newCustomer();
    for (let number = 0; number < 60; number += 1)
      await reached(records, claimed(customer, `many-${number}`), "not_executed");
    expect(await judged(await reached(records, claimed(customer, "ours"), "in_doubt"))).toBe("done");
  });

  test("is taken as it is where ids are kept as sent, or no customer is known", async () => {
    const customer = newCustomer();
    await attemptOf(records, claimed(customer, "kept.x"), "succeeded");
    const record = await reached(records, claimed(customer, "keptx"), "in_doubt");
    const evidence = { shows: "done", result: { transactionId: "7" } } as const;
    expect(await unlessAnothers(evidence, record, records)).toBe(evidence);
    expect(await judged({ ...record, customer: undefined })).toBe("done");
  });
});
