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
    "Status not known, transaction pending at the customer's bank account",
    "Do not retry: the transaction is in progress",
    "The debit is not yet completed",
    "Wallet transaction is under process",
    "Limit check done, amount will be credited",
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
    "Customer verification pending",
    "Request not accepted",
    "The request could not be processed",
  ])("%s: it is a refusal", (text) => {
    for (const said of word(text)) expect(saysUnfinished(said)).toBe(false);
  });
});
