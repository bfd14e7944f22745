import { Reader } from "../../lib/providers/reader.ts";
import {
  actsLate,
  actsSilently,
  claimsInOneWrite,
  claimsOnTrust,
  expiresAlways,
  forgetsRefusals,
  isRefusedTwice,
  isRefusedUnseen,
  isSilent,
  leavesBytes,
  newestKeyAlone,
  refused,
  sendsLate,
  settlesOnTrust,
  showing,
  withAnswers,
  withInquiry,
  withoutClause,
} from "./guards.ts";
import { lateClaims } from "./late-claim-schedules.ts";
import { afterQuiet, debitOf, expectState, expectTold, type Schedule, until } from "./schedule.ts";
import { newIdentity, subject } from "./subjects.ts";
import { Process, times, type Without } from "./world.ts";

interface Call {
  readonly path: string;
  readonly fields: object;
}

const withoutWithdrawal: Without = {
  command: (name, input) =>
    name === "withdraw"
      ? {
          ...input,
          ConditionExpression: `(${input.ConditionExpression}) AND attribute_not_exists(#owner) AND attribute_exists(#owner)`,
        }
      : input,
};

/** A reply's own data of a change that was made. */
const somethingDone = new Reader(new Map([["transaction_id", "1"]]), "/data", "+05:30");

/** Every request under an identity is the same. */
const comparesNoRequest: Without = { operation: (operation) => ({ ...operation, sameBy: () => ({}) }) };

export const schedules: readonly Schedule[] = [
  {
    rule: "the owner's settle has the conditions owner and attempt",
    schedule:
      "a handler sends nothing and freezes before it says so; the attempt is found not executed; a second attempt moves the money and dies; the first wakes",
    async run(world) {
      const debit = debitOf();
      const plan = [
        { at: "connect debitwallet", fault: "request lost" },
        { at: "settle", fault: "frozen before" },
      ] as const;
      await until(world.call(debit, plan));
      await afterQuiet(world);
      await until(world.call(debit, { at: "settle", fault: "crash before" }));
      await world.catchUp();
      await until(world.call(debit));
      await afterQuiet(world);
      return expectState(world, debit, "succeeded");
    },
    guards: [
      { name: "settle: owner", without: withoutClause("settle", "owner"), twin: "settle: attempt" },
      { name: "settle: attempt", without: withoutClause("settle", "attempt"), twin: "settle: owner" },
      { name: "settle: owner and attempt", without: withoutClause("settle", "owner", "attempt") },
    ],
  },
  {
    rule: "the owner's settle is never written over a truth",
    schedule:
      "a handler's reply is lost and it freezes; an inquiry proves that the money moved; the handler wakes and says in doubt",
    async run(world) {
      const debit = debitOf();
      world.provider.treatments.push(actsSilently);
      await until(world.call(debit, { at: "settle", fault: "frozen before" }));
      await afterQuiet(world);
      await world.catchUp();
      return expectState(world, debit, "succeeded");
    },
    guards: [{ name: "settle: list of states", without: withoutClause("settle", "list of states") }],
  },
  {
    rule: "in_doubt is never written over needs_attention",
    schedule:
      "an OTP's reply is lost and its handler freezes; nothing can be asked, so a person is; the handler wakes and says in doubt",
    async run(world) {
      const otp = subject("customerOtp", newIdentity());
      world.provider.treatments.push(actsSilently);
      await until(world.call(otp, { at: "settle", fault: "frozen before" }));
      await afterQuiet(world);
      await world.catchUp();
      return expectState(world, otp, "needs_attention");
    },
    guards: [{ name: "settle: list of states", without: withoutClause("settle", "list of states") }],
  },
  {
    rule: "not_sent is written only over dispatched",
    schedule:
      "a handler that could not connect freezes before it says so; a person is asked meanwhile; the handler wakes and says not sent",
    async run(world) {
      const otp = subject("customerOtp", newIdentity());
      const plan = [
        { at: "connect customerotp", fault: "request lost" },
        { at: "settle", fault: "frozen before" },
      ] as const;
      await until(world.call(otp, plan));
      await afterQuiet(world);
      await world.catchUp();
      return expectState(world, otp, "needs_attention");
    },
    guards: [{ name: "settle: list of states", without: withoutClause("settle", "list of states") }],
  },
  {
    rule: "a genuine late reply beats doubt, and a person's list",
    schedule:
      "a handler freezes with the provider's success in hand; the record is listed for a person; the handler wakes",
    async run(world) {
      const otp = subject("customerOtp", newIdentity());
      const first = world.call(otp, { at: "settle", fault: "frozen before" });
      await until(first);
      await afterQuiet(world);
      await world.catchUp();
      return [...expectState(world, otp, "succeeded"), ...expectTold(first, "200")];
    },
    guards: [
      {
        name: "settle: doubt and a person's list give way to a reply",
        without: {
          command: (name, input) =>
            name === "settle"
              ? {
                  ...input,
                  ConditionExpression: `${input.ConditionExpression} AND NOT #state IN (:in_doubt, :needs_attention)`,
                }
              : input,
        },
      },
    ],
  },
  {
    rule: "a resolver that slept through a new attempt writes nothing",
    schedule:
      "a reconciler sees that nothing happened and freezes; another says so; a second attempt moves the money and loses its reply; the first reconciler wakes",
    async run(world) {
      const debit = debitOf();
      world.provider.treatments.push(isSilent, actsSilently);
      await until(world.call(debit));
      world.advance(times.lease + times.quiet + times.minute);
      await until(world.reconciler({ at: "conclude", fault: "frozen before" }));
      world.advance(times.minute);
      await until(world.reconciler());
      await until(world.call(debit));
      await world.catchUp();
      await afterQuiet(world);
      return expectState(world, debit, "succeeded");
    },
    guards: [
      { name: "conclude: attempt", without: withoutClause("conclude", "attempt"), twin: "conclude: turn" },
      { name: "conclude: turn", without: withoutClause("conclude", "turn"), twin: "conclude: attempt" },
      { name: "conclude: attempt and turn", without: withoutClause("conclude", "attempt", "turn") },
    ],
  },
  {
    rule: "a resolver writes over doubt alone",
    schedule:
      "a reconciler finds nothing to ask and freezes; the owner's late success is written; the reconciler wakes and asks for a person",
    async run(world) {
      const otp = subject("customerOtp", newIdentity());
      await until(world.call(otp, { at: "settle", fault: "frozen before" }));
      world.advance(times.lease + times.quiet);
      await until(world.reconciler({ at: "conclude", fault: "frozen before" }));
      await world.catchUp();
      return expectState(world, otp, "succeeded");
    },
    guards: [{ name: "conclude: list of states", without: withoutClause("conclude", "list of states") }],
  },
  {
    rule: "one resolver's turn at a time",
    schedule: "two reconcilers take up the same record, one while the other has asked and not yet written",
    async run(world) {
      const debit = debitOf();
      world.provider.treatments.push(isSilent);
      await until(world.call(debit));
      world.advance(times.lease + times.quiet + times.minute);
      await until(world.reconciler({ at: "conclude", fault: "frozen before" }));
      const second = await until(world.call(debit));
      await world.catchUp();
      return second.points.some((point) => point.startsWith("send"))
        ? ["two asked at a time"]
        : expectState(world, debit, "not_executed");
    },
    guards: [{ name: "takeTurn: nobody else's turn", without: withoutClause("takeTurn", "nobody's turn") }],
  },
  {
    rule: "of two reconcilers at once one asks",
    schedule:
      "two reconcilers have read what is due; one asks and puts it off; the other goes on; then the caller asks",
    async run(world) {
      const debit = debitOf();
      world.provider.treatments.push(isSilent);
      await until(world.call(debit));
      world.advance(times.lease + times.minute);
      const slow = world.reconciler({ at: "takeTurn", fault: "frozen before" });
      await until(slow);
      await until(world.reconciler());
      await world.catchUp();
      const caller = await until(world.call(debit));
      await afterQuiet(world);
      const asks = ({ points }: { readonly points: readonly string[] }) =>
        points.some((point) => point.startsWith("send"));
      return [
        ...(asks(slow) ? ["it was asked twice"] : []),
        ...(asks(caller) ? [] : ["a caller's repeat did not ask"]),
        ...expectState(world, debit, "not_executed"),
      ];
    },
    guards: [{ name: "takeTurn: due as seen", without: withoutClause("takeTurn", "due") }],
  },
  {
    rule: "a turn is taken at doubt alone",
    schedule:
      "two reconcilers have read an OTP in doubt; one finds nothing to ask and gives it to a person; the other goes on",
    async run(world) {
      const otp = subject("customerOtp", newIdentity());
      world.provider.treatments.push(actsSilently);
      await until(world.call(otp));
      world.advance(times.lease + times.minute);
      await until(world.reconciler({ at: "takeTurn", fault: "frozen before" }));
      await until(world.reconciler());
      await world.catchUp();
      return expectState(world, otp, "needs_attention");
    },
    guards: [
      {
        name: "takeTurn: doubt",
        without: withoutClause("takeTurn", "in doubt"),
        twin: "takeTurn: due as seen",
      },
      { name: "takeTurn: due as seen", without: withoutClause("takeTurn", "due"), twin: "takeTurn: doubt" },
      { name: "takeTurn: doubt and due as seen", without: withoutClause("takeTurn", "in doubt", "due") },
    ],
  },
  {
    rule: "that the provider shows nothing proves nothing until the quiet period is over",
    schedule:
      "a debit is on its way for longer than its lease; it is asked about, and not there yet; then it arrives",
    async run(world) {
      const debit = debitOf();
      world.provider.treatments.push(actsLate);
      await until(world.call(debit));
      world.advance(times.lease + 1_000);
      await until(world.reconciler());
      await until(world.call(debit));
      await world.catchUp();
      await afterQuiet(world);
      return expectState(world, debit, "succeeded");
    },
    guards: [{ name: "quiet period", without: { config: (config) => ({ ...config, quietPeriodMs: 0 }) } }],
  },
  {
    rule: "evidence must not be older than the attempt",
    schedule:
      "somebody else's debit stands under the same id since yesterday; ours is lost on its way; the inquiry finds the old one",
    async run(world) {
      const id = newIdentity();
      const fields = { from_customer_id: "100000001", amount: "5.50", merchant_transaction_id: id };
      world.provider.seed("debitwallet", fields, world.now - 24 * times.hour);
      world.provider.treatments.push(isSilent);
      await until(world.call(debitOf(id)));
      await afterQuiet(world);
      return expectState(world, debitOf(id), "needs_attention");
    },
    guards: [
      {
        name: "age of evidence",
        without: withInquiry((inquiry) => ({
          ...inquiry,
          evidence: (about: object, ...more: unknown[]) =>
            (inquiry.evidence as (...all: unknown[]) => unknown)(
              { ...about, dispatchedAt: 0, since: 0 },
              ...more,
            ),
        })),
      },
    ],
  },
  {
    rule: "the customer's own list must show it too",
    schedule: "a debit is found by its id and is not yet in the list of the customer's transactions",
    async run(world) {
      const debit = debitOf();
      world.provider.treatments.push(actsSilently);
      world.provider.hidesFromList = () => true;
      await until(world.call(debit));
      await afterQuiet(world);
      const early = expectState(world, debit, "in_doubt");
      world.provider.hidesFromList = () => false;
      await afterQuiet(world);
      return [...early, ...expectState(world, debit, "succeeded")];
    },
    guards: [
      {
        name: "the customer's own list",
        without: withInquiry((inquiry) => ({
          ...inquiry,
          evidence: async (
            about: { readonly identity: string },
            ask: (call: Call, read: unknown) => unknown,
          ) => {
            const byId = {
              path: "fetchbymerchantransactionid",
              fields: { merchant_transaction_id: about.identity },
            };
            const told = (await ask(byId, ({ data }: { data: { id(name: string): string } }) =>
              data.id("transaction_id"),
            )) as {
              readonly kind: string;
              readonly answer: string;
            };
            return told.kind === "answer"
              ? { shows: "done", result: { transactionId: told.answer } }
              : { shows: "unclear", why: "It is not known." };
          },
        })),
      },
    ],
  },
  {
    rule: "a row that nobody can explain keeps a change of money from being called undone",
    schedule:
      "a transfer happened, its id is not found, and the customer's list has a row of that amount without an id",
    async run(world) {
      const transfer = subject("walletToWallet", newIdentity());
      world.provider.treatments.push(actsSilently);
      world.provider.hidesById = () => true;
      await until(world.call(transfer));
      await afterQuiet(world);
      await until(world.call(transfer));
      return expectState(world, transfer, "needs_attention");
    },
    guards: [
      {
        name: "no unexplained row",
        without: withInquiry((inquiry) => ({
          ...inquiry,
          evidence: (about: unknown, ask: (call: Call, read: unknown) => unknown, known: unknown) =>
            (inquiry.evidence as (...all: unknown[]) => unknown)(
              about,
              (call: Call, read: unknown) =>
                // The list of somebody who has no transactions.
                ask(
                  call.path === "fetchtransactions"
                    ? { ...call, fields: { ...call.fields, customer_id: "1" } }
                    : call,
                  read,
                ),
              known,
            ),
        })),
      },
    ],
  },
  {
    rule: "'already taken' on a first attempt is somebody else's where it is old",
    schedule: "somebody else has used the id, more than a day before; the provider refuses ours as taken",
    async run(world) {
      const id = newIdentity();
      const debited = { from_customer_id: "1", amount: "5.50", merchant_transaction_id: id };
      world.provider.seed("debitwallet", debited, world.now - 25 * 60 * times.minute);
      world.provider.refusesRepeats = true;
      const run = await until(world.call(debitOf(id)));
      return [...expectState(world, debitOf(id), "declined"), ...expectTold(run, "already-done")];
    },
    guards: [
      {
        name: "'taken' on a first attempt is no success",
        without: withAnswers((answer) =>
          answer.kind === "refusal" && answer.as === "taken"
            ? { kind: "success", reply: { data: somethingDone }, unread: new Set() }
            : answer,
        ),
      },
    ],
  },
  {
    rule: "'already taken' on a first attempt may be our own",
    schedule: "what stands before the provider sends a debit twice, and passes on the second answer",
    async run(world) {
      const debit = debitOf();
      world.provider.treatments.push({ acts: "yes", replies: "second" });
      const run = await until(world.call(debit));
      const { length } = world.effects(`money ${debit.input.merchantTransactionId}`);
      return [
        ...expectState(world, debit, "succeeded"),
        ...expectTold(run, "200"),
        ...(length === 1 ? [] : [`${length} effects`]),
      ];
    },
    guards: [
      {
        name: "'taken' on a first attempt is doubt",
        without: withAnswers((answer) =>
          answer.kind === "refusal" && answer.as === "taken" ? { ...answer, as: "declined" } : answer,
        ),
      },
    ],
  },
  {
    rule: "'already taken' on a later attempt may be our own",
    schedule:
      "a debit arrives later than any debit should, after it was called not executed; the next attempt is refused as taken",
    isBeyondAssumptions: true,
    async run(world) {
      const debit = debitOf();
      world.provider.treatments.push(actsLate);
      world.provider.refusesRepeats = true;
      await until(world.call(debit));
      await afterQuiet(world);
      await world.catchUp();
      await until(world.call(debit));
      await afterQuiet(world);
      const count = world.effects(`money ${debit.input.merchantTransactionId}`).length;
      return [
        ...expectState(world, debit, "succeeded", "needs_attention"),
        ...(count === 1 ? [] : [`${count} effects`]),
      ];
    },
    guards: [
      {
        name: "'taken' on a later attempt is no refusal",
        twin: "a refusal is doubt where an attempt had been refused",
        without: withAnswers((answer) =>
          answer.kind === "refusal" && answer.as === "taken" ? { ...answer, as: "declined" } : answer,
        ),
      },
    ],
  },
  ...(["mpin", "funds", "otp"] as const).map(
    (word): Schedule => ({
      rule: "a refusal may follow from an attempt that was refused before looking",
      schedule: `a debit is done, and its second copy is answered 429; it is repeated, and is told what follows from itself: ${word}`,
      async run(world) {
        const debit = debitOf();
        world.provider.treatments.push(isRefusedTwice);
        world.provider.saysOfDenied = word;
        const first = await until(world.call(debit));
        await until(world.call(debit));
        const last = await until(world.call(debit));
        const count = world.effects(`money ${debit.input.merchantTransactionId}`).length;
        return [
          ...expectTold(first, "throttled"),
          ...expectTold(last, "200"),
          ...(count === 1 ? [] : [`${count} effects`]),
        ];
      },
      guards: [{ name: "a refusal is doubt where an attempt had been refused", without: forgetsRefusals }],
    }),
  ),
  ...(["debitWallet", "updateCustomer", "registerCustomer"] as const).map(
    (name): Schedule => ({
      rule: "a refusal long after one that was unseen is told at once",
      schedule: `${name}: it is answered 429 and not done; an hour later it is repeated, and refused`,
      async run(world) {
        const change = subject(name, newIdentity());
        world.provider.treatments.push(
          { acts: "no", replies: "throttled" },
          { acts: "no", replies: "refusal" },
        );
        const first = await until(world.call(change));
        world.advance(times.hour);
        const second = await until(world.call(change));
        return [...expectTold(first, "throttled"), ...expectTold(second, "limit-exceeded")];
      },
      guards: [],
    }),
  ),
  {
    rule: "what the provider has not finished is not settled by what it does not show",
    schedule: "the provider says that a debit is pending, shows nothing for an hour, and then does it",
    async run(world) {
      const debit = debitOf();
      world.provider.treatments.push({ acts: "late", replies: "unfinished" });
      await until(world.call(debit));
      await afterQuiet(world);
      world.advance(times.hour);
      await until(world.reconciler());
      const waiting = expectState(world, debit, "in_doubt");
      await world.catchUp();
      const last = await until(world.call(debit));
      return [...waiting, ...expectTold(last, "200")];
    },
    guards: [
      {
        name: "an unfinished word is no refusal",
        without: withAnswers((answer) =>
          answer.kind === "unusable" && answer.word
            ? { ...answer, word: { code: "STRANGE-CODE", message: "" } }
            : answer,
        ),
      },
    ],
  },
  {
    rule: "only a refusal that is listed is a refusal",
    schedule: "the provider moves the money and answers with an error that nobody knows",
    async run(world) {
      const debit = debitOf();
      world.provider.treatments.push({ acts: "yes", replies: "unknown code" });
      await until(world.call(debit));
      await afterQuiet(world);
      return expectState(world, debit, "succeeded");
    },
    guards: [
      {
        name: "listed refusals only",
        without: withAnswers((answer) =>
          answer.kind === "unusable" && answer.word
            ? {
                kind: "refusal",
                word: answer.word,
                as: "declined",
                code: "declined",
                detail: "Read as a refusal.",
              }
            : answer,
        ),
      },
    ],
  },
  ...(["wallLost", "monotonicLost", "neither"] as const).map(
    (stopped): Schedule => ({
      rule: "no first byte when it has become too late to send",
      schedule: `a handler freezes between its claim and its send (clock that stood still: ${stopped}); a second attempt moves the money; the first wakes`,
      async run(world) {
        const debit = debitOf();
        const process = new Process(world);
        await until(world.call(debit, { at: "connect debitwallet", fault: "frozen before" }, process));
        const froze = world.now;
        await afterQuiet(world);
        await until(world.call(debit));
        if (stopped !== "neither") process[stopped] = world.now - froze;
        await world.catchUp();
        return expectState(world, debit, "succeeded");
      },
      guards: [{ name: "deadline of the send", without: sendsLate }],
    }),
  ),
  {
    rule: "nothing is sent by a process whose clock is behind",
    schedule:
      "a process thaws with its clock 20 minutes behind and claims a debit; its bytes are on their way when a reconciler, whose clock is right, finds lease and quiet period over and nothing there; the caller comes again; the bytes arrive",
    async run(world) {
      const debit = debitOf();
      const thawed = new Process(world);
      thawed.wallLost = 20 * times.minute;
      const first = world.call(debit, { at: "send debitwallet", fault: "frozen before" }, thawed);
      await until(first);
      await until(world.reconciler());
      await until(world.call(debit));
      await world.catchUp();
      return [...expectTold(first, "not-sent"), ...expectState(world, debit, "succeeded")];
    },
    guards: [
      {
        name: "claim: the function ends before its lease",
        without: { remainingMs: (milliseconds) => Math.min(milliseconds, 28_000) },
      },
    ],
  },
  {
    rule: "what got no reply is never sent on",
    schedule:
      "a debit's bytes are in the socket of a process that freezes; the quiet period passes; a second attempt moves the money; the first process thaws",
    async run(world) {
      const debit = debitOf();
      await until(world.call(debit, { at: "send debitwallet", fault: "request lost" }));
      await afterQuiet(world);
      await until(world.call(debit));
      await world.catchUp();
      const count = world.effects(`money ${debit.input.merchantTransactionId}`).length;
      return [...expectState(world, debit, "succeeded"), ...(count === 1 ? [] : [`${count} effects`])];
    },
    guards: [{ name: "the socket goes with its request", without: leavesBytes }],
  },
  {
    rule: "time makes no new attempt of doubt",
    schedule: "a debit's handler dies after the send; its lease ends; the caller comes again",
    async run(world) {
      const debit = debitOf();
      await until(world.call(debit, { at: "settle", fault: "crash before" }));
      world.advance(times.lease + times.minute);
      const again = await until(world.call(debit));
      return [...expectTold(again, "200"), ...expectState(world, debit, "succeeded")];
    },
    guards: [{ name: "claim: no record yet", without: withoutClause("claim", "no record") }],
  },
  {
    rule: "a caller is told nothing final before the settle is acknowledged",
    schedule: "an OTP is sent, and the settle is lost on its way; nothing can be asked, so a person is",
    async run(world) {
      const otp = subject("customerOtp", newIdentity());
      const first = await until(world.call(otp, { at: "settle", fault: "request lost" }));
      await afterQuiet(world);
      return [...expectTold(first, "outcome-unknown"), ...expectState(world, otp, "needs_attention")];
    },
    guards: [{ name: "an acknowledged settle", without: settlesOnTrust }],
  },
  {
    rule: "a claim that meets its own owner has won",
    schedule: "a claim is written and its answer lost; the SDK repeats it",
    async run(world) {
      const debit = debitOf();
      const run = await until(world.call(debit, { at: "claim", fault: "repeated" }));
      return [...expectTold(run, "200"), ...expectState(world, debit, "succeeded")];
    },
    guards: [{ name: "claim: one's own owner is known again", without: showing("owner", "somebody else") }],
  },
  {
    rule: "only the exact words say that the provider knows no such id",
    schedule:
      "a debit happened; the provider answers the inquiry with a refusal that names another field, and lists nothing",
    async run(world) {
      const debit = debitOf();
      world.provider.treatments.push(actsSilently);
      world.provider.hidesById = () => true;
      world.provider.hidesFromList = () => true;
      world.provider.unknown = "The selected customer id is invalid.";
      await until(world.call(debit));
      await afterQuiet(world);
      world.advance(25 * times.hour);
      await until(world.reconciler());
      return expectState(world, debit, "needs_attention");
    },
    guards: [
      {
        name: "exact words of not found",
        without: withAnswers((answer) =>
          answer.kind === "refusal" && answer.word?.code === "INVALID-PARAMS"
            ? {
                ...answer,
                word: { ...answer.word, message: "The selected merchant transaction id is invalid." },
              }
            : answer,
        ),
      },
    ],
  },
  {
    rule: "nothing is sent after a claim of unknown outcome",
    schedule:
      "a claim is lost on its way to the table; its handler goes on or does not; the caller comes again",
    async run(world) {
      const debit = debitOf();
      await until(world.call(debit, { at: "claim", fault: "request lost" }));
      await until(world.call(debit));
      return expectState(world, debit, "succeeded");
    },
    guards: [{ name: "no send after an unknown claim", without: claimsOnTrust }],
  },
  {
    rule: "a claim holds once",
    schedule:
      "an attempt is refused before anybody looked at it; a copy of its claim arrives late, and nobody is behind it",
    async run(world) {
      const otp = subject("customerOtp", newIdentity());
      world.provider.treatments.push(isRefusedUnseen);
      await until(world.call(otp, { at: "claim", fault: "lands again" }));
      await world.catchUp();
      return expectState(world, otp, "not_executed");
    },
    guards: [{ name: "claim: two writes", without: claimsInOneWrite() }],
  },
  {
    rule: "a claim holds once, whoever has claimed since",
    schedule:
      "two attempts of two callers are refused before anybody looked at them; a copy of the first one's claim arrives late",
    async run(world) {
      const otp = subject("customerOtp", newIdentity());
      world.provider.treatments.push(isRefusedUnseen, isRefusedUnseen);
      await until(world.call(otp, { at: "claim", fault: "lands again" }));
      await until(world.call(otp));
      await world.catchUp();
      return expectState(world, otp, "not_executed");
    },
    guards: [
      {
        name: "claim: two writes, where one is kept from its own owner",
        without: claimsInOneWrite(" AND #owner <> :owner"),
      },
    ],
  },
  {
    rule: "a later attempt's claim holds once",
    schedule:
      "two attempts are refused before anybody looked at them; a copy of the second one's claim arrives late",
    async run(world) {
      const otp = subject("customerOtp", newIdentity());
      world.provider.treatments.push(isRefusedUnseen, isRefusedUnseen);
      await until(world.call(otp));
      await until(world.call(otp, { at: "claimAgain", fault: "lands again" }));
      await world.catchUp();
      return expectState(world, otp, "not_executed");
    },
    guards: [{ name: "claimAgain: attempt", without: withoutClause("claimAgain", "attempt") }],
  },
  {
    rule: "of two claims of a later attempt one holds",
    schedule:
      "an attempt could not connect; two callers come again and see the same; one is sending when the other claims",
    async run(world) {
      const debit = debitOf();
      await until(world.call(debit, { at: "connect debitwallet", fault: "request lost" }));
      const slow = world.call(debit, { at: "claimAgain", fault: "frozen before" });
      await until(slow);
      await until(world.call(debit, { at: "settle", fault: "frozen before" }));
      await world.catchUp();
      return expectState(world, debit, "succeeded");
    },
    guards: [
      {
        name: "claimAgain: attempt",
        without: withoutClause("claimAgain", "attempt"),
        twin: "claimAgain: state",
      },
      {
        name: "claimAgain: state",
        without: withoutClause("claimAgain", "state"),
        twin: "claimAgain: attempt",
      },
      { name: "claimAgain: attempt and state", without: withoutClause("claimAgain", "attempt", "state") },
    ],
  },
  {
    rule: "a claim of unknown outcome is withdrawn",
    schedule:
      "an OTP's claim is written and its acknowledgement lost; nothing can be asked of an OTP; the caller comes again",
    async run(world) {
      const otp = subject("customerOtp", newIdentity());
      const first = await until(world.call(otp, { at: "claim", fault: "reply lost" }));
      const early = [...expectTold(first, "not-sent"), ...expectState(world, otp, "not_sent")];
      const second = await until(world.call(otp));
      return [...early, ...expectTold(second, "200"), ...expectState(world, otp, "succeeded")];
    },
    guards: [{ name: "withdrawal", without: withoutWithdrawal }],
  },
  ...lateClaims,
  {
    rule: "a withdrawal is of one's own claim alone",
    schedule:
      "a claim is lost on its way and its process freezes; another sends the debit and dies; the first withdraws; the caller comes again",
    async run(world) {
      const debit = debitOf();
      const plan = [
        { at: "claim", fault: "request lost" },
        { at: "withdraw", fault: "frozen before" },
      ] as const;
      await until(world.call(debit, plan));
      await until(world.call(debit, { at: "settle", fault: "crash before" }));
      await world.catchUp();
      await until(world.call(debit));
      await afterQuiet(world);
      return expectState(world, debit, "succeeded");
    },
    guards: [
      { name: "withdraw: owner", without: withoutClause("withdraw", "owner") },
      { name: "withdraw: no record yet", without: withoutClause("withdraw", "no record") },
    ],
  },
  {
    rule: "a withdrawal is written only over dispatched",
    schedule:
      "an OTP's claim is written, its acknowledgement lost, its process frozen; the lease ends and a person is asked; the process wakes",
    async run(world) {
      const otp = subject("customerOtp", newIdentity());
      const plan = [
        { at: "claim", fault: "reply lost" },
        { at: "withdraw", fault: "frozen before" },
      ] as const;
      await until(world.call(otp, plan));
      await afterQuiet(world);
      await world.catchUp();
      return expectState(world, otp, "needs_attention");
    },
    guards: [{ name: "withdraw: state", without: withoutClause("withdraw", "dispatched") }],
  },
  {
    rule: "the claim that another attempt holds is not to be had",
    schedule:
      "two callers with the same request come at once, the second while the first has not yet been answered",
    async run(world) {
      const debit = debitOf();
      await until(world.call(debit, { at: "send debitwallet", fault: "frozen before" }));
      const second = await until(world.call(debit));
      await world.catchUp();
      return [...expectTold(second, "in-progress"), ...expectState(world, debit, "succeeded")];
    },
    guards: [{ name: "claim: no record yet", without: withoutClause("claim", "no record") }],
  },
  {
    rule: "credit, debit and transfer share one namespace",
    schedule: "a debit moves money under an id; then a credit comes with the same id",
    async run(world) {
      const id = newIdentity();
      await until(world.call(debitOf(id)));
      const credit = await until(world.call(subject("creditWallet", id)));
      return expectTold(credit, "identity-reused");
    },
    guards: [
      {
        name: "one namespace for money",
        without: {
          operation: (operation) =>
            typeof operation.identity === "string"
              ? operation
              : ({
                  ...operation,
                  identity: { ...operation.identity, namespace: operation.name },
                } as unknown as typeof operation),
        },
      },
    ],
  },
  {
    rule: "a reversal waits until its debit has succeeded",
    schedule: "a debit is in doubt, and still on its way; its reversal is asked for",
    async run(world) {
      const id = newIdentity();
      world.provider.treatments.push(actsLate);
      await until(world.call(debitOf(id)));
      const reversal = await until(world.call(subject("debitReversal", id)));
      await world.catchUp();
      await afterQuiet(world);
      const sent = world.provider.received.some((of) => of.startsWith("reversal"));
      return [...expectTold(reversal, "in-progress"), ...(sent ? ["the reversal was sent"] : [])];
    },
    guards: [
      {
        name: "a reversal waits for its debit",
        without: {
          operation: ({ follows: _follows, ...operation }) =>
            operation as unknown as Parameters<NonNullable<Without["operation"]>>[0],
        },
      },
    ],
  },
  {
    rule: "a reversal is never settled by not finding it",
    schedule:
      "a reversal happened under a name of the provider's own, so the id that we ask for is not found",
    async run(world) {
      const id = newIdentity();
      await until(world.call(debitOf(id)));
      world.provider.treatments.push(actsSilently);
      world.provider.hidesById = ({ path }) => path === "debitreversal";
      const reversal = subject("debitReversal", id);
      await until(world.call(reversal));
      for (let round = 0; round < 3; round++) {
        await afterQuiet(world);
        await until(world.call(reversal));
        world.advance(12 * times.hour);
      }
      await until(world.reconciler());
      return expectState(world, reversal, "needs_attention");
    },
    guards: [
      {
        name: "a reversal's absence proves nothing",
        without: withInquiry((inquiry) =>
          inquiry.absence === "proves nothing" ? { ...inquiry, absence: "not executed" } : inquiry,
        ),
      },
    ],
  },
  {
    rule: "a debit's absence is believed only where nothing reversed it",
    schedule:
      "a reversal of a debit that we do not hold yet is on its way; the debit happens, its reply is lost; the reversal happens, and the provider shows the debit no more",
    async run(world) {
      const id = newIdentity();
      world.provider.hidesReversed = true;
      await until(
        world.call(subject("debitReversal", id), { at: "send debitreversal", fault: "frozen before" }),
      );
      world.provider.treatments.push(actsSilently);
      await until(world.call(debitOf(id), { at: "settle", fault: "crash before" }));
      await world.catchUp();
      await afterQuiet(world);
      await until(world.call(debitOf(id)));
      return expectState(world, debitOf(id), "needs_attention");
    },
    guards: [
      {
        name: "a debit's absence only without a reversal",
        without: withInquiry(({ undoneBy: _undoneBy, ...inquiry }) => inquiry),
      },
    ],
  },
  {
    rule: "a binding is set once",
    schedule: "a notification is about to bind; another with a second token binds; the first goes on",
    async run(world) {
      const binding = subject("registerBinding", newIdentity());
      const reference = String(binding.input.referenceNo);
      await until(world.call(binding));
      await world.notification(reference, { at: "bind", fault: "frozen before" }, { userToken: "token-A" })
        ?.stopped;
      await world.notification(reference, undefined, { userToken: "token-B" })?.stopped;
      await world.catchUp();
      const strays = world.versions.filter(({ write }) => write === "keep").length;
      return strays === 1 ? [] : [`${strays} notifications are kept for a person`];
    },
    guards: [{ name: "bind: no binding yet", without: withoutClause("bind", "no binding") }],
  },
  {
    rule: "what is bound is not registered again",
    schedule: "a registration's reply is lost, and its notification binds; the caller comes again",
    async run(world) {
      const binding = subject("registerBinding", newIdentity());
      world.provider.treatments.push(actsSilently);
      await until(world.call(binding));
      await world.notification(String(binding.input.referenceNo))?.stopped;
      const again = await until(world.call(binding));
      return [...expectTold(again, "200"), ...expectState(world, binding, "succeeded")];
    },
    guards: [{ name: "claim: no record yet", without: withoutClause("claim", "no record") }],
  },
  {
    rule: "a binding is of the registration's own tXid",
    schedule:
      "a notification of another tXid is about to bind; the registration's reply is recorded; the notification goes on",
    async run(world) {
      const binding = subject("registerBinding", newIdentity());
      const reference = String(binding.input.referenceNo);
      await until(world.call(binding, { at: "settle", fault: "frozen before" }));
      const process = new Process(world);
      const bind = { at: "bind", fault: "frozen before" } as const;
      const notification = world.notification(reference, bind, { tXid: "another" }, process);
      await notification?.stopped;
      for (const run of world.runs.filter((each) => each !== notification)) {
        run.thaw();
        await run.stopped;
      }
      await world.catchUp();
      const bound = world.latest(binding.record)?.item.binding !== undefined;
      return bound ? ["the binding of another tXid is set"] : [];
    },
    guards: [
      { name: "bind: state as seen", without: withoutClause("bind", "state"), twin: "bind: tXid" },
      { name: "bind: tXid", without: withoutClause("bind", "tXid"), twin: "bind: state as seen" },
      { name: "bind: state as seen and tXid", without: withoutClause("bind", "state", "tXid") },
    ],
  },
  {
    rule: "a reply that disagrees with the binding before it flags it",
    schedule: "a notification of another tXid binds; then the registration's reply is recorded",
    async run(world) {
      const binding = subject("registerBinding", newIdentity());
      const first = world.call(binding, { at: "settle", fault: "frozen before" });
      await until(first);
      await world.notification(String(binding.input.referenceNo), undefined, { tXid: "another" })?.stopped;
      await world.catchUp();
      return expectTold(first, "outcome-unknown");
    },
    guards: [
      { name: "settle: the binding's tXid agrees", without: withoutClause("settle", "tXid of the binding") },
    ],
  },
  {
    rule: "a refusal that comes after the binding flags it",
    schedule: "a notification binds; then the registration's reply turns out to be a refusal",
    async run(world) {
      const binding = subject("registerBinding", newIdentity());
      world.provider.treatments.push({ acts: "yes", replies: "refusal" });
      const first = world.call(binding, { at: "settle", fault: "frozen before" });
      await until(first);
      await world.notification(String(binding.input.referenceNo))?.stopped;
      await world.catchUp();
      const item = world.latest(binding.record)?.item;
      const listed = item !== undefined && (await world.isListed(item));
      return [
        ...expectTold(first, "outcome-unknown"),
        ...(item?.flagged && listed ? [] : ["it is not flagged"]),
      ];
    },
    guards: [
      { name: "flag: what is contradicted", without: refused("flag", "attribute_not_exists(#owner)") },
    ],
  },
  {
    rule: "a notification that fits nothing is kept, listed, and kept once",
    schedule: "a notification comes twice for a referenceNo that nobody registered here",
    async run(world) {
      const referenceNo = newIdentity();
      const fields = { referenceNo, billingPhone: "+628123456789", billingNm: "Ayu" };
      world.provider.seed("userAccountBinding", { ...fields, clientUserKey: "user-1", mitraCd: "KDVI" });
      await world.notification(referenceNo)?.stopped;
      await world.notification(referenceNo)?.stopped;
      const kept = world.versions.map(({ item }) => item);
      const listed = await Promise.all(kept.map((item) => world.isListed(item)));
      return kept.length === 1 && listed[0] ? [] : [`${kept.length} items, of which one is to be listed`];
    },
    guards: [],
  },
  {
    rule: "a notification must agree with what was registered",
    schedule: "a genuine signature, which does not cover it, comes with another user's key",
    async run(world) {
      const binding = subject("registerBinding", newIdentity());
      await until(world.call(binding));
      await world.notification(String(binding.input.referenceNo), undefined, { clientUserKey: "intruder" })
        ?.stopped;
      return world.latest(binding.record)?.item.binding ? ["another user's account is bound"] : [];
    },
    guards: [
      {
        name: "facts of the registration",
        without: {
          client: (client) => ({
            async send(command) {
              const output = await client.send(command);
              if (!output.Item?.facts) return output;
              const facts = { billingPhone: "+628123456789", clientUserKey: "intruder", mitraCd: "KDVI" };
              return { ...output, Item: { ...output.Item, facts: { S: JSON.stringify(facts) } } };
            },
          }),
        },
      },
    ],
  },
  {
    rule: "a registration that was not sent after all flags the binding before it",
    schedule:
      "a registration that the provider knows from elsewhere is claimed; its notification comes while the connection cannot be made; the handler says not sent",
    async run(world) {
      const binding = subject("registerBinding", newIdentity());
      const { referenceNo, billingPhone, billingNm, clientUserKey } = binding.input as Record<string, string>;
      const known = { referenceNo, billingPhone, billingNm, clientUserKey, mitraCd: "KDVI" };
      world.provider.seed("userAccountBinding", known as Record<string, string>);
      const first = world.call(binding, [
        { at: "connect userAccountBinding", fault: "request lost" },
        { at: "settle", fault: "frozen before" },
      ]);
      await until(first);
      await world.notification(String(referenceNo))?.stopped;
      await world.catchUp();
      const { flagged } = world.latest(binding.record)?.item ?? {};
      return [...expectTold(first, "outcome-unknown"), ...(flagged ? [] : ["it is not flagged"])];
    },
    guards: [],
    isBeyondAssumptions: true,
  },
  {
    rule: "a notification settles what the registration left open",
    schedule: "the registration's reply is lost; its notification comes; nobody ever asks",
    async run(world) {
      const binding = subject("registerBinding", newIdentity());
      world.provider.treatments.push(actsSilently);
      await until(world.call(binding));
      await world.notification(String(binding.input.referenceNo))?.stopped;
      await world.notification(String(binding.input.referenceNo))?.stopped;
      return expectState(world, binding, "succeeded");
    },
    guards: [],
  },
  {
    rule: "a lost registration waits for its notification, and then for a person",
    schedule:
      "the registration's reply is lost, no notification comes; after half an hour a person is asked; then it comes",
    async run(world) {
      const binding = subject("registerBinding", newIdentity());
      world.provider.treatments.push(actsSilently);
      await until(world.call(binding));
      await afterQuiet(world);
      const early = expectState(world, binding, "in_doubt");
      world.advance(times.hour / 2);
      await until(world.reconciler());
      const late = expectState(world, binding, "needs_attention");
      await world.notification(String(binding.input.referenceNo))?.stopped;
      return [...early, ...late, ...expectState(world, binding, "succeeded")];
    },
    guards: [],
  },
  {
    rule: "a repeat must be the same request",
    schedule: "an attempt could not connect; the identity comes again with another amount",
    async run(world) {
      const id = newIdentity();
      await until(world.call(debitOf(id), { at: "connect debitwallet", fault: "request lost" }));
      const other = await until(world.call(subject("debitWallet", id, { more: { amount: "9.00" } })));
      return [
        ...expectTold(other, "identity-reused"),
        ...(world.provider.received.length > 0 ? ["it was sent"] : []),
      ];
    },
    guards: [{ name: "a repeat is the same request", without: comparesNoRequest }],
  },
  {
    rule: "nobody is told the answer of another request",
    schedule: "a debit succeeded; the identity comes again with another amount",
    async run(world) {
      const id = newIdentity();
      await until(world.call(debitOf(id)));
      const other = await until(world.call(subject("debitWallet", id, { more: { amount: "9.00" } })));
      return expectTold(other, "identity-reused");
    },
    guards: [{ name: "a repeat is the same request", without: comparesNoRequest }],
  },
  {
    rule: "a mistyped MPIN on a repeat still learns the truth",
    schedule: "a debit's handler dies after the send; the caller comes again with another MPIN",
    async run(world) {
      const id = newIdentity();
      await until(world.call(debitOf(id), { at: "settle", fault: "crash before" }));
      await afterQuiet(world);
      const again = await until(world.call(subject("debitWallet", id, { more: { mpin: "9999" } })));
      return expectTold(again, "200");
    },
    guards: [
      {
        name: "money is compared by its effect alone",
        without: {
          operation: ({ sameBy: _sameBy, ...operation }) =>
            operation as unknown as Parameters<NonNullable<Without["operation"]>>[0],
        },
      },
    ],
  },
  {
    rule: "a rotated fingerprint key still knows its requests",
    schedule: "an OTP is sent and its reply lost; the gateway's key is rotated; the same request comes again",
    async run(world) {
      const otp = subject("customerOtp", newIdentity());
      world.provider.treatments.push(actsSilently);
      await until(world.call(otp));
      world.rotate("gateway");
      world.advance(times.minute);
      const again = await until(world.call(otp));
      return expectTold(again, "outcome-unknown");
    },
    guards: [{ name: "older fingerprint keys", without: newestKeyAlone }],
  },
  {
    rule: "a request under an older key may be attempted again",
    schedule: "an attempt could not connect; the key is rotated; the same request comes again, twice",
    async run(world) {
      const otp = subject("customerOtp", newIdentity());
      await until(world.call(otp, { at: "connect customerotp", fault: "request lost" }));
      world.rotate("gateway");
      await until(world.call(otp, { at: "connect customerotp", fault: "request lost" }));
      const last = await until(world.call(otp));
      return expectTold(last, "200");
    },
    guards: [],
  },
  {
    rule: "a process that has not yet seen a new fingerprint key looks for it",
    schedule:
      "a process has the old ring in memory; another claims under the new key; the first gets the same request",
    async run(world) {
      const old = new Process(world);
      await until(world.call(subject("customerOtp", newIdentity()), undefined, old));
      world.rotate("gateway");
      world.advance(10_000);
      const otp = subject("customerOtp", newIdentity());
      await until(world.call(otp));
      return expectTold(await until(world.call(otp, undefined, old)), "200");
    },
    guards: [],
  },
  {
    rule: "where our signature was refused, a newer secret signs once more",
    schedule: "the provider takes a new salt alone; a process that still has the old one sends a debit",
    async run(world) {
      const old = new Process(world);
      await until(world.call(debitOf(), undefined, old));
      world.rotate("aggrepay");
      world.provider.keys.splice(1);
      world.advance(10_000);
      const debit = debitOf();
      return expectTold(await until(world.call(debit, undefined, old)), "200");
    },
    guards: [],
  },
  {
    rule: "a freshly rotated key loses no notification",
    schedule:
      "the merchant key is rotated; a process that still has the old one gets a notification under the new one",
    async run(world) {
      const old = new Process(world);
      const [first, second] = [
        subject("registerBinding", newIdentity()),
        subject("registerBinding", newIdentity()),
      ];
      await until(world.call(first));
      await world.notification(String(first.input.referenceNo), undefined, {}, old)?.stopped;
      world.rotate("nicepay");
      world.provider.keys.splice(1);
      world.advance(10_000);
      await until(world.call(second));
      await world.notification(String(second.input.referenceNo), undefined, {}, old)?.stopped;
      return world.latest(second.record)?.item.binding ? [] : ["its notification was refused"];
    },
    guards: [],
  },
  {
    rule: "money is never forgotten",
    schedule: "a debit succeeds",
    async run(world) {
      const debit = debitOf();
      await until(world.call(debit));
      return expectState(world, debit, "succeeded");
    },
    guards: [{ name: "settle: no end for money and doubt", without: expiresAlways("settle") }],
  },
  {
    rule: "doubt is never forgotten",
    schedule: "an OTP's reply is lost, and nothing can be asked",
    async run(world) {
      const otp = subject("customerOtp", newIdentity());
      world.provider.treatments.push(actsSilently);
      await until(world.call(otp));
      await afterQuiet(world);
      return expectState(world, otp, "needs_attention");
    },
    guards: [
      { name: "settle: no end for money and doubt", without: expiresAlways("settle") },
      { name: "conclude: no end for doubt", without: expiresAlways("conclude") },
    ],
  },
  {
    rule: "what is there already is not done again",
    schedule: "somebody else registers the mobile number; then our caller does",
    async run(world) {
      const register = subject("registerCustomer", newIdentity());
      world.provider.seed("registercustomer", { mobile_number: String(register.input.mobileNumber) });
      return expectTold(await until(world.call(register)), "already-done");
    },
    guards: [
      {
        name: "look before the first attempt",
        without: withInquiry(({ looksFirst: _looksFirst, ...inquiry }) => inquiry),
      },
    ],
  },
  {
    rule: "what another handler of the same request did is not somebody else's",
    schedule:
      "a handler has found no record and is about to look at the provider; the caller's repeat registers the customer; the first looks",
    async run(world) {
      const register = subject("registerCustomer", newIdentity());
      const first = world.call(register, { at: "send fetchcustomerdetail", fault: "frozen before" });
      await until(first);
      await until(world.call(register));
      await world.catchUp();
      return expectTold(first, "200");
    },
    guards: [],
  },
  {
    rule: "one record that cannot be looked into keeps nobody from the others",
    schedule: "two records in doubt; reading the one that is due first fails every time",
    async run(world) {
      const [poisoned, other] = [debitOf(), debitOf()];
      for (const debit of [poisoned, other]) {
        world.provider.treatments.push(actsSilently);
        await until(world.call(debit));
      }
      world.unreadable.add(poisoned.record);
      await afterQuiet(world);
      const meanwhile = expectState(world, other, "succeeded");
      world.unreadable.clear();
      await afterQuiet(world);
      return meanwhile;
    },
    guards: [],
  },
  {
    rule: "evidence of another host speaks of another wallet",
    schedule: "a debit's reply is lost; the provider's host is changed to one that knows nothing of it",
    async run(world) {
      const debit = debitOf();
      world.provider.treatments.push(actsSilently);
      await until(world.call(debit));
      const { effects } = world.provider;
      const hidden = effects.splice(0);
      world.host = "https://another.example";
      await afterQuiet(world);
      const meanwhile = expectState(world, debit, "in_doubt");
      effects.push(...hidden);
      world.host = undefined;
      world.advance(times.hour);
      await until(world.reconciler());
      return [...meanwhile, ...expectState(world, debit, "succeeded")];
    },
    guards: [{ name: "host of the attempt", without: withAnyHost() }],
  },
];

function withAnyHost(): Without {
  const anyHost: Without = {
    operation: (operation) => ({
      ...operation,
      provider: { ...operation.provider, host: () => "wallet.example" },
    }),
  };
  return {
    operation: (operation) => {
      const altered = anyHost.operation?.(operation) ?? operation;
      return withInquiry((inquiry) => inquiry).operation?.(altered) ?? altered;
    },
  };
}
