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
  readonly wants: boolean;
  readonly size: number;
  readonly idleSince: number | undefined;
  endOldest(): void;
  grow(): void;
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

interface Caps {
  readonly largest: number;
  readonly budget: Budget;
  readonly start: (lambda: LambdaFunction) => LambdaProcess;
}

export const openPool = (lambda: LambdaFunction, caps: Caps): Pool => new OpenPool(lambda, caps);

class OpenPool implements Pool, Candidate {
  readonly #lambda: LambdaFunction;
  readonly #caps: Caps;
  readonly #all = new Set<LambdaProcess>();
  /** Oldest first; taken from the end, so that the most recent is reused and the others can be let go. */
  readonly #idle: Idle[] = [];
  readonly #waiting = new Set<Waiting>();
  #starting = 0;
  #closed = false;

  constructor(lambda: LambdaFunction, caps: Caps) {
    this.#lambda = lambda;
    this.#caps = caps;
    caps.budget.pools.add(this);
  }

  get size(): number {
    return this.#all.size;
  }

  get wants(): boolean {
    return this.#waiting.size > this.#starting && this.size < this.#caps.largest;
  }

  get idleSince(): number | undefined {
    return this.#idle[0]?.since;
  }

  get #isSpent(): boolean {
    const { used, total } = this.#caps.budget;
    return used >= total;
  }

  invoke(event: string, signal: AbortSignal): Promise<PoolOutcome> {
    const { promise, resolve } = Promise.withResolvers<PoolOutcome>();
    const request: Waiting = { event, answer: resolve };
    for (let free = this.#idle.pop(); free !== undefined; free = this.#idle.pop()) {
      // One that has just died is forgotten when its end arrives.
      if (!free.process.alive) continue;
      void this.#run(free.process, request);
      return promise;
    }
    if (this.#closed || signal.aborted) return Promise.resolve({ kind: "withdrawn" });
    this.#waiting.add(request);
    const withdraw = () => {
      if (this.#waiting.delete(request)) resolve({ kind: "withdrawn" });
    };
    signal.addEventListener("abort", withdraw, { once: true });
    this.grow();
    return promise.finally(() => signal.removeEventListener("abort", withdraw));
  }

  /** One more process for each request that waits and has none on the way, as far as the caps allow. */
  grow(): void {
    while (!this.#closed && this.wants) {
      if (this.#isSpent && !makeRoom(this.#caps.budget, this)) return;
      this.#launch();
    }
  }

  endIdle(before: number): void {
    while (this.idleSince !== undefined && this.idleSince < before) this.endOldest();
  }

  endOldest(): void {
    const oldest = this.#idle.shift();
    if (oldest !== undefined) this.#retire(oldest.process);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#caps.budget.pools.delete(this);
    for (const { answer } of this.#waiting) answer({ kind: "withdrawn" });
    this.#waiting.clear();
    const ends = [...this.#all].map((process) => process.ended);
    for (const process of this.#all) process.kill();
    await Promise.all(ends);
  }

  #launch(): void {
    const process = this.#caps.start(this.#lambda);
    this.#all.add(process);
    this.#caps.budget.used += 1;
    this.#starting += 1;
    process.initialized
      .then(
        () => {
          this.#starting -= 1;
          this.#release(process);
        },
        // One failed init fails one request, as on Lambda; the rest may yet find a process that starts.
        (failure: unknown) => {
          this.#starting -= 1;
          const error =
            failure instanceof FunctionFailure
              ? failure.reason
              : { errorType: "Runtime.InitError", errorMessage: String(failure) };
          this.#next()?.answer({ kind: "failed", error });
        },
      )
      .then(() => this.grow());
    process.ended.then(() => this.#forget(process));
  }

  #next(): Waiting | undefined {
    const [first] = this.#waiting;
    if (first !== undefined) this.#waiting.delete(first);
    return first;
  }

  /** Gives a free process its next request, or rest, or its place to a function that has none and waits. */
  #release(process: LambdaProcess): void {
    if (!process.alive) return;
    const pools = [...this.#caps.budget.pools];
    if (this.#isSpent && pools.some(({ size, wants }) => size === 0 && wants)) {
      this.#retire(process);
      return;
    }
    const request = this.#next();
    if (request !== undefined) {
      void this.#run(process, request);
      return;
    }
    this.#idle.push({ process, since: performance.now() });
    if (this.#isSpent) pools.find((pool) => pool !== this && pool.wants)?.grow();
  }

  async #run(process: LambdaProcess, { event, answer }: Waiting): Promise<void> {
    answer(await process.invoke(randomUUID(), event));
    this.#release(process);
  }

  #retire(process: LambdaProcess): void {
    this.#forget(process);
    process.kill();
  }

  #forget(process: LambdaProcess): void {
    if (!this.#all.delete(process)) return;
    const { budget } = this.#caps;
    budget.used -= 1;
    const index = this.#idle.findIndex((each) => each.process === process);
    if (index >= 0) this.#idle.splice(index, 1);
    // Whoever has the fewest processes is offered its place first.
    for (const pool of [...budget.pools].sort((a, b) => a.size - b.size)) pool.grow();
  }
}

/** Ends the process that has rested longest, of any function but the one that asks; false if all are busy. */
function makeRoom(budget: Budget, asking: Candidate): boolean {
  const [oldest] = [...budget.pools]
    .filter((pool) => pool !== asking && pool.idleSince !== undefined)
    .sort((a, b) => (a.idleSince ?? 0) - (b.idleSince ?? 0));
  oldest?.endOldest();
  return oldest !== undefined && budget.used < budget.total;
}
