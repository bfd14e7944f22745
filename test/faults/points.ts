/**
 * What can go wrong at a point: an effect that a run waits for. Of a write `reply lost` is done and not known to be, `repeated`
 * is the SDK's own repeat of such a one, and `late` arrives when others have acted. `lands again` is acknowledged, and a copy of
 * it arrives when others have acted. One that a transaction is `in the way` of is refused unwritten. A crash never comes back. What is frozen comes back when the world thaws it.
 */
export const faults = [
  "request lost",
  "reply lost",
  "repeated",
  "late",
  "lands again",
  "in the way",
  "crash before",
  "crash after",
  "frozen before",
  "frozen after",
] as const;
export type Fault = (typeof faults)[number];

export interface Plan {
  /** Which of a run's points: by its place, or the first of that name. */
  readonly at: number | string;
  readonly fault: Fault;
}

/** How a run ended, or that it stands still. */
export type Ending<Result> =
  | { readonly kind: "returned"; readonly result: Result }
  | { readonly kind: "threw"; readonly error: unknown }
  | { readonly kind: "crashed" };

/** What the points of a run need of the world that it runs in. */
export interface Surroundings {
  /** Called before each point: time passes, and a scheduler may let others go first. */
  readonly before: (run: Run<unknown>, point: string) => Promise<Fault | undefined>;
  readonly later: (act: () => Promise<unknown>, point: string) => void;
  /** The next place in the order of everything that happens. */
  readonly order: () => number;
}

/** A point that a run came to, and what struck it there. */
export interface Passed {
  readonly point: string;
  readonly seq: number;
  readonly fault: Fault | undefined;
}

/** One run of one process through its points, and the faults that are planned for it. */
export class Run<Result> {
  /** The points passed, in order: what the first, fault-free run finds is what the others are broken at. */
  readonly points: string[] = [];
  readonly passed: Passed[] = [];
  readonly name: string;
  ending: Ending<Result> | undefined;
  isFrozen = false;
  /** Resolved when the run has ended or stands still. */
  stopped: Promise<void>;
  #tellStopped: () => void = () => undefined;
  /** What of the run stands still: a run may do several things at a time. */
  #still: (() => void)[] = [];
  readonly #plans: readonly Plan[];
  readonly #surroundings: Surroundings;

  constructor(name: string, plans: readonly Plan[], surroundings: Surroundings) {
    this.name = name;
    this.#plans = plans;
    this.#surroundings = surroundings;
    this.stopped = this.#untilStopped();
  }

  start(work: () => Promise<Result>): this {
    const end = (ending: Ending<Result>) => {
      if (this.ending) return;
      this.ending = ending;
      this.#tellStopped();
    };
    work().then(
      (result) => end({ kind: "returned", result }),
      (error: unknown) => end({ kind: "threw", error }),
    );
    return this;
  }

  /** Passes one point. `lost` is what the run is told where no answer comes to it, `inTheWay` where a transaction refuses its write. */
  async pass<T>(
    point: string,
    act: () => Promise<T>,
    lost: () => T,
    isWrite: boolean,
    inTheWay?: () => T,
  ): Promise<T> {
    const index = this.points.push(point) - 1;
    const struck = await this.#surroundings.before(this as Run<unknown>, point);
    // A process that is frozen or gone is so with all that it does.
    if (this.isFrozen) await this.#freeze();
    if (this.ending?.kind === "crashed") return this.#die();
    const isFirst = this.points.indexOf(point) === index;
    const planned = this.#plans.find(({ at }) => at === index || (at === point && isFirst));
    const fault = planned?.fault ?? struck;
    this.passed.push({ point, seq: this.#surroundings.order(), fault });
    switch (fault) {
      case undefined:
        return act();
      case "request lost":
        return lost();
      case "reply lost":
        await act().catch(() => undefined);
        return lost();
      case "repeated":
        if (isWrite) await act().catch(() => undefined);
        return act();
      case "late":
        this.#surroundings.later(act, point);
        return lost();
      case "lands again":
        if (isWrite) this.#surroundings.later(act, point);
        return act();
      case "in the way":
        return inTheWay ? inTheWay() : act();
      case "crash before":
        return this.#die();
      case "crash after":
        await act().catch(() => undefined);
        return this.#die();
      case "frozen before":
        await this.#freeze();
        return act();
      case "frozen after": {
        const acted = act();
        await acted.catch(() => undefined);
        await this.#freeze();
        return acted;
      }
    }
  }

  /** Lets a frozen run go on. */
  thaw(): void {
    if (!this.isFrozen) return;
    this.isFrozen = false;
    if (!this.ending) this.stopped = this.#untilStopped();
    const still = this.#still;
    this.#still = [];
    for (const go of still) go();
  }

  #die(): Promise<never> {
    this.ending ??= { kind: "crashed" };
    this.#tellStopped();
    return new Promise(() => undefined);
  }

  #freeze(): Promise<void> {
    if (this.ending?.kind === "crashed") return this.#die();
    this.isFrozen = true;
    this.#tellStopped();
    return new Promise((resolve) => {
      this.#still.push(resolve);
    });
  }

  #untilStopped(): Promise<void> {
    return new Promise((resolve) => {
      this.#tellStopped = resolve;
    });
  }
}
