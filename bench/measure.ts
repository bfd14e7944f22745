import { setTimeout as sleep } from "node:timers/promises";
import type { LambdaProcess } from "../local/lambda/process.ts";
import { cpuMs, type Kind, kinds, type Operation, type Place, type World } from "./world.ts";

/** What one kind of function took: milliseconds of each call, of CPU in each, and how many calls failed. */
export interface Taken {
  readonly milliseconds: number[];
  readonly cpu: number[];
  failed: number;
}

export type ByKind = Readonly<Record<Kind, Taken>>;

export const nothing = (): Taken => ({ milliseconds: [], cpu: [], failed: 0 });
export const noneYet = (): ByKind => ({ ours: nothing(), usual: nothing(), floor: nothing() });

/** What is still done after an answer belongs to its call. */
const afterMs = 4;
export const warmUpCalls = 30;

/** Functions that have answered before, one of each kind. */
export async function warmed(
  world: World,
  operation: Operation,
  place: Place,
): Promise<Readonly<Record<Kind, LambdaProcess>>> {
  const made = await Promise.all(
    kinds.map(async (kind) => {
      const process = await world.start(world.of(kind, operation), place);
      await process.initialized;
      for (let each = 0; each < warmUpCalls; each += 1) {
        const { status } = await world.call(process, operation);
        if (status !== 200) throw new Error(`${kind} ${operation} answered ${status}`);
      }
      return [kind, process] as const;
    }),
  );
  return Object.fromEntries(made) as Record<Kind, LambdaProcess>;
}

/**
 * Calls in turns, each kind once a round and none always first, after `before` of each call. The n-th figures of two kinds
 * belong together: they were taken one after the other.
 */
export async function inTurns(
  world: World,
  operation: Operation,
  place: Place,
  rounds: number,
  before: (process: LambdaProcess) => Promise<void> = async () => undefined,
): Promise<ByKind> {
  const processes = await warmed(world, operation, place);
  const taken = noneYet();
  for (let round = 0; round < rounds; round += 1)
    for (const kind of rotated(kinds, round)) {
      const process = processes[kind];
      await before(process);
      await taking(taken[kind], world, process, operation);
    }
  for (const process of Object.values(processes)) process.kill();
  return taken;
}

/** One call, and what it took. */
export async function taking(
  taken: Taken,
  world: World,
  process: LambdaProcess,
  operation: Operation,
): Promise<void> {
  const cpuBefore = cpuMs(process);
  const { milliseconds, status } = await world.call(process, operation);
  await sleep(afterMs);
  taken.milliseconds.push(milliseconds);
  taken.cpu.push(cpuMs(process) - cpuBefore);
  if (status !== 200) taken.failed += 1;
}

export const rotated = <T>(all: readonly T[], by: number): readonly T[] => {
  const at = by % all.length;
  return [...all.slice(at), ...all.slice(0, at)];
};
