import { actsSilently, anyState, withoutClause } from "./guards.ts";
import { afterQuiet, debitOf, expectState, expectTold, type Schedule, until } from "./schedule.ts";
import { times } from "./world.ts";

/** What age alone listed for a person, and the provider then shows. */
export const listedSchedules: readonly Schedule[] = [
  {
    rule: "a person who decides while the provider is asked has decided",
    schedule:
      "a debit outlives its inquiries; the provider is well again; its inquiry's evidence is in hand and frozen; a person declines; the evidence goes on",
    async run(world) {
      const debit = debitOf();
      world.provider.treatments.push(actsSilently);
      await until(world.call(debit));
      world.provider.answersReads = false;
      await afterQuiet(world);
      world.advance(25 * times.hour);
      await until(world.reconciler());
      world.provider.answersReads = true;
      await until(world.call(debit, { at: "conclude", fault: "frozen before" }));
      const saying = { id: debit.record, outcome: "declined", reason: "a choice", attempt: 1 } as const;
      const person = await until(world.person("a person", saying, false));
      await world.catchUp();
      return [...expectState(world, debit, "declined"), ...expectTold(person, "200")];
    },
    guards: [
      {
        name: "conclude: list of states",
        without: withoutClause("conclude", anyState, "#waits = :waitsForProvider"),
      },
    ],
  },
];
