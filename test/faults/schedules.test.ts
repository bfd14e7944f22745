import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { violations } from "./invariants.ts";
import { personSchedules } from "./person-schedules.ts";
import type { Schedule } from "./schedule.ts";
import { schedules as ofTheGateway } from "./schedules.ts";
import { type Engine, startEngine } from "./store.ts";
import { type Without, World } from "./world.ts";

const schedules: readonly Schedule[] = [...ofTheGateway, ...personSchedules];

let engine: Engine;
beforeAll(async () => {
  // The product counts what it does on standard output, a line each.
  vi.spyOn(process.stdout, "write").mockImplementation(() => true);
  engine = await startEngine();
});
afterAll(() => engine.stop());

async function wrongIn(schedule: Schedule, without?: Without): Promise<readonly string[]> {
  const world = new World(engine, without);
  const wrong = await schedule.run(world);
  return schedule.isBeyondAssumptions ? wrong : [...wrong, ...(await violations(world))];
}

describe("each rule keeps the schedule that it is there for", () => {
  test.each(schedules)("$rule: $schedule", async (schedule) => {
    expect(await wrongIn(schedule)).toEqual([]);
  });
});

describe("without its guard the schedule goes wrong", () => {
  const removals = schedules.flatMap((schedule) => schedule.guards.map((guard) => ({ ...guard, schedule })));
  test.each(removals.filter(({ twin }) => twin === undefined))("$name ($schedule.rule)", async ({
    schedule,
    without,
  }) => {
    expect(await wrongIn(schedule, without)).not.toEqual([]);
  });
  test.each(removals.filter(({ twin }) => twin !== undefined))("$name is held by $twin as well", async ({
    schedule,
    without,
  }) => {
    expect(await wrongIn(schedule, without)).toEqual([]);
  });
});
