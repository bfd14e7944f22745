import type { APIGatewayProxyEventV2 } from "aws-lambda";
import type { KeptDay } from "../records/books.ts";
import { isCalendarDate, iso } from "../time.ts";
import { invalid } from "./body.ts";
import type { Report } from "./books-report.ts";

/** Newest first. */
export interface BooksQuery {
  readonly dates: readonly string[];
}

const dayMs = 24 * 60 * 60_000;
/** As many days as are given where no date is asked for; two of them may not have begun yet in the provider's zone. */
const daysShown = 10;

/**
 * `date`, or the latest days.
 * @throws Problem `invalid-request` that names the parameter at fault.
 */
export function booksQueryOf(event: APIGatewayProxyEventV2, now: number): BooksQuery {
  const { date, ...others } = event.queryStringParameters ?? {};
  const faults = [
    ...Object.keys(others).map((name) => ({
      pointer: `/${name.slice(0, 40)}`,
      detail: "is not a parameter of this request",
    })),
    ...(date === undefined || isCalendarDate(date)
      ? []
      : [{ pointer: "/date", detail: "must be a date such as 2026-11-28" }]),
  ];
  if (faults.length > 0) throw invalid(faults.slice(0, 20), "The query");
  if (date !== undefined) return { dates: [date] };
  // A day begins up to 14 hours earlier in the provider's zone than in UTC.
  return {
    dates: Array.from({ length: daysShown }, (_, days) => iso(now + (1 - days) * dayMs).slice(0, 10)),
  };
}

/** A day as people see it: sums in rupees, and nothing of how far a run has come. */
export function dayOf({ provider, account, date, state, report }: KeptDay): object {
  const { progress: _progress, sums, ...rest } = JSON.parse(report) as Report;
  const rupees = Object.entries(sums).map(([name, sum]) => [name, inRupees(sum)]);
  return { ...{ provider, account, date, state }, ...rest, sums: Object.fromEntries(rupees) };
}

function inRupees(hundredths: string): string {
  const digits = hundredths.padStart(3, "0");
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
