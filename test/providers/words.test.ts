import { describe, expect, test } from "vitest";
import { saysUnfinished } from "../../lib/providers/words.ts";

const word = (text: string) => [
  { code: text, message: "" },
  { code: "SOMETHING", message: text },
];

describe("a word of the provider", () => {
  test.each([
    "TRANSACTION-PENDING",
    "The transaction is pending with the bank.",
    "In Progress",
    "INPROGRESS",
    "UNDER_PROCESS",
    "QUEUE",
    "Request submitted",
    "Transaction is yet to be processed",
    "Your request will be processed shortly",
    "Please wait",
  ])("%s: it is not finished", (text) => {
    for (const said of word(text)) expect(saysUnfinished(said)).toBe(true);
  });

  test.each([
    "CUSTOMER-KYC-PENDING",
    "KYC verification is pending, debit not allowed",
    "Wallet is on hold",
    "Account under review",
    "Transaction could not be initiated",
    "No pending transaction found",
    "Pending amount exceeds limit",
    "Insufficient balance",
    "The request could not be processed",
  ])("%s: it is a refusal", (text) => {
    for (const said of word(text)) expect(saysUnfinished(said)).toBe(false);
  });
});
