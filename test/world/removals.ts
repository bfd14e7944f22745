import type { Environment } from "../../lib/config.ts";
import { schedules } from "../faults/all-schedules.ts";
import type { Without } from "../faults/world.ts";

/** A guard of the schedules, and what its schedule needs to be configured. */
export interface Removal {
  readonly name: string;
  readonly without: Without;
  readonly environment: Environment | undefined;
}

/** Every guard that holds alone: one with a twin is not missed. What several rules need is one. */
export const removals: readonly Removal[] = [
  ...new Map(
    schedules.flatMap(({ environment, guards, isBeyondAssumptions }) =>
      guards
        .filter(({ twin }) => twin === undefined && !isBeyondAssumptions)
        .map(({ name, without }) => [name, { name, without, environment }] as const),
    ),
  ).values(),
];
