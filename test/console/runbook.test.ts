import { describe, expect, test } from "vitest";
import { matching } from "../../console/page/runbook.ts";
import { readRunbook } from "../../console/runbook.ts";

const runbook = await readRunbook();
const failed = (detail: string, operation = "aggrepay/debit-wallet") => ({
  operation,
  flagged: null,
  failure: { code: "outcome-unknown" as const, detail },
});

describe("the runbook's question for what a record says", () => {
  test("is read from the document itself", () => {
    expect(runbook.questions.length).toBeGreaterThan(8);
    expect(runbook.strays.length).toBeGreaterThan(5);
    expect(runbook.outcomes.map(({ outcome }) => outcome)).toEqual(["succeeded", "declined", "not_executed"]);
    for (const { says, look } of [...runbook.questions, ...runbook.strays]) {
      expect(says).not.toMatch(/[`*[\]]/);
      expect(look.length).toBeGreaterThan(10);
    }
  });

  test.each(runbook.questions.map(({ says, look }) => [says, look]))("is found for: %s", (says, look) => {
    const detail = `The connection broke. ${says.replaceAll("...", "something else 12.00")}`;
    expect(matching(failed(detail), runbook)?.look).toBe(look);
  });

  test.each([
    [
      "The connection broke (ECONNRESET). The provider knows no such id, and lists a row that could be it: transaction 862261467, id order-4.x, 33.0, 2026-11-29T18:21:51+05:30.",
      "Ids that AggrePay keeps",
    ],
    [
      "AggrePay gave no answer. The provider has no call that tells what became of it",
      "left to the customer",
    ],
    ["THE PROVIDER SHOWS A TRANSACTION (7) THAT DIFFERS IN ITS AMOUNT.", "whose transaction is it"],
  ])("is found in words that stand otherwise: %s", (detail, look) => {
    expect(matching(failed(detail), runbook)?.look).toContain(look);
  });

  test("of a stray notification is among the strays alone", () => {
    const detail = "The account is bound with another userToken.";
    expect(matching(failed(detail, "nicepay/account-binding-webhook"), runbook)?.look).toContain(
      "Ask NICEPAY",
    );
    expect(matching(failed(detail), runbook)).toBeUndefined();
  });

  test("is none where no row has these words", () => {
    expect(matching(failed("Something new."), runbook)).toBeUndefined();
    expect(
      matching({ operation: "aggrepay/debit-wallet", flagged: null, failure: null }, runbook),
    ).toBeUndefined();
  });
});
