import { violations } from "./invariants.ts";
import { isKnownUnsent } from "./plainly.ts";
import type { Fault, Plan, Run } from "./points.ts";
import type { Treatment } from "./provider.ts";
import type { Engine } from "./store.ts";
import { newIdentity, type StruckName, type Subject, subject } from "./subjects.ts";
import { effectOf, times, type Without, World } from "./world.ts";

export type Actor = "caller" | "rival" | "reconciler" | "notification" | "person" | "second person";

/** One case: who is struck where by what, how the provider treats the first changes, and who comes in which order. */
export interface Case {
  readonly subject: StruckName;
  readonly treatments: readonly Treatment[];
  readonly refusesRepeats?: boolean;
  /** How much later the provider's lists show what was done, in milliseconds; at once unless told. */
  readonly listLagMs?: number;
  /** The first caller, the first person who finds the record waiting, or whoever acts in that round. */
  readonly struck: "first" | "person" | { readonly round: number; readonly actor: Actor };
  readonly plan: Plan | undefined;
  /** The name of the point that the plan strikes. */
  readonly point?: string | undefined;
  readonly order: readonly Actor[];
  /** In which round what is late or frozen goes on, after the others have acted; counted from the first person's, if he is struck. */
  readonly resumes: number;
  /** What strikes the first caller besides. */
  readonly owner?: Plan;
  /** Two requests for one natural key. */
  readonly own?: Subject;
  readonly rival?: Subject;
  /** What a person says, who is asked as soon as the provider answers nobody. */
  readonly person?: Word;
}

/** The truth or its opposite; and what is said of that which did not happen. */
export interface Word {
  readonly isHonest: boolean;
  readonly undone: "declined" | "not_executed";
}

/**
 * When the others come: while the lease lasts, after it, after the quiet period, much later, and when doubt is too old; then
 * as long as there is something to settle, for a late run may have begun another attempt.
 */
const pauses = [2_000, 45_000, times.quiet + times.minute, 2 * times.hour, 25 * times.hour];
const mostRounds = 12;

export interface Ran {
  readonly world: World;
  readonly subject: Subject;
  /** Of the run that was to be struck, whether it came to that point. */
  readonly points: readonly string[];
  readonly wrong: readonly string[];
}

/** Runs a case until its record is settled or listed for a person, and everybody has come to rest. */
export async function runCase(engine: Engine | undefined, spec: Case, without?: Without): Promise<Ran> {
  const world = new World(engine, without);
  const own = spec.own ?? subject(spec.subject, newIdentity());
  const reference = String(own.input.referenceNo ?? "");
  let points: readonly string[] = [];
  if (spec.subject === "debitReversal" || spec.subject === "laterReversal") await preceded(world, own);
  world.provider.refusesRepeats = spec.refusesRepeats ?? false;
  world.provider.treatments.push(...spec.treatments);
  const { listLagMs = 0 } = spec;
  if (listLagMs > 0) world.provider.hidesFromList = ({ at }) => world.now - at < listLagMs;

  const first = world.call(own, spec.struck === "first" ? spec.plan : spec.owner);
  await first.stopped;
  if (spec.struck === "first") points = first.points;
  world.provider.answersReads = spec.person === undefined;

  /** The round in which the first person came. */
  let decided = Number.POSITIVE_INFINITY;
  const all = spec.order.includes("rival") ? [own, spec.rival ?? own] : [own];
  const ends = ["succeeded", "declined", ...(spec.person ? [] : ["needs_attention"])];
  for (let round = 0; round < mostRounds; round++) {
    world.advance(pauses[round] ?? 25 * times.hour);
    for (const actor of spec.order) {
      // A notification settles what a person is to be asked of: it comes after him.
      if (actor === "notification" && spec.person && round < decided) continue;
      const isStruck = isStruckHere(spec.struck, actor, round, decided);
      const run = actorOf(
        actor,
        world,
        actor === "rival" ? (spec.rival ?? own) : own,
        reference,
        isStruck ? spec.plan : undefined,
        spec.person,
      );
      await run?.stopped;
      if (isStruck && run) points = run.points;
      if (run && actor === "person" && round < decided) {
        decided = round;
        world.provider.answersReads = true;
      }
      const since = spec.struck === "person" ? decided : 0;
      if (since + spec.resumes === round && !(isStruck && run)) await world.catchUp();
      world.advance(1_000);
    }
    const isOver = all.every((each) => ends.includes(stateOf(each, world) || "succeeded"));
    if (world.isCaughtUp && isOver) break;
  }
  await world.catchUp();
  await world.landAgain();
  // The last word: what a caller is told when all is over must be true as well, and what it then begins is settled too.
  for (const each of all) await world.call(each).stopped;
  const isOpen = all.some((each) => ["dispatched", "in_doubt"].includes(stateOf(each, world)));
  for (const pause of isOpen ? pauses.slice(1) : []) {
    world.advance(pause);
    await world.reconciler().stopped;
  }
  return {
    world,
    subject: own,
    points,
    wrong: [...unsentAndAsked(all, world), ...(await violations(world))],
  };
}

/** A person is asked about what the gateway knows that it never sent. */
const unsentAndAsked = (all: readonly Subject[], world: World): readonly string[] =>
  all.flatMap(({ name, record }) => {
    const versions = world.versions.filter(({ item }) => item.pk?.S === record);
    const waits = versions.at(-1)?.item.state?.S === "needs_attention";
    return waits && isKnownUnsent(versions, world) ? [`${name} waits for a person, and was never sent`] : [];
  });

const stateOf = ({ record }: Subject, world: World): string => world.latest(record)?.item.state?.S ?? "";

const isStruckHere = (struck: Case["struck"], actor: Actor, round: number, decided: number): boolean => {
  if (struck === "first") return false;
  if (struck === "person") return actor === "person" && round < decided;
  return struck.round === round && struck.actor === actor;
};

function actorOf(
  actor: Actor,
  world: World,
  own: Subject,
  reference: string,
  plan: Plan | undefined,
  word: Word | undefined,
): Run<unknown> | undefined {
  if (actor === "person") return decided(world, own, "a person", word, plan);
  if (actor === "second person")
    return decided(world, own, "another person", { isHonest: true, undone: "declined" }, plan);
  if (actor === "caller" || actor === "rival") return world.call(own, plan) as Run<unknown>;
  if (actor === "reconciler") return world.reconciler(plan) as Run<unknown>;
  return world.notification(reference, plan) as Run<unknown> | undefined;
}

let reasons = 0;

/** A person looks, and where the record waits says what became of it; undefined where nobody can say yet. */
export function decided(
  world: World,
  own: Subject,
  by: string,
  word: Word = { isHonest: true, undone: "declined" },
  plan?: Plan,
): Run<unknown> | undefined {
  const item = world.latest(own.record)?.item;
  const waits = item?.state?.S === "needs_attention" || (item?.flagged && item.due);
  if (!waits || world.isOnItsWay()) return undefined;
  const effect = world.effects(effectOf(own, world)).at(-1);
  const isSaidDone = (effect !== undefined) === word.isHonest;
  const saying = {
    id: own.record,
    outcome: isSaidDone ? ("succeeded" as const) : word.undone,
    reason: `because ${++reasons}`,
    attempt: Number(item.attempt?.N),
    ...(isSaidDone && { transactionId: effect?.id ?? "0" }),
  };
  return world.person(by, saying, word.isHonest, plan) as Run<unknown>;
}

/** The debit that is to be reversed, and the refusal that a later number follows on. */
async function preceded(world: World, own: Subject): Promise<void> {
  const id = String(own.input.merchantTransactionId);
  await world.call(subject("debitWallet", id)).stopped;
  if (own.name !== "laterReversal") return;
  world.provider.treatments.push({ acts: "no", replies: "refusal" });
  await world.call(subject("debitReversal", id)).stopped;
}

/** A case in words: it can be run again from them. */
const describe = ({
  subject: name,
  treatments,
  refusesRepeats,
  listLagMs,
  struck,
  plan,
  point,
  order,
  resumes,
  owner,
  person,
}: Case): string =>
  [
    name,
    `provider ${treatments.map(({ acts, replies }) => `acts ${acts}, replies ${replies}`).join(", then ")}`,
    refusesRepeats && "and refuses repeats",
    listLagMs && `its lists are ${listLagMs} ms behind`,
    plan &&
      `${plan.fault} at ${point ?? plan.at} of ${typeof struck === "string" ? `the first ${struck === "first" ? "caller" : struck}` : `the ${struck.actor} in round ${struck.round}`}`,
    owner && `${owner.fault} at ${owner.at} of the first caller`,
    person && `a person ${person.isHonest ? "tells the truth" : "lies"}, undone is ${person.undone}`,
    order.join(" then "),
    `resumed in round ${resumes}`,
  ]
    .filter(Boolean)
    .join("; ");

/** All cases: `FAULTS_SHARE=1`. */
const share = Number(process.env.FAULTS_SHARE ?? 6);

/**
 * A sixth of the cases, and some of each kind: who is struck, where, and by what. Which of the treatments, orders and rounds go
 * with them changes from kind to kind.
 */
export function shareOf(cases: readonly Case[]): readonly Case[] {
  const kinds = Map.groupBy(cases, ({ subject: name, struck, point, plan }) =>
    JSON.stringify([name, struck, point, plan?.fault]),
  );
  return [...kinds.values()].flatMap((all, nth) => {
    const among = Math.min(share, all.length);
    return all.filter((_, at) => at % among === nth % among);
  });
}

/** Of so many cases one is run on the engine, the others in memory. */
const onEngine = 16;

/** Runs cases beside one another; how many ran, and what was wrong in which. */
export async function runAll(
  engine: Engine,
  cases: readonly Case[],
  without?: Without,
): Promise<{ readonly ran: number; readonly wrong: readonly string[] }> {
  const wrong: string[] = [];
  let next = 0;
  const work = async () => {
    for (let at = next++; at < cases.length; at = next++) {
      const spec = cases[at];
      if (!spec) return;
      const { wrong: found } = await runCase(at % onEngine === 0 ? engine : undefined, spec, without);
      if (found.length > 0) wrong.push(`${describe(spec)}\n    ${found.join("\n    ")}`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  return { ran: cases.length, wrong };
}

/** Faults that mean something at a point: a read is not late, and nobody repeats it. */
export function faultsAt(point: string, all: readonly Fault[]): readonly Fault[] {
  const isWrite = !/^(get|due|secret|connect|send)\b/.test(point);
  const isSend = point.startsWith("send ");
  return all.filter((fault) => {
    if (fault === "repeated" || fault === "lands again" || fault === "in the way") return isWrite;
    if (fault === "late") return isWrite || isSend;
    return true;
  });
}

/** Who comes first to a record: its caller again, or the reconciler; of a binding, its notification early or late. */
export const ordersOf = (name: StruckName): readonly (readonly Actor[])[] =>
  name === "registerBinding"
    ? [
        ["notification", "caller", "reconciler"],
        ["reconciler", "caller", "notification"],
      ]
    : [
        ["caller", "reconciler"],
        ["reconciler", "caller"],
      ];

/**
 * In which rounds what is late or frozen since round `since` goes on: at once, in the next, and when all is over. Bytes that
 * were on their way to the provider arrive before the quiet period ends or never: that is what the period stands for.
 */
export function resumptionsOf(point: string, fault: Fault, since: number): readonly number[] {
  if (!/late|again|frozen/.test(fault)) return [since];
  const isOnItsWay = point.startsWith("send ") && fault !== "frozen after";
  return [since, since + 1, since + 3].filter((round) => !isOnItsWay || round < 2);
}
