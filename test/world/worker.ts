import { parentPort, workerData } from "node:worker_threads";
import { mends, takeOut, worldMends } from "../faults/mends.ts";
import type { Sent } from "./differential.ts";
import type { Setting } from "./history.ts";
import { simulate } from "./seams.ts";
import type { Choices } from "./tape.ts";

/** What a worker is asked for: seeds from one up to, and without, another, until one of them fails; or one to be made smaller. */
export type Task =
  | {
      readonly kind: "seeds";
      readonly from: number;
      readonly to: number;
      /** The name of a guard that is taken out in these alone. */
      readonly guard?: string | undefined;
    }
  | { readonly kind: "commands"; readonly seed: number }
  | {
      readonly kind: "one";
      readonly seed: number;
      readonly choices?: Choices | undefined;
      readonly guard?: string | undefined;
      readonly shrinks: boolean;
    };

export interface Played {
  readonly ran: number;
  readonly requests: number;
  readonly strikes: number;
  readonly reached: readonly string[];
  /** The first that failed. */
  readonly failed?: { readonly seed: number; readonly found: readonly string[] };
}

export interface Shown {
  readonly found: readonly string[];
  readonly log: readonly string[];
  readonly choices: Choices;
  readonly strikes: number;
}

export interface Begun {
  /** The name of what is taken out. */
  readonly without: string | undefined;
  readonly steps: number | undefined;
}

const { without: name, steps } = workerData as Begun;
simulate();
const mend = [...mends, ...worldMends].find((each) => each.name === name);
if (mend) takeOut(mend);
// Only now: what is taken out is taken out as it is loaded, and seams must stand before the product does.
const { historyBy, historyOf } = await import("./history.ts");
const { shrunk } = await import("./shrink.ts");
const { removals } = await import("./removals.ts");

const guardNamed = (guard: string | undefined) => removals.find((each) => each.name === guard);
if (name !== undefined && !mend && !guardNamed(name)) throw new Error(`there is nothing named "${name}"`);

function settingOf(seed: number, guard: string | undefined = name): Setting {
  const removal = guardNamed(guard);
  return {
    seed,
    ...(steps !== undefined && { steps }),
    ...(removal && { without: removal.without }),
    ...(removal?.environment && { environment: removal.environment }),
  };
}

async function seeds({ from, to, guard }: Extract<Task, { kind: "seeds" }>): Promise<Played> {
  const reached = new Set<string>();
  let [ran, requests, strikes] = [0, 0, 0];
  for (let seed = from; seed < to; seed++) {
    const history = await historyOf(settingOf(seed, guard));
    ran += 1;
    requests += history.requests;
    strikes += history.strikes;
    for (const each of history.reached) reached.add(each);
    if (history.found.length > 0)
      return { ran, requests, strikes, reached: [...reached], failed: { seed, found: history.found } };
  }
  return { ran, requests, strikes, reached: [...reached] };
}

async function one(task: Extract<Task, { kind: "one" }>): Promise<Shown> {
  const setting = settingOf(task.seed, task.guard);
  const history = task.choices ? await historyBy(task.choices, setting) : await historyOf(setting);
  const { found, log, choices, strikes } =
    task.shrinks && history.found.length > 0 ? await shrunk(history, setting) : history;
  return { found, log, choices, strikes };
}

async function answerTo(task: Task): Promise<Played | Shown | readonly Sent[]> {
  if (task.kind === "seeds") return seeds(task);
  if (task.kind === "one") return one(task);
  return (await historyOf({ ...settingOf(task.seed), keepsCommands: true })).commands;
}

parentPort?.on("message", async (task: Task) => parentPort?.postMessage(await answerTo(task)));
