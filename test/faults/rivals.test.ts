import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Actor, type Case, faultsAt, resumptionsOf, runAll, runCase, shareOf } from "./campaign.ts";
import { rivalsOf } from "./place-schedules.ts";
import { faults } from "./points.ts";
import type { Treatment } from "./provider.ts";
import { type Engine, startEngine } from "./store.ts";

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
  console.info(`two who want the same, one struck at every point: ${count} cases`);
  await engine.stop();
});

const treatments: readonly Treatment[] = [
  { acts: "yes", replies: "truly" },
  { acts: "yes", replies: "never" },
  { acts: "no", replies: "never" },
  { acts: "no", replies: "unauthorized" },
];
const orders: readonly (readonly Actor[])[] = [
  ["rival", "caller", "reconciler"],
  ["reconciler", "rival", "caller"],
];
const subjects = ["addSubMerchant", "registerCustomer", "creditWallet"] as const;

test.each(subjects)("%s: whatever strikes one of two who want the same, it is done once", async (name) => {
  const cases: Case[] = [];
  for (const treatment of treatments) {
    const calm = { subject: name, treatments: [treatment], plan: undefined, resumes: 0 } as const;
    for (const order of orders)
      for (const struck of ["first", { round: 0, actor: "rival" }] as const) {
        const named = () => {
          const [own, rival] = rivalsOf(name);
          return { ...calm, own, rival, order, struck };
        };
        const { points } = await runCase(engine, named());
        for (const [at, point] of points.entries())
          for (const fault of faultsAt(point, faults))
            for (const resumes of resumptionsOf(point, fault, 0))
              cases.push({ ...named(), plan: { at, fault }, point, resumes });
      }
  }
  const { ran, wrong } = await runAll(engine, shareOf(cases));
  count += ran;
  expect(wrong.slice(0, 10)).toEqual([]);
});
