import { actsSilently } from "./guards.ts";
import { rivalsOf } from "./place-schedules.ts";
import { debitOf, expectState, expectTold, type Schedule, until } from "./schedule.ts";
import { newIdentity, subject } from "./subjects.ts";
import { type Client, times, type Without } from "./world.ts";

/** A single write that meets a transaction is given up at once: its error is one that is not tried again. */
const givesUpAtOnce: Without = {
  client: (client: Client) => ({
    async send(command) {
      try {
        return await client.send(command);
      } catch (error) {
        if (error instanceof Error && error.name === "TransactionConflictException")
          throw Object.assign(new Error(error.message), { name: "Refused" });
        throw error;
      }
    },
  }),
};

/** A transaction that was cancelled for another is taken for one that was written. */
const takenForWritten: Without = {
  client: (client: Client) => ({
    async send(command) {
      try {
        return await client.send(command);
      } catch (error) {
        if (error instanceof Error && error.name === "TransactionCanceledException") return {};
        throw error;
      }
    },
  }),
};

/** What DynamoDB refuses because a transaction is under way on an item of it. */
export const conflictSchedules: readonly Schedule[] = [
  {
    rule: "what is known is written though a transaction is in the way",
    schedule:
      "a debit moves the money; its settle meets a transaction of another request for the same record",
    async run(world) {
      const debit = debitOf();
      const run = await until(world.call(debit, { at: "settle", fault: "in the way" }));
      return [...expectTold(run, "200"), ...expectState(world, debit, "succeeded")];
    },
    guards: [{ name: "a write that meets a transaction is tried again", without: givesUpAtOnce }],
  },
  {
    rule: "a claim that meets a transaction is made a moment later",
    schedule: "a debit is claimed while a transaction is under way on its record's item",
    async run(world) {
      const debit = debitOf();
      const run = await until(world.call(debit, { at: "claim", fault: "in the way" }));
      return [...expectTold(run, "200"), ...expectState(world, debit, "succeeded")];
    },
    guards: [{ name: "a write that meets a transaction is tried again", without: givesUpAtOnce }],
  },
  {
    rule: "what an inquiry proves is written though a transaction is in the way",
    schedule: "a debit's reply is lost; the provider shows it; the conclusion meets a transaction",
    async run(world) {
      const debit = debitOf();
      world.provider.treatments.push(actsSilently);
      await until(world.call(debit));
      world.advance(times.lease + times.minute);
      const run = await until(world.call(debit, { at: "conclude", fault: "in the way" }));
      return [...expectTold(run, "200"), ...expectState(world, debit, "succeeded")];
    },
    guards: [{ name: "a write that meets a transaction is tried again", without: givesUpAtOnce }],
  },
  {
    rule: "a claim with its place that meets a transaction has written nothing, and is looked at again from the start",
    schedule:
      "a sub merchant is added; the transaction of its claim is cancelled for another; meanwhile nobody else is at it",
    async run(world) {
      const add = subject("addSubMerchant", newIdentity());
      const run = await until(world.call(add, { at: "claim", fault: "in the way" }));
      const looks = run.points.filter((point) => point === "send getsubmerchants").length;
      return [
        ...expectTold(run, "200"),
        ...expectState(world, add, "succeeded"),
        ...(looks === 2 ? [] : [`${looks} looks`]),
      ];
    },
    guards: [{ name: "cancelled is not written", without: takenForWritten }],
  },
  {
    rule: "of two whose transactions meet one is told to come again, and it is done once",
    schedule:
      "two callers add a sub merchant of one name; the claim of the second is cancelled for the first's, which is then sent; the second looks again",
    async run(world) {
      const [first, second] = rivalsOf("addSubMerchant");
      const slow = world.call(second, [
        { at: "claim", fault: "in the way" },
        { at: "send getsubmerchants", fault: "frozen after" },
      ]);
      await until(slow);
      await until(world.call(first, { at: "settle", fault: "frozen before" }));
      await world.catchUp();
      return [...expectTold(slow, "in-progress", "already-done"), ...expectState(world, first, "succeeded")];
    },
    guards: [],
  },
];
