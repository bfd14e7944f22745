import type { Run } from "./caller.ts";
import type { Comparison } from "./compare.ts";
import type { Front } from "./front.ts";
import type { Failures } from "./logs.ts";
import type { Options } from "./options.ts";
import { moneyPaths, type Wallet } from "./wallet.ts";

export interface Summary {
  readonly run: Run;
  readonly comparison: Comparison;
  readonly kills: { readonly functions: number; readonly databases: number; readonly hosts: number };
  readonly failures: Failures;
  readonly wallet: Wallet;
  readonly front: Front;
  readonly options: Options;
  /** Operations that were begun. */
  readonly ended: number;
  readonly busyMs: number;
  readonly totalMs: number;
}

/** At most this many of a kind are printed. */
const shown = 20;

/** What was counted, by name. */
export function rowsOf(summary: Summary): readonly (readonly [string, string | number])[] {
  const { run, comparison, kills, failures, wallet, front, options, ended, busyMs, totalMs } = summary;
  const { calls, faults, missed } = wallet.seen;
  const money = new Set<string>(moneyPaths);
  const onMoney = new Map([...calls].filter(([path]) => money.has(path)));
  const others = new Map([...calls].filter(([path]) => !money.has(path)));
  const everyTold = [...run.told.values()];
  const gaveUp = everyTold.filter((all) => all.every(({ kind }) => kind === "gave up")).length;
  return [
    ["seed", options.seed],
    ["minutes of calls, in all", `${minutes(busyMs)}, ${minutes(totalMs)}`],
    ["operations", `${ended}, ${(ended / (busyMs / 1000)).toFixed(1)} a second`],
    ["answered finally", everyTold.length - gaveUp],
    ["without a final answer", gaveUp],
    ["answers", listOf(run.answers)],
    ["calls that move money", listOf(onMoney)],
    ["calls that look", listOf(others)],
    ["faults", listOf(faults)],
    ["quirks", listOf(front.met)],
    ["killed", `${kills.functions} functions, ${kills.databases} databases, ${kills.hosts} hosts`],
    ["functions out of time", failures.timedOut],
    ["runs without time to count", failures.uncounted],
    ["met a killed database", failures.unreachable],
    ["states", listOf(comparison.states)],
    ["waiting for a person", listOf(comparison.waiting) || "0"],
    ["unexpected exceptions", listOf(failures.unexpected) || "0"],
    ["calls not seen", missed],
    ["surprising answers", run.surprises.length],
    ["differences", comparison.differences.length],
    ["moved twice", comparison.movedTwice.length],
    ["stuck unlisted", comparison.unlisted.length],
  ];
}

/** What was wrong, in sentences. */
export const wrongIn = ({ run, comparison }: Summary): readonly string[] => [
  ...comparison.differences,
  ...comparison.movedTwice,
  ...comparison.unlisted,
  ...run.surprises,
];

export function tableOf(summary: Summary): string {
  const rows = rowsOf(summary);
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    "",
    ...rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`),
    ...wrongIn(summary)
      .slice(0, shown)
      .map((line) => `  ${line}`),
  ].join("\n");
}
const minutes = (ms: number): string => (ms / 60_000).toFixed(1);

const listOf = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");
