import type { Lateness } from "./far.ts";
import type { Operation, Place } from "./world.ts";

/** One table of results: a heading, its rows, and the same as data. */
export interface Part {
  readonly title: string;
  readonly rows: readonly (readonly string[])[];
  readonly data: object;
}

export interface Scale {
  /** Rounds of warm calls. */
  readonly rounds: number;
  readonly places: readonly (readonly [Operation, Place])[];
  /** Pauses, in seconds, and how often each is made. */
  readonly idle: readonly (readonly [seconds: number, rounds: number])[];
  /** Pauses of which each ends in another way of using the connection. */
  readonly pauses: number;
  readonly freezes: number;
  readonly coldStarts: number;
  /** Milliseconds of each number in flight. */
  readonly loadMs: number;
  /** Rounds of calls under a quota. */
  readonly limitedRounds: number;
  readonly recordCounts: readonly number[];
  /** How long a run of `reconcile` is, in milliseconds. */
  readonly runMs: number;
  /** How late replies to its questions come. */
  readonly backlogs: readonly Lateness[];
}

const near: Scale["places"] = [
  ["debit-wallet", { provider: 10, store: 3 }],
  ["fetch-balance", { provider: 10, store: 3 }],
];
const far: Scale["places"] = [
  ["debit-wallet", { provider: 40, store: 3 }],
  ["fetch-balance", { provider: 40, store: 3 }],
  ["debit-wallet", { provider: 0, store: 0 }],
  ["debit-wallet", { provider: "plain", store: 0 }],
];

export const scales: Readonly<Record<"whole" | "quick", Scale>> = {
  whole: {
    ...{ rounds: 200, pauses: 30, freezes: 200, coldStarts: 25 },
    places: [...near, ...far],
    idle: [
      [1, 30],
      [5.5, 15],
      [30, 5],
    ],
    ...{ loadMs: 10_000, limitedRounds: 30, recordCounts: [1_000, 100_000, 1_000_000] },
    runMs: 55_000,
    backlogs: [15, 150, 1_000, "never"],
  },
  quick: {
    ...{ rounds: 15, pauses: 2, freezes: 3, coldStarts: 1 },
    places: near,
    idle: [[1, 3]],
    ...{ loadMs: 1_000, limitedRounds: 3, recordCounts: [1_000, 10_000] },
    runMs: 6_000,
    backlogs: [150],
  },
};
