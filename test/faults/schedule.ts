import type { Environment } from "../../lib/config.ts";
import { Problem } from "../../lib/problem.ts";
import type { Run } from "./points.ts";
import { newIdentity, type Subject, subject } from "./subjects.ts";
import { times, type Without, type World } from "./world.ts";

/**
 * One rule with the schedule that it is there for. `run` brings the world to the end of it and says what is wrong beside what
 * the invariants find; `guards` are what the schedule fails without. A guard that has a twin falls with it alone.
 */
export interface Schedule {
  readonly rule: string;
  readonly schedule: string;
  /** What is configured otherwise than in other schedules. */
  readonly environment?: Environment;
  readonly run: (world: World) => Promise<readonly string[]>;
  readonly guards: readonly Guard[];
  /** The assumption that the quiet period stands for is broken here on purpose, so the invariants do not hold. */
  readonly isBeyondAssumptions?: true;
}

export interface Guard {
  readonly name: string;
  readonly without: Without;
  /** The guard that does the same work here: the schedule still holds without this one. */
  readonly twin?: string;
}

/** Runs until it has ended or stands still. */
export async function until<Result>(run: Run<Result>): Promise<Run<Result>> {
  await run.stopped;
  return run;
}

export const stateOf = (world: World, { record }: Subject): string =>
  world.latest(record)?.item.state?.S ?? "none";
export const expectState = (world: World, of: Subject, ...wanted: readonly string[]): readonly string[] =>
  wanted.includes(stateOf(world, of))
    ? []
    : [`${of.name} is ${stateOf(world, of)} and not ${wanted.join(" or ")}`];

/** What a caller was told: `200`, or the problem's code. */
export function toldOf({ ending }: Run<unknown>): string {
  if (ending?.kind === "returned") return "200";
  if (ending?.kind === "threw" && ending.error instanceof Problem) return ending.error.code;
  return String(ending?.kind === "threw" ? ending.error : ending?.kind);
}
export const expectTold = (run: Run<unknown>, ...wanted: readonly string[]): readonly string[] =>
  wanted.includes(toldOf(run)) ? [] : [`told ${toldOf(run)} and not ${wanted.join(" or ")}`];

/** What is in doubt is looked into when that the provider shows nothing begins to count. */
export async function afterQuiet(world: World): Promise<void> {
  world.advance(times.lease + times.quiet + times.minute);
  await until(world.reconciler());
}

export const debitOf = (id = newIdentity()): Subject => subject("debitWallet", id);
