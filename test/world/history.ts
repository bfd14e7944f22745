import type { Environment } from "../../lib/config.ts";
import { shardOf } from "../../lib/records/write.ts";
import type { Treatment } from "../faults/provider.ts";
import type { Item } from "../faults/store.ts";
import type { Without } from "../faults/world.ts";
import type { Sent } from "./differential.ts";
import { leaningOf } from "./drawn-leaning.ts";
import { areIdsKept, drawEnvironment, drawProvider, drawStore, treatments } from "./habits.ts";
import { type Accident, type Leaning, type PathStep, type PersonsWord, spans } from "./leanings.ts";
import { Ledger, type Readability } from "./ledger.ts";
import { isWaiting, Persons } from "./persons.ts";
import { type Machine, type Pushed, type Run, type Strike, strikes, type Waiting } from "./points.ts";
import { drawRecurring, type Recurring } from "./recurring.ts";
import { Callers, type Request, requestOf, rivals } from "./requests.ts";
import { type Choices, Tape } from "./tape.ts";
import { type SecretName, times, World } from "./world.ts";

/** What a history is played with, beside its choices. */
export interface Setting {
  readonly seed: number;
  readonly without?: Without;
  readonly environment?: Environment;
  /** At most so many steps; then all comes to rest. */
  readonly steps?: number;
  /** Keeps what was sent to the store. */
  readonly keepsCommands?: true;
}

export interface History {
  /** What was wrong, a sentence each; none where all held. */
  readonly found: readonly string[];
  /** All that happened. The same choices give the same bytes. */
  readonly log: readonly string[];
  readonly choices: Choices;
  /** Changes of state that were seen. */
  readonly reached: ReadonlySet<string>;
  /** How many requests there were, and how many times something struck. */
  readonly requests: number;
  readonly strikes: number;
  readonly commands: readonly Sent[];
}

/** How the provider treats a change of which a person is asked sooner or later. */
const silent: readonly Treatment[] = [
  { acts: "no", replies: "never" },
  { acts: "yes", replies: "never" },
];

const truthAndSilence: readonly Treatment[] = [
  { acts: "yes", replies: "truly" },
  { acts: "yes", replies: "never" },
];

const intruders = ["intruder", ...Array.from({ length: 6 }, (_, at) => `user-${at + 2}`)];

const mostSteps = 120;
/** How often messages of the queue are delivered at the end. */
const mostDeliveries = 30;
/** Callers and reconcilers that come while things strike. */
const mostRuns = 9;
/** The real one: the product's own timers are the world's. */
const { setImmediate } = globalThis;
/** Until nobody has anything to do but to wait: all that goes on by itself has gone on before the next turn of the event loop. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const plainFamilies = {
  debit: 5,
  reversals: 4,
  credits: 3,
  transfer: 2,
  equals: 4,
  customers: 3,
  shops: 2,
  updates: 2,
  otp: 1,
  binding: 6,
  // Of leanings alone.
  twins: 0,
  mixed: 0,
  registration: 0,
} as const;
type Family = keyof typeof plainFamilies;
/** Where persons have much to do. */
const personsFamilies: Readonly<Record<Family, number>> = {
  ...{ debit: 4, reversals: 7, credits: 2, transfer: 1, equals: 1, customers: 1, shops: 1, updates: 1 },
  ...{ otp: 5, binding: 5, twins: 0, mixed: 0, registration: 0 },
};

/** What is rare by chance alone is drawn more often in a part of the histories: they lean somewhere, or persons have much to do. */
function drawCourse(tape: Tape): "plain" | "persons" | "leaning" {
  const lot = tape.next();
  if (lot < 0.35) return "plain";
  return lot < 0.5 ? "persons" : "leaning";
}

const pauses = [
  1_000,
  times.lease + 1_000,
  2 * times.minute,
  times.quiet + times.minute,
  2 * times.hour,
  25 * times.hour,
];

/** The history that a seed draws. */
export const historyOf = (setting: Setting): Promise<History> =>
  new Play(Tape.ofSeed(setting.seed), setting).play();

/** The history that these choices make. */
export const historyBy = (choices: Choices, setting: Setting): Promise<History> =>
  new Play(Tape.of(choices), setting).play();

class Play {
  readonly #tape: Tape;
  readonly #setting: Setting;
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #callers: Callers;
  readonly #log: string[] = [];
  readonly #requests: readonly Request[];
  readonly #readability: Readability;
  /** Whether the provider may be found elsewhere from some moment on: what was sent to the one is never asked of the other. */
  readonly #mayMove: boolean;
  /** How likely something strikes at a point; three times that where a change is on its way. */
  readonly #strikesEach: number;
  /** Whether what is frozen stands still until all else has been looked into. */
  readonly #thawsLate: boolean;
  readonly #recurring: Recurring | undefined;
  /** Whether persons have much to do. */
  readonly #isOfPersons: boolean;
  /** Whether notifications come that fit no registration, one after another. */
  readonly #isFlooded: boolean;
  /** Whether a restore may lose the record of a reversal that was refused. */
  readonly #mayForget: boolean;
  /** Whether whose reversal was refused mostly asks for it under the next number. */
  readonly #asksOn: boolean;
  #strikes = 0;
  /** Where the history leans to, what is left of its path, and of its accidents. */
  readonly #leaning: Leaning | undefined;
  readonly #path: PathStep[];
  readonly #accidents: Accident[];
  readonly #persons: Persons;

  constructor(tape: Tape, setting: Setting) {
    this.#tape = tape;
    this.#setting = setting;
    tape.step();
    const { seed, without = {} } = setting;
    const course = drawCourse(tape);
    const leaning = course === "leaning" ? leaningOf(tape, Object.keys(plainFamilies)) : undefined;
    this.#leaning = leaning;
    this.#path = [...(leaning?.path ?? [])];
    this.#accidents = [...(leaning?.accidents ?? [])];
    this.#isOfPersons = course === "persons";
    const environment = {
      ...drawEnvironment(tape, this.#isOfPersons),
      ...leaning?.environment,
      ...setting.environment,
    };
    this.#world = new World(seed, without, environment);
    this.#ledger = new Ledger(this.#world);
    this.#callers = new Callers(this.#world, this.#ledger, without);
    if (setting.keepsCommands) this.#world.commands = [];
    const { provider } = this.#world;
    const families = this.#isOfPersons ? personsFamilies : plainFamilies;
    const family = leaning ? (tape.pick(leaning.families) as Family) : tape.weighted(families);
    // What says neither data nor error is how an update is refused: one that was made then is the provider's own untruth.
    // What names itself may be asked for again while it is not shown.
    const isTrue = ({ acts, replies }: Treatment) =>
      (family !== "updates" || acts === "no" || replies !== "both null") &&
      (acts !== "late" ||
        replies !== "unfinished" ||
        !["customers", "shops", "updates", "registration"].includes(family));
    const mayBe = treatments.filter(isTrue);
    const leavesDoubt = (): boolean => this.#isOfPersons && tape.chance(0.5);
    for (let n = 0; n < 6; n++) provider.treatments.push(tape.pick(leavesDoubt() ? silent : mayBe));
    // Until a first change has succeeded there is little that could go wrong with what follows on it.
    if (family === "reversals") provider.treatments.unshift({ acts: "yes", replies: "truly" });
    const first = leaning?.treatments?.filter(isTrue) ?? [];
    provider.treatments.splice(0, first.length, ...first);
    const habits = drawProvider(this.#world, tape, {
      hasQuirks: leaning?.isPlain !== true,
      areIdsKept: areIdsKept(environment),
    });
    this.#mayMove = tape.chance(0.05) || leaning?.mayMove === true;
    const strikesEach = tape.pick([0.06, 0.02, 0.12, 0.3]);
    this.#strikesEach = leaning ? Math.min(strikesEach, 0.02) : strikesEach;
    this.#thawsLate = tape.chance(0.4);
    const requests = this.#requestsOf(family);
    provider.finishes = this.#world.muchLater;
    provider.forgetsReversed = (debit) => this.#knowsAsDone(debit);
    provider.answersReads = !tape.chance(this.#isOfPersons ? 0.6 : 0.2) || leaning !== undefined;
    leaning?.sets?.(this.#world, requests, tape);
    const stored = drawStore(this.#world, tape);
    if (family === "twins") this.#world.store.lagMs = 0;
    this.#recurring = leaning ? undefined : drawRecurring(tape, family === "binding");
    this.#isFlooded = family === "binding" && tape.chance(0.3);
    this.#mayForget = family === "reversals" && tape.chance(0.4);
    this.#asksOn = this.#mayForget || (family === "reversals" && tape.chance(0.3));
    // A debit that this gateway does not hold yet is the provider's to know.
    const isReversedFirst = family === "reversals" && !leaning && tape.chance(0.25);
    if (family === "reversals" && !leaning) this.#treatsReversals(isReversedFirst);
    this.#requests = isReversedFirst ? [...requests.slice(1), ...requests.slice(0, 1)] : requests;
    const isSeen = !this.#mayMove && leaning?.hides !== true && !provider.hidesReversed;
    this.#readability = {
      isReadable: habits.areReadable && isSeen,
      isDocumented: habits.areDocumented && isSeen,
      areIdsKept: areIdsKept(environment),
    };
    for (const request of this.#requests) this.#ledger.isToBeAsked(request);
    this.#persons = new Persons({
      ...{ tape, world: this.#world, ledger: this.#ledger, callers: this.#callers },
      requests: this.#requests,
      machine: () => this.#machine(),
      mistaken: this.#isOfPersons ? 0.3 : 0.2,
    });
    this.#introduces([...habits.names, ...stored]);
  }

  /** Whether each reversal of a debit was asked for when the debit was known to have succeeded; another one is the provider's to know. */
  #knowsAsDone(debit: string): boolean {
    const reversals = this.#requests
      .filter(({ effect }) => effect === `reversal ${debit}`)
      .map(({ record }) => this.#world.latest(record))
      .filter((item) => item !== undefined);
    return this.#world.provider.hidesReversed && reversals.every(({ customer }) => customer !== undefined);
  }

  /** What the history is about, and what its world is like. */
  #introduces(habits: readonly string[]): void {
    const { config, provider } = this.#world;
    const leaning = this.#leaning;
    const { areIdsKept } = this.#readability;
    const names = [
      ...habits,
      ...(provider.hidesReversed ? ["a debit that was reversed is shown no more"] : []),
      ...(provider.answersReads ? [] : ["it answers no question"]),
      ...(this.#recurring ? [`again and again: ${this.#recurring.point}, ${this.#recurring.strike}`] : []),
      ...(config.option("SECOND_PERSON") === "on" ? ["money that did not move takes two persons"] : []),
      ...(config.doubtLimitMs === times.minute ? ["doubt is old after a minute"] : []),
      ...(areIdsKept ? ["ids are known to be kept as they are sent"] : []),
      ...(leaning ? [`it leans to this: ${leaning.name}`] : []),
    ];
    this.#says(`about ${this.#requests.map(({ name }) => name).join(", ")}`);
    const treated = provider.treatments.map(({ acts, replies }) => `${acts}/${replies}`).join(", ");
    this.#says(`the provider does/says to the changes that come: ${treated}`);
    for (const name of names) this.#says(`the world: ${name}`);
  }

  /** A later number is asked for where those before it were refused. */
  #treatsReversals(isReversedFirst: boolean): void {
    const tape = this.#tape;
    const { provider } = this.#world;
    const refused: Treatment = { acts: "no", replies: "refusal" };
    const refusals = Array.from({ length: tape.pick([0, 0, 1, 1, 2]) }, () => refused);
    if (!isReversedFirst) provider.treatments.splice(1, 0, ...refusals);
    else provider.treatments.unshift(...refusals, ...truthAndSilence);
    if (isReversedFirst && tape.chance(0.7)) provider.hidesReversed = true;
  }

  #says(what: string): void {
    const seconds = (this.#world.now - Date.UTC(2026, 0, 5, 6)) / 1000;
    this.#log.push(`${seconds.toFixed(3).padStart(11)}  ${what}`);
  }

  #requestsOf(family: Family): readonly Request[] {
    const { seed } = this.#setting;
    const world = this.#world;
    const isLong = this.#tape.chance(0.3);
    let count = 0;
    const id = () => {
      const short = `M.${seed}-${++count}`;
      return isLong ? `${`${short}-${"kZ.".repeat(30)}`.slice(0, 60)}-B.${count}` : short;
    };
    switch (family) {
      case "debit": {
        const own = id();
        // The same id for another request, and its reversal.
        return [
          requestOf(world, "debitWallet", own),
          requestOf(world, "debitReversal", own),
          requestOf(world, "debitWallet", own, { amount: "9.75" }),
          requestOf(world, "creditWallet", own),
        ];
      }
      case "reversals": {
        const own = id();
        const later = [2, 3, 4].map((reversal) => requestOf(world, "laterReversal", own, { reversal }));
        return [requestOf(world, "debitWallet", own), requestOf(world, "debitReversal", own), ...later];
      }
      case "credits":
        return rivals(world, "creditWallet", [id(), id()]);
      case "transfer":
        return [
          requestOf(world, "walletToWallet", id()),
          requestOf(world, "debitWallet", id(), { amount: "7.25" }),
        ];
      case "equals":
        return [requestOf(world, "debitWallet", id()), requestOf(world, "debitWallet", id())];
      case "customers":
      case "shops": {
        const name = family === "customers" ? "registerCustomer" : "addSubMerchant";
        const both = rivals(world, name, [`A${seed}`, `B${seed}`]);
        return both;
      }
      case "updates":
        return [
          requestOf(world, "updateCustomer", `u${seed}`),
          requestOf(world, "customerStatus", `u${seed}`),
        ];
      case "otp":
        return [requestOf(world, "customerOtp", `o${seed}`), requestOf(world, "changeMpin", `o${seed}`)];
      case "registration":
        return [requestOf(world, "registrationOtp", `r${seed}`)];
      case "twins": {
        const both = ["x", "X"].map((letter) => `M.${seed}-${letter}`);
        const names = ["debitWallet", "debitReversal"] as const;
        return names.flatMap((name) => both.map((own) => requestOf(world, name, own)));
      }
      case "mixed": {
        const own = id();
        return [
          requestOf(world, "debitWallet", own, { amount: "40" }),
          requestOf(world, "debitReversal", own),
          requestOf(world, "creditWallet", id()),
        ];
      }
      default:
        return [requestOf(world, "registerBinding", `R.${seed}`)];
    }
  }

  async play(): Promise<History> {
    const { steps = mostSteps } = this.#setting;
    const [first] = this.#requests;
    if (first && !this.#leaning) this.#called(first);
    for (let step = 0; step < steps && this.#tape.hasMore; step++) {
      this.#tape.step();
      await this.#settles();
      if (this.#ledger.found.length > 0) break;
      if (!(await this.#step())) break;
    }
    if (this.#ledger.found.length === 0) await this.#comesToRest();
    this.#tells();
    return {
      found: this.#ledger.found,
      log: this.#log,
      choices: this.#tape.choices,
      reached: this.#ledger.reached,
      requests: this.#requests.length,
      strikes: this.#strikes,
      commands: this.#world.commands ?? [],
    };
  }

  /** Everything that is due happens, and the ledger looks. */
  async #settles(): Promise<void> {
    do await settled();
    while (this.#world.time.fire());
    this.#ledger.look();
  }

  #started = 0;

  /** One step, as the tape chooses it; false where nothing is left that could happen. */
  async #step(): Promise<boolean> {
    const tape = this.#tape;
    const world = this.#world;
    const { ready } = world;
    if (this.#leaning && !tape.chance(0.1)) return this.#alongPath();
    const isBusy = ready.length > 0;
    const isFull = this.#started >= mostRuns;
    const kind = tape.weighted({
      goesOn: isBusy ? 60 : 4,
      call: isFull ? 0 : isBusy ? 8 : 12,
      reconciler: isFull ? 0 : isBusy ? 3 : 8,
      time: isBusy ? 4 : 12,
      person: this.#isOfPersons ? 14 : 6,
      notification: this.#isAboutBinding ? 6 : 0,
      rotation: 2,
      arrives: world.lateWrites > 0 ? 5 : 0,
      copy: world.issued > 0 ? 4 : 0,
      thaw: world.frozen.length > 0 && !this.#thawsLate ? 6 : 0,
      sweep: 1,
      moves: this.#mayMove ? 2 : 0,
      answers: world.provider.answersReads ? 0 : 4,
      forgets: this.#forgettable.length > 0 ? 12 : 0,
    });
    switch (kind) {
      case "call":
        this.#called(this.#next ?? tape.pick(this.#requests));
        return true;
      case "reconciler":
        this.#reconciles(tape.pick(this.#shards));
        return true;
      case "time": {
        const pause = tape.pick(isBusy ? [1_000, 1_000, times.lease + 1_000] : pauses);
        this.#says(`${pause / 1000} s pass`);
        await this.#passes(pause);
        return true;
      }
      case "person":
        this.#personComes();
        return true;
      case "notification":
        this.#notified();
        return true;
      case "rotation": {
        const name = tape.pick<SecretName>(["aggrepay", "nicepay", "gateway"]);
        this.#says(`the secret of ${name} is rotated`);
        world.rotate(name);
        return true;
      }
      case "arrives":
        this.#says("a write that was late arrives");
        world.landLate();
        return true;
      case "copy":
        this.#says("a copy of some write arrives");
        world.landAgain(tape.below(world.issued));
        return true;
      case "thaw":
        this.#thaws(tape.pick(world.frozen), tape.pick([undefined, "wall", "monotonic"] as const));
        return true;
      case "sweep":
        return this.#sweeps();
      case "moves":
        this.#moves();
        return true;
      case "answers":
        this.#says("the provider answers questions again");
        world.provider.answersReads = true;
        return true;
      case "forgets":
        this.#forgets(tape.pick(this.#forgettable));
        return true;
      default:
        return this.#goesOn(ready);
    }
  }

  /** Whoever is under way goes on; then comes the next step of the path, and after the last of them all comes to rest. */
  async #alongPath(): Promise<boolean> {
    const world = this.#world;
    if (world.runs.some(({ ending, isFrozen }) => ending === undefined && !isFrozen))
      return this.#goesOn(world.ready);
    const step = this.#path.shift();
    if (step === undefined) return false;
    const [kind, number] = step.split(" ");
    const request = this.#requests[Number(number)];
    if (kind === "call" && request) this.#called(request);
    else if (kind === "reconcile" && request) this.#reconciles(Number(shardOf(request.record).N));
    else if (isSpan(step)) {
      this.#says(`${spans[step] / 1000} s pass`);
      await this.#passes(spans[step]);
    } else this.#happens(step);
    return true;
  }

  #happens(step: PathStep): void {
    const world = this.#world;
    switch (step) {
      case "the gateway's keys rotate":
        this.#says("the secret of gateway is rotated");
        world.rotate("gateway");
        return;
      case "all that is frozen goes on":
        for (const run of world.frozen)
          this.#thaws(run, this.#tape.pick([undefined, "wall", "monotonic"] as const));
        return;
      case "what is late arrives":
        this.#says("what is late arrives");
        while (world.lateWrites > 0) world.landLate();
        return;
      case "the provider moves":
        this.#moves();
        return;
      case "a mistaken person says not executed":
        for (const request of this.#requests)
          if (isWaiting(world.latest(request.record)) && !world.isOnItsWay)
            this.#heard(this.#persons.says("Asha", request, { outcome: "not_executed", isTrue: false }));
        return;
      case "the provider answers nothing":
      case "the provider answers again":
        this.#says(step);
        world.provider.answersReads = step === "the provider answers again";
        return;
      case "the queue delivers":
        this.#delivers();
        return;
      default:
        this.#happensTo(step);
    }
  }

  /** A notification comes, a person speaks of a request, or a restore loses it. */
  #happensTo(step: string): void {
    const pushed = pushedBy(step);
    if (pushed) {
      this.#pushes(pushed, step);
      return;
    }
    const [, who = "", outcome = "", number, attempt] =
      /^(\w+) says (\w+) of (\d)(?: at (\d))?$/.exec(step) ?? [];
    const request = this.#requests[Number(number ?? step.at(-1))];
    if (!request) return;
    if (outcome === "") {
      if (this.#isForgettable(request)) this.#forgets(request);
      return;
    }
    const word = { outcome: outcome as PersonsWord, ...(attempt && { attempt: Number(attempt) }) };
    this.#heard(this.#persons.says(who, request, word));
  }

  #heard(came: ReturnType<Persons["comes"]>): void {
    if (came) this.#says(`${named(came.run)}, of ${came.about}`);
  }

  #moves(): void {
    const world = this.#world;
    world.host = world.host === undefined ? "https://elsewhere.example" : undefined;
    this.#says(`the provider is at ${world.host ?? "its first host"} from now on`);
  }

  /** Reversals that a restore may lose. */
  get #forgettable(): readonly Request[] {
    return this.#mayForget ? this.#requests.filter((request) => this.#isForgettable(request)) : [];
  }

  /** A reversal that was refused, after which another number was asked for, and of which nobody is doing anything. */
  #isForgettable({ effect, record, given }: Request): boolean {
    const world = this.#world;
    const isBusy = world.runs.some(({ ending, about }) => ending === undefined && about !== undefined);
    if (isBusy || !effect.startsWith("reversal ")) return false;
    const item = world.latest(record);
    const next = this.#requests.find((each) => each.given.reversal === Number(given.reversal ?? 1) + 1);
    const isPassed = next !== undefined && world.latest(next.record) !== undefined;
    return isPassed && item?.state?.S === "declined" && item.flagged === undefined;
  }

  /** The number that a reversal which was refused is asked for under next. */
  get #next(): Request | undefined {
    if (!this.#asksOn) return undefined;
    const numbers = this.#requests.filter(({ effect }) => effect.startsWith("reversal "));
    const isRefused = (at: number) => {
      const [before, own] = [numbers[at - 1], numbers[at]];
      if (!before || !own || this.#world.latest(own.record)) return false;
      return this.#world.latest(before.record)?.state?.S === "declined";
    };
    return numbers.find((_, at) => isRefused(at));
  }

  #forgets(request: Request): void {
    this.#says(`a restore loses the record of ${request.name}`);
    this.#world.forget(request.record);
    this.#called(request);
  }

  get #isAboutBinding(): boolean {
    return this.#requests.some(({ subject }) => subject.name === "registerBinding");
  }

  get #shards(): readonly number[] {
    return this.#requests.map(({ record }) => Number(shardOf(record).N));
  }

  /** Somebody goes on, or is struck. Where nobody waits, the next thing happens that is to happen in time. */
  #goesOn(ready: readonly Waiting[]): boolean {
    const tape = this.#tape;
    const world = this.#world;
    if (ready.length === 0) {
      const { next } = world.time;
      if (next === undefined) return false;
      world.time.now = Math.max(world.now, next);
      return true;
    }
    const chosen = tape.pick(ready);
    const { kind, name } = chosen.point;
    const recurs = this.#recurring?.point === `${kind} ${name}` && tape.chance(0.6);
    const isStruck = tape.chance(this.#strikesEach * (kind === "change" ? 3 : 1));
    const strike =
      this.#accidentAt(chosen) ??
      (recurs ? this.#recurring?.strike : isStruck ? tape.pick(strikes[kind]) : undefined);
    if (strike) this.#strikes += 1;
    this.#letsGo(chosen, strike);
    return true;
  }

  #accidentAt({ run, point }: Waiting): Strike | undefined {
    const name = `${point.kind} ${point.name}`;
    const taken = (this.#leaning?.path.length ?? 0) - this.#path.length;
    const at = this.#accidents.findIndex(
      (each) =>
        name.startsWith(each.at) &&
        run.name.startsWith(each.by ?? "") &&
        taken >= (each.from ?? 0) &&
        (each.of === undefined || this.#requests[each.of]?.record === run.about),
    );
    const accident = this.#accidents[at];
    if (!accident || !this.#tape.chance(accident.chance)) return undefined;
    this.#accidents.splice(at, 1);
    return accident.strike;
  }

  #letsGo(chosen: Waiting, strike: Strike | undefined): void {
    const world = this.#world;
    const { run, point, go } = chosen;
    this.#says(`${named(run)}: ${point.kind} ${point.name}${strike ? `  <-- ${strike}` : ""}`);
    world.time.now += 3;
    if (strike === "frozen before") world.freeze(run);
    else if (strike === "killed before") world.kill(run);
    else {
      world.waiting = world.waiting.filter((each) => each !== chosen);
      go(strike);
    }
  }

  #thaws(run: Run, stoodStill: "wall" | "monotonic" | undefined): void {
    const clock = stoodStill ? `, and its ${stoodStill} clock stood still` : "";
    this.#says(`${named(run)} goes on${clock}`);
    this.#world.thaw(run, stoodStill);
  }

  /** A process that has served before, now and then, or a new one whose clock may be off by a second. */
  #machine(): Machine {
    const served = this.#world.runs.filter(({ ending }) => ending === "returned");
    const known = served.at(-1)?.machine;
    const behindMs = this.#leaning?.behindMs;
    if (behindMs !== undefined && this.#started === 1) return this.#world.machine(-behindMs);
    if (this.#tape.chance(0.3) && known && !this.#isServing(known)) return known;
    return this.#world.machine(this.#tape.pick([0, 0, 0, 1_500, -1_500]));
  }

  #isServing(machine: Machine): boolean {
    return this.#world.runs.some((run) => run.machine === machine && run.ending === undefined);
  }

  #called(request: Request): void {
    this.#started += 1;
    const run = this.#callers.call(request, this.#machine());
    this.#says(`${named(run)} comes`);
  }

  #reconciles(shard: number): Run {
    this.#started += 1;
    const run = this.#callers.reconciler(shard, this.#machine());
    this.#says(`${named(run)} comes`);
    return run;
  }

  #personComes(): void {
    this.#heard(this.#persons.comes());
  }

  #notified(): void {
    const tape = this.#tape;
    if (tape.chance(0.4) && this.#world.queue.length > 0) {
      this.#delivers();
      return;
    }
    const how = tape.weighted({
      ...{ plain: 10, elsewhere: 2, forged: 1, otherToken: 2, otherTXid: 4 },
      otherKey: this.#isFlooded ? 16 : 2,
    });
    const pushed: Pushed = {
      ...(how === "elsewhere" && { isFromElsewhere: true }),
      ...(how === "forged" && { isForged: true }),
      ...(how === "otherToken" && { more: { userToken: "token-of-somebody" } }),
      ...(how === "otherTXid" && { more: { tXid: "another" } }),
      ...(how === "otherKey" && { more: { clientUserKey: tape.pick(intruders) } }),
    };
    this.#pushes(pushed, how);
  }

  #pushes(pushed: Pushed, how: string): void {
    const [request] = this.#requests;
    const run = this.#callers.notification(String(request?.given.referenceNo), pushed, this.#machine());
    if (run) this.#says(`${named(run)} comes (${how})`);
  }

  #delivers(): void {
    const delivered = this.#callers.deliver(this.#machine());
    if (delivered) this.#says(`${named(delivered)} delivers a message`);
  }

  #sweeps(): boolean {
    const gone = this.#world.store.expire();
    for (const item of gone) this.#says(`${item.identity?.S ?? item.pk?.S} has expired`);
    return true;
  }

  /** Time passes, and whatever is to happen in it happens. */
  async #passes(milliseconds: number): Promise<void> {
    const { time } = this.#world;
    const until = time.now + milliseconds;
    for (let next = time.next; next !== undefined && next <= until; next = time.next) {
      time.now = Math.max(time.now, next);
      await this.#settles();
    }
    time.now = Math.max(time.now, until);
  }

  /** Nobody strikes any more: whoever is under way goes on to the end. */
  async #runsOut(): Promise<void> {
    const world = this.#world;
    for (;;) {
      await this.#settles();
      const [chosen] = world.ready;
      if (chosen) this.#letsGo(chosen, undefined);
      else {
        const isUnderWay = world.runs.some(({ ending, isFrozen }) => ending === undefined && !isFrozen);
        const { next } = world.time;
        if (!isUnderWay || next === undefined) return;
        world.time.now = Math.max(world.now, next);
      }
      if (this.#ledger.found.length > 0) return;
    }
  }

  /**
   * What was late arrives, what was frozen goes on, a copy of every write arrives, the provider answers; what is open is looked
   * into until it is settled or listed; then each caller asks once more, and what that begins is settled too.
   */
  async #comesToRest(): Promise<void> {
    const world = this.#world;
    this.#says("nobody strikes any more");
    world.provider.answersReads = true;
    world.provider.refusedReads.length = 0;
    world.host = undefined;
    await this.#runsOut();
    while (world.isUnfinished) await this.#passes(times.hour);
    if (this.#thawsLate && world.frozen.length > 0) await this.#isSettled();
    while (world.lateWrites > 0) world.landLate();
    for (const run of [...world.frozen]) {
      this.#thaws(run, undefined);
      await this.#runsOut();
    }
    await this.#passes(5 * times.minute);
    world.store.lagMs = 0;
    for (let index = 0; index < world.issued; index++) world.landAgain(index);
    await this.#settles();
    await this.#isSettled();
    // Whoever has never asked has nobody's word to compare with.
    const asked = this.#requests.filter(({ record }) => world.latest(record) !== undefined);
    for (const request of asked) {
      if (this.#ledger.found.length > 0) return;
      this.#called(request);
      await this.#runsOut();
    }
    await this.#isSettled();
    while (world.isUnfinished) await this.#passes(times.hour);
    await this.#isSettled();
    if (this.#ledger.found.length === 0) this.#ledger.atRest(this.#readability);
    if (this.#ledger.found.length === 0 && this.#isAboutBinding) await this.#isNotified();
  }

  /** The queue is emptied; then the provider says once more what it has said, as it does until it is answered. */
  async #isNotified(): Promise<void> {
    const world = this.#world;
    const [registration] = this.#requests;
    if (!registration) return;
    for (let turn = 0; turn < mostDeliveries && world.queue.length > 0; turn++) {
      this.#callers.deliver(world.machine());
      await this.#runsOut();
    }
    if (world.queue.length === 0) this.#ledger.atEmptyQueue(registration);
    const referenceNo = String(registration.given.referenceNo);
    const run = this.#callers.notification(referenceNo, {}, world.machine());
    if (!run) return;
    this.#says(`${named(run)} comes once more`);
    await this.#runsOut();
    this.#ledger.atLastNotification(registration);
  }

  async #isSettled(): Promise<void> {
    const world = this.#world;
    const shardsOf = (isMeant: (item: Item) => boolean) => {
      const open = this.#requests.filter(({ record }) => {
        const item = world.latest(record);
        return item !== undefined && isMeant(item);
      });
      return new Set(open.map(({ record }) => Number(shardOf(record).N)));
    };
    const reconciled = async (shards: ReadonlySet<number>) => {
      for (const shard of shards) {
        this.#reconciles(shard);
        await this.#runsOut();
      }
    };
    for (const pause of [times.lease, times.quiet + times.minute, times.hour, 25 * times.hour, times.hour]) {
      const shards = shardsOf(({ state }) => state?.S === "dispatched" || state?.S === "in_doubt");
      if (shards.size === 0 || this.#ledger.found.length > 0) break;
      this.#says(`${pause / 1000} s pass`);
      await this.#passes(pause + 1_000);
      await reconciled(shards);
    }
    // What is listed by age alone is walked through in an hour, each shard in some minutes of its own: other runs look at none of it.
    const isWalkedSoon = (shard: number) => {
      const slot = Math.floor(world.now / (times.hour / 64)) % 64;
      return (slot - shard + 65) % 64 <= 4;
    };
    const since = world.order();
    for (let turn = 0; turn < 64; turn++) {
      const shards = shardsOf(
        ({ state, waits }) => state?.S === "needs_attention" && waits?.S === "provider",
      );
      if (shards.size === 0 || this.#ledger.found.length > 0) break;
      await this.#passes(2 * times.minute);
      await reconciled(new Set([...shards].filter(isWalkedSoon)));
    }
    if (this.#ledger.found.length === 0)
      for (const request of this.#requests) this.#ledger.atWalked(request, since);
  }

  /** What all of it came to. */
  #tells(): void {
    const world = this.#world;
    for (const { asked, status, body, run } of this.#ledger.told)
      this.#says(`${named(run)} was told ${status} ${body.code ?? ""} about ${asked.name}`);
    for (const record of new Set(this.#requests.map((request) => request.record))) {
      const states = world.versionsOf(record).map(({ item }) => item.state?.S ?? "");
      const name = this.#requests.find((request) => request.record === record)?.name;
      this.#says(
        `${name} was ${states.filter((state, at) => state !== states[at - 1]).join(", ") || "nothing"}`,
      );
    }
    for (const { of, path } of world.provider.effects) this.#says(`the provider did ${path}: ${of}`);
    for (const what of this.#ledger.found) this.#says(`WRONG: ${what}`);
  }
}

/** What is special about the notification of that step; undefined where it is about something else. */
function pushedBy(step: string): Pushed | undefined {
  const [isOne, how = ""] = /^a notification(?: (.*))?$/.exec(step) ?? [];
  if (isOne === undefined) return undefined;
  if (how === "from elsewhere") return { isFromElsewhere: true };
  if (how === "of another tXid") return { more: { tXid: "another" } };
  if (how === "of another token") return { more: { userToken: "token-of-somebody" } };
  return how === "" ? {} : { more: { clientUserKey: how.slice("of ".length) } };
}

const isSpan = (step: PathStep): step is keyof typeof spans => step in spans;

const named = (run: Run): string => `${run.name} [${run.machine.number}]`;
