import { expect, test } from "vitest";
import { type Case, ordersOf, runAll } from "./campaign.ts";
import type { Treatment } from "./provider.ts";
import { campaignOf } from "./started-engine.ts";
import { type StruckName, subjectNames } from "./subjects.ts";

const campaign = campaignOf("whatever the provider did and said");

/** What a provider may say of something that it did, and of something that it did not do; a listed refusal is never a lie. */
const replies = ["never", "500", "garbage", "wrong hash", "unknown code", "both null"] as const;
const treatmentsOf = (name: StruckName): readonly Treatment[] =>
  [
    ...(["truly", ...replies] as const).map((reply): Treatment => ({ acts: "yes", replies: reply })),
    ...([...replies, "refusal", "unauthorized"] as const).map(
      (reply): Treatment => ({ acts: "no", replies: reply }),
    ),
    { acts: "late" as const, replies: "never" as const },
    { acts: "late" as const, replies: "500" as const },
  ].filter(
    ({ acts, replies: reply }) => !(name === "updateCustomer" && reply === "both null" && acts !== "no"),
  );

/** What becomes of the attempt after it. */
const next: readonly Treatment[] = [
  { acts: "yes", replies: "truly" },
  { acts: "yes", replies: "never" },
  { acts: "no", replies: "never" },
  { acts: "no", replies: "unknown code" },
  { acts: "no", replies: "refusal" },
];

test.each(
  subjectNames,
)("%s: whatever the provider did and said twice, the record tells the truth", async (name) => {
  const cases: Case[] = [];
  for (const first of treatmentsOf(name))
    for (const second of next)
      for (const [nth, refusesRepeats] of [false, true].entries()) {
        const orders = ordersOf(name);
        const order = orders[(cases.length + nth) % orders.length] ?? [];
        const calm = { struck: "first", plan: undefined, resumes: 1 } as const;
        cases.push({ ...calm, subject: name, treatments: [first, second], refusesRepeats, order });
      }
  const { ran, wrong } = await runAll(campaign.engine, cases);
  campaign.count += ran;
  expect(wrong.slice(0, 10)).toEqual([]);
});
