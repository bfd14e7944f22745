import { randomUUID } from "node:crypto";
import type { LambdaFunction } from "../assembly.ts";
import { FunctionFailure, type LambdaProcess, type Outcome } from "./process.ts";

/** `withdrawn`: no process was free in time, and the function was not invoked. */
export type PoolOutcome = Outcome | { readonly kind: "withdrawn" };

/** All processes of one function. A request that finds none free waits, and gets the first that is. */
export interface Pool {
  invoke(event: string, signal: AbortSignal): Promise<PoolOutcome>;
  /** Ends what has had nothing to do since `before` (as performance.now()). */
  endIdle(before: number): void;
  close(): Promise<void>;
  readonly size: number;
}

/** The processes that all functions may have together, and who waits for one. */
export interface Budget {
  readonly pools: Set<Candidate>;
  used: number;
  readonly total: number;
}

/** A pool as the others see it. */
export interface Candidate {
  /** Requests wait, and the pool could start a process if there were room. */
  readonly wants: () => boolean;
  readonly size: () => number;
  readonly idleSince: () => number | undefined;
  readonly endOldest: () => void;
  readonly grow: () => void;
}

export const budgetOf = (total: number): Budget => ({ pools: new Set(), used: 0, total });

interface Waiting {
  readonly event: string;
  readonly answer: (outcome: PoolOutcome) => void;
}

interface Idle {
  readonly process: LambdaProcess;
  readonly since: number;
}

export function openPool(
  lambda: LambdaFunction,
  {
    largest,
    budget,
    start,
  }: { largest: number; budget: Budget; start: (lambda: LambdaFunction) => LambdaProcess },
): Pool {
  const all = new Set<LambdaProcess>();
  /** Oldest first; taken from the end, so that the most recent is reused and the others can be let go. */
  const idle: Idle[] = [];
  const waiting = new Set<Waiting>();
  let starting = 0;
  let closed = false;

  const self: Candidate = {
    wants: () => waiting.size > starting && all.size < largest,
    size: () => all.size,
    idleSince: () => idle[0]?.since,
    endOldest: () => {
      const oldest = idle.shift();
      if (oldest !== undefined) retire(oldest.process);
    },
    grow,
  };
  budget.pools.add(self);

  /** One more process for each request that waits and has none on the way, as far as the caps allow. */
  function grow(): void {
    while (!closed && self.wants()) {
      if (budget.used >= budget.total && !makeRoom(budget, self)) return;
      launch();
    }
  }

  function launch(): void {
    const process = start(lambda);
    all.add(process);
    budget.used += 1;
    starting += 1;
    process.initialized
      .then(
        () => {
          starting -= 1;
          release(process);
        },
        // One failed init fails one request, as on Lambda; the rest may yet find a process that starts.
        (failure: unknown) => {
          starting -= 1;
          const error =
            failure instanceof FunctionFailure
              ? failure.reason
              : { errorType: "Runtime.InitError", errorMessage: String(failure) };
          next()?.answer({ kind: "failed", error });
        },
      )
      .then(grow);
    process.ended.then(() => forget(process));
  }

  function next(): Waiting | undefined {
    const [first] = waiting;
    if (first !== undefined) waiting.delete(first);
    return first;
  }

  /** Gives a free process its next request, or rest, or its place to a function that has none and waits. */
  function release(process: LambdaProcess): void {
    if (!process.alive) return;
    const starved =
      budget.used >= budget.total && [...budget.pools].find((pool) => pool.size() === 0 && pool.wants());
    if (starved) {
      retire(process);
      return;
    }
    const request = next();
    if (request !== undefined) {
      void run(process, request);
      return;
    }
    idle.push({ process, since: performance.now() });
    if (budget.used >= budget.total) [...budget.pools].find((pool) => pool !== self && pool.wants())?.grow();
  }

  async function run(process: LambdaProcess, { event, answer }: Waiting): Promise<void> {
    answer(await process.invoke(randomUUID(), event));
    release(process);
  }

  function retire(process: LambdaProcess): void {
    forget(process);
    process.kill();
  }

  function forget(process: LambdaProcess): void {
    if (!all.delete(process)) return;
    budget.used -= 1;
    const index = idle.findIndex((each) => each.process === process);
    if (index >= 0) idle.splice(index, 1);
    // Whoever has the fewest processes is offered its place first.
    for (const pool of [...budget.pools].sort((a, b) => a.size() - b.size())) pool.grow();
  }

  return {
    invoke(event, signal) {
      const { promise, resolve } = Promise.withResolvers<PoolOutcome>();
      const request: Waiting = { event, answer: resolve };
      for (let free = idle.pop(); free !== undefined; free = idle.pop()) {
        // One that has just died is forgotten when its end arrives.
        if (!free.process.alive) continue;
        void run(free.process, request);
        return promise;
      }
      if (closed || signal.aborted) return Promise.resolve({ kind: "withdrawn" });
      waiting.add(request);
      const withdraw = () => {
        if (waiting.delete(request)) resolve({ kind: "withdrawn" });
      };
      signal.addEventListener("abort", withdraw, { once: true });
      grow();
      return promise.finally(() => signal.removeEventListener("abort", withdraw));
    },
    endIdle(before) {
      for (let oldest = idle[0]; oldest !== undefined && oldest.since < before; oldest = idle[0]) {
        retire(oldest.process);
      }
    },
    async close() {
      closed = true;
      budget.pools.delete(self);
      for (let request = next(); request !== undefined; request = next())
        request.answer({ kind: "withdrawn" });
      const ends = [...all].map((process) => process.ended);
      for (const process of all) process.kill();
      await Promise.all(ends);
    },
    get size() {
      return all.size;
    },
  };
}

/** Ends the process that has rested longest, of any function but the one that asks; false if all are busy. */
function makeRoom(budget: Budget, asking: Candidate): boolean {
  const [oldest] = [...budget.pools]
    .filter((pool) => pool !== asking && pool.idleSince() !== undefined)
    .sort((a, b) => (a.idleSince() ?? 0) - (b.idleSince() ?? 0));
  oldest?.endOldest();
  return oldest !== undefined && budget.used < budget.total;
}
