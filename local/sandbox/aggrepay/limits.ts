/** What a customer may receive, and may spend, in a day and in a month of India time (sections 7, 9 and 10). */
import type { Ledger, Row } from "./ledger.ts";
import { Refusal } from "./refusal.ts";
import { indiaDay, indiaMonth } from "./time.ts";

/** Far above what a soak moves, and within reach of one large amount: 1 crore a day, 5 crore a month. */
export const dailyLimitPaise = 10_000_000_00n;
export const monthlyLimitPaise = 50_000_000_00n;

/** Refuses an amount that would pass a limit, the month's first. Reversals count on neither side. */
export function checkLimits(
  ledger: Ledger,
  customerId: string,
  payment: Row["payment"],
  amount: bigint,
): void {
  const now = ledger.now();
  if (ledger.total(customerId, payment, indiaMonth(now)) + amount > monthlyLimitPaise) {
    throw new Refusal("MONTHLY-TRANSACTION-LIMIT-EXCEEDED", "Monthly Transaction Limit exceeded");
  }
  if (ledger.total(customerId, payment, indiaDay(now)) + amount > dailyLimitPaise) {
    throw new Refusal("TRANSACTION-LIMIT", "Daily Transaction Limit Reached");
  }
}
