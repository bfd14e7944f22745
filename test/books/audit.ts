import { randomOf } from "../soak/random.ts";
import { injections, type Week, week } from "./week.ts";

export interface AuditOptions {
  /** Of each of the two, the honest traffic and that into which something is injected. */
  readonly movements: number;
  readonly days: number;
  /** Each has customers and a provider of its own. */
  readonly merchants: number;
  readonly seed: number;
}

export interface Found {
  readonly what: string;
  readonly injected: number;
  /** Told of in the books of the day, or of one after it. */
  readonly found: number;
}

export interface Audit extends Omit<AuditOptions, "merchants"> {
  /** ISO 8601. */
  readonly date: string;
  readonly merchants: number;
  readonly records: number;
  /** Of honest traffic: differences; what was not proven, as a row that cannot be read; and what was open, each day anew. */
  readonly falseAlarms: Week["falseAlarms"];
  readonly notProven: number;
  readonly open: number;
  readonly callsADay: number;
  readonly unfinished: number;
  /** Of the traffic into which something was injected. */
  readonly found: readonly Found[];
  /** Differences of that traffic that nobody injected. */
  readonly besides: Week["falseAlarms"];
  readonly seconds: number;
}

/** Two weeks for each merchant: one of honest traffic, and one with what must be found. */
export async function audit({ movements, days, merchants, seed }: AuditOptions): Promise<Audit> {
  const startedAt = performance.now();
  const each = Math.ceil(movements / merchants);
  const weeks = async (injectEach: number) => {
    const done: Week[] = [];
    for (let merchant = 0; merchant < merchants; merchant += 1) {
      const random = randomOf(`${seed}`, `merchant ${merchant} ${injectEach > 0}`);
      done.push(await week({ random, movements: each, days, injectEach }));
    }
    return done;
  };
  const honest = await weeks(0);
  const injected = await weeks(injectedEach);
  const sum = (of: (one: Week) => number, among = honest) => among.reduce((total, one) => total + of(one), 0);
  const all = injected.flatMap((one) => one.injected);
  return {
    ...{ date: new Date().toISOString(), seed, days, merchants },
    movements: sum((one) => one.movements),
    records: sum(({ records }) => records),
    falseAlarms: honest.flatMap((one) => one.falseAlarms),
    notProven: sum(({ notProven }) => notProven),
    open: sum(({ open }) => open),
    callsADay: Math.round(sum(({ calls }) => calls) / days),
    unfinished: sum(({ unfinished }) => unfinished.length, [...honest, ...injected]),
    found: injections.map((what) => {
      const of = all.filter((one) => one.what === what);
      return { what, injected: of.length, found: of.filter(({ isFound }) => isFound).length };
    }),
    besides: injected.flatMap((one) => one.falseAlarms),
    seconds: Math.round((performance.now() - startedAt) / 100) / 10,
  };
}

const injectedEach = 4;
