import type { DayState } from "../records/books.ts";
import type { CustomerOfDay, DayOfCustomers } from "./books-day.ts";
import type { Difference, Verdict } from "./books-judge.ts";

/** The result of a day, and how far it has come. Sums are hundredths of a rupee, as text. */
export interface Report {
  /** ISO 8601, UTC; `endedAt` is null while it is not at its end. */
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly calls: number;
  readonly customers: Counted<"found" | "lookedAt">;
  readonly records: Counted<
    "found" | "borneOut" | "open" | "openShown" | "withoutEffect" | "notProven" | "withoutList"
  >;
  readonly movements: Counted<"shown" | "explained">;
  readonly sums: Readonly<Record<"credits" | "debits" | "notLookedAt", string>>;
  readonly differences: { readonly count: number; readonly shown: readonly Difference[] };
  /** Why something is not proven; the first of them. */
  readonly notProven: readonly string[];
  readonly progress: Progress;
}

type Counted<Name extends string> = Readonly<Record<Name, number>>;

export interface Progress {
  /** The last customer in order before whom everybody has been looked at. */
  readonly place: { readonly sum: string; readonly newest: number; readonly customerId: string } | null;
  /** Customers whose first look found something, or met doubt, and when it was: a second look says whether it holds. */
  readonly again: readonly { readonly customerId: string; readonly at: number }[];
}

/** What one item may hold: DynamoDB's limit is 400 KB. */
const differencesShown = 200;
const notProvenShown = 20;

export const newReport = (now: string): Report => ({
  startedAt: now,
  endedAt: null,
  calls: 0,
  customers: { found: 0, lookedAt: 0 },
  records: { found: 0, borneOut: 0, open: 0, openShown: 0, withoutEffect: 0, notProven: 0, withoutList: 0 },
  movements: { shown: 0, explained: 0 },
  sums: { credits: "0", debits: "0", notLookedAt: "0" },
  differences: { count: 0, shown: [] },
  notProven: [],
  progress: { place: null, again: [] },
});

/** The report with what was found in one customer's list. */
export function withVerdict(report: Report, verdict: Verdict): Report {
  const { records, movements, sums, differences } = report;
  const sumOf = (kind: "credit" | "debit") =>
    verdict.moved
      .filter((each) => each.kind === kind)
      .reduce((sum, { amount }) => sum + BigInt(amount.replace(".", "")), 0n);
  return {
    ...report,
    customers: { ...report.customers, lookedAt: report.customers.lookedAt + 1 },
    records: {
      ...records,
      borneOut: records.borneOut + verdict.borneOut,
      open: records.open + verdict.open,
      openShown: records.openShown + verdict.openShown,
      withoutEffect: records.withoutEffect + verdict.withoutEffect,
      notProven: records.notProven + verdict.notProven.length,
    },
    movements: {
      shown: movements.shown + verdict.shown,
      explained: movements.explained + verdict.explained,
    },
    sums: {
      ...sums,
      credits: String(BigInt(sums.credits) + sumOf("credit")),
      debits: String(BigInt(sums.debits) + sumOf("debit")),
    },
    differences: {
      count: differences.count + verdict.differences.length,
      shown: [...differences.shown, ...verdict.differences].slice(0, differencesShown),
    },
    notProven: [...report.notProven, ...verdict.notProven].slice(0, notProvenShown),
  };
}

/** The report of a day that is at its end, with what nobody looked at. */
export function ended(report: Report, now: string, left: readonly CustomerOfDay[]): Report {
  const sum = left.reduce((total, customer) => total + customer.sum, 0n);
  return {
    ...report,
    endedAt: now,
    sums: { ...report.sums, notLookedAt: String(sum) },
    progress: { place: null, again: [] },
  };
}

export const withFound = (report: Report, { customers, records, withoutList }: DayOfCustomers): Report => ({
  ...report,
  customers: { ...report.customers, found: customers.length },
  records: { ...report.records, found: records, withoutList },
});

export function stateOf({ endedAt, differences, customers, records }: Report): DayState {
  if (endedAt === null) return "looking";
  if (differences.count > 0) return "differs";
  return customers.lookedAt < customers.found || records.notProven > 0 ? "incomplete" : "agrees";
}
