import { randomUUID } from "node:crypto";
import type { Schedule } from "./assembly.ts";
import { local } from "./intrinsics.ts";

/**
 * Invokes scheduled functions as EventBridge does, only more often: what takes minutes on AWS is wanted in seconds
 * here. `everyMs` is in place of a minute. A run that has not ended is not joined by another.
 */
export function startSchedules(
  schedules: readonly Schedule[],
  everyMs: number,
  invoke: (functionName: string, event: string, signal: AbortSignal) => Promise<unknown>,
): { stop(): void } {
  const stopped = new AbortController();
  if (everyMs === 0) return { stop: () => undefined };
  const timers = schedules.map((schedule) => {
    let running = false;
    return setInterval(async () => {
      if (running) return;
      running = true;
      // Whatever comes of it is in the function's log.
      await invoke(schedule.functionName, schedule.input ?? eventOf(schedule, new Date()), stopped.signal);
      running = false;
    }, everyMs * minutesIn(schedule));
  });
  return {
    stop() {
      stopped.abort();
      for (const timer of timers) clearInterval(timer);
    },
  };
}

/** `rate(15 minutes)`; another expression is taken for every minute. */
export const minutesIn = ({ expression }: Schedule): number =>
  Number(/^rate\((\d+) minutes?\)$/.exec(expression)?.[1] ?? 1);

const eventOf = ({ arn }: Schedule, now: Date) =>
  JSON.stringify({
    version: "0",
    id: randomUUID(),
    "detail-type": "Scheduled Event",
    source: "aws.events",
    account: local.account,
    time: now.toISOString().replace(/\.\d+Z$/, "Z"),
    region: local.region,
    resources: [arn],
    detail: {},
  });
