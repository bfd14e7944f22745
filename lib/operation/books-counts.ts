import type { Environment } from "../config.ts";
import { namespaceIn } from "../metrics.ts";
import type { LookedAt } from "./books.ts";

/**
 * What a run counts, each without dimensions. `BooksDifferences`: where list and records do not agree, of the days that came to
 * their end. `BooksOpen`: what of these could not be looked at or proven, and days before yesterday that are not at their end.
 * Not among the metrics of all functions, whose bundles would each hold them.
 */
export const bookUnits = { BooksDifferences: "Count", BooksOpen: "Count" } as const;
export type BookMetric = keyof typeof bookUnits;

export function bookCounts(looked: readonly LookedAt[]): Readonly<Record<BookMetric, number>> {
  const over = looked.filter(({ isEnded }) => isEnded).map(({ report }) => report);
  const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
  return {
    BooksDifferences: sum(over.map(({ differences }) => differences.count)),
    BooksOpen:
      sum(over.map(({ customers, records }) => customers.found - customers.lookedAt + records.notProven)) +
      looked.filter(({ isBehind }) => isBehind).length,
  };
}

/**
 * The log line of a run, which is counted by its members.
 * Source: Amazon CloudWatch User Guide, "Specification: Embedded metric format".
 */
export function bookLine(
  {
    requestId,
    durationMs,
    looked,
  }: { readonly requestId: string; readonly durationMs: number; readonly looked: readonly LookedAt[] },
  now: number,
  env: Environment,
): string {
  const metrics = Object.entries(bookUnits).map(([Name, Unit]) => ({ Name, Unit }));
  return JSON.stringify({
    timestamp: new Date(now).toISOString(),
    level: "INFO",
    function: "books",
    requestId,
    durationMs,
    days: looked.map(({ provider, date, isEnded, report: { calls, customers } }) => ({
      ...{ provider, date, isEnded, calls, customers: customers.found, lookedAt: customers.lookedAt },
    })),
    _aws: {
      Timestamp: now,
      CloudWatchMetrics: [{ Namespace: namespaceIn(env), Dimensions: [[]], Metrics: metrics }],
    },
    ...bookCounts(looked),
  });
}
