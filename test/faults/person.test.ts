import { expect, test } from "vitest";
import {
  type Actor,
  type Case,
  faultsAt,
  resumptionsOf,
  runAll,
  runCase,
  shareOf,
  type Word,
} from "./campaign.ts";
import { faults, type Plan } from "./points.ts";
import type { Treatment } from "./provider.ts";
import { campaignOf } from "./started-engine.ts";
import { type StruckName, subjectNames } from "./subjects.ts";

const campaign = campaignOf("a person struck at every point");

/** The doubt that a person is asked to settle, and its owner: gone, or frozen with the provider's word in hand. */
const frozen: Plan = { at: "settle", fault: "frozen before" };
const doubts: readonly (readonly [Treatment, Plan?])[] = [
  [{ acts: "yes", replies: "never" }],
  [{ acts: "no", replies: "never" }],
  [{ acts: "yes", replies: "truly" }, frozen],
  [{ acts: "no", replies: "refusal" }, frozen],
];

/** What persons say of what happened, or did not: the truth, or the contrary. */
const wordsOn = (happened: boolean): readonly Word[] => [
  { isHonest: true, undone: "declined" },
  { isHonest: false, undone: "declined" },
  { isHonest: !happened, undone: "not_executed" },
];

/** Who comes while the first person stands still: another one and the caller, or the caller and a reconciler. */
const ordersOf = (name: StruckName): readonly (readonly Actor[])[] => [
  ["reconciler", "person", "second person", "caller"],
  ["caller", "person", "caller", "reconciler"],
  ...(name === "registerBinding"
    ? ([["reconciler", "person", "notification", "second person"]] as const)
    : []),
];

/** The same pipeline as customerOtp's to the letter, but for the names of their fields. */
const twins: readonly StruckName[] = ["registrationOtp", "forgotMpin", "changeMpin"];
/** What a person meets is the same as with another one: one order is enough. */
const alike: readonly StruckName[] = [
  "creditWallet",
  "walletToWallet",
  "updateCustomer",
  "customerStatus",
  "addSubMerchant",
];

test.each(
  subjectNames.filter((name) => !twins.includes(name)),
)("%s: whatever strikes a person who settles it, what was true first stays, and who said what is kept", async (name) => {
  const cases: Case[] = [];
  for (const [treatment, owner] of doubts)
    for (const person of wordsOn(treatment.acts === "yes"))
      for (const order of ordersOf(name).slice(0, alike.includes(name) ? 1 : 3)) {
        const calm: Case = {
          ...{ subject: name, treatments: [treatment], struck: "person", plan: undefined, order, resumes: 1 },
          ...{ person, ...(owner && { owner }) },
        };
        const { points } = await runCase(undefined, calm);
        expect(points).toEqual(["get", "decide"]);
        for (const [at, point] of points.entries())
          for (const fault of faultsAt(point, faults))
            for (const resumes of resumptionsOf(point, fault, 0))
              cases.push({ ...calm, plan: { at, fault }, point, resumes });
      }
  const { ran, wrong } = await runAll(campaign.engine, shareOf(cases));
  campaign.count += ran;
  expect(wrong.slice(0, 10)).toEqual([]);
});
