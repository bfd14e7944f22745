import { AsyncLocalStorage } from "node:async_hooks";
import type { Records } from "../../lib/records/store.ts";
import type { Runtime } from "../../lib/runtime.ts";

/** What a simulated process gives to the code that runs in it, in place of the machine. */
export interface Inhabitant {
  readonly runtime: Runtime;
  readonly records: Records;
  /** Calls back after so many milliseconds of the simulated clock; returns what takes that back. */
  readonly after: (milliseconds: number, act: () => void) => () => void;
  readonly enqueue: (text: string) => Promise<void>;
  readonly print: (text: string) => void;
  /** From 0, below 1. */
  readonly random: () => number;
  readonly bytes: (size: number) => Buffer;
}

const inhabitants = new AsyncLocalStorage<Inhabitant>();

/** Runs code as that process, and whatever it goes on with later. */
export const inhabiting = <T>(inhabitant: Inhabitant, act: () => T): T => inhabitants.run(inhabitant, act);

/** The process that runs now; undefined outside of every one. */
export const inhabitant = (): Inhabitant | undefined => inhabitants.getStore();

/** @throws Error outside of a simulated process. */
export function here(): Inhabitant {
  const found = inhabitants.getStore();
  if (!found) throw new Error("no simulated process runs here");
  return found;
}
