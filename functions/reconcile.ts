import type { Context } from "aws-lambda";
import { seenOf } from "../lib/log.ts";
import { runCounts, type Tally } from "../lib/metrics.ts";
import { settles } from "../lib/operation/change-spec.ts";
import { countBacklog, countWaiting } from "../lib/operation/counting.ts";
import type { FunctionDefinition } from "../lib/operation/definition.ts";
import { served } from "../lib/operation/invocation.ts";
import { reconcile } from "../lib/operation/reconcile.ts";
import { type Share, shareIn } from "../lib/operation/share.ts";
import { processRecords } from "../lib/records/process.ts";
import type { Records } from "../lib/records/store.ts";
import { log, runtime } from "../lib/runtime.ts";
import * as operations from "./operations.ts";

/** Settles what is in doubt and due: every minute, by asking the providers, where no caller repeats. */
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
    queries: ["customer-records", "unfinished"],
  };
};

export const handler = Object.assign(
  async (event: unknown, context: Context) => {
    const startedAt = performance.now();
    const tally: Tally = { lookedAt: 0, failures: [] };
    let fault: ReturnType<typeof seenOf> | undefined;
    try {
      await run(shareIn(event), () => context.getRemainingTimeInMillis(), tally);
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

/** What cannot be counted keeps nothing from being settled; the run fails for it all the same. */
async function run(share: Share, remainingMs: () => number, tally: Tally): Promise<void> {
  const records = processRecords();
  const world = runtime();
  const changes = Object.values<FunctionDefinition>(operations).filter(settles);
  const [settled, counted] = await served({ remainingMs, takenAt: undefined }, world, () =>
    Promise.allSettled([
      reconcile(changes, world, records, { remainingMs, tally, share }),
      // The first worker counts for all: what others leave is seen though one of them should fail each time.
      share.from === 0 ? count(records, remainingMs) : {},
    ]),
  );
  if (counted.status === "fulfilled") Object.assign(tally, counted.value);
  else tally.failures.push(counted.reason);
  if (settled.status === "rejected") throw settled.reason;
  if (counted.status === "rejected")
    throw new Error("the unfinished could not be counted", { cause: counted.reason });
}

async function count(
  records: Records,
  remainingMs: () => number,
): Promise<Pick<Tally, "waiting" | "backlog">> {
  const budget = { remainingMs };
  const { clock } = runtime();
  const [waiting, backlog] = await Promise.all([
    countWaiting(records, budget),
    countBacklog(records, clock.now(), budget),
  ]);
  return { waiting, backlog };
}
