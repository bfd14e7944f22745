import type { Context } from "aws-lambda";
import { type Config, wrong } from "../lib/config.ts";
import { seenOf } from "../lib/log.ts";
import { type BooksWorld, type LookedAt, lookAtBooks } from "../lib/operation/books.ts";
import { bindingBooks } from "../lib/operation/books-bindings.ts";
import { bookLine } from "../lib/operation/books-counts.ts";
import type { FunctionDefinition } from "../lib/operation/definition.ts";
import { served } from "../lib/operation/invocation.ts";
import { books as aggrepay } from "../lib/providers/aggrepay/books.ts";
import type { BookedProvider } from "../lib/providers/books.ts";
import { nicepay } from "../lib/providers/nicepay/index.ts";
import { asksAboutTokens, userTokenVariables } from "../lib/providers/nicepay/user-token.ts";
import { bookKeys } from "../lib/records/books.ts";
import { processRecords } from "../lib/records/process.ts";
import { processBooks } from "../lib/records/process-books.ts";
import { log, runtime } from "../lib/runtime.ts";
import { isCalendarDate } from "../lib/time.ts";

/** How each provider's books are looked at; one without does not compile. */
const looks = {
  aggrepay: (around, date) => lookAtBooks(aggrepay, around, date),
  nicepay: async (around, date) =>
    asksAboutTokens(around.world.config) ? lookAtBooks(bindingBooks, around, date) : [],
} satisfies Record<BookedProvider, (around: BooksWorld, date?: string) => Promise<readonly LookedAt[]>>;

/** Compares what the providers show with the records of the day before, and settles nothing. */
export const operation: FunctionDefinition = {
  name: "books",
  summary: "Compares the providers' own books with yesterday's records",
  schedule: { everyMinutes: 15, isAlone: true },
  access: "clock",
  onlyWith: "BOOKS",
  variables: [...aggrepay.provider.variables, ...aggrepay.variables, "BOOKS_CALLS_A_DAY"],
  secrets: [aggrepay.provider.secret],
  tableActions: ["GetItem", "Query", "UpdateItem"],
  besides: {
    where: "NICEPAY_USER_DETAIL",
    variables: [...nicepay.variables, "NICEPAY_ACCOUNT", ...userTokenVariables],
    secrets: [nicepay.secret, "gateway"],
    tableActions: [],
  },
  queries: ["operation-records"],
  writesKeysOf: [bookKeys],
};

export const handler = Object.assign(
  async (event: unknown, context: Context): Promise<readonly LookedAt[]> => {
    const startedAt = performance.now();
    const looked: LookedAt[] = [];
    const requestId = context.awsRequestId;
    const durationMs = () => Math.round(performance.now() - startedAt);
    try {
      await run(dateIn(event), () => context.getRemainingTimeInMillis(), looked);
    } catch (error) {
      log({ function: operation.name, requestId, durationMs: durationMs(), ...seenOf(error) });
      throw error;
    } finally {
      // Also of a run that failed: a day that came to its end in it is counted now or never.
      process.stdout.write(
        `${bookLine({ requestId, durationMs: durationMs(), looked }, Date.now(), process.env)}\n`,
      );
    }
    return looked;
  },
  {
    async warm() {
      await Promise.allSettled([(async () => processRecords())()]);
    },
  },
);

/** Of a person who asks now: `{"date": "2026-11-28"}`, or `today` of the provider's zone. The clock's event has none. */
function dateIn(event: unknown): string | undefined {
  const { date } = (event ?? {}) as { readonly date?: unknown };
  if (date === undefined) return undefined;
  if (date === "today" || (typeof date === "string" && isCalendarDate(date))) return date;
  throw new Error("the event's date is neither today nor like 2026-11-28");
}

async function run(date: string | undefined, remainingMs: () => number, looked: LookedAt[]): Promise<void> {
  const world = runtime();
  const around: BooksWorld = {
    ...{ world, remainingMs, records: processRecords(), store: processBooks() },
    callsADay: callsIn(world.config),
  };
  await served({ remainingMs, takenAt: undefined }, world, async () => {
    const failures: unknown[] = [];
    // What fails at one provider keeps nobody from looking at another.
    for (const look of Object.values(looks))
      await look(around, date).then(
        (days) => looked.push(...days),
        (error: unknown) => failures.push(error),
      );
    if (failures.length > 0) throw failures[0];
  });
}

/** @throws Problem `misconfigured` */
function callsIn({ option }: Config): number {
  const calls = option("BOOKS_CALLS_A_DAY") ?? "20000";
  if (!/^[1-9]\d{0,6}$/.test(calls)) throw wrong("BOOKS_CALLS_A_DAY", "must be a whole number of calls");
  return Number(calls);
}
