import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Sent } from "./differential.ts";
import { allTransitions, unwritten } from "./transitions.ts";
import type { Begun, Played, Shown, Task } from "./worker.ts";

/** What came of many seeds. */
export interface Round {
  readonly ran: number;
  readonly requests: number;
  readonly strikes: number;
  readonly seconds: number;
  readonly reached: ReadonlySet<string>;
  /** Of those that failed, the first that is known. */
  readonly failed: { readonly seed: number; readonly found: readonly string[] } | undefined;
  readonly summary: string;
}

/** Changes of state that the product writes, and that no history came to. */
export const unreachedBy = (reached: ReadonlySet<string>): readonly string[] =>
  allTransitions.filter((name) => !reached.has(name) && !unwritten.has(name));

/** How many seeds a worker is given at a time. */
const chunk = 100;

/** Threads that play histories, each with the product loaded for itself. */
export class Crew {
  readonly #workers: readonly Worker[];
  #isEnding = false;

  constructor(size: number, begun: Begun) {
    this.#workers = Array.from(
      { length: size },
      () => new Worker(new URL("./worker.ts", import.meta.url), { workerData: begun }),
    );
  }

  async #asks<T>(worker: Worker, task: Task): Promise<T> {
    worker.postMessage(task);
    const [answer] = (await once(worker, "message")) as [T];
    return answer;
  }

  /** What is played is played to its end, and nothing more after it. */
  ends(): void {
    this.#isEnding = true;
  }

  /** So many seeds from that one on, until one fails; without that guard, if one is named. */
  async plays(seed: number, seeds: number, guard?: string): Promise<Round> {
    const begun = performance.now();
    const reached = new Set<string>();
    let [ran, requests, strikes, next] = [0, 0, 0, seed];
    const failures: NonNullable<Round["failed"]>[] = [];
    const end = seed + seeds;
    const work = async (worker: Worker) => {
      while (next < end && failures.length === 0 && !this.#isEnding) {
        const from = next;
        next = Math.min(end, from + chunk);
        const played = await this.#asks<Played>(worker, { kind: "seeds", from, to: next, guard });
        ran += played.ran;
        requests += played.requests;
        strikes += played.strikes;
        for (const each of played.reached) reached.add(each);
        if (played.failed) failures.push(played.failed);
      }
    };
    await Promise.all(this.#workers.map(work));
    const [failed] = failures.toSorted((one, other) => one.seed - other.seed);
    const seconds = (performance.now() - begun) / 1000;
    const summary = [
      `${ran} histories from seed ${seed} on in ${seconds.toFixed(1)} s (${Math.round(ran / seconds)} a second), ${requests} requests, ${strikes} strikes`,
      ...(failed
        ? [`seed ${failed.seed} fails:`, ...failed.found.map((what) => `  ${what}`)]
        : ["nothing was found"]),
      `changes of state that none reached: ${unreachedBy(reached).join(", ") || "none"}`,
    ].join("\n");
    return { ran, requests, strikes, seconds, reached, failed, summary };
  }

  /** What happened in a seed's history, or in the smallest of the same fault; without that guard, if one is named. */
  tells(seed: number, shrinks: boolean, choices?: Shown["choices"], guard?: string): Promise<Shown> {
    const [worker] = this.#workers;
    if (!worker) throw new Error("a crew of nobody");
    return this.#asks<Shown>(worker, { kind: "one", seed, shrinks, choices, guard });
  }

  /** What a seed's history sends to the store. */
  sent(seed: number): Promise<readonly Sent[]> {
    const [worker] = this.#workers;
    if (!worker) throw new Error("a crew of nobody");
    return this.#asks<readonly Sent[]>(worker, { kind: "commands", seed });
  }

  async leaves(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}
