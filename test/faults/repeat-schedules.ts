import { Problem } from "../../lib/problem.ts";
import { actsSilently, showing, withoutClause } from "./guards.ts";
import type { Run } from "./points.ts";
import { debitOf, expectState, expectTold, type Schedule, until } from "./schedule.ts";
import { type Subject, subject } from "./subjects.ts";
import { times, type Without, type World } from "./world.ts";

const hasAsked = ({ points }: Run<unknown>): boolean => points.some((point) => point.startsWith("send "));

/** What the answer says of when to come again, seconds. */
const waitOf = ({ ending }: Run<unknown>): number | undefined =>
  ending?.kind === "threw" && ending.error instanceof Problem ? ending.error.retryAfter : undefined;

async function inDoubt(world: World, own: Subject): Promise<void> {
  world.provider.treatments.push(actsSilently);
  await until(world.call(own));
  world.advance(times.lease);
}

/**
 * The provider refuses a question with a time to wait; repeats and the reconciler come before it, and are given its rest; after it
 * a repeat asks, and learns the truth.
 */
async function waits(world: World, own: Subject, seconds: number): Promise<readonly string[]> {
  const first = await until(world.call(own));
  const wrong = hasAsked(first) ? [] : ["the first repeat did not ask"];
  const tenth = seconds / 10;
  for (const [passed, tenths] of [
    [1, 1],
    [5, 4],
    [9, 4],
  ] as const) {
    world.advance(tenths * tenth * 1000);
    const repeat = await until(world.call(own));
    if (hasAsked(repeat) || hasAsked(await until(world.reconciler())))
      wrong.push(`it was asked about after ${passed} tenths of the time`);
    const [rest, most] = [waitOf(repeat) ?? 0, (10 - passed) * tenth];
    if (rest > most || rest < most - 2) wrong.push(`a repeat is told ${rest} s and not ${most}`);
    wrong.push(...expectTold(repeat, "outcome-unknown"));
  }
  world.advance(tenth * 1000);
  return [
    ...wrong,
    ...expectTold(await until(world.call(own)), "200"),
    ...expectState(world, own, "succeeded"),
  ];
}

const waiting = (schedule: string, run: Schedule["run"]): Schedule => ({
  rule: "nobody asks before the provider's Retry-After is over",
  schedule,
  run,
  guards: [{ name: "Retry-After is read", without: showing("failure", undefined) }],
});

/** A value of the writes of a turn is another one. */
const writing = (name: string, value: string, to: (written: number) => number): Without => ({
  command: (written, input) => {
    const values = input.ExpressionAttributeValues ?? {};
    if (written !== name || values[value] === undefined) return input;
    const changed = { N: String(to(Number(values[value].N))) };
    return { ...input, ExpressionAttributeValues: { ...values, [value]: changed } };
  },
});

export const repeatSchedules: readonly Schedule[] = [
  waiting("an inquiry is refused with 429 and two minutes; the caller comes again", async (world) => {
    const debit = debitOf();
    await inDoubt(world, debit);
    world.provider.refusedReads.push("throttled");
    return waits(world, debit, 120);
  }),
  waiting("the same of a transfer, with 503 and ten minutes", async (world) => {
    const transfer = subject("walletToWallet", "R-transfer");
    await inDoubt(world, transfer);
    world.provider.refusedReads.push("unavailable");
    return waits(world, transfer, 600);
  }),
  waiting(
    "a debit is listed for a person by age alone, by the inquiry that is refused with ten minutes",
    async (world) => {
      const debit = debitOf();
      await inDoubt(world, debit);
      world.advance(25 * times.hour);
      world.provider.refusedReads.push("unavailable");
      return waits(world, debit, 600);
    },
  ),
  {
    rule: "nobody asks before the provider's Retry-After is over",
    schedule:
      "a debit's reply is lost; an inquiry is refused with ten minutes; then a copy of the write arrives by which its owner said that it was in doubt",
    async run(world) {
      const debit = debitOf();
      world.provider.treatments.push(actsSilently);
      await until(world.call(debit, { at: "settle", fault: "lands again" }));
      world.advance(times.lease);
      world.provider.refusedReads.push("unavailable");
      const first = await until(world.call(debit));
      await world.catchUp();
      const askedEarly = [await until(world.call(debit)), await until(world.reconciler())].some(hasAsked);
      world.advance(10 * times.minute);
      return [
        ...(hasAsked(first) ? [] : ["the first repeat did not ask"]),
        ...(askedEarly ? ["it was asked about at once"] : []),
        ...expectTold(await until(world.call(debit)), "200"),
      ];
    },
    guards: [{ name: "settle: list of states", without: withoutClause("settle", "list of states") }],
  },
  {
    rule: "a caller's repeats leave the reconciler's times as they are",
    schedule:
      "a provider answers no question; a caller repeats its debit twelve times in a minute; the provider is well, and the reconciler comes",
    async run(world) {
      const debit = debitOf();
      await inDoubt(world, debit);
      world.provider.answersReads = false;
      const asked = [];
      for (let n = 0; n < 12; n++) {
        asked.push(await until(world.call(debit)));
        world.advance(5_000);
      }
      const wrong = asked.every(hasAsked) ? [] : ["a repeat did not ask"];
      wrong.push(...expectState(world, debit, "dispatched", "in_doubt"));
      // It fails once more; the reconciler's first pause is a minute.
      if (!hasAsked(await until(world.reconciler()))) wrong.push("the reconciler did not ask");
      world.provider.answersReads = true;
      world.advance(times.minute + 1_000);
      await until(world.reconciler());
      return [...wrong, ...expectState(world, debit, "succeeded")];
    },
    guards: [
      {
        name: "a repeat's turn moves nothing",
        without: writing("takeTurn", ":due", (due) => due + times.hour),
      },
      {
        name: "a repeat's turn is not counted",
        without: writing("postpone", ":inquiries", (inquiries) => inquiries + 5),
      },
    ],
  },
  {
    rule: "a caller's repeats leave the reconciler's times as they are",
    schedule: "the same of a debit that age alone has listed for a person, which is asked about hourly",
    async run(world) {
      const debit = debitOf();
      await inDoubt(world, debit);
      world.provider.answersReads = false;
      world.advance(25 * times.hour);
      await until(world.reconciler());
      const listed = expectState(world, debit, "needs_attention");
      const askAt = Number(world.latest(debit.record)?.item.askAt?.N);
      for (let n = 0; n < 12; n++) {
        await until(world.call(debit));
        world.advance(times.minute);
      }
      const moved = Number(world.latest(debit.record)?.item.askAt?.N) - askAt;
      return [...listed, ...(moved > 12 ? [`it is asked about ${moved} ms later`] : [])];
    },
    guards: [
      {
        name: "a repeat's turn moves nothing of what is listed",
        without: writing("takeTurn", ":askAt", (askAt) => askAt + times.hour),
      },
    ],
  },
  {
    rule: "a repeat's turn holds once",
    schedule: "a caller's turn came to nothing; a copy of its write arrives; the caller comes again",
    async run(world) {
      const debit = debitOf();
      await inDoubt(world, debit);
      world.provider.answersReads = false;
      await until(world.call(debit, { at: "takeTurn", fault: "lands again" }));
      await world.catchUp();
      world.provider.answersReads = true;
      return expectTold(await until(world.call(debit)), "200");
    },
    guards: [
      {
        name: "a repeat's turn moves its record's time",
        without: writing("takeTurn", ":due", (due) => due - 1),
      },
    ],
  },
];
