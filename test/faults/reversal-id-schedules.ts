import { actsSilently, isSilent, withInquiry } from "./guards.ts";
import { type IdForm, idForms, longId, nobodyElseHasIt } from "./id-schedules.ts";
import { afterQuiet, debitOf, expectState, type Guard, type Schedule, until } from "./schedule.ts";
import { subject } from "./subjects.ts";
import { times, type World } from "./world.ts";

const reversalSuffix = "_REVERSAL";

/** The provider keeps debits' ids as they were sent, and the longer ids of their reversals in that form. */
function keepingReversals(world: World, { keeps, asksInKeptForm }: IdForm): void {
  world.provider.keepsId = (id) => (id.endsWith(reversalSuffix) ? keeps(id) : id);
  world.provider.asksInKeptForm = asksInKeptForm === true;
}

const effectsOf = (world: World, id: string) => world.effects(`reversal ${id}`).length;
const expectEffects = (world: World, id: string, wanted: number): readonly string[] =>
  effectsOf(world, id) === wanted ? [] : [`${effectsOf(world, id)} effects of ${id} and not ${wanted}`];

const absenceProvesNothing: Guard = {
  name: "a reversal that is not found may have happened",
  without: withInquiry((inquiry) =>
    inquiry.absence === "proves nothing" ? { ...inquiry, absence: "not executed" } : inquiry,
  ),
};

const lostReplies: readonly Schedule[] = idForms.map((form) => ({
  rule: "a reversal whose id the provider keeps in another form reverses nothing twice",
  schedule: `a reversal happens and its reply is lost; its id is kept ${form.name}, and its debit's as it was sent; its caller repeats as advised for longer than doubt may last`,
  async run(world) {
    keepingReversals(world, form);
    const id = longId();
    const reversal = subject("debitReversal", id);
    await until(world.call(debitOf(id)));
    world.provider.treatments.push(actsSilently);
    await until(world.call(reversal));
    const early = expectState(world, reversal, "in_doubt");
    for (let round = 0; round < 3; round++) {
      await afterQuiet(world);
      await until(world.call(reversal));
      world.advance(12 * times.hour);
    }
    await until(world.reconciler());
    return [...early, ...expectState(world, reversal, "needs_attention"), ...expectEffects(world, id, 1)];
  },
  guards: form.asksInKeptForm ? [] : [absenceProvesNothing],
}));

type Ask = (call: object, read: (reply: { readonly data: object }) => unknown) => unknown;
type Evidence = (about: { readonly identity: string }, ask: Ask, known: object) => unknown;

/** The transaction that is shown is taken for the one that was asked for, whatever id it has. */
const anyIdWillDo: Guard = {
  name: "a reversal's row has the reversal's own id, byte for byte",
  without: withInquiry((inquiry) => {
    if (inquiry.absence !== "proves nothing") return inquiry;
    const evidence = inquiry.evidence as Evidence;
    return {
      ...inquiry,
      evidence: (about: { readonly identity: string }, ask: Ask, known: object) =>
        evidence(
          about,
          (call, read) => ask(call, (reply) => read({ ...reply, data: renamed(reply.data, about.identity) })),
          known,
        ),
    };
  }),
};

function renamed(data: object, identity: string): object {
  return new Proxy(data, {
    get(reader, name) {
      if (name === "optionalId") return () => `${identity}${reversalSuffix}`;
      const value: unknown = Reflect.get(reader, name);
      return typeof value === "function" ? value.bind(reader) : value;
    },
  });
}

/** Two ids of one customer's debits whose last letters differ in their case alone. */
function twins(): readonly [string, string] {
  const id = `${longId().slice(0, 63)}x`;
  return [id, `${id.slice(0, 63)}X`];
}

const anothers: readonly Schedule[] = idForms
  .filter(({ asksInKeptForm }) => asksInKeptForm)
  .map((form) => ({
    rule: "another debit's reversal proves no reversal",
    schedule: `two equal debits of one customer are reversed, and the ids of their reversals come to one, ${form.name}; the second reversal is lost on its way`,
    async run(world) {
      keepingReversals(world, form);
      const [done, lost] = twins();
      for (const id of [done, lost]) await until(world.call(debitOf(id)));
      await until(world.call(subject("debitReversal", done)));
      world.provider.treatments.push(isSilent);
      const reversal = subject("debitReversal", lost);
      await until(world.call(reversal));
      await afterQuiet(world);
      await until(world.call(reversal));
      return [
        ...expectState(world, reversal, "needs_attention"),
        ...expectEffects(world, done, 1),
        ...expectEffects(world, lost, 0),
      ];
    },
    guards: [{ ...anyIdWillDo, twin: nobodyElseHasIt.name }],
  }));

export const reversalIdSchedules: readonly Schedule[] = [...lostReplies, ...anothers];
