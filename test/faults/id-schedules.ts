import { createHash } from "node:crypto";
import { actsSilently, isSilent, withInquiry } from "./guards.ts";
import { afterQuiet, expectState, type Guard, type Schedule, toldOf, until } from "./schedule.ts";
import { nameOf } from "./store.ts";
import { newIdentity, type Subject, type SubjectName, subject } from "./subjects.ts";
import { times, type Without, type World } from "./world.ts";

/** A way of keeping ids that makes another id of a long one with letters of both cases, a dot and a hyphen. */
export interface IdForm {
  readonly name: string;
  readonly keeps: (id: string) => string | null;
  /** It finds what it is asked for in that form too. */
  readonly asksInKeptForm?: true;
}

export const idForms: readonly IdForm[] = [
  { name: "cut at 50 characters", keeps: (id) => id.slice(0, 50) },
  { name: "cut at 50 characters, asked for too", keeps: (id) => id.slice(0, 50), asksInKeptForm: true },
  { name: "without its first characters", keeps: (id) => id.slice(-20) },
  { name: "in lower case", keeps: (id) => id.toLowerCase() },
  { name: "in lower case, asked for too", keeps: (id) => id.toLowerCase(), asksInKeptForm: true },
  { name: "in upper case", keeps: (id) => id.toUpperCase() },
  { name: "without . and -", keeps: (id) => id.replace(/[.-]/g, "") },
  { name: "with _ for -", keeps: (id) => id.replaceAll("-", "_") },
  { name: "under a prefix", keeps: (id) => `MERCHANT7_${id}` },
  { name: "with a suffix", keeps: (id) => `${id}-01` },
  { name: "filled with zeros", keeps: (id) => id.padStart(80, "0") },
  { name: "filled with spaces", keeps: (id) => id.padEnd(80, " ") },
  { name: "as a hash", keeps: (id) => createHash("sha256").update(id).digest("hex").slice(0, 32) },
  { name: "as nothing", keeps: () => null },
];

/** 64 characters, of which the first ones tell it from others. */
export const longId = () => `${newIdentity("Order.")}-${"kZ.".repeat(30)}`.slice(0, 64);
/** Two of them that only their ends tell apart. */
const alike = () => {
  const id = longId();
  return [id, `${id.slice(0, -2)}-B`] as const;
};

const kinds = ["debitWallet", "creditWallet", "walletToWallet"] as const satisfies readonly SubjectName[];

const effectsOf = (world: World, { input }: Subject) =>
  world.effects(`money ${input.merchantTransactionId}`).length;

function keepingIds(world: World, { keeps, asksInKeptForm }: IdForm): void {
  world.provider.keepsId = keeps;
  world.provider.asksInKeptForm = asksInKeptForm === true;
}

/** What each caller is advised to do until it is told something final: the same request again. */
async function repeatedByAll(world: World, subjects: readonly Subject[]): Promise<readonly string[]> {
  for (let turn = 0; turn < 3; turn++) {
    for (const each of subjects) await until(world.call(each));
    await afterQuiet(world);
  }
  const again = await Promise.all(subjects.map((each) => until(world.call(each))));
  return again.map(toldOf);
}

type Evidence = (about: { readonly identity: string }, ask: Asking, known: Known) => unknown;
type Asking = (call: { readonly path: string }, read: (reply: Reply) => unknown) => unknown;
interface Reply {
  readonly data: { rows(): readonly { optionalId(field: string): string | null }[] };
}
interface Known {
  readonly record: (namespace: string, id: string) => Promise<object | undefined>;
  readonly option: (name: string) => string | undefined;
}

const asking = (altered: (evidence: Evidence) => Evidence): Without =>
  withInquiry((inquiry) =>
    inquiry.readsRecords ? { ...inquiry, evidence: altered(inquiry.evidence as Evidence) } : inquiry,
  );

/** Rows under any id but our own count as somebody else's. */
const anyOtherIdExplains: Guard = {
  name: "an id that is not ours explains nothing",
  without: asking((evidence) => (about, ask, known) => {
    const without: Asking = (call, read) =>
      ask(call, (reply) => {
        if (call.path !== "fetchtransactions") return read(reply);
        const rows = () =>
          reply.data
            .rows()
            .filter((row) => [null, about.identity].includes(row.optionalId("merchant_transaction_id")));
        return read({ ...reply, data: { rows } });
      });
    return evidence(about, without, known);
  }),
};

/** Nobody looks whether another record of the customer has the transaction. */
export const nobodyElseHasIt: Guard = {
  name: "a transaction may be another record's",
  without: {
    client: (client) => ({
      send: async (command) => (nameOf(command) === "beside" ? { Items: [] } : client.send(command)),
    }),
  },
};

const isFound = ({ keeps, asksInKeptForm }: IdForm): boolean =>
  keeps("A.b-") !== null && asksInKeptForm !== true;

const alone: readonly Schedule[] = idForms.map((form) => ({
  rule: "an id that the provider keeps in another form debits nobody twice",
  schedule: `a debit, a credit and a transfer lose their replies, and their ids are kept ${form.name}; each caller repeats as advised`,
  async run(world) {
    keepingIds(world, form);
    const all = kinds.map((kind) => subject(kind, longId()));
    for (const each of all) {
      world.provider.treatments.push(actsSilently);
      await until(world.call(each));
    }
    const early = all.flatMap((each) => expectState(world, each, "in_doubt"));
    world.advance(times.lease + times.minute);
    await until(world.reconciler());
    const stillEarly = all.flatMap((each) => expectState(world, each, "in_doubt"));
    const told = await repeatedByAll(world, all);
    return [
      ...early,
      ...stillEarly,
      ...all.flatMap((each) => expectState(world, each, "needs_attention")),
      ...all.flatMap((each) => (effectsOf(world, each) === 1 ? [] : [`${effectsOf(world, each)} effects`])),
      ...told.filter((code) => code !== "outcome-unknown").map((code) => `told ${code}`),
    ];
  },
  guards: isFound(form) ? [anyOtherIdExplains] : [],
}));

const inPairs: readonly Schedule[] = idForms.map((form) => ({
  rule: "two equal debits in doubt at once are told apart by nothing but their own transactions",
  schedule: `two equal debits of one customer, whose ids are kept ${form.name}, lose their replies; one of them happened; both callers repeat as advised`,
  async run(world) {
    keepingIds(world, form);
    const pairs = [[longId(), longId()] as const, alike()];
    const wrong: string[] = [];
    for (const [index, ids] of pairs.entries()) {
      const pair = ids.map((id) => subject("debitWallet", id, { more: { amount: `${index + 3}.25` } }));
      world.provider.treatments.push(actsSilently, isSilent);
      for (const each of pair) await until(world.call(each));
      await repeatedByAll(world, pair);
      wrong.push(
        ...pair.flatMap((each) => expectState(world, each, "needs_attention")),
        ...pair.flatMap((each, at) =>
          effectsOf(world, each) === 1 - at ? [] : [`${effectsOf(world, each)} effects of debit ${at + 1}`],
        ),
      );
    }
    return wrong;
  },
  guards: isFound(form) ? [anyOtherIdExplains] : [],
}));

const explaining: readonly Schedule[] = [
  {
    rule: "a row that another record's own reply names is explained",
    schedule: "of two equal debits one is answered, and the other's request is lost on its way",
    async run(world) {
      const [answered, lost] = [subject("debitWallet", longId()), subject("debitWallet", longId())];
      await until(world.call(answered));
      world.provider.treatments.push(isSilent);
      await until(world.call(lost));
      await afterQuiet(world);
      return [...expectState(world, answered, "succeeded"), ...expectState(world, lost, "not_executed")];
    },
    guards: [
      {
        name: "a record says how it succeeded",
        without: asking((evidence) => (about, ask, known) => {
          const record: Known["record"] = async (...name) => {
            const own = await known.record(...name);
            return own && { ...own, provedBy: undefined };
          };
          return evidence(about, ask, { ...known, record });
        }),
      },
    ],
  },
  {
    rule: "a reversal's row is explained by the reversal's record",
    schedule: "a debit is reversed, and an equal credit of that customer is lost on its way",
    async run(world) {
      const id = newIdentity();
      const debit = subject("debitWallet", id, { more: { amount: "40" } });
      await until(world.call(debit));
      await until(world.call(subject("debitReversal", id)));
      world.provider.treatments.push(isSilent);
      const credit = subject("creditWallet", newIdentity());
      await until(world.call(credit));
      await afterQuiet(world);
      return expectState(world, credit, "not_executed");
    },
    guards: [
      {
        name: "reversals are looked up too",
        without: asking((evidence) => (about, ask, known) => {
          const record: Known["record"] = async (namespace, id) =>
            namespace === "reversal" ? undefined : known.record(namespace, id);
          return evidence(about, ask, { ...known, record });
        }),
      },
    ],
  },
  {
    rule: "a transaction is not this record's where another one may have it",
    schedule:
      "a debit's id is cut into that of another debit, which is lost on its way; the lost one is asked about first, and shown the first one's row",
    async run(world) {
      const id = longId();
      const cut = subject("debitWallet", id.slice(0, 50));
      const long = subject("debitWallet", id);
      world.provider.keepsId = (each) => each.slice(0, 50);
      world.provider.treatments.push(isSilent, actsSilently);
      await until(world.call(cut));
      await until(world.call(long));
      await afterQuiet(world);
      world.advance(world.config.doubtLimitMs);
      await until(world.reconciler());
      await until(world.call(long));
      return [
        ...[cut, long].flatMap((each) => expectState(world, each, "needs_attention")),
        ...(effectsOf(world, long) === 1 ? [] : [`${effectsOf(world, long)} effects`]),
      ];
    },
    guards: [
      nobodyElseHasIt,
      {
        name: "a success by inquiry is not believed before ids are known to be kept",
        without: asking(
          (evidence) => (about, ask, known) => evidence(about, ask, { ...known, option: () => "73" }),
        ),
      },
    ],
  },
  ...idForms
    .filter(({ name }) => ["in upper case", "without . and -"].includes(name))
    .map(
      ({ name, keeps }): Schedule => ({
        rule: "a transaction that another record names is not this one's",
        schedule: `a debit is done, and its id is kept ${name}; one under that very id is lost on its way, and shown the first one's row`,
        async run(world) {
          const id = longId();
          const [done, lost] = [subject("debitWallet", id), subject("debitWallet", keeps(id) ?? "")];
          world.provider.keepsId = keeps;
          await until(world.call(done));
          world.provider.treatments.push(isSilent);
          await until(world.call(lost));
          await afterQuiet(world);
          return [
            ...expectState(world, done, "succeeded"),
            ...expectState(world, lost, "needs_attention"),
            ...(effectsOf(world, lost) === 0 ? [] : ["it has an effect"]),
          ];
        },
        guards: [nobodyElseHasIt],
      }),
    ),
  {
    rule: "a row of a record that is in doubt too is asked about later",
    schedule:
      "of two equal debits in doubt the lost one is asked about before the one that happened; ids are known to be kept",
    environment: { AGGREPAY_IDS_KEPT: "73" },
    async run(world) {
      const [done, lost] = [subject("debitWallet", longId()), subject("debitWallet", longId())];
      world.provider.treatments.push(actsSilently, isSilent);
      await until(world.call(done));
      await until(world.call(lost));
      world.advance(times.lease + times.quiet + times.minute);
      await until(world.call(lost));
      const early = expectState(world, lost, "in_doubt");
      await until(world.call(done));
      await afterQuiet(world);
      return [
        ...early,
        ...expectState(world, done, "succeeded"),
        ...expectState(world, lost, "not_executed"),
      ];
    },
    guards: [
      {
        name: "what is in doubt is waited for",
        without: asking((evidence) => (about, ask, known) => {
          const record: Known["record"] = async (...name) => {
            const own = await known.record(...name);
            return own && { ...own, isUnfinished: false };
          };
          return evidence(about, ask, { ...known, record });
        }),
      },
      {
        name: "aggrepayIdsKept turns on the milder rule",
        without: { environment: { AGGREPAY_IDS_KEPT: "" } },
      },
    ],
  },
];

export const idSchedules: readonly Schedule[] = [...alone, ...inPairs, ...explaining];
