import { expect, test } from "vitest";
import { type Actor, type Case, faultsAt, resumptionsOf, runAll, runCase, shareOf } from "./campaign.ts";
import { rivalsOf } from "./place-schedules.ts";
import { faults } from "./points.ts";
import type { Treatment } from "./provider.ts";
import { isRefused, reversalOf } from "./reversal-schedules.ts";
import { campaignOf } from "./started-engine.ts";
import { newIdentity } from "./subjects.ts";

const campaign = campaignOf("two who want the same, one struck at every point");

const treatments: readonly Treatment[] = [
  { acts: "yes", replies: "truly" },
  { acts: "yes", replies: "never" },
  { acts: "no", replies: "never" },
  { acts: "no", replies: "unauthorized" },
];
/** The rival comes seconds after the first caller: a list may show what was done later than that. */
const orders: readonly { readonly order: readonly Actor[]; readonly listLagMs: number }[] = [
  { order: ["rival", "caller", "reconciler"], listLagMs: 0 },
  { order: ["rival", "caller", "reconciler"], listLagMs: 9_000 },
  { order: ["reconciler", "rival", "caller"], listLagMs: 9_000 },
];
const subjects = ["addSubMerchant", "registerCustomer", "creditWallet"] as const;

/** Cases of two who ask, one struck at each of its points. */
async function casesOf(
  named: (id: string) => Pick<Case, "subject" | "own" | "rival">,
  all: readonly Treatment[],
) {
  const cases: Case[] = [];
  for (const treatment of all)
    for (const how of orders)
      for (const struck of ["first", { round: 0, actor: "rival" }] as const) {
        const calm = (): Case => ({
          ...{
            ...named(newIdentity()),
            treatments: [treatment],
            ...how,
            struck,
            plan: undefined,
            resumes: 0,
          },
        });
        const { points } = await runCase(undefined, calm());
        for (const [at, point] of points.entries())
          for (const fault of faultsAt(point, faults))
            for (const resumes of resumptionsOf(point, fault, 0))
              cases.push({ ...calm(), plan: { at, fault }, point, resumes });
      }
  return cases;
}

test.each(subjects)("%s: whatever strikes one of two who want the same, it is done once", async (name) => {
  const named = () => {
    const [own, rival] = rivalsOf(name);
    return { subject: name, own, rival };
  };
  const cases = await casesOf(named, treatments);
  const { ran, wrong } = await runAll(campaign.engine, shareOf(cases));
  campaign.count += ran;
  expect(wrong.slice(0, 10)).toEqual([]);
});

const [acts, actsInSilence, isSilent] = treatments;
test.each([
  { one: 2, other: 2, treatments: [acts, actsInSilence, isSilent] },
  { one: 2, other: 3, treatments: [isRefused, actsInSilence] },
  { one: 2, other: 1, treatments: [isRefused, actsInSilence] },
])("numbers $one and $other: whatever strikes one of two who ask for a reversal, it is done once", async ({
  one,
  other,
  treatments: all,
}) => {
  const named = (id: string) =>
    ({ subject: "laterReversal", own: reversalOf(id, one), rival: reversalOf(id, other) }) as const;
  const cases = await casesOf(
    named,
    all.filter((each) => each !== undefined),
  );
  const { ran, wrong } = await runAll(campaign.engine, shareOf(cases));
  campaign.count += ran;
  expect(wrong.slice(0, 10)).toEqual([]);
});
