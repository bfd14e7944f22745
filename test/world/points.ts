import type { Provider } from "../faults/provider.ts";

/**
 * What can strike a run at a point, which is anything that it waits for. `late` arrives when others have acted; `lands again` is
 * acknowledged, and a copy of it arrives later; `repeated` is the SDK's own repeat of a write whose answer was lost.
 */
export type Strike =
  | "request lost"
  | "reply lost"
  | "repeated"
  | "late"
  | "lands again"
  | "in the way"
  | "throttled"
  | "killed before"
  | "killed after"
  | "frozen before"
  | "frozen after";

/** What a run waits for. */
export type Kind = "read" | "write" | "secret" | "connect" | "question" | "change" | "queue";

const ends: readonly Strike[] = ["killed before", "killed after", "frozen before", "frozen after"];

/** What can strike at each kind of point. A question is neither late nor repeated by anybody: nothing comes of it. */
export const strikes: Readonly<Record<Kind, readonly Strike[]>> = {
  read: ["request lost", "throttled", ...ends],
  write: [
    "request lost",
    "reply lost",
    "repeated",
    "late",
    "lands again",
    "in the way",
    "throttled",
    ...ends,
  ],
  secret: ["request lost", ...ends],
  connect: ["request lost", "killed before", "frozen before", "frozen after"],
  question: ["request lost", "reply lost", ...ends],
  change: ["request lost", "reply lost", "late", ...ends],
  queue: ["request lost", "reply lost", ...ends],
};

/** One point of one run. */
export interface Point<T = unknown> {
  readonly name: string;
  readonly kind: Kind;
  readonly act: () => T;
  /** What the run is told where no answer comes to it, after the time that it waits for one. */
  readonly lost: () => T;
  readonly waitsMs: number;
  /** What DynamoDB says of a write that it does not take. */
  readonly refused?: (strike: "in the way" | "throttled") => never;
}

export interface Passed {
  readonly point: string;
  readonly strike: Strike | undefined;
}

/** What a run waits for, until whoever schedules lets it go on. */
export interface Waiting {
  readonly run: Run;
  readonly point: Pick<Point, "name" | "kind">;
  readonly go: (strike: Strike | undefined) => void;
}

/** A simulated process: its clocks may differ, or stand still while it is frozen; it remembers what it read of secrets. */
export interface Machine {
  readonly number: number;
  /** What is added to the world's time, in milliseconds. */
  wallMs: number;
  monotonicMs: number;
}

/** How a notification differs from the provider's own. */
export interface Pushed {
  readonly more?: Readonly<Record<string, string>>;
  readonly isForged?: boolean;
  readonly isFromElsewhere?: boolean;
}

/** One invocation of one process. */
export class Run {
  readonly name: string;
  readonly machine: Machine;
  readonly passed: Passed[] = [];
  /** When it began: its place in the order of all that happens, and the world's time in milliseconds. */
  readonly began: { readonly seq: number; readonly at: number };
  /** Of a caller's: the record that it is about. */
  about: string | undefined;
  /** Of a notification's, or of a message's of the queue: what it brings. */
  brings: Pushed | undefined;
  /** How the provider replied to its latest change. */
  wasToldBy: Provider["said"];
  /** Undefined while it is under way. */
  ending: "returned" | "threw" | "killed" | undefined;
  result: unknown;
  frozenSince: number | undefined;
  #still: (() => void)[] = [];

  constructor(name: string, machine: Machine, began: Run["began"]) {
    this.name = name;
    this.machine = machine;
    this.began = began;
  }

  get isFrozen(): boolean {
    return this.frozenSince !== undefined;
  }

  /** Until it is thawed; for ever where it is killed. */
  thawed(): Promise<void> {
    return new Promise((resolve) => this.#still.push(resolve));
  }

  thaw(): void {
    this.frozenSince = undefined;
    const still = this.#still;
    this.#still = [];
    for (const go of still) go();
  }

  /** Whether it has passed such a point at which what it did came to pass, as far as it knows. */
  hasPassed(name: string): boolean {
    return this.passed.some(
      ({ point, strike }) =>
        point === name && (strike === undefined || strike === "repeated" || strike === "lands again"),
    );
  }

  /** Whether it has asked the provider nothing. */
  get isUnlooked(): boolean {
    return !this.passed.some(({ point }) => point.startsWith("question "));
  }

  /** Whether bytes of a change left it. */
  get hasSent(): boolean {
    return this.passed.some(({ point }) => point.startsWith("change "));
  }
}
