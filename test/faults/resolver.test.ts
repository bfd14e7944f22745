import { expect, test } from "vitest";
import { type Actor, type Case, faultsAt, resumptionsOf, runAll, runCase, shareOf } from "./campaign.ts";
import { faults } from "./points.ts";
import type { Treatment } from "./provider.ts";
import { campaignOf } from "./started-engine.ts";
import { type StruckName, subjectNames } from "./subjects.ts";

const campaign = campaignOf("whoever settles doubt struck at every point");

/** The doubt that is to be settled: the provider acted, did not, or did not and then, at the next attempt, did. */
const doubts: readonly (readonly Treatment[])[] = [
  [{ acts: "yes", replies: "never" }],
  [
    { acts: "no", replies: "never" },
    { acts: "yes", replies: "never" },
  ],
];

/** Who is struck first in his round, and who acts while he stands still: the caller again, or a second reconciler. */
const ordersOf = (name: StruckName): readonly (readonly [Actor, ...Actor[]])[] => [
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
  const { ran, wrong } = await runAll(campaign.engine, shareOf(cases));
  campaign.count += ran;
  expect(wrong.slice(0, 10)).toEqual([]);
});
