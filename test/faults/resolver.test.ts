import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Actor, type Case, faultsAt, resumptionsOf, runAll, runCase, shareOf } from "./campaign.ts";
import { faults } from "./points.ts";
import type { Treatment } from "./provider.ts";
import { type Engine, startEngine } from "./store.ts";
import { type SubjectName, subjectNames } from "./subjects.ts";

let engine: Engine;
let count = 0;
// Thousands of cases: longer than any other test where the machine is busy.
vi.setConfig({ testTimeout: 300_000 });
beforeAll(async () => {
  // The product counts what it does on standard output, a line each.
  vi.spyOn(process.stdout, "write").mockImplementation(() => true);
  engine = await startEngine();
});
afterAll(async () => {
  console.info(`whoever settles doubt struck at every point: ${count} cases`);
  await engine.stop();
});

/** The doubt that is to be settled: the provider acted, did not, or did not and then, at the next attempt, did. */
const doubts: readonly (readonly Treatment[])[] = [
  [{ acts: "yes", replies: "never" }],
  [
    { acts: "no", replies: "never" },
    { acts: "yes", replies: "never" },
  ],
];

/** Who is struck first in his round, and who acts while he stands still: the caller again, or a second reconciler. */
const ordersOf = (name: SubjectName): readonly (readonly [Actor, ...Actor[]])[] => [
  ["caller", "reconciler"],
  ["reconciler", "caller"],
  ["reconciler", "reconciler"],
  ...(name === "registerBinding" ? ([["notification", "caller", "reconciler"]] as const) : []),
];

test.each(
  subjectNames,
)("%s: whatever strikes whoever settles its doubt, the record tells the truth", async (name) => {
  const cases: Case[] = [];
  // After the lease, and after the quiet period.
  for (const treatments of doubts)
    for (const order of ordersOf(name))
      for (const round of [1, 2]) {
        const struck = { round, actor: order[0] };
        const calm: Case = { subject: name, treatments, struck, plan: undefined, order, resumes: round };
        const { points } = await runCase(undefined, calm);
        for (const [at, point] of points.entries())
          for (const fault of faultsAt(point, faults))
            for (const resumes of resumptionsOf(point, fault, round))
              cases.push({ ...calm, plan: { at, fault }, point, resumes });
      }
  const { ran, wrong } = await runAll(engine, shareOf(cases));
  count += ran;
  expect(wrong.slice(0, 10)).toEqual([]);
});
