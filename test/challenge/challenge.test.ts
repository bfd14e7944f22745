import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildPeers } from "../../bench/peers/build.ts";
import { proofDocuments } from "../../challenge/document.ts";
import { type Facts, judge } from "../../challenge/judge.ts";
import { type CallerHabits, type Identity, type Plan, planOf, type Trouble } from "../../challenge/plan.ts";
import type { Times } from "../../challenge/rig.ts";
import { run } from "../../challenge/run.ts";
import { type Built, built, targets } from "../../challenge/targets.ts";
import { projectRoot } from "../../infra/bundle.ts";
import { writeWorker } from "../../local/lambda/environment.ts";

describe("the judge", () => {
  const right: Facts = {
    ...{ id: "order-1", moved: ["7"], recorded: "moved", toldOther: [] },
    told: [{ kind: "yes", transactionId: "7" }],
  };
  const kindsOf = (facts: Facts) => judge(facts).map(({ kind }) => kind);

  test.each<readonly [string, Partial<Facts>, readonly string[]]>([
    ["nothing where all agree", {}, []],
    ["nothing where a refusal moved nothing", { moved: [], told: [no()], recorded: "not moved" }, []],
    ["nothing where nobody was told and a record has it", { told: [unknown()] }, []],
    ["nothing where a person is asked", { told: [unknown()], recorded: "waits for a person" }, []],
    ["two movements", { moved: ["7", "8"] }, ["moved twice"]],
    ["a yes without a movement", { moved: [], recorded: "open" }, ["untrue"]],
    ["a no beside a movement", { told: [no()] }, ["untrue"]],
    ["a no to one of two callers", { told: [...right.told, no()] }, ["untrue"]],
    ["a yes that names another movement", { moved: ["9"] }, ["untrue"]],
    ["a yes to another amount", { toldOther: right.told }, ["untrue"]],
    ["a record that says moved", { moved: [], told: [unknown()] }, ["untrue"]],
    ["a record that says not moved", { told: [unknown()], recorded: "not moved" }, ["untrue"]],
    ["a debit that nobody knows of", { told: [unknown()], recorded: "nothing" }, ["lost"]],
    ["a debit that is open for ever", { told: [unknown()], recorded: "open" }, ["lost"]],
  ])("finds %s", (_, wrong, kinds) => {
    expect(kindsOf({ ...right, ...wrong })).toEqual(kinds);
  });
});

function no() {
  return { kind: "no", code: "refused" } as const;
}
function unknown() {
  return { kind: "not known" } as const;
}

test("a seed is a plan: the same one each time, another for another seed", () => {
  expect(planOf("7", 200)).toEqual(planOf("7", 200));
  expect(planOf("8", 200)).not.toEqual(planOf("7", 200));
  const kinds = new Set(planOf("7", 200).identities.map(({ trouble }) => trouble.kind));
  expect([...kinds].toSorted()).toEqual(["altered id", "frozen", "killed", "none", "provider", "store"]);
});

describe("a challenge of a few debits", () => {
  let folder: string;
  let code: Built;
  const worker = () => join(folder, "worker.mjs");

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "challenge-test-"));
    [code] = await Promise.all([
      built(folder),
      writeWorker(worker()),
      buildPeers(import.meta.dirname, ["twice"], folder),
    ]);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** As short as the gateway's configuration allows. */
  const short: Times = {
    ...{ provider: 1_000, function: 5_000, lease: 5_100, quiet: 2_500 },
    ...{ patience: 15_000, longestPause: 600, drain: 1_000, doubtLimit: 20_000, settle: 0 },
  };
  const targetOf = (name: string) => {
    const found = targets.find((each) => each.name === name);
    if (found === undefined) throw new Error(`there is no target ${name}`);
    return found;
  };
  const debits = (...troubles: readonly (Trouble & { readonly caller?: Partial<CallerHabits> })[]): Plan => ({
    ...{ seed: "1", customers: 1, rotations: [2] },
    identities: troubles.map(
      ({ caller, ...trouble }, number): Identity => ({
        ...{ id: `Order-${number}.Shop-17`, customer: 0, amount: `${number + 1}.50`, trouble },
        caller: {
          ...{ copies: 1, isPatient: true, isUnheard: false, asksAgain: false, asksForOther: false },
          ...caller,
        },
      }),
    ),
  });

  test.concurrent("the gateway moves each once, says so, and loses none", async () => {
    const plan = debits(
      { kind: "none", caller: { copies: 3, asksAgain: true, asksForOther: true } },
      { kind: "provider", fault: "reset-after", times: 1, caller: { isUnheard: true } },
      { kind: "killed", at: "after the effect" },
      { kind: "altered id", form: "id-lower", besides: "nothing" },
    );
    const { debit, reconcile } = code;
    const workshop = { folder, worker: worker(), debit: debit.gateway ?? reconcile, reconcile };
    const outcomes = await run(plan, targetOf("gateway"), workshop, 4, short);
    expect(outcomes.map(({ verdicts, facts }) => [facts.moved.length, verdicts])).toEqual(
      plan.identities.map(() => [1, []]),
    );
    // The kill was no empty threat: the provider had done it, and its caller was told so in the end.
    expect(outcomes[2]?.story.join("\n")).toMatch(/SIGKILL.*is answered 500.*is answered 200 transaction/s);
  });

  test.concurrent("a target that moves money twice is found, with its story", async () => {
    const plan = debits({ kind: "altered id", form: "id-lower", besides: "nothing" });
    const twice = { entry: join(folder, "twice/index.mjs"), layers: [] };
    const planted = { ...targetOf("by-hand"), name: "twice" };
    const workshop = { folder, worker: worker(), debit: twice, reconcile: twice };
    const [outcome] = await run(plan, planted, workshop, 1, short);
    expect(outcome?.verdicts.map(({ kind }) => kind)).toContain("moved twice");
    expect(outcome?.story.filter((line) => line.includes("receives a debit of it"))).toHaveLength(2);
  });
});

test("docs/proof.md and docs/why.md are of the results that are kept (npm run docs)", () => {
  for (const [path, text] of proofDocuments())
    expect(readFileSync(join(projectRoot, path), "utf8")).toBe(text);
});
