import type { Lateness } from "./far.ts";

/** One table of results: a heading, its rows, and the same as data. */
export interface Part {
  readonly title: string;
  readonly rows: readonly (readonly string[])[];
  readonly data: object;
}

export interface Scale {
  /** Rounds of warm calls. */
  readonly rounds: number;
  /** Pauses, in seconds. */
  readonly idle: readonly number[];
  readonly freezes: number;
  readonly coldStarts: number;
  /** How long a run of `reconcile` is, in milliseconds. */
  readonly runMs: number;
  /** How late replies to its questions come. */
  readonly backlogs: readonly Lateness[];
}

export const scales: Readonly<Record<"whole" | "quick", Scale>> = {
  whole: {
    ...{ rounds: 200, idle: [1, 5.5, 30], freezes: 200, coldStarts: 25 },
    runMs: 55_000,
    backlogs: [15, 150, 1_000, "never"],
  },
  quick: {
    ...{ rounds: 25, idle: [1], freezes: 8, coldStarts: 3 },
    runMs: 8_000,
    backlogs: [150, "never"],
  },
};
