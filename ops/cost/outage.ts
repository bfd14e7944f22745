import { costOf, grouped, type Picodollars, shownDollars } from "./dollars.ts";
import { billedMs, kinds, type Model, situationOf, slowdownAt } from "./model.ts";
import { type PriceName, prices } from "./prices.ts";
import { table } from "./tables.ts";

/** How a provider is away: it takes requests and never replies; or it answers each at once with an error that proves nothing. */
export type Away = "hanging" | "failing";

export interface Outage {
  readonly away: Away;
  /** Changes that end in doubt, a minute. */
  readonly doubts: number;
  readonly workers: number;
}

export interface Aftermath {
  readonly doubts: number;
  /** Minutes after the provider is well again until everything is settled. */
  readonly minutes: number;
  readonly questions: number;
  readonly cost: Picodollars;
}

const outageMinutes = 60;
/** Of a minute's run, what it asks in: lib/operation/reconcile.ts ends while there is time for one more. */
const runMs = 55_000;
const askingMs = 51_000;
/** lib/operation/reconcile.ts and breaker.ts. */
const atOnce = 32;
const untilBreak = 3;
/** A lease and a quiet period, rounded up to whole minutes: silence is believed no earlier. */
const quietMinutes = 16;
/** BACK_OFF_MS, in minutes. */
const pauses = [1, 2, 5, 15, 60] as const;
/** Read, taken, the reversal's anchor and record, written. */
const tableCalls = 5;

/** Records that a worker asks about in a minute: as many as wait at a time, and as its processor allows. */
export function asksOf({ parameters: p }: Model, questions: number, replyMs: number): number {
  const waited = (atOnce * askingMs) / (questions * replyMs + tableCalls * p.tableMs);
  const computed = (askingMs * 100_000) / (p.settleMicros * slowdownAt(p, p.reconcileMemoryMb));
  return Math.floor(Math.min(waited, computed));
}

interface Cohort {
  readonly born: number;
  readonly asked: number;
  readonly count: number;
}

/** Minute by minute: what is due is asked about, the longest due first, and postponed or settled. */
export function aftermathOf(model: Model, { away, doubts, workers }: Outage): Aftermath {
  const whileAway = away === "hanging" ? untilBreak : asksOf(model, 1, model.parameters.tableMs);
  const afterwards = asksOf(model, 2, model.parameters.providerMs);
  const due = new Map<number, Cohort[]>();
  const put = (minute: number, cohort: Cohort) => void due.set(minute, [...(due.get(minute) ?? []), cohort]);
  let questions = 0;
  let minute = 0;
  for (let left = 0; minute < outageMinutes || left > 0; minute += 1) {
    const isAway = minute < outageMinutes;
    if (isAway) {
      put(minute + 1, { born: minute, asked: 0, count: doubts });
      left += doubts;
    }
    let room = workers * (isAway ? whileAway : afterwards);
    for (const at of [...due.keys()].filter((each) => each <= minute).toSorted((a, b) => a - b)) {
      const all = due.get(at) ?? [];
      due.delete(at);
      for (const cohort of all) {
        const taken = Math.min(room, cohort.count);
        room -= taken;
        questions += taken;
        if (taken < cohort.count) put(at, { ...cohort, count: cohort.count - taken });
        if (taken === 0) continue;
        const quietEnds = cohort.born + quietMinutes;
        const asked = { ...cohort, asked: cohort.asked + 1, count: taken };
        if (isAway) put(minute + (pauses[Math.min(cohort.asked, pauses.length - 1)] ?? 0), asked);
        else if (minute < quietEnds) put(quietEnds, asked);
        else left -= taken;
      }
    }
  }
  const minutes = minute - outageMinutes;
  const busy = BigInt(away === "hanging" ? minutes : minute);
  return {
    doubts: doubts * outageMinutes,
    minutes,
    questions,
    cost: costFor(model, questions, busy * BigInt(workers)),
  };
}

/** Runs that last their whole time, and what each question takes beside them. */
function costFor(model: Model, questions: number, runs: bigint): Picodollars {
  const { measured, parameters: p } = model;
  const one = situationOf(measured, "reconcile, one in doubt");
  const none = situationOf(measured, "reconcile, nothing due");
  const each = (of: (situation: typeof one) => number) => BigInt(questions * (of(one) - of(none)));
  const used: Partial<Record<PriceName, bigint>> = {
    duration: runs * BigInt(runMs * p.reconcileMemoryMb),
    write: each(({ writeUnits }) => writeUnits),
    read: each(({ readHalfUnits }) => readHalfUnits),
    functionLog: each(({ logBytes }) => logBytes),
    pipe: each(({ events }) => events),
    event: each(({ events }) => events),
    transfer: each(({ providerBytes }) => providerBytes),
  };
  const names = Object.keys(used) as PriceName[];
  return names.reduce((sum, name) => sum + costOf(used[name] ?? 0n, prices[name]), 0n);
}

const requestsASecond = 500n;
/** An account's environments unless raised: lambda-concurrency in ops/cost/quotas.ts. */
const environments = 1_000n;
const changes: readonly string[] = [kinds.debits, kinds.credits, kinds.declines, kinds.doubts];

/** Changes in doubt a minute, of that many requests a second. */
function doubtsOf({ parameters: { mix } }: Model, thousandthsASecond: bigint): number {
  const parts = changes.reduce((sum, name) => sum + (mix.get(name) ?? 0), 0);
  return Number((thousandthsASecond * 60n * BigInt(parts)) / 1_000_000_000n);
}

/** An hour without a provider at 500 requests a second, and what follows. */
export function outageTable(model: Model): string {
  const every = requestsASecond * 1000n;
  const admitted = (environments * 1_000_000n) / billedMs(model, kinds.doubts);
  const forms: readonly (readonly [string, Away, number])[] = [
    ["answers at once, with errors", "failing", doubtsOf(model, every)],
    ["hangs; concurrency raised to 10,500", "hanging", doubtsOf(model, every)],
    ["hangs; an account's 1,000 environments", "hanging", doubtsOf(model, admitted)],
  ];
  const rows = forms.flatMap(([form, away, doubts]) =>
    [1, 2, 4].map((workers) => {
      const { minutes, questions, cost, doubts: all } = aftermathOf(model, { away, doubts, workers });
      return [
        form,
        String(workers),
        ...[all, questions].map((each) => grouped(BigInt(each))),
        span(minutes),
        shownDollars(cost),
      ];
    }),
  );
  return table(
    [
      "The provider",
      "Workers",
      "In doubt after the hour",
      "Times asked",
      "All settled after",
      "$ of settling",
    ],
    rows,
    1,
  );
}

const span = (minutes: number): string =>
  minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
