import type { Known } from "../../lib/providers/inquiry.ts";
import {
  actsSilently,
  isRefusedTwice,
  isSilent,
  refusalsProve,
  showing,
  withAnswers,
  withInquiry,
  withoutClause,
} from "./guards.ts";
import { nobodyElseHasIt } from "./id-schedules.ts";
import type { Plan } from "./points.ts";
import type { Treatment } from "./provider.ts";
import { afterQuiet, debitOf, expectState, expectTold, type Schedule, until } from "./schedule.ts";
import { newIdentity, type Subject, subject } from "./subjects.ts";
import { times, type Without, type World } from "./world.ts";

/** The request for a debit's reversal under that number. */
export const reversalOf = (id: string, number = 1): Subject =>
  number === 1 ? subject("debitReversal", id) : subject("laterReversal", id, { more: { reversal: number } });

export const isRefused: Treatment = { acts: "no", replies: "refusal" };
const actsTruly: Treatment = { acts: "yes", replies: "truly" };
const replyInHand: Plan = { at: "settle", fault: "frozen before" };

/** Doubt becomes a person's within the five minutes by which the provider's clock and ours may differ. */
const soonListed = { DOUBT_LIMIT_MS: "60000" };

/** A debit whose reversal was refused under each number up to that one. */
async function refusedUpTo(world: World, number: number): Promise<string> {
  const id = newIdentity();
  await until(world.call(debitOf(id)));
  await refused(world, id, number);
  return id;
}

async function refused(world: World, id: string, upTo: number): Promise<void> {
  for (let number = 1; number <= upTo; number++) {
    world.provider.treatments.push(isRefused);
    await until(world.call(reversalOf(id, number)));
  }
}

/** The first reversal happened, its reply is in hand or lost, and a person is mistaken in saying that it did not. */
async function mistaken(world: World, id: string, owner: Plan): Promise<void> {
  await until(world.call(reversalOf(id), owner));
  world.provider.answersReads = false;
  world.advance(world.config.doubtLimitMs + times.minute);
  await until(world.reconciler());
  world.provider.answersReads = true;
  const saying = { id: reversalOf(id).record, outcome: "declined", reason: "a mistake", attempt: 1 } as const;
  await until(world.person("somebody", saying, false));
}

const expectReversals = (world: World, id: string, count: number): readonly string[] => {
  const found = world.effects(`reversal ${id}`).length;
  return found === count ? [] : [`${found} reversals and not ${count}`];
};

type Evidence = (about: { readonly number: number }, ask: unknown, known: Known) => unknown;
const asking = (change: (evidence: Evidence) => Evidence): Without =>
  withInquiry((inquiry) => ({ ...inquiry, evidence: change(inquiry.evidence as Evidence) }));

/** Whoever asks for another number takes the reversal before it for refused. */
const believesRefused: Without = {
  client: (client) => {
    let isNew = false;
    return {
      async send(command) {
        const output = await client.send(command);
        if (command.constructor.name !== "GetItemCommand") return output;
        if (!output.Item) isNew = true;
        return isNew && output.Item?.namespace?.S === "reversal"
          ? { ...output, Item: { ...output.Item, state: { S: "declined" } } }
          : output;
      },
    };
  },
};

/** Nobody knows of a number after the first. */
const withoutAnchor: Without = {
  client: (client) => ({
    async send(command) {
      const output = await client.send(command);
      return output.Item?.current ? {} : output;
    },
  }),
};

const asked: readonly Schedule[] = [
  {
    rule: "a refused reversal is asked for again under its next number",
    schedule: "a reversal is refused, and asked for as number 2; both callers come again, late",
    async run(world) {
      const id = await refusedUpTo(world, 1);
      const second = await until(world.call(reversalOf(id, 2)));
      world.advance(times.hour);
      const [first, again] = [
        await until(world.call(reversalOf(id))),
        await until(world.call(reversalOf(id, 2))),
      ];
      return [
        ...expectTold(second, "200"),
        ...expectTold(first, "limit-exceeded"),
        ...expectTold(again, "200"),
        ...expectReversals(world, id, 1),
      ];
    },
    guards: [
      {
        name: "a number is an identity of its own",
        without: {
          operation: (operation) =>
            operation.name === "aggrepay/debit-reversal"
              ? ({
                  ...operation,
                  identity: { ...Object(operation.identity), number: () => 1 },
                } as typeof operation)
              : operation,
        },
      },
    ],
  },
  {
    rule: "a number follows on the refusal of the one before it",
    schedule:
      "a reversal's reply is lost; it is asked for as number 2, and as number 3; its doubt ends; again as number 2",
    async run(world) {
      const id = newIdentity();
      await until(world.call(debitOf(id)));
      world.provider.treatments.push(actsSilently);
      await until(world.call(reversalOf(id)));
      const early = await until(world.call(reversalOf(id, 2)));
      const skipping = await until(world.call(reversalOf(id, 3)));
      await afterQuiet(world);
      const late = await until(world.call(reversalOf(id, 2)));
      return [
        ...expectTold(early, "in-progress"),
        ...expectTold(skipping, "invalid-request"),
        ...expectTold(late, "already-done"),
        ...expectState(world, reversalOf(id), "succeeded"),
      ];
    },
    guards: [{ name: "the number before is refused", without: believesRefused }],
  },
  {
    rule: "a number does not follow on a refusal that is contradicted",
    schedule:
      "a person is mistaken in saying that a reversal did not happen; its late reply says so; it is asked for as number 2",
    async run(world) {
      const id = newIdentity();
      await until(world.call(debitOf(id)));
      await mistaken(world, id, replyInHand);
      await world.catchUp();
      const second = await until(world.call(reversalOf(id, 2)));
      return [...expectTold(second, "in-progress"), ...expectReversals(world, id, 1)];
    },
    guards: [{ name: "a flag is seen", without: showing("flagged", undefined) }],
  },
];

/** All up to that number are refused, the next one is done, and the record of that number is lost. */
async function lostOf(world: World, number: number): Promise<readonly string[]> {
  const id = await refusedUpTo(world, number);
  await until(world.call(reversalOf(id, number + 1)));
  await world.forget(reversalOf(id, number).record);
  const again = await until(world.call(reversalOf(id, number)));
  return [...expectTold(again, "already-done"), ...expectReversals(world, id, 1)];
}

const anchored: readonly Schedule[] = [
  {
    rule: "a first reversal whose record is lost moves nothing after number 2",
    schedule:
      "a reversal is refused, and done as number 2; a restore loses the first one's record; its caller comes again",
    async run(world) {
      const id = await refusedUpTo(world, 1);
      await until(world.call(reversalOf(id, 2)));
      await world.forget(reversalOf(id).record);
      const first = await until(world.call(reversalOf(id)));
      return [...expectTold(first, "already-done"), ...expectReversals(world, id, 1)];
    },
    guards: [
      {
        name: "anchor: number 1 only where it is current",
        without: withoutClause("anchorCheck", "anchor at 1"),
      },
    ],
  },
  {
    rule: "a number whose record is lost moves nothing after the next",
    schedule:
      "two reversals are refused, the third is done; a restore loses the record of the second; its caller comes again",
    run: (world) => lostOf(world, 2),
    guards: [
      {
        name: "anchor: number 2 only where it or number 1 is current",
        without: withoutClause("anchor", "anchor at 1 or 2"),
      },
    ],
  },
  {
    rule: "a number whose record is lost moves nothing after the next",
    schedule:
      "three reversals are refused, the fourth is done; a restore loses the record of the third; its caller comes again",
    run: (world) => lostOf(world, 3),
    guards: [
      {
        name: "anchor: the number or the one before it is current",
        without: withoutClause("anchor", "anchor at 2 or 3"),
      },
    ],
  },
];

const judged: readonly Schedule[] = [
  {
    rule: "'already reversed' is doubt for every number after the first",
    schedule:
      "a person is mistaken in saying that a reversal did not happen; number 2 is told that the debit is reversed",
    environment: soonListed,
    async run(world) {
      const id = newIdentity();
      await until(world.call(debitOf(id)));
      await mistaken(world, id, { at: "settle", fault: "crash before" });
      world.provider.refusesRepeats = true;
      const second = await until(world.call(reversalOf(id, 2)));
      await afterQuiet(world);
      const state = expectState(world, reversalOf(id, 2), "needs_attention");
      return [...expectTold(second, "outcome-unknown"), ...state];
    },
    guards: [
      {
        name: "'already reversed' may be an earlier number's work",
        without: withAnswers((answer) =>
          answer.kind === "refusal" && answer.as === "taken" ? { ...answer, as: "declined" } : answer,
        ),
      },
      {
        name: "evidence of a later number is younger than its attempt",
        without: asking((evidence) => (about, ask, known) => evidence({ ...about, number: 1 }, ask, known)),
      },
    ],
  },
  {
    rule: "a later number is not proved by an earlier number's transaction",
    schedule:
      "as before, at a provider whose clock is ahead; the first one's late reply names its transaction, and number 2 is asked about",
    environment: soonListed,
    async run(world) {
      const id = newIdentity();
      world.provider.clockAheadMs = 10 * times.minute;
      await until(world.call(debitOf(id)));
      await mistaken(world, id, replyInHand);
      world.provider.refusesRepeats = true;
      await until(world.call(reversalOf(id, 2)));
      await world.catchUp();
      await afterQuiet(world);
      return expectState(world, reversalOf(id, 2), "needs_attention");
    },
    guards: [
      {
        name: "transactions of earlier numbers are known",
        twin: nobodyElseHasIt.name,
        without: asking(
          (evidence) => (about, ask, known) =>
            evidence(about, ask, { ...known, reversedBefore: async () => [] }),
        ),
      },
    ],
  },
];

/** A debit that happened and whose reply was lost; the provider shows it no more once it is reversed. */
async function unseen(world: World, id: string): Promise<void> {
  world.provider.treatments.push(actsSilently);
  await until(world.call(debitOf(id), { at: "settle", fault: "crash before" }));
}

const believed: readonly Schedule[] = [
  {
    rule: "a debit's absence is believed only where no number reversed it",
    schedule:
      "a reversal of a debit that we do not hold yet is refused, and number 2 is on its way; the debit happens, its reply is lost; number 2 happens",
    async run(world) {
      const id = newIdentity();
      world.provider.hidesReversed = true;
      await refused(world, id, 1);
      await until(world.call(reversalOf(id, 2), { at: "send debitreversal", fault: "frozen before" }));
      await unseen(world, id);
      await world.catchUp();
      await afterQuiet(world);
      await until(world.call(debitOf(id)));
      return expectState(world, debitOf(id), "needs_attention");
    },
    guards: [{ name: "the debit's anchor is read", without: withoutAnchor }],
  },
  {
    rule: "a debit's absence is not believed while any number is flagged",
    schedule:
      "a person is mistaken in saying that a reversal did not happen, and number 2 is refused; the first one's late reply comes; the debit's reply is lost",
    async run(world) {
      const id = newIdentity();
      world.provider.hidesReversed = true;
      world.provider.treatments.push(actsTruly);
      await mistaken(world, id, replyInHand);
      world.provider.treatments.push(isRefused);
      await until(world.call(reversalOf(id, 2)));
      await world.catchUp();
      await unseen(world, id);
      await afterQuiet(world);
      return expectState(world, debitOf(id), "needs_attention");
    },
    guards: [{ name: "a flag is seen", without: showing("flagged", undefined) }],
  },
  {
    rule: "a debit's absence is not believed where its reversal was refused before looking",
    schedule:
      "a reversal of a debit that we do not hold yet is on its way; the debit happens, its reply is lost; the reversal happens, and its second copy is answered 429",
    async run(world) {
      const id = newIdentity();
      world.provider.hidesReversed = true;
      await until(world.call(reversalOf(id), { at: "send debitreversal", fault: "frozen before" }));
      await unseen(world, id);
      world.provider.treatments.push(isRefusedTwice);
      await world.catchUp();
      await afterQuiet(world);
      return expectState(world, debitOf(id), "needs_attention");
    },
    guards: [{ name: "a refusal before looking proves nothing to another id", without: refusalsProve }],
  },
  {
    rule: "'no such debit', of a debit that succeeded, may be a reversal's own work",
    schedule:
      "a debit is reversed, and shows no more; what stands before the provider has sent the reversal twice, and the second copy finds no debit",
    async run(world) {
      const id = newIdentity();
      await until(world.call(debitOf(id)));
      world.provider.hidesReversed = true;
      world.provider.forgetsReversed = () => true;
      world.provider.treatments.push({ acts: "yes", replies: "second" });
      const told = await until(world.call(reversalOf(id)));
      return [...expectTold(told, "200"), ...expectReversals(world, id, 1)];
    },
    guards: [],
  },
  {
    rule: "a reversal's refusal may follow from one that was refused before looking",
    schedule:
      "a debit is reversed, and the second copy is answered 429; it is repeated, and is told that there is not enough to reverse",
    async run(world) {
      const id = newIdentity();
      await until(world.call(debitOf(id)));
      world.provider.treatments.push(isRefusedTwice);
      world.provider.saysOfDenied = "funds";
      await until(world.call(reversalOf(id)));
      await until(world.call(reversalOf(id)));
      const last = await until(world.call(reversalOf(id)));
      return [...expectTold(last, "200"), ...expectReversals(world, id, 1)];
    },
    guards: [],
  },
  {
    rule: "a reversal's row is explained by its latest number",
    schedule:
      "a reversal is refused, and done as number 2; an equal credit of that customer is lost on its way",
    async run(world) {
      const id = newIdentity();
      await until(world.call(subject("debitWallet", id, { more: { amount: "40" } })));
      await refused(world, id, 1);
      await until(world.call(reversalOf(id, 2)));
      world.provider.treatments.push(isSilent);
      const credit = subject("creditWallet", newIdentity());
      await until(world.call(credit));
      await afterQuiet(world);
      return expectState(world, credit, "not_executed");
    },
    guards: [{ name: "the debit's anchor is read", without: withoutAnchor }],
  },
];

export const reversalSchedules: readonly Schedule[] = [...asked, ...anchored, ...judged, ...believed];
