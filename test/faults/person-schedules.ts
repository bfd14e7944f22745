import type { Resolution } from "../../lib/records/person.ts";
import { actsSilently, isSilent, refused, showing, withoutClause } from "./guards.ts";
import type { Plan, Run } from "./points.ts";
import { afterQuiet, debitOf, expectState, expectTold, type Schedule, until } from "./schedule.ts";
import { newIdentity, type Subject, subject } from "./subjects.ts";
import { times, type World } from "./world.ts";

type Outcome = Resolution["outcome"];

/** The provider's word is in hand, and not yet written. */
const frozen: Plan = { at: "settle", fault: "frozen before" };
/** The write is answered, and a copy of it arrives later. */
const copied: Plan = { at: "decide", fault: "lands again" };
const actsTruly = { acts: "yes", replies: "truly" } as const;

let reasons = 0;
const saying = (of: Subject, outcome: Outcome, more: object = {}) => ({
  ...{ id: of.record, outcome, reason: `reason ${++reasons}`, attempt: 1 },
  ...more,
});

const textOf = ({ ending }: Run<unknown>): string => String(ending?.kind === "threw" ? ending.error : "");
const otpOf = () => subject("customerOtp", newIdentity());
const item = (world: World, { record }: Subject) => world.latest(record)?.item;
const saidBy = (world: World, of: Subject): string | undefined =>
  (JSON.parse(item(world, of)?.resolution?.S ?? "{}") as Partial<Resolution>).by;

/** An inquiry that gets no answer for a day: the record is a person's. */
async function unanswered(world: World): Promise<void> {
  world.provider.answersReads = false;
  await afterQuiet(world);
  world.advance(25 * times.hour);
  await until(world.reconciler());
  world.provider.answersReads = true;
}

async function expectFlagged(world: World, of: Subject): Promise<readonly string[]> {
  const held = item(world, of);
  const isListed = held !== undefined && (await world.isListed(held));
  return held?.flagged && isListed ? [] : ["the disagreement is not flagged and listed"];
}

/** A debit that happened, that a person calls declined, and whose owner then says otherwise. */
async function contradicted(world: World, of: Subject): Promise<void> {
  await until(world.call(of, frozen));
  await (of.operation.inquiry && "none" in of.operation.inquiry ? afterQuiet(world) : unanswered(world));
  await until(world.person("a liar", saying(of, "declined"), false));
  await world.catchUp();
}

export const personSchedules: readonly Schedule[] = [
  {
    rule: "a person's word is never written over a truth that came first",
    schedule:
      "a person is about to decline what waits; its owner's late success is written; the person's word goes on",
    async run(world) {
      const otp = otpOf();
      await until(world.call(otp, frozen));
      await afterQuiet(world);
      const person = world.person("a liar", saying(otp, "declined"), false, {
        at: "decide",
        fault: "frozen before",
      });
      await until(person);
      await world.catchUp();
      return [...expectState(world, otp, "succeeded"), ...expectTold(person, "already-done")];
    },
    guards: [{ name: "decide: list of states", without: withoutClause("decide", "list of states") }],
  },
  {
    rule: "what is said before a record waits is never written",
    schedule:
      "a person speaks of what is in doubt still, and of an attempt that has not begun, and is refused; a copy of each word arrives when it would hold",
    async run(world) {
      const otp = otpOf();
      world.provider.treatments.push(isSilent, actsSilently);
      await until(world.call(otp));
      const early = world.person("early", saying(otp, "declined"), false, copied);
      await until(early);
      await afterQuiet(world);
      await world.catchUp();
      const first = expectState(world, otp, "needs_attention");
      const ahead = world.person("ahead", saying(otp, "declined", { attempt: 2 }), false, copied);
      await until(ahead);
      await until(world.person("a person", saying(otp, "not_executed")));
      await until(world.call(otp));
      await afterQuiet(world);
      await world.catchUp();
      return [
        ...first,
        ...expectTold(early, "in-progress"),
        ...expectTold(ahead, "already-done"),
        ...expectState(world, otp, "needs_attention"),
      ];
    },
    guards: [],
  },
  {
    rule: "of two persons one decides, and the other is told",
    schedule: "two persons have read what waits; one says declined; the other says not executed",
    async run(world) {
      const otp = otpOf();
      world.provider.treatments.push(isSilent);
      await until(world.call(otp));
      await afterQuiet(world);
      const plan = { at: "decide", fault: "frozen before" } as const;
      const slow = world.person("slow", saying(otp, "not_executed"), true, plan);
      await until(slow);
      const quick = await until(world.person("quick", saying(otp, "declined")));
      await world.catchUp();
      return [
        ...expectState(world, otp, "declined"),
        ...expectTold(quick, "200"),
        ...expectTold(slow, "already-done"),
        ...(saidBy(world, otp) === "quick" ? [] : ["who decided was overwritten"]),
      ];
    },
    guards: [{ name: "decide: list of states", without: withoutClause("decide", "list of states") }],
  },
  {
    rule: "a person's word is of the attempt that was looked at",
    schedule:
      "two persons have read that nothing happened; one says so; the caller's next attempt happens, loses its reply and waits; the other says so of the first",
    async run(world) {
      const otp = otpOf();
      world.provider.treatments.push(isSilent, actsSilently);
      await until(world.call(otp));
      await afterQuiet(world);
      const plan = { at: "decide", fault: "frozen before" } as const;
      const slow = world.person("slow", saying(otp, "not_executed"), true, plan);
      await until(slow);
      await until(world.person("quick", saying(otp, "not_executed")));
      await until(world.call(otp));
      await afterQuiet(world);
      await world.catchUp();
      return [...expectState(world, otp, "needs_attention"), ...expectTold(slow, "already-done")];
    },
    guards: [{ name: "decide: attempt", without: withoutClause("decide", "attempt") }],
  },
  {
    rule: "a person who names no attempt speaks of the first",
    schedule: "what a person saw of the first attempt is said when the second waits",
    async run(world) {
      const otp = otpOf();
      world.provider.treatments.push(isSilent, actsSilently);
      await until(world.call(otp));
      await afterQuiet(world);
      await until(world.person("quick", saying(otp, "not_executed")));
      await until(world.call(otp));
      await afterQuiet(world);
      const slow = await until(world.person("slow", saying(otp, "not_executed", { attempt: undefined })));
      return [...expectState(world, otp, "needs_attention"), ...expectTold(slow, "already-done")];
    },
    guards: [{ name: "decide: attempt", without: withoutClause("decide", "attempt") }],
  },
  {
    rule: "a person who says the same again is told the same",
    schedule: "a decision is written and its answer lost; the SDK repeats it, and then the person does",
    async run(world) {
      const otp = otpOf();
      world.provider.treatments.push(actsSilently);
      await until(world.call(otp));
      await afterQuiet(world);
      const word = saying(otp, "succeeded", { transactionId: "7" });
      const first = await until(world.person("a person", word, true, { at: "decide", fault: "reply lost" }));
      const again = await until(world.person("a person", word, true, { at: "decide", fault: "repeated" }));
      const other = await until(world.person("a person", { ...word, transactionId: "8" }));
      return [
        ...expectTold(first, "not-sent"),
        ...expectTold(again, "200"),
        ...expectTold(other, "already-done"),
      ];
    },
    guards: [{ name: "decide: one's own word is known again", without: showing("resolution", undefined) }],
  },
  {
    rule: "a genuine late reply beats a person's 'not executed', as long as nothing was sent again",
    schedule:
      "a handler freezes with the provider's success in hand; a person says that nothing happened; the handler wakes; the caller repeats",
    async run(world) {
      const debit = debitOf();
      await until(world.call(debit, frozen));
      await unanswered(world);
      await until(world.person("a liar", saying(debit, "not_executed"), false));
      await world.catchUp();
      const again = await until(world.call(debit));
      const count = world.effects(`money ${debit.input.merchantTransactionId}`).length;
      return [
        ...expectState(world, debit, "succeeded"),
        ...expectTold(again, "200"),
        ...(count === 1 ? [] : [`${count} effects`]),
      ];
    },
    guards: [
      {
        name: "settle: a success is written over not_executed",
        without: refused("settle", "#state <> :not_executed"),
      },
    ],
  },
  {
    rule: "a genuine late reply beats an inquiry's 'not executed', as long as nothing was sent again",
    schedule:
      "a handler freezes with the provider's success in hand; the provider shows it to nobody until after the quiet period; the handler wakes; the caller repeats",
    isBeyondAssumptions: true,
    async run(world) {
      const debit = debitOf();
      world.provider.hidesById = () => true;
      world.provider.hidesFromList = () => true;
      await until(world.call(debit, frozen));
      await afterQuiet(world);
      const before = expectState(world, debit, "not_executed");
      await world.catchUp();
      const again = await until(world.call(debit));
      const count = world.effects(`money ${debit.input.merchantTransactionId}`).length;
      return [...before, ...expectTold(again, "200"), ...(count === 1 ? [] : [`${count} effects`])];
    },
    guards: [
      {
        name: "settle: a success is written over not_executed",
        without: refused("settle", "#state <> :not_executed"),
      },
    ],
  },
  {
    rule: "a genuine late reply that contradicts a person's final word is flagged, listed, and nobody is told either",
    schedule:
      "a handler freezes with the provider's success in hand; a person says that it was declined; the handler wakes; the caller repeats",
    async run(world) {
      const debit = debitOf();
      await contradicted(world, debit);
      const again = await until(world.call(debit));
      return [
        ...expectState(world, debit, "declined"),
        ...(await expectFlagged(world, debit)),
        ...expectTold(again, "outcome-unknown"),
        ...(item(world, debit)?.result && item(world, debit)?.failure ? [] : ["one of both sides was lost"]),
      ];
    },
    guards: [
      { name: "flag: what is contradicted", without: refused("flag", "attribute_not_exists(#owner)") },
    ],
  },
  {
    rule: "a refusal that contradicts a person's success is flagged and listed",
    schedule:
      "a handler freezes with the provider's refusal in hand; a person says that it succeeded; the handler wakes; a reversal is asked for",
    async run(world) {
      const debit = debitOf();
      world.provider.treatments.push({ acts: "no", replies: "refusal" });
      await until(world.call(debit, frozen));
      await unanswered(world);
      await until(world.person("a liar", saying(debit, "succeeded"), false));
      await world.catchUp();
      const reversal = await until(
        world.call(subject("debitReversal", String(debit.input.merchantTransactionId))),
      );
      return [
        ...expectState(world, debit, "succeeded"),
        ...(await expectFlagged(world, debit)),
        ...expectTold(reversal, "in-progress"),
      ];
    },
    guards: [{ name: "a flag is seen", without: showing("flagged", undefined) }],
  },
  {
    rule: "a success under another transactionId than a person gave is flagged and listed",
    schedule:
      "a handler freezes with the provider's success in hand; a person says that it succeeded as another transaction; the handler wakes",
    async run(world) {
      const debit = debitOf();
      await until(world.call(debit, frozen));
      await unanswered(world);
      await until(world.person("a person", saying(debit, "succeeded", { transactionId: "1" })));
      await world.catchUp();
      return [...expectState(world, debit, "succeeded"), ...(await expectFlagged(world, debit))];
    },
    guards: [],
  },
  {
    rule: "a flag is decided once",
    schedule:
      "two persons have read what is flagged; one takes it off the list unserved; the other lets it stand",
    async run(world) {
      const debit = debitOf();
      await contradicted(world, debit);
      const plan = { at: "decideFlag", fault: "frozen before" } as const;
      const slow = world.person("slow", saying(debit, "declined"), false, plan);
      await until(slow);
      await until(world.person("quick", saying(debit, "succeeded")));
      await world.catchUp();
      const again = await until(world.call(debit));
      return [
        ...expectTold(slow, "already-done"),
        ...expectTold(again, "outcome-unknown"),
        ...(textOf(again).includes("waits for a person") ? ["told that it waits for a person"] : []),
        ...(saidBy(world, debit) === "quick" ? [] : ["who decided was overwritten"]),
      ];
    },
    guards: [{ name: "decideFlag: listed", without: withoutClause("decideFlag", "listed") }],
  },
  {
    rule: "a flag that is gone is not decided",
    schedule: "two persons have read what is flagged; one lets it stand; the other takes it off the list",
    async run(world) {
      const debit = debitOf();
      await contradicted(world, debit);
      const plan = { at: "decideFlag", fault: "frozen before" } as const;
      const slow = world.person("slow", saying(debit, "succeeded"), true, plan);
      await until(slow);
      await until(world.person("quick", saying(debit, "declined"), false));
      await world.catchUp();
      return [
        ...expectTold(slow, "already-done"),
        ...(saidBy(world, debit) === "quick" ? [] : ["who decided was overwritten"]),
      ];
    },
    guards: [
      {
        name: "decideFlag: flagged",
        without: withoutClause("decideFlag", "flagged"),
        twin: "decideFlag: listed",
      },
      {
        name: "decideFlag: listed",
        without: withoutClause("decideFlag", "listed"),
        twin: "decideFlag: flagged",
      },
      { name: "decideFlag: flagged and listed", without: withoutClause("decideFlag", "flagged", "listed") },
    ],
  },
  {
    rule: "what was said of one attempt decides no flag of the next",
    schedule:
      "a person has seen that the first attempt did nothing; another says so; the next attempt is called declined, and its late reply says otherwise; then the first person speaks",
    async run(world) {
      const otp = otpOf();
      world.provider.treatments.push(isSilent, actsTruly);
      await until(world.call(otp));
      await afterQuiet(world);
      await until(world.person("quick", saying(otp, "not_executed")));
      await until(world.call(otp, frozen));
      await afterQuiet(world);
      await until(world.person("a liar", saying(otp, "declined", { attempt: 2 }), false));
      await world.catchUp();
      const slow = await until(world.person("slow", saying(otp, "not_executed")));
      return [...expectTold(slow, "already-done"), ...(await expectFlagged(world, otp))];
    },
    guards: [{ name: "decideFlag: attempt", without: withoutClause("decideFlag", "attempt") }],
  },
  {
    rule: "a resolver that slept writes nothing over a person's word",
    schedule:
      "a reconciler asks for a person and freezes; another does; the person says that it succeeded; the first wakes",
    async run(world) {
      const otp = otpOf();
      world.provider.treatments.push(actsSilently);
      await until(world.call(otp));
      world.advance(times.lease + times.minute);
      await until(world.reconciler({ at: "conclude", fault: "frozen before" }));
      world.advance(times.minute);
      await until(world.reconciler());
      await until(world.person("a person", saying(otp, "succeeded")));
      await world.catchUp();
      return expectState(world, otp, "succeeded");
    },
    guards: [
      {
        name: "conclude: list of states",
        without: withoutClause("conclude", "list of states"),
        twin: "conclude: turn",
      },
      {
        name: "conclude: turn",
        without: withoutClause("conclude", "turn"),
        twin: "conclude: list of states",
      },
      {
        name: "conclude: list of states and turn",
        without: withoutClause("conclude", "list of states", "turn"),
      },
    ],
  },
  {
    rule: "a notification binds nothing that a person has declined",
    schedule:
      "a notification has read what waits and freezes; a person says declined; the notification goes on",
    async run(world) {
      const binding = subject("registerBinding", newIdentity());
      const reference = String(binding.input.referenceNo);
      world.provider.treatments.push(actsSilently);
      await until(world.call(binding));
      world.advance(times.hour);
      await until(world.reconciler());
      await world.notification(reference, { at: "bind", fault: "frozen before" })?.stopped;
      await until(world.person("a liar", saying(binding, "declined"), false));
      await world.catchUp();
      const strays = world.versions.filter(({ write }) => write === "keep").length;
      return [
        ...expectState(world, binding, "declined"),
        ...(strays === 1 ? [] : ["the notification is kept for nobody"]),
      ];
    },
    guards: [{ name: "bind: state as seen", without: withoutClause("bind", "state") }],
  },
  {
    rule: "a stray is taken off the list by whoever looked into it",
    schedule:
      "a notification comes for a referenceNo that nobody registered; a person has asked, and says so",
    async run(world) {
      const referenceNo = newIdentity();
      const fields = { referenceNo, billingPhone: "+628123456789", billingNm: "Ayu" };
      world.provider.seed("userAccountBinding", { ...fields, clientUserKey: "user-1", mitraCd: "KDVI" });
      await world.notification(referenceNo)?.stopped;
      const [id = ""] = world.ids;
      const word = { id, outcome: "declined", reason: `reason ${++reasons}` } as const;
      const person = await until(world.person("a person", word));
      await world.notification(referenceNo)?.stopped;
      const kept = world.latest(id)?.item;
      const isListed = kept !== undefined && (await world.isListed(kept));
      return [...expectTold(person, "200"), ...(isListed ? ["it is listed again"] : [])];
    },
    guards: [],
  },
  {
    rule: "a notification adds its binding to what a person called succeeded",
    schedule:
      "a registration's reply is lost; a person says that it succeeded; its notification comes, and then its reply",
    async run(world) {
      const binding = subject("registerBinding", newIdentity());
      await until(world.call(binding, frozen));
      world.advance(times.hour);
      await until(world.reconciler());
      await until(world.person("a person", saying(binding, "succeeded")));
      await world.notification(String(binding.input.referenceNo))?.stopped;
      await world.catchUp();
      const held = item(world, binding);
      return [
        ...expectState(world, binding, "succeeded"),
        ...(held?.binding && held.tXid && !held.flagged ? [] : ["the binding or its tXid is missing"]),
      ];
    },
    guards: [],
  },
  {
    rule: "a debit's absence is not believed while its reversal is flagged",
    schedule:
      "a reversal happens, and a person calls it declined; its late reply says otherwise; a debit of that id loses its reply, and the provider shows it no more",
    async run(world) {
      const id = newIdentity();
      world.provider.hidesReversed = true;
      await contradicted(world, subject("debitReversal", id));
      world.provider.treatments.push(actsSilently);
      await until(world.call(debitOf(id)));
      await afterQuiet(world);
      return expectState(world, debitOf(id), "needs_attention");
    },
    guards: [{ name: "a flag is seen", without: showing("flagged", undefined) }],
  },
  {
    rule: "a flagged registration tells of no binding until a person lets it stand",
    schedule:
      "a person calls a registration succeeded; its late refusal flags it; its notification comes; another person lets it stand",
    async run(world) {
      const binding = subject("registerBinding", newIdentity());
      world.provider.treatments.push({ acts: "yes", replies: "refusal" });
      await until(world.call(binding, frozen));
      await afterQuiet(world);
      world.advance(times.hour);
      await until(world.reconciler());
      await until(world.person("early", saying(binding, "succeeded")));
      await world.catchUp();
      await world.notification(String(binding.input.referenceNo))?.stopped;
      const bound = item(world, binding);
      await until(world.person("late", saying(binding, "succeeded")));
      return [
        ...(bound?.binding && bound.flagged ? [] : ["it is not bound and flagged"]),
        ...(bound?.event ? [`a binding that is not served was told as ${bound.event.S}`] : []),
        ...(item(world, binding)?.event?.S === "account.bound" ? [] : ["that it stands was not told"]),
      ];
    },
    guards: [],
  },
];
