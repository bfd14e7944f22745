import { type Random, randomOf } from "../soak/random.ts";
import { decided, faultsAt, type Word } from "./campaign.ts";
import { drawnDress } from "./dress.ts";
import { violations } from "./invariants.ts";
import { rivalsOf } from "./place-schedules.ts";
import { plainlyWrong } from "./plainly.ts";
import { type Fault, faults, type Run } from "./points.ts";
import type { Treatment } from "./provider.ts";
import { drawQuirks } from "./quirks.ts";
import { isRefused, reversalOf } from "./reversal-schedules.ts";
import { toldOf } from "./schedule.ts";
import type { Engine } from "./store.ts";
import { type Subject, subject } from "./subjects.ts";
import { Process, times, type Without, World } from "./world.ts";

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
  { acts: "no", replies: "refusal" },
  { acts: "no", replies: "invalid field" },
  { acts: "yes", replies: "pending under a validator's code" },
  { acts: "no", replies: "pending under a validator's code" },
  { acts: "yes", replies: "firewall" },
  { acts: "no", replies: "firewall" },
  { acts: "no", replies: "throttled" },
  { acts: "yes", replies: "throttled over success" },
];

/** What a transaction refuses is tried again after some real milliseconds, for which this scheduler does not wait. */
const struck = faults.filter((fault) => fault !== "in the way");

/** Who settles by hand what waits; two of them may look at the same record. */
const persons = ["Asha", "Ravi", "Tara", "Noor", "Uma", "Ines"];
const words: readonly Word[] = [
  { isHonest: true, undone: "declined" },
  { isHonest: true, undone: "not_executed" },
];

/**
 * What a run is about. Of `doubt` the provider is asked and answers. In an `outage` it answers no question until all is over,
 * and doubt grows old. `persons` settle by hand what nobody can be asked about.
 */
const moods = { doubt: 6, outage: 2, persons: 3 } as const;

const families = {
  debit: (id: (isLong?: true) => string) => {
    const own = id(true);
    // The same request, another one under the same id, its reversal, and an equal one under an id of its own.
    return [
      ...[subject("debitWallet", own), subject("creditWallet", own), subject("debitReversal", own)],
      subject("debitWallet", id(true)),
    ];
  },
  // Its numbers come in any order, each late and too early, too.
  reversals: (id: (isLong?: true) => string) => {
    const own = id(true);
    return [subject("debitWallet", own), ...[1, 2, 3, 4].map((number) => reversalOf(own, number))];
  },
  credits: (id: (isLong?: true) => string) => [...rivalsOf("creditWallet", [id(true), id(true)])],
  transfer: (id: (isLong?: true) => string) => [subject("walletToWallet", id(true))],
  shops: (id: () => string) => [...rivalsOf("addSubMerchant", [id(), id()])],
  customers: (id: () => string) => [...rivalsOf("registerCustomer", [id(), id()])],
  update: (id: () => string) => [subject("updateCustomer", id()), subject("customerStatus", id())],
  otp: (id: () => string) => [subject("customerOtp", id())],
} satisfies Readonly<Record<string, (id: (isLong?: true) => string) => readonly Subject[]>>;

export interface Interleaving {
  readonly seed: number;
  /** Without one the records are in memory. */
  readonly engine?: Engine | undefined;
  readonly without?: Without;
  /** Told each dress that a reply wears; where it is left out, the provider writes everything as its document has it. */
  readonly met?: (name: string) => void;
}

export interface Interleaved {
  readonly world: World;
  /** What happened: the same seed gives the same again, whatever the provider wears. */
  readonly log: readonly string[];
  /** Decisions by hand. */
  readonly decisions: number;
  readonly wrong: readonly string[];
}

/**
 * One run: callers, reconcilers, notifications, persons and rotations on a few identities, one step of one of them at a time, in an
 * order that is drawn; now and then a fault strikes, time passes, or a copy of a write arrives. The provider has quirks.
 */
export async function interleaved({ seed, engine, without, met }: Interleaving): Promise<Interleaved> {
  const random = randomOf(String(seed), "interleaving");
  const mood = random.weighted(moods);
  const impatient = mood === "doubt" ? {} : { DOUBT_LIMIT_MS: "60000", BINDING_WAIT_MS: "60000" };
  // Whether money that did not move takes two of the persons.
  const SECOND_PERSON = randomOf(String(seed), "second person").chance(0.5) ? "on" : "off";
  const world = new World(engine, {
    ...without,
    environment: { ...without?.environment, ...impatient, SECOND_PERSON },
  });
  const log: string[] = [mood, `a second person: ${SECOND_PERSON}`];
  world.provider.answersReads = mood === "doubt" || (mood === "persons" && random.chance(0.3));
  const requests = requestsOf(seed, mood, random);
  const numbers = requests.filter(({ name }) => name === "laterReversal").length;
  // Most reversals are refused, so that they come to another number.
  if (requests[0] && numbers > 0) await world.call(requests[0]).stopped;
  for (let n = 0; n < 4 + numbers; n++)
    world.provider.treatments.push(numbers > 0 && random.chance(0.6) ? isRefused : random.pick(treatments));
  world.provider.refusesRepeats = random.chance(0.5);
  const quirks = drawQuirks(world, random);
  log.push(...quirks.names);
  if (met) world.provider.dress = drawnDress(randomOf(String(seed), "dress"), met);

  await play(world, requests, mood, random, log);
  await comeToRest(world);
  const wrong = quirks.areReadable ? plainlyWrong(world) : [];
  // Each in turn, so that what one proposes another carries out.
  let turn = 0;
  const settle = () => decidedBy(world, requests, persons.slice(turn++ % persons.length), random);
  for (let run = settle(); run; run = settle()) await run.stopped;
  const decisions = world.versions.filter(({ write }) => write === "decide").length;
  log.push(...endOf(world));
  return { world, log, decisions, wrong: [...wrong, ...(await violations(world))] };
}

/** The same names each time: an identity says in which shard its record is, and so when it is come to. */
function requestsOf(seed: number, mood: keyof typeof moods, random: Random): readonly Subject[] {
  let identities = 0;
  const isLong = random.chance(0.5);
  const newIdentity = (mayBeLong?: true) => {
    const id = `M.${seed}-${++identities}`;
    return mayBeLong && isLong ? `${id}-${"kZ.".repeat(30)}`.slice(0, 60).concat(`-B.${identities}`) : id;
  };
  const names = Object.keys(families) as (keyof typeof families)[];
  const family = mood === "persons" && random.chance(0.6) ? "otp" : random.pick(names);
  return [...families[family](newIdentity), subject("registerBinding", newIdentity())];
}

/** Two hundred steps, or until nobody has anything left to do. */
async function play(
  world: World,
  requests: readonly Subject[],
  mood: keyof typeof moods,
  random: Random,
  log: string[],
): Promise<void> {
  const isForPersons = mood === "persons";
  const waiting: Waiting[] = [];
  world.gate = (run, point) => new Promise((go) => waiting.push({ run, point, go }));
  const processes = [new Process(world), new Process(world)];
  /** A process serves one request at a time; now and then one that has served before. */
  const fresh = () => (random.chance(0.3) ? processes.pop() : undefined) ?? new Process(world);
  const call = () => world.call(random.pick(requests), undefined, fresh()) as Run<unknown>;
  const notify = () =>
    world.notification(String(requests.at(-1)?.input.referenceNo)) as Run<unknown> | undefined;
  const starts: (() => Run<unknown> | undefined)[] = [
    ...Array.from({ length: requests.length > 5 ? 12 : 5 }, () => call),
    ...Array.from({ length: isForPersons ? 6 : 3 }, () => () => world.reconciler() as Run<unknown>),
    ...[notify, notify],
  ];
  const present = [...persons];
  const latest = world.now + times.quiet - 3 * times.minute;
  log.push(`start ${call().name}`);

  for (let step = 0; step < 200; step++) {
    await world.rest();
    if (waiting.length === 0 && starts.length === 0) break;
    const draw = random.next();
    if (starts.length > 0 && (waiting.length === 0 || draw < 0.08)) {
      const [start] = starts.splice(random.below(starts.length), 1);
      const run = start?.();
      log.push(`start ${run?.name ?? "nothing"}`);
    } else if (draw < 0.14) {
      // What stands still or is on its way goes on before the quiet period ends: that is what the period stands for.
      const pauses = [isForPersons ? times.minute : 1_000, times.lease + 1_000, 2 * times.minute];
      const pause = world.now < latest ? random.pick(pauses) : 0;
      world.advance(pause);
      log.push(`${pause} ms pass`);
    } else if (draw < 0.25) {
      const run = decidedBy(world, requests, present, random);
      if (run) log.push(`start ${run.name}`);
    } else if (draw < 0.28) {
      const name = random.pick(["aggrepay", "nicepay", "gateway"] as const);
      world.rotate(name);
      log.push(`${name} is rotated`);
    } else if (draw < 0.31) {
      log.push("what was late arrives, what was frozen goes on");
      world.thaw();
    } else if (draw < 0.34) {
      log.push("a copy of some write arrives");
      await world.landAgain((writes) => random.below(writes));
    } else {
      const [next] = waiting.splice(random.below(waiting.length), 1);
      if (!next) continue;
      const fault = random.chance(0.06) ? random.pick(faultsAt(next.point, struck)) : undefined;
      log.push(`${next.run.name}: ${next.point}${fault ? ` (${fault})` : ""}`);
      next.go(fault);
    }
  }
  // Whoever is under way goes on to the end, one after another.
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    next.go(undefined);
    await world.rest();
  }
  world.gate = undefined;
}

/** Says what became of a record that waits; nothing where none does, or where it cannot be known yet. */
function decidedBy(
  world: World,
  requests: readonly Subject[],
  present: string[],
  random: Random,
): Run<unknown> | undefined {
  const waits = requests.filter(({ record }) => world.states(record).at(-1) === "needs_attention");
  const [by] = present;
  const run = waits.length > 0 && by ? decided(world, random.pick(waits), by, random.pick(words)) : undefined;
  if (run) present.shift();
  return run;
}

const longest = [times.lease, times.quiet + times.minute, times.hour, 25 * times.hour, times.hour];

/**
 * Nobody interferes any more, the provider answers, and what is in doubt is looked into until it is settled or listed; then each
 * caller asks once more, and what that begins is settled too.
 */
async function comeToRest(world: World): Promise<void> {
  world.provider.answersReads = true;
  world.provider.refusedReads.length = 0;
  await world.catchUp();
  await world.landAgain();
  const reconciled = async () => {
    for (const pause of longest) {
      world.advance(pause + 1_000);
      await world.reconciler().stopped;
    }
    // What is listed by age alone is walked through in an hour.
    for (let run = 0; run < 32 && isAskedOn(world); run++) {
      world.advance(2 * times.minute);
      await world.reconciler().stopped;
    }
  };
  await reconciled();
  for (const all of [...world.subjects.values()]) for (const each of all) await world.call(each).stopped;
  await reconciled();
}

const isAskedOn = (world: World): boolean =>
  [...world.subjects.keys()].some((id) => {
    const { state, waits } = world.latest(id)?.item ?? {};
    return state?.S === "needs_attention" && waits?.S === "provider";
  });

/** What was told and written, without what nobody chooses. */
function endOf(world: World): readonly string[] {
  return [
    ...world.told.map(({ run }) => `${run.name} was told ${toldOf(run)}`),
    ...[...world.subjects.values()].flatMap(([first]) =>
      first ? [`${first.name} was ${world.states(first.record).join(", ")}`] : [],
    ),
    ...world.provider.effects.map(({ of }) => `the provider did ${of}`),
  ];
}
