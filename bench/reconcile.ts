import { boundBy, needNoCall, type Settled, settledOf } from "./backlog.ts";
import type { Lateness } from "./far.ts";
import type { Part, Scale } from "./scale.ts";
import { simulated } from "./simulated.ts";
import type { World } from "./world.ts";

/**
 * One worker of the version before 2026-11-29 settled so many records a minute: it asked one after another and had no
 * breaker.
 */
const before: Readonly<Record<Lateness, number>> = { 15: 1_018, 150: 458, 1000: 90, never: 0 };
const crews = [1, 2, 4] as const;

/**
 * A backlog of debits in doubt, two questions each, and records that need none. What waiting allows is simulated, with 1, 2
 * and 4 workers, because they would share this machine's processors; what a processor allows comes of the time that one
 * worker has had of it here.
 */
export async function reconcile(world: World, { runMs, backlogs }: Scale): Promise<Part> {
  const data: Record<string, object> = {};
  const rows: string[][] = [];
  for (const late of backlogs) {
    const measured = await settledOf(world, { late, workers: 1 }, runMs);
    const waiting = [];
    for (const workers of crews) waiting.push({ workers, ...(await simulated({ late, workers })) });
    data[late] = { measured, waiting };
    const [one, two, four] = waiting;
    rows.push([
      late === "never" ? "no replies" : `replies after ${late} ms`,
      `${before[late]}`,
      ...[one, two, four].map((each) => `${each?.debits}`),
      ratioOf(four?.debits, one?.debits),
      ...processorOf(measured),
      `${measured.aMinute}`,
      `${one?.handedOver} of ${needNoCall}`,
    ]);
  }
  return { title: "Reconcile: records settled a minute", rows: [heads, ...rows], data };
}

const heads = [
  "",
  "before",
  "waiting allows, 1 worker",
  "2",
  "4",
  "4 of linear",
  "CPU a record",
  "512 MB allow, 1 worker",
  "1,769 MB",
  "measured here, 1 worker",
  "handed over without a call",
];

const ratioOf = (four = 0, one = 0): string => (one === 0 ? "" : (four / (4 * one)).toFixed(2));

const processorOf = ({ cpuMs }: Settled): readonly string[] =>
  cpuMs === 0
    ? ["", "", ""]
    : [`${cpuMs.toFixed(1)} ms`, ...[512, 1_769].map((memoryMb) => `${boundBy(memoryMb, cpuMs)}`)];
