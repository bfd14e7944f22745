import { actsSilently, withoutClause } from "./guards.ts";
import { afterQuiet, debitOf, expectState, expectTold, type Schedule, until } from "./schedule.ts";
import type { Item } from "./store.ts";
import { newIdentity, type Subject, subject } from "./subjects.ts";
import { times, type Without, type World } from "./world.ts";

/** The listed record's next question, or for whom it waits, is written as another. */
const concluding = (value: string, written: Item[string]): Without => ({
  command: (name, input) => {
    const values = input.ExpressionAttributeValues ?? {};
    if (name !== "conclude" || values[value] === undefined) return input;
    return { ...input, ExpressionAttributeValues: { ...values, [value]: written } };
  },
});

/** Runs as the clock starts them, two minutes apart, for longer than an hour: each shard of the list has its minutes. */
async function forAnHour(world: World): Promise<void> {
  for (let passed = 0; passed < times.hour + 4 * times.minute; passed += 2 * times.minute) {
    world.advance(2 * times.minute);
    await until(world.reconciler());
  }
}

const asksAPerson = concluding(":waits", { S: "person" });
const asksNoMore = concluding(":askAt", { N: "9000000000000" });

const askedHourly = (schedule: string, of: () => readonly Subject[]): Schedule => ({
  rule: "what age alone has listed is asked about hourly, and leaves the list by itself",
  schedule,
  async run(world) {
    const all = of();
    for (const each of all) {
      world.provider.treatments.push(actsSilently);
      await until(world.call(each));
    }
    world.provider.answersReads = false;
    await afterQuiet(world);
    world.advance(25 * times.hour);
    await until(world.reconciler());
    const listed = all.flatMap((each) => expectState(world, each, "needs_attention"));
    world.advance(times.hour);
    // Away still for one of its hours.
    await forAnHour(world);
    const waits = all.flatMap((each) => expectState(world, each, "needs_attention"));
    world.provider.answersReads = true;
    await forAnHour(world);
    await forAnHour(world);
    return [...listed, ...waits, ...all.flatMap((each) => expectState(world, each, "succeeded"))];
  },
  guards: [
    { name: "conclude: it waits for the provider", without: asksAPerson },
    { name: "conclude: its next question is an hour away", without: asksNoMore },
  ],
});

/** What age alone listed for a person, and the provider then shows. */
export const listedSchedules: readonly Schedule[] = [
  askedHourly(
    "a debit's and a credit's replies are lost, and the provider is away for more than a day",
    () => [debitOf(), subject("creditWallet", newIdentity())],
  ),
  askedHourly("the same of a registration and a sub merchant", () => [
    subject("registerCustomer", newIdentity()),
    subject("addSubMerchant", newIdentity()),
  ]),
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
        name: "conclude: list of states, and that it waits for the provider",
        without: withoutClause("conclude", "list of states", "waits for the provider"),
      },
    ],
  },
];
