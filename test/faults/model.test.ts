import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { decided, faultsAt, type Word } from "./campaign.ts";
import { anyState, withoutClause } from "./guards.ts";
import { idForms } from "./id-schedules.ts";
import { violations } from "./invariants.ts";
import { type Fault, faults, type Run } from "./points.ts";
import type { Treatment } from "./provider.ts";
import { type Engine, startEngine } from "./store.ts";
import { type Subject, type SubjectName, subject } from "./subjects.ts";
import { Process, times, type Without, World } from "./world.ts";

/** Another seed: `FAULTS_SEED=7`; more runs: `FAULTS_RUNS=5000`. */
const seed = Number(process.env.FAULTS_SEED ?? 20_260_105);
const runs = Number(process.env.FAULTS_RUNS ?? 300);

let engine: Engine;
// Thousands of cases: longer than any other test where the machine is busy.
vi.setConfig({ testTimeout: 300_000 });
beforeAll(async () => {
  // The product counts what it does on standard output, a line each.
  vi.spyOn(process.stdout, "write").mockImplementation(() => true);
  engine = await startEngine();
});
afterAll(() => engine.stop());

/** Numbers that depend on the seed alone (mulberry32). */
function numbersFrom(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Waiting {
  readonly run: Run<unknown>;
  readonly point: string;
  readonly go: (fault: Fault | undefined) => void;
}

const treatments: readonly Treatment[] = [
  { acts: "yes", replies: "truly" },
  { acts: "yes", replies: "never" },
  { acts: "no", replies: "never" },
  { acts: "yes", replies: "500" },
  { acts: "late", replies: "never" },
  { acts: "no", replies: "unknown code" },
  { acts: "no", replies: "unauthorized" },
];

/** Who settles by hand what waits; two of them may look at the same record. */
const persons = ["Asha", "Ravi", "Tara", "Noor", "Uma", "Ines"];
const words: readonly Word[] = [
  { isHonest: true, undone: "declined" },
  { isHonest: true, undone: "not_executed" },
];

/**
 * One run: callers, reconcilers, notifications, persons and rotations on a few identities, one step of one of them at a time, in an
 * order that is drawn; now and then a fault strikes, or time passes. What happened, as a text that the same seed gives again.
 */
async function interleaved(
  run: number,
  [what, without]: readonly [string, Without?] = ["all"],
): Promise<{ readonly world: World; readonly log: readonly string[]; readonly decisions: number }> {
  const random = numbersFrom(run);
  // The same names each time: an identity says in which shard its record is, and so when it is come to.
  let identities = 0;
  const newIdentity = () => `M-${run}-${what.length}-${++identities}`;
  // Now and then nobody waits long for evidence, and there is none: a person has to say.
  const isForPersons = random() < 0.4;
  const impatient = {
    environment: { ...without?.environment, DOUBT_LIMIT_MS: "60000", BINDING_WAIT_MS: "60000" },
  };
  const world = new World(engine, { ...without, ...(isForPersons && impatient) });
  world.provider.answersReads = !isForPersons || random() < 0.3;
  const log: string[] = [];
  const chosen = <T>(all: readonly T[]): T => {
    const one = all[Math.floor(random() * all.length)];
    if (one === undefined) throw new Error("there is nothing to choose from");
    return one;
  };
  const kinds = [
    "debitWallet",
    "creditWallet",
    "walletToWallet",
    "registerCustomer",
    "updateCustomer",
    "customerOtp",
  ] as const;
  const names: readonly SubjectName[] = [isForPersons ? "customerOtp" : chosen(kinds), "registerBinding"];
  const requests = names.flatMap((name): readonly Subject[] => {
    const id = newIdentity();
    if (name === "debitWallet")
      // The same request, another one under the same id, and the reversal.
      return [
        subject(name, id),
        subject(name, id),
        subject("creditWallet", id),
        subject("debitReversal", id),
      ];
    return [subject(name, id)];
  });
  for (let n = 0; n < 4; n++) world.provider.treatments.push(chosen(treatments));
  world.provider.refusesRepeats = random() < 0.5;
  if (random() < 0.3) {
    const { name, keeps, asksInKeptForm } = chosen(idForms);
    log.push(`ids are kept ${name}`);
    world.provider.keepsId = keeps;
    world.provider.asksInKeptForm = asksInKeptForm === true;
  }

  let waiting: Waiting[] = [];
  world.gate = (run, point) => new Promise((go) => waiting.push({ run, point, go }));
  const processes = [new Process(world), new Process(world)];
  const starts: (() => Run<unknown> | undefined)[] = [
    ...Array.from(
      { length: 5 },
      () => () => world.call(chosen(requests), undefined, fresh()) as Run<unknown>,
    ),
    ...Array.from({ length: isForPersons ? 6 : 3 }, () => () => world.reconciler() as Run<unknown>),
    ...requests.slice(-1).flatMap(({ input }) => {
      const notify = () => world.notification(String(input.referenceNo)) as Run<unknown> | undefined;
      return [notify, notify];
    }),
  ];
  /** A process serves one request at a time; now and then one that has served before. */
  function fresh(): Process {
    const warm = random() < 0.3 ? processes.pop() : undefined;
    return warm ?? new Process(world);
  }
  const present = [...persons];
  /** Says what became of a record that waits; nothing where none does, or where it cannot be known yet. */
  function someDecides(): Run<unknown> | undefined {
    const waits = requests.filter(({ record }) => world.states(record).at(-1) === "needs_attention");
    const [by] = present;
    const run = waits.length > 0 && by ? decided(world, chosen(waits), by, chosen(words)) : undefined;
    if (run) present.shift();
    return run;
  }
  const latest = world.now + times.quiet - 3 * times.minute;
  const first = world.call(chosen(requests)) as Run<unknown>;
  log.push(`start ${first.name}`);

  for (let step = 0; step < 200; step++) {
    await world.rest();
    if (waiting.length === 0 && starts.length === 0) break;
    const draw = random();
    if (starts.length > 0 && (waiting.length === 0 || draw < 0.08)) {
      const [start] = starts.splice(Math.floor(random() * starts.length), 1);
      const run = start?.();
      log.push(`start ${run?.name ?? "nothing"}`);
    } else if (draw < 0.14) {
      // What stands still or is on its way goes on before the quiet period ends: that is what the period stands for.
      const pause =
        world.now < latest
          ? chosen([isForPersons ? times.minute : 1_000, times.lease + 1_000, 2 * times.minute])
          : 0;
      world.advance(pause);
      log.push(`${pause} ms pass`);
    } else if (draw < 0.25) {
      const run = someDecides();
      if (run) log.push(`start ${run.name}`);
    } else if (draw < 0.28) {
      const name = chosen(["aggrepay", "nicepay", "gateway"] as const);
      world.rotate(name);
      log.push(`${name} is rotated`);
    } else if (draw < 0.31) {
      log.push("what was late arrives, what was frozen goes on");
      world.thaw();
    } else if (draw < 0.34) {
      log.push("a copy of some write arrives");
      await world.landAgain((writes) => Math.floor(random() * writes));
    } else {
      const [next] = waiting.splice(Math.floor(random() * waiting.length), 1);
      if (!next) continue;
      const possible = faultsAt(next.point, faults);
      const fault = random() < 0.06 ? chosen(possible) : undefined;
      log.push(`${next.run.name}: ${next.point}${fault ? ` (${fault})` : ""}`);
      next.go(fault);
    }
  }
  // Everybody comes to rest, nobody interferes any more, and what is in doubt is looked into until it is settled or listed.
  world.gate = undefined;
  world.provider.answersReads = true;
  for (const each of waiting) each.go(undefined);
  waiting = [];
  await world.rest();
  await world.catchUp();
  await world.landAgain();
  for (const pause of [times.lease, times.quiet + times.minute, times.hour, 25 * times.hour, times.hour]) {
    world.advance(pause + 1_000);
    await world.reconciler().stopped;
  }
  for (let run = someDecides(); run; run = someDecides()) await run.stopped;
  return { world, log, decisions: world.versions.filter(({ write }) => write === "decide").length };
}

test(`${runs} interleavings from seed ${seed}`, async () => {
  let settledByHand = 0;
  for (let run = 0; run < runs; run++) {
    const { world, log, decisions } = await interleaved(seed + run);
    settledByHand += decisions;
    const wrong = await violations(world);
    expect(wrong, `FAULTS_SEED=${seed + run} FAULTS_RUNS=1\n${log.join("\n")}`).toEqual([]);
  }
  console.info(`${runs} interleavings from seed ${seed}, ${settledByHand} decisions by hand`);
});

test.each([
  ["the states that allow a claim", withoutClause("claim", "attribute_not_exists(#pk)")],
  ["the states that a settle is written over", withoutClause("settle", anyState)],
  ["the states that a person's word is written over", withoutClause("decide", anyState)],
  ["the quiet period", { config: (config) => ({ ...config, quietPeriodMs: 0 }) }],
] satisfies readonly (readonly [
  string,
  Without,
])[])("the interleavings find out that %s are gone", async (what, without) => {
  let found = 0;
  for (let run = 0; run < runs && found === 0; run++) {
    const { world } = await interleaved(seed + run, [what, without]);
    found = (await violations(world)).length;
  }
  expect(found).toBeGreaterThan(0);
});
