import type { Context } from "aws-lambda";
import { seenOf } from "../lib/log.ts";
import { runCounts, type Tally } from "../lib/metrics.ts";
import { settles } from "../lib/operation/change-spec.ts";
import type { FunctionDefinition } from "../lib/operation/definition.ts";
import { countWaiting, reconcile } from "../lib/operation/reconcile.ts";
import { processRecords } from "../lib/records/process.ts";
import { log, runtime } from "../lib/runtime.ts";
import * as operations from "./operations.ts";

/** Settles what is in doubt and due: every minute, by asking the providers, for whatever nobody repeats. */
export const reconcileOf = (operations: readonly FunctionDefinition[]): FunctionDefinition => {
  const changes = operations.filter(settles);
  const all = <T>(of: (definition: FunctionDefinition) => readonly T[]) => [...new Set(changes.flatMap(of))];
  return {
    name: "reconcile",
    summary: "Settles records in doubt by asking the providers",
    schedule: { everyMinutes: 1 },
    access: "clock",
    variables: all(({ variables }) => variables),
    secrets: all(({ secrets }) => secrets),
    tableActions: ["GetItem", "Query", "UpdateItem"],
  };
};

export const handler = Object.assign(
  async (_event: unknown, context: Context) => {
    const startedAt = performance.now();
    const tally: Tally = { lookedAt: 0, failures: [] };
    let fault: ReturnType<typeof seenOf> | undefined;
    try {
      await run(() => context.getRemainingTimeInMillis(), tally);
    } catch (error) {
      fault = seenOf(tally.failures[0] ?? error);
      throw error;
    } finally {
      const durationMs = Math.round(performance.now() - startedAt);
      log({ function: "reconcile", requestId: context.awsRequestId, durationMs, ...fault }, runCounts(tally));
    }
  },
  {
    async warm() {
      await Promise.allSettled([(async () => processRecords())()]);
    },
  },
);

/** What cannot be counted keeps nobody from settling; the run fails for it all the same. */
async function run(remainingMs: () => number, tally: Tally): Promise<void> {
  const records = processRecords();
  const [settled, counted] = await Promise.allSettled([
    reconcile(
      Object.values<FunctionDefinition>(operations).filter(settles),
      runtime(),
      records,
      { remainingMs },
      tally,
    ),
    countWaiting(records, { remainingMs }),
  ]);
  if (counted.status === "fulfilled") tally.waiting = counted.value;
  else tally.failures.push(counted.reason);
  if (settled.status === "rejected") throw settled.reason;
  if (counted.status === "rejected")
    throw new Error("what waits for a person could not be counted", { cause: counted.reason });
}
