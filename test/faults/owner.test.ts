import { expect, test } from "vitest";
import { type Case, faultsAt, ordersOf, resumptionsOf, runAll, runCase, shareOf } from "./campaign.ts";
import { leavesNoMark } from "./late-claim-schedules.ts";
import { faults } from "./points.ts";
import type { Treatment } from "./provider.ts";
import { campaignOf } from "./started-engine.ts";
import { type StruckName, subjectNames } from "./subjects.ts";

const campaign = campaignOf("the first caller struck at every point");

const treatments: readonly Treatment[] = [
  { acts: "yes", replies: "truly" },
  { acts: "yes", replies: "never" },
  { acts: "no", replies: "never" },
];

/** The same pipeline as customerOtp's to the letter, but for the names of their fields: one order is enough. */
const twins: readonly StruckName[] = ["registrationOtp", "forgotMpin", "changeMpin"];

test.each(subjectNames)("%s: whatever strikes its first caller, the record tells the truth", async (name) => {
  const cases: Case[] = [];
  for (const [nth, treatment] of treatments.entries()) {
    const calm = {
      subject: name,
      treatments: [treatment],
      struck: "first",
      plan: undefined,
      resumes: 0,
    } as const;
    for (const [turn, order] of ordersOf(name)
      .slice(0, twins.includes(name) ? 1 : 2)
      .entries()) {
      const { points } = await runCase(undefined, { ...calm, order });
      for (const [at, point] of points.entries()) {
        // What the provider would have done is not yet of any concern, and whoever comes next comes as the first.
        if (at < points.indexOf("claim") && nth + turn > 0) continue;
        for (const fault of faultsAt(point, faults))
          for (const resumes of resumptionsOf(point, fault, 0))
            cases.push({ ...calm, order, plan: { at, fault }, point, resumes });
      }
    }
  }
  const { ran, wrong } = await runAll(campaign.engine, shareOf(cases));
  campaign.count += ran;
  expect(wrong.slice(0, 10)).toEqual([]);
});

test("a withdrawal that keeps no late claim out leaves a person with what was never sent", async () => {
  const cases = ([0, 1, 3] as const).map((resumes): Case => {
    const plan = { at: "claim", fault: "late" } as const;
    return { subject: "customerOtp", treatments: [], struck: "first", plan, order: ["reconciler"], resumes };
  });
  expect((await runAll(campaign.engine, cases)).wrong).toEqual([]);
  const { wrong } = await runAll(campaign.engine, cases, leavesNoMark);
  expect(wrong).toHaveLength(cases.length);
});
