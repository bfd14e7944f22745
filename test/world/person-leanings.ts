import type { Treatment } from "../faults/provider.ts";
import { hadBeenDone, type Leaning, type PathStep, wearsAll } from "./leanings.ts";
import { times } from "./world.ts";

const truly: Treatment = { acts: "yes", replies: "truly" };
const silently: Treatment = { acts: "yes", replies: "never" };
const lost: Treatment = { acts: "no", replies: "never" };
const refused: Treatment = { acts: "no", replies: "refusal" };

/** Doubt is old after a minute, and one person's word is enough. */
const alone = { DOUBT_LIMIT_MS: "60000", BINDING_WAIT_MS: "60000", SECOND_PERSON: "off" };
const withAnother = { ...alone, SECOND_PERSON: "on" };

/** It waits for a person: its inquiry gets no answer, or there is none. */
const listed = (number: number): readonly PathStep[] => [
  "the provider answers nothing",
  `call ${number}`,
  "a minute",
  `reconcile ${number}`,
];

const sleeps = (at: string, by: string, chance = 0.9) =>
  ({ at, by, strike: "frozen before", chance }) as const;
/** The provider's word is in hand, and not yet written. */
const replyInHand = { at: "write settle", strike: "frozen before", chance: 0.9 } as const;

/** A reply comes after a person's word; of two who decide then, the first one sleeps. */
const contradicted = (name: string, persons: readonly PathStep[]): Leaning => ({
  name,
  families: ["otp", "debit"],
  environment: alone,
  treatments: [truly],
  accidents: [replyInHand, sleeps("write decideFlag", "Asha")],
  path: [...listed(0), ...persons, "all that is frozen goes on", "call 0"],
});

/** What goes wrong seldom where persons settle by hand. */
const persons: readonly Leaning[] = [
  {
    name: "a person sleeps, and means an attempt that is over",
    families: ["otp"],
    environment: alone,
    treatments: [lost, silently],
    accidents: [sleeps("write decide", "Asha")],
    path: [
      ...listed(0),
      ...(["Asha says not_executed of 0", "Ravi says not_executed of 0"] as const),
      ...listed(0),
      "all that is frozen goes on",
    ],
  },
  {
    name: "a person means the first attempt of two, of which the second is contradicted",
    families: ["otp"],
    environment: alone,
    treatments: [lost, truly],
    accidents: [{ ...replyInHand, from: 6 }],
    path: [
      ...listed(0),
      "Ravi says not_executed of 0",
      ...listed(0),
      ...([
        "Uma says declined of 0",
        "all that is frozen goes on",
        "Asha says not_executed of 0 at 1",
      ] as const),
    ],
  },
  contradicted("a reply comes after a person's word, and two persons decide", [
    ...(["Ravi says declined of 0", "all that is frozen goes on", "call 0"] as const),
    ...(["Asha says succeeded of 0", "Uma says declined of 0"] as const),
  ]),
  contradicted("two persons decide what is contradicted, and neither lets it stand", [
    ...(["Ravi says declined of 0", "all that is frozen goes on"] as const),
    ...(["Asha says declined of 0", "Uma says succeeded of 0"] as const),
  ]),
  {
    name: "a reply comes after a person's word that nothing happened",
    families: ["otp", "debit"],
    environment: alone,
    treatments: [truly],
    accidents: [replyInHand],
    path: [...listed(0), "Ravi says not_executed of 0", "all that is frozen goes on", "call 0"],
  },
  {
    name: "what age alone has listed is shown at last",
    families: ["debit", "credits", "transfer"],
    environment: alone,
    treatments: [silently],
    isPlain: true,
    path: [...listed(0), "the provider answers again"],
  },
  {
    name: "a person decides while the provider is asked",
    families: ["debit", "transfer"],
    environment: alone,
    treatments: [silently],
    accidents: [{ ...sleeps("write conclude", "caller"), from: 5 }],
    path: [
      ...listed(0),
      ...([
        "the provider answers again",
        "call 0",
        "Ravi says declined of 0",
        "all that is frozen goes on",
      ] as const),
    ],
  },
];

/** And where it takes two of them. */
const secondPersons: readonly Leaning[] = [
  {
    name: "two carry out what one proposed",
    families: ["debit", "transfer"],
    environment: withAnother,
    treatments: [lost],
    accidents: [sleeps("write decide", "Tara")],
    path: [
      ...listed(0),
      ...([
        "Asha says not_executed of 0",
        "Tara says not_executed of 0",
        "Ravi says not_executed of 0",
      ] as const),
      "all that is frozen goes on",
    ],
  },
  {
    name: "what one proposed is withdrawn while another carries it out",
    families: ["debit", "transfer"],
    environment: withAnother,
    treatments: [lost],
    accidents: [sleeps("write decide", "Tara")],
    path: [
      ...listed(0),
      ...(["Asha says not_executed of 0", "Tara says not_executed of 0", "Asha says withdraw of 0"] as const),
      "all that is frozen goes on",
    ],
  },
  {
    name: "what is proposed of one attempt is written at the next",
    families: ["debit", "transfer"],
    environment: withAnother,
    treatments: [lost, silently],
    accidents: [sleeps("write propose", "Asha")],
    path: [
      ...listed(0),
      ...([
        "Asha says not_executed of 0",
        "Ravi says not_executed of 0",
        "Tara says not_executed of 0",
      ] as const),
      ...listed(0),
      "all that is frozen goes on",
    ],
  },
];

/** The first reversal happened, and a person is mistaken in saying that it did not. */
const mistakenOfTheFirst: readonly PathStep[] = ["call 0", ...listed(1), "Ravi says declined of 1"];

/** A debit, and its reversals by their numbers. */
const reversals: readonly Leaning[] = [
  {
    name: "a restore loses the first reversal, and the second is done",
    families: ["reversals"],
    treatments: [truly, refused, truly],
    path: ["call 0", "call 1", "call 2", "a restore loses 1", "call 1"],
  },
  {
    name: "a restore loses the second reversal, and the third is done",
    families: ["reversals"],
    treatments: [truly, refused, refused, truly],
    path: ["call 0", "call 1", "call 2", "call 3", "a restore loses 2", "call 2"],
  },
  {
    name: "a restore loses the third reversal, and the fourth is done",
    families: ["reversals"],
    treatments: [truly, refused, refused, refused, truly],
    path: ["call 0", "call 1", "call 2", "call 3", "call 4", "a restore loses 3", "call 3"],
  },
  {
    name: "a second reversal is told that the debit is reversed",
    families: ["reversals"],
    environment: alone,
    treatments: [truly, silently],
    sets({ provider }) {
      provider.refusesRepeats = true;
      provider.clockAheadMs = 0;
    },
    path: [
      ...mistakenOfTheFirst,
      ...(["the provider answers again", "call 2", "the quiet period", "reconcile 2"] as const),
    ],
  },
  {
    name: "a second reversal is told so, and the first one's reply comes late",
    families: ["reversals"],
    environment: alone,
    treatments: [truly, truly],
    accidents: [{ ...replyInHand, of: 1 }],
    sets({ provider }) {
      provider.refusesRepeats = true;
      // As far as clocks may differ.
      provider.clockAheadMs = 4 * times.minute;
    },
    path: [
      ...mistakenOfTheFirst,
      ...(["the provider answers again", "call 2", "all that is frozen goes on"] as const),
      ...(["the quiet period", "reconcile 2"] as const),
    ],
  },
  {
    name: "a debit comes after its second reversal, and is shown no more",
    families: ["reversals"],
    treatments: [refused, truly, silently],
    hides: true,
    sets({ provider }) {
      provider.hidesReversed = true;
    },
    path: ["call 1", "call 2", "call 0", "the quiet period", "reconcile 0"],
  },
];

/** Registrations, and the notifications of their bindings. */
const bindings: readonly Leaning[] = [
  {
    name: "a person declines what a notification is about to bind",
    families: ["binding"],
    environment: alone,
    treatments: [silently],
    accidents: [sleeps("write bind", "notification")],
    path: [
      ...(["call 0", "a minute", "a minute", "reconcile 0", "a notification"] as const),
      ...(["Ravi says declined of 0", "all that is frozen goes on"] as const),
    ],
  },
  {
    name: "a notification of another tXid is written after the reply",
    families: ["binding"],
    treatments: [truly],
    accidents: [replyInHand, sleeps("write bind", "notification")],
    path: ["call 0", "a notification of another tXid", "all that is frozen goes on"],
  },
  {
    name: "a reply is written after a notification of another tXid",
    families: ["binding"],
    treatments: [truly],
    accidents: [replyInHand],
    path: ["call 0", "a notification of another tXid", "all that is frozen goes on"],
  },
  {
    name: "a notification waits in the queue, and is struck there",
    families: ["binding"],
    treatments: [truly],
    accidents: [
      { at: "read get", by: "notification", strike: "request lost", chance: 0.9 },
      { at: "read get", by: "the queue", strike: "killed before", chance: 0.9 },
    ],
    path: ["call 0", "a notification", "the queue delivers"],
  },
];

/** Notifications that bind nothing. */
const strays: readonly Leaning[] = [
  {
    name: "a notification comes from an address that is not listed",
    families: ["binding"],
    treatments: [truly],
    path: ["call 0", "a notification from elsewhere"],
  },
  {
    name: "two notifications bring two tokens at once",
    families: ["binding"],
    treatments: [truly],
    accidents: [sleeps("write bind", "notification")],
    path: [
      ...(["call 0", "a notification", "a notification of another token"] as const),
      "all that is frozen goes on",
    ],
  },
  {
    name: "more strays come than are kept",
    families: ["binding"],
    treatments: [truly],
    path: [
      "call 0",
      ...([2, 3, 4, 5, 6, 7] as const).map((user) => `a notification of user-${user}` as const),
    ],
  },
];

/** The provider knows it already, whoever made it. */
const known: readonly Leaning[] = [
  {
    name: "somebody else had used the id, and the provider says so once",
    families: ["debit"],
    treatments: [truly],
    isPlain: true,
    hides: true,
    sets(world, requests) {
      hadBeenDone(world, requests);
      world.provider.refusesRepeats = true;
    },
    path: ["call 0"],
  },
  {
    name: "yes and no are written in odd forms",
    families: ["registration"],
    treatments: [truly],
    isPlain: true,
    sets: wearsAll,
    path: ["call 0"],
  },
];

export const personLeanings: readonly Leaning[] = [
  ...[...persons, ...secondPersons, ...reversals, ...bindings],
  // What is added comes last, so that choices which were written down mean the same.
  ...[...strays, ...known],
];
