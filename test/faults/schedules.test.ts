import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { schedules } from "./all-schedules.ts";
import { violations } from "./invariants.ts";
import type { Schedule } from "./schedule.ts";
import { startedEngine } from "./started-engine.ts";
import { type Without, World } from "./world.ts";

const engine = startedEngine();

const wrongIn = async (schedule: Schedule): Promise<readonly string[]> => (await played(schedule)).wrong;

/** Without that guard, which at least one write must have had. */
async function wrongWithout(schedule: Schedule, without: Without): Promise<readonly string[]> {
  const { wrong, altered } = await played(schedule, without);
  if (without.command) expect(altered, "writes that had that guard").toBeGreaterThan(0);
  return wrong;
}

async function played(schedule: Schedule, without?: Without) {
  const environment = { ...schedule.environment, ...without?.environment };
  const world = new World(engine, { ...without, environment });
  const ran = await schedule.run(world);
  const wrong = schedule.isBeyondAssumptions ? ran : [...ran, ...(await violations(world))];
  return { wrong, altered: world.altered };
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
    expect(await wrongWithout(schedule, without)).not.toEqual([]);
  });
  test.each(removals.filter(({ twin }) => twin !== undefined))("$name is held by $twin as well", async ({
    schedule,
    without,
  }) => {
    expect(await wrongWithout(schedule, without)).toEqual([]);
  });
});

test("a guard has one name, and a name is one guard's", () => {
  const guards = schedules
    .filter(({ isBeyondAssumptions }) => !isBeyondAssumptions)
    .flatMap((schedule) => schedule.guards);
  const names = new Map(guards.map(({ name, without }) => [without, name]));
  expect(guards.filter(({ name, without }) => names.get(without) !== name)).toEqual([]);
  expect(names.size).toBe(new Set(names.values()).size);
});

describe("the table of rules in the README", () => {
  const rows = readFileSync(join(import.meta.dirname, "README.md"), "utf8")
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .filter((cells) => cells.length === 5);
  const listed = rows.slice(rows.findIndex(([, first]) => first === "Rule") + 2);

  test("names every schedule, and no other", () => {
    const names = listed.filter(([, , file]) => file === "").map(([, , , name]) => name);
    expect(names.toSorted()).toEqual([...new Set(schedules.map(({ rule }) => rule))].toSorted());
  });

  test.each(
    listed.filter(([, , file]) => file !== ""),
  )("%s%s: %s %s", (_before, _rule, file = "", name = "") => {
    const text = readFileSync(join(import.meta.dirname, "..", file.replaceAll("`", "")), "utf8");
    expect(text).toContain(name);
  });
});
