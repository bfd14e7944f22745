import type { Environment } from "../../lib/config.ts";
import { drawnDress } from "../faults/dress.ts";
import type { Treatment } from "../faults/provider.ts";
import type { Random } from "../soak/random.ts";
import { hideRegistrations, registrationLags } from "./habits.ts";
import type { Strike } from "./points.ts";
import type { Request } from "./requests.ts";
import { times, type World } from "./world.ts";

/** What strikes a run where it comes to such a point, once, with that probability each time that somebody does. */
export interface Accident {
  /** How the point's kind and name begin: `write claim` is `claim` and `claimAgain`. */
  readonly at: string;
  readonly strike: Strike;
  readonly chance: number;
  /** Only of callers of that request, by its place among those of its family. */
  readonly of?: number;
  /** Only of whoever's name begins so. */
  readonly by?: string;
  /** Not before so many steps of the path. */
  readonly from?: number;
}

/** What happens next on a path: a request is made, its shard is reconciled, time passes, or something of the world's own. */
export type PathStep =
  | `call ${number}`
  | `reconcile ${number}`
  | keyof typeof spans
  | "the gateway's keys rotate"
  | "all that is frozen goes on"
  | "what is late arrives"
  | "the provider moves"
  | "a mistaken person says not executed"
  | `${string} says ${PersonsWord} of ${number}`
  | `${string} says ${PersonsWord} of ${number} at ${number}`
  | "the provider answers nothing"
  | "the provider answers again"
  | `a restore loses ${number}`
  | "a notification"
  | "a notification of another tXid"
  | "a notification of another token"
  | "a notification from elsewhere"
  | `a notification of user-${number}`
  | "the queue delivers";

export type PersonsWord = "succeeded" | "declined" | "not_executed" | "withdraw";

export const spans = {
  "a second": 1_000,
  "a lease": times.lease + 1_000,
  "a minute": times.minute + 1_000,
  "the quiet period": times.lease + times.quiet + times.minute,
  "a day": 25 * times.hour,
} as const;

/**
 * Something that goes wrong seldom, since much must come together for it. A history that leans there mostly goes along its path, with
 * its accidents likely, and now and then does something else.
 */
export interface Leaning {
  readonly name: string;
  /** What its requests are about: one of these. */
  readonly families: readonly string[];
  readonly path: readonly PathStep[];
  readonly accidents?: readonly Accident[];
  /** What the deployment has chosen. */
  readonly environment?: Environment;
  /** Of the first changes that reach the provider. */
  readonly treatments?: readonly Treatment[];
  /** Without quirks that hide what the provider did. */
  readonly isPlain?: true;
  /** Whether the provider may be found elsewhere, where it knows no money that was moved at its first host. */
  readonly mayMove?: true;
  /** By how much the clock of the first process is behind: it has stood still in a long freeze. */
  readonly behindMs?: number;
  /** What else the world does. */
  readonly sets?: (world: World, requests: readonly Request[], random: Random) => void;
  /** Whether that hides what the provider did. */
  readonly hides?: true;
}

const truly: Treatment = { acts: "yes", replies: "truly" };
const silently: Treatment = { acts: "yes", replies: "never" };
const lost: Treatment = { acts: "no", replies: "never" };
const late: Treatment = { acts: "late", replies: "never" };

const money = ["debit", "transfer"];
const reversed = "_REVERSAL";

/** Somebody else had done the same yesterday, under the id of the first request. */
export function hadBeenDone({ provider, config, now }: World, [first]: readonly Request[]): void {
  if (!first) return;
  const { operation, input } = first.subject;
  const sent = operation.sends(input, { config, now, uniqueId: () => "" }) as {
    readonly path: string;
    readonly fields: Readonly<Record<string, string>>;
  };
  provider.seed(sent.path, sent.fields, now - 25 * times.hour);
}

/** Who has a place first cannot send. */
const holderLost = ["connect addsub", "connect register", "connect credit"].map(
  (at): Accident => ({ at, of: 0, strike: "request lost", chance: 0.9 }),
);

/** Each reply is drawn its own forms. */
export function wearsAll({ provider }: World, _requests: readonly Request[], random: Random): void {
  provider.dress = drawnDress(
    random,
    () => undefined,
    () => random.chance(0.5),
  );
}

/** Nobody strikes at the same place in each: order and number of accidents are left to chance. */
export const leanings: readonly Leaning[] = [
  {
    name: "somebody who settles doubt sleeps while another settles it",
    families: ["debit", "transfer", "equals"],
    treatments: [lost, silently],
    accidents: [{ at: "write conclude", strike: "frozen before", chance: 0.7 }],
    path: [
      ...(["call 0", "the quiet period", "reconcile 0", "a minute", "reconcile 0", "call 0"] as const),
      ...(["all that is frozen goes on", "a minute", "reconcile 0"] as const),
    ],
  },
  {
    name: "a process sleeps before its first byte",
    families: [...money, "credits", "otp", "customers"],
    treatments: [truly],
    accidents: [{ at: "connect", strike: "frozen before", chance: 0.7 }],
    path: ["call 0", "the quiet period", "reconcile 0", "call 0", "all that is frozen goes on"],
  },
  {
    name: "a process is behind",
    families: ["debit", "transfer"],
    treatments: [late, truly],
    behindMs: 20 * times.minute,
    path: ["call 0", "reconcile 0", "call 0"],
  },
  {
    name: "claims are on their way for long",
    families: [...money, "credits", "otp", "customers", "shops", "updates"],
    treatments: [{ acts: "no", replies: "unauthorized" }],
    accidents: [
      { at: "write claim", strike: "late", chance: 0.6 },
      { at: "write claimAgain", strike: "late", chance: 0.6 },
    ],
    path: ["call 0", "call 0", "what is late arrives", "the quiet period", "reconcile 0", "call 0"],
  },
  {
    name: "who withdraws a claim sleeps, and others go on",
    families: money,
    treatments: [silently],
    accidents: [
      { at: "connect", strike: "request lost", chance: 0.9 },
      { at: "write claimAgain", strike: "request lost", chance: 0.9 },
      { at: "write withdraw", strike: "frozen before", chance: 0.9 },
    ],
    path: ["call 0", "call 0", "call 0", "all that is frozen goes on", "the quiet period", "reconcile 0"],
  },
  {
    name: "who withdraws a claim sleeps until it is listed",
    families: ["otp"],
    accidents: [
      { at: "write claim", strike: "reply lost", chance: 0.8 },
      { at: "write withdraw", strike: "frozen before", chance: 0.8 },
    ],
    path: ["call 0", "the quiet period", "reconcile 0", "all that is frozen goes on"],
  },
  {
    name: "a reversal comes early",
    families: ["reversals", "debit"],
    treatments: [late, silently],
    path: ["call 0", "call 1", "the quiet period", "reconcile 0", "call 1"],
  },
  {
    name: "a debit comes after its reversal, and is shown no more",
    families: ["reversals"],
    treatments: [late, silently],
    hides: true,
    sets: ({ provider }) => {
      provider.hidesReversed = true;
    },
    path: ["call 1", "call 0", "the quiet period", "reconcile 0", "call 0"],
  },
  {
    name: "a reversal is kept under a name of the provider's own",
    families: ["reversals"],
    treatments: [truly, silently],
    isPlain: true,
    hides: true,
    sets: ({ provider }) => {
      provider.keepsId = (id) => (id.endsWith(reversed) ? `R-${id}` : id);
    },
    path: ["call 0", "call 1", "the quiet period", "call 1", "reconcile 1"],
  },
  {
    name: "two reversals are kept under one name",
    families: ["twins"],
    treatments: [truly, truly, truly, lost],
    isPlain: true,
    hides: true,
    sets: ({ provider }) => {
      provider.keepsId = (id) => (id.endsWith(reversed) ? id.toLowerCase() : id);
      provider.asksInKeptForm = true;
    },
    path: ["call 0", "call 1", "call 2", "call 3", "the quiet period", "call 3"],
  },
  {
    name: "the gateway's keys rotate before a repeat",
    families: ["otp", "customers", "updates"],
    treatments: [silently],
    path: [
      ...(["call 0", "the gateway's keys rotate", "a minute", "call 0"] as const),
      ...(["the quiet period", "reconcile 0", "call 0"] as const),
    ],
  },
  {
    name: "the provider moves before it is asked",
    families: [...money, "equals"],
    treatments: [silently],
    mayMove: true,
    path: ["call 0", "the provider moves", "the quiet period", "reconcile 0", "call 0"],
  },
  {
    name: "one of two equal debits is answered, the other lost",
    families: ["equals"],
    treatments: [truly, lost],
    isPlain: true,
    path: ["call 0", "call 1", "the quiet period", "reconcile 1"],
  },
  {
    name: "of two equal debits in doubt the lost one is asked about first",
    families: ["equals"],
    treatments: [silently, lost],
    isPlain: true,
    path: ["call 0", "call 1", "the quiet period", "call 1", "call 0", "a minute", "reconcile 1"],
  },
  {
    name: "a credit like a reversal is lost",
    families: ["mixed"],
    treatments: [truly, truly, lost],
    isPlain: true,
    path: ["call 0", "call 1", "call 2", "the quiet period", "reconcile 2"],
  },
  {
    name: "the provider wants a rest",
    families: [...money, "customers"],
    treatments: [silently],
    isPlain: true,
    sets: ({ provider }) => {
      provider.refusedReads.push("unavailable", "throttled");
    },
    path: ["call 0", "a lease", "call 0", "a second", "call 0", "a lease", "reconcile 0", "call 0"],
  },
  {
    name: "a caller repeats while the provider is away",
    families: [...money, "customers"],
    treatments: [silently],
    sets: ({ provider }) => {
      provider.answersReads = false;
    },
    accidents: [{ at: "write takeTurn", strike: "lands again", chance: 0.3 }],
    path: ["call 0", "a lease", "call 0", "what is late arrives", "call 0", "reconcile 0"],
  },
  {
    name: "a caller repeats what age has listed",
    families: [...money, "customers", "shops"],
    treatments: [silently],
    isPlain: true,
    sets: ({ provider }) => {
      provider.answersReads = false;
    },
    path: ["call 0", "a day", "reconcile 0", "call 0", "a minute", "call 0"],
  },
  {
    name: "who takes over a place sleeps before the claim",
    families: ["shops", "credits", "customers"],
    treatments: [truly],
    accidents: [...holderLost, { at: "write claim", of: 1, strike: "frozen before", chance: 0.8 }],
    path: ["call 0", "a minute", "call 1", "call 0", "all that is frozen goes on"],
  },
  {
    name: "who takes over a place sleeps before the look",
    families: ["shops", "customers"],
    treatments: [truly],
    accidents: [...holderLost, { at: "read get", of: 1, strike: "frozen after", chance: 0.6 }],
    path: ["call 0", "a minute", "call 1", "call 0", "all that is frozen goes on"],
  },
  {
    name: "a list is behind when another comes",
    families: ["shops", "customers"],
    treatments: [truly],
    isPlain: true,
    sets: (world, _requests, random) => hideRegistrations(world, random.pick(registrationLags)),
    path: ["call 0", "a second", "call 1", "a minute", "call 1"],
  },
  {
    name: "what is known is not written",
    families: ["otp", ...money, "binding", "updates"],
    treatments: [truly],
    accidents: [{ at: "write settle", strike: "request lost", chance: 0.7 }],
    path: ["call 0", "the quiet period", "reconcile 0"],
  },
  {
    name: "transactions are in the way",
    families: ["otp", ...money, "updates"],
    treatments: [silently, truly],
    accidents: [
      { at: "write claim", strike: "in the way", chance: 0.5 },
      { at: "write settle", strike: "in the way", chance: 0.5 },
      { at: "write conclude", strike: "in the way", chance: 0.7 },
    ],
    path: ["call 0", "a lease", "reconcile 0", "call 0", "call 1"],
  },
  {
    name: "who has the reply sleeps until it is listed",
    families: ["otp"],
    treatments: [truly],
    accidents: [{ at: "write settle", strike: "frozen before", chance: 0.8 }],
    path: ["call 0", "the quiet period", "reconcile 0", "all that is frozen goes on"],
  },
  {
    name: "who has the reply sleeps until a person was mistaken",
    families: ["otp"],
    treatments: [truly],
    accidents: [{ at: "write settle", strike: "frozen before", chance: 0.8 }],
    path: [
      ...(["call 0", "the quiet period", "reconcile 0"] as const),
      ...(["a mistaken person says not executed", "all that is frozen goes on"] as const),
    ],
  },
  {
    name: "somebody else had used the id, and it is asked about",
    families: money,
    treatments: [lost],
    hides: true,
    sets: hadBeenDone,
    path: ["call 0", "the quiet period", "reconcile 0", "call 0"],
  },
  {
    name: "somebody else had used the id, and it is refused",
    families: money,
    treatments: [truly],
    hides: true,
    sets(world, requests) {
      hadBeenDone(world, requests);
      world.provider.refusesRepeats = true;
    },
    path: ["call 0", "call 0"],
  },
  {
    name: "the provider does not know the customer for a while",
    families: money,
    treatments: [silently],
    hides: true,
    sets({ provider }) {
      provider.unknown = "The selected customer id is invalid.";
      provider.hidesById = ({ of }) => of.startsWith("money ");
      provider.hidesFromList = provider.hidesById;
    },
    path: ["call 0", "the quiet period", "reconcile 0", "a day", "reconcile 0"],
  },
  {
    name: "a success is written in odd forms",
    families: ["otp", "updates", "binding"],
    treatments: [truly, truly],
    isPlain: true,
    sets: wearsAll,
    path: ["call 0", "call 1"],
  },
  {
    name: "a refusal, and that there is nothing, is written in odd forms",
    families: money,
    treatments: [lost, { acts: "no", replies: "invalid field" }],
    isPlain: true,
    sets(world, requests, random) {
      wearsAll(world, requests, random);
      world.provider.unknown = "The selected merchant_transaction_id is invalid.";
    },
    path: ["call 0", "the quiet period", "reconcile 0", "call 0", "call 1"],
  },
];
