import type { Saying } from "../../lib/operation/decision.ts";
import { proposalOf } from "../../lib/records/proposal.ts";
import { actsSilently, isSilent, withoutClause } from "./guards.ts";
import type { Plan } from "./points.ts";
import { afterQuiet, debitOf, expectState, expectTold, type Schedule, until } from "./schedule.ts";
import type { Subject } from "./subjects.ts";
import { times, type World } from "./world.ts";

const environment = { SECOND_PERSON: "on" };
const proposes: Plan = { at: "propose", fault: "frozen before" };
const decides: Plan = { at: "decide", fault: "frozen before" };

let reasons = 0;
const saying = (of: Subject, outcome: Saying["outcome"], attempt = 1): Saying => ({
  ...{ id: of.record, outcome, reason: `second reason ${++reasons}`, attempt },
});

/** An inquiry that gets no answer for a day: the record waits. */
async function unanswered(world: World): Promise<void> {
  world.provider.answersReads = false;
  await afterQuiet(world);
  world.advance(25 * times.hour);
  await until(world.reconciler());
  world.provider.answersReads = true;
}

/** A debit that did not happen, or did, and whose record waits for a person. */
async function waiting(world: World, ...treatments: readonly (typeof isSilent)[]): Promise<Subject> {
  const debit = debitOf();
  world.provider.treatments.push(...treatments);
  await until(world.call(debit));
  await unanswered(world);
  return debit;
}

const proposalIn = (world: World, { record }: Subject) =>
  proposalOf({ proposal: world.latest(record)?.item.proposal?.S });
const expectProposer = (world: World, of: Subject, by: string | undefined): readonly string[] =>
  proposalIn(world, of)?.by === by ? [] : [`the proposal is by ${proposalIn(world, of)?.by}, not ${by}`];
const saidBy = (world: World, { record }: Subject): unknown =>
  (JSON.parse(world.latest(record)?.item.resolution?.S ?? "{}") as { readonly by?: string }).by;

/** Asha proposes that nothing happened. */
const proposed = (world: World, debit: Subject, plan?: Plan) =>
  until(world.person("Asha", saying(debit, "not_executed"), true, plan));

export const secondPersonSchedules: readonly Schedule[] = [
  {
    rule: "money is called not executed by two persons",
    schedule: "one says that nothing happened, twice; another says the same; the caller repeats",
    environment,
    async run(world) {
      const debit = await waiting(world, isSilent);
      const first = await proposed(world, debit);
      const waits = [
        ...expectState(world, debit, "needs_attention"),
        ...expectProposer(world, debit, "Asha"),
      ];
      const own = await proposed(world, debit);
      const second = await until(world.person("Ravi", saying(debit, "not_executed")));
      const found = [...expectState(world, debit, "not_executed"), ...expectTold(second, "200")];
      await until(world.call(debit));
      return [
        ...waits,
        ...expectTold(first, "200"),
        ...expectTold(own, "already-done"),
        ...found,
        ...expectState(world, debit, "succeeded"),
      ];
    },
    guards: [{ name: "decide: a second person", without: { environment: { SECOND_PERSON: "off" } } }],
  },
  {
    rule: "of two who propose at once one does, and the other is told",
    schedule: "two have read that nothing is proposed; both propose; the slower one says it again",
    environment,
    async run(world) {
      const debit = await waiting(world, isSilent);
      const slow = await proposed(world, debit, proposes);
      const quick = await until(world.person("Ravi", saying(debit, "not_executed")));
      await world.catchUp();
      const found = [...expectProposer(world, debit, "Ravi"), ...expectTold(slow, "in-progress")];
      await proposed(world, debit);
      return [...found, ...expectTold(quick, "200"), ...expectState(world, debit, "not_executed")];
    },
    guards: [{ name: "propose: none is open", without: withoutClause("propose", "no proposal") }],
  },
  {
    rule: "of two second persons one carries it out",
    schedule: "two others have read what one proposed; both carry it out",
    environment,
    async run(world) {
      const debit = await waiting(world, isSilent);
      await proposed(world, debit);
      const slow = await until(world.person("Tara", saying(debit, "not_executed"), true, decides));
      const quick = await until(world.person("Ravi", saying(debit, "not_executed")));
      await world.catchUp();
      return [
        ...expectState(world, debit, "not_executed"),
        ...expectTold(quick, "200"),
        ...expectTold(slow, "already-done"),
        ...(saidBy(world, debit) === "Ravi" ? [] : ["who carried it out was overwritten"]),
      ];
    },
    guards: [
      {
        name: "decide: list of states, and the proposal that was seen",
        without: withoutClause("decide", "list of states", "proposal"),
      },
      {
        name: "decide: list of states",
        without: withoutClause("decide", "list of states"),
        twin: "decide: the proposal that was seen",
      },
      {
        name: "decide: the proposal that was seen",
        without: withoutClause("decide", "proposal"),
        twin: "decide: list of states",
      },
    ],
  },
  {
    rule: "a proposal that is withdrawn is carried out by nobody",
    schedule: "another has read what one proposed; it is withdrawn; the other goes on; a third says the same",
    environment,
    async run(world) {
      const debit = await waiting(world, actsSilently);
      await proposed(world, debit);
      const slow = await until(world.person("Ravi", saying(debit, "not_executed"), true, decides));
      const taken = await until(world.person("Asha", saying(debit, "withdraw")));
      await world.catchUp();
      const found = [...expectState(world, debit, "needs_attention"), ...expectTold(slow, "in-progress")];
      // What a third says is a new proposal.
      await until(world.person("Tara", saying(debit, "not_executed")));
      return [
        ...found,
        ...expectTold(taken, "200"),
        ...expectState(world, debit, "needs_attention"),
        ...expectProposer(world, debit, "Tara"),
      ];
    },
    guards: [{ name: "decide: the proposal that was seen", without: withoutClause("decide", "proposal") }],
  },
  {
    rule: "a late copy of a proposal brings nothing back",
    schedule: "a proposal is written and withdrawn; a copy of its write lands again; another says the same",
    environment,
    async run(world) {
      const debit = await waiting(world, actsSilently);
      await proposed(world, debit, { at: "propose", fault: "lands again" });
      await until(world.person("Asha", saying(debit, "withdraw")));
      await world.catchUp();
      await until(world.person("Ravi", saying(debit, "not_executed")));
      return [...expectState(world, debit, "needs_attention"), ...expectProposer(world, debit, "Ravi")];
    },
    guards: [{ name: "propose: none is open", without: withoutClause("propose", "no proposal") }],
  },
  {
    rule: "a record that evidence settles ignores what is proposed",
    schedule:
      "one proposes; another has read it; a third is about to propose too late; the owner's late success is written; all go on",
    environment,
    async run(world) {
      const debit = debitOf();
      world.provider.treatments.push({ acts: "yes", replies: "truly" });
      const owner = await until(world.call(debit, { at: "settle", fault: "frozen before" }));
      await unanswered(world);
      const late = await proposed(world, debit, proposes);
      owner.thaw();
      await owner.stopped;
      await world.catchUp();
      return [
        ...expectState(world, debit, "succeeded"),
        ...expectTold(late, "in-progress", "already-done"),
        ...expectProposer(world, debit, undefined),
      ];
    },
    guards: [{ name: "propose: list of states", without: withoutClause("propose", "list of states") }],
  },
  {
    rule: "a proposal is of the attempt that was looked at",
    schedule:
      "one is about to propose of the first attempt; two others carry that out; the next attempt happens and waits; the proposal is written; another says the same of the second",
    environment,
    async run(world) {
      const debit = await waiting(world, isSilent, actsSilently);
      await proposed(world, debit, proposes);
      await until(world.person("Ravi", saying(debit, "not_executed")));
      await until(world.person("Tara", saying(debit, "not_executed")));
      await until(world.call(debit));
      await unanswered(world);
      await world.catchUp();
      return [...expectState(world, debit, "needs_attention"), ...expectProposer(world, debit, undefined)];
    },
    guards: [{ name: "propose: attempt", without: withoutClause("propose", "attempt") }],
  },
];
