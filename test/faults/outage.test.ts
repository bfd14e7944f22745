import { expect, test } from "vitest";
import { actsSilently, isSilent } from "./guards.ts";
import { violations } from "./invariants.ts";
import { until } from "./schedule.ts";
import { startedEngine } from "./started-engine.ts";
import { newIdentity, type Subject, type SubjectName, subject } from "./subjects.ts";
import { times, type Without, World } from "./world.ts";

/** Records of one kind: `OUTAGE_RECORDS=300 npx vitest run -c vitest.slow.config.ts test/faults/outage.test.ts`. */
const count = Number(process.env.OUTAGE_RECORDS ?? 24);

const engine = startedEngine();

interface Kind {
  readonly name: SubjectName;
  /** Whether the provider's silence settles it: then half of these were never carried out. */
  readonly isSettledBySilence: boolean;
}

const kinds: readonly Kind[] = [
  { name: "debitWallet", isSettledBySilence: true },
  { name: "creditWallet", isSettledBySilence: true },
  { name: "walletToWallet", isSettledBySilence: true },
  { name: "registerCustomer", isSettledBySilence: true },
  { name: "addSubMerchant", isSettledBySilence: true },
  { name: "debitReversal", isSettledBySilence: false },
  { name: "updateCustomer", isSettledBySilence: false },
  { name: "customerStatus", isSettledBySilence: false },
];

/** Each of another customer, as most requests are. */
function requestOf(name: SubjectName, n: number): Subject {
  const customer = String(200_000_000 + n);
  const id = newIdentity("O");
  if (name === "debitWallet" || name === "walletToWallet")
    return subject(name, id, { more: { fromCustomerId: customer } });
  if (name === "creditWallet") return subject(name, id, { more: { toCustomerId: customer } });
  return subject(name, id);
}

const statesOf = (world: World, all: readonly Subject[]) =>
  Object.fromEntries(
    [...Map.groupBy(all, ({ record }) => world.states(record).at(-1) ?? "none")].map(([state, of]) => [
      state,
      of.length,
    ]),
  );

/** Requests are lost while the provider is away for more than a day; nobody repeats them; then it is well. */
async function outage({ name, isSettledBySilence }: Kind, without?: Without) {
  const world = new World(engine, without);
  const all = Array.from({ length: count }, (_, n) => requestOf(name, n));
  if (name === "debitReversal")
    for (const [n, { input }] of all.entries()) {
      const more = { fromCustomerId: String(200_000_000 + n) };
      await until(world.call(subject("debitWallet", String(input.merchantTransactionId), { more })));
    }
  for (const [n, each] of all.entries()) {
    world.provider.treatments.push(isSettledBySilence && n % 2 === 1 ? isSilent : actsSilently);
    await until(world.call(each));
  }
  const doubted = statesOf(world, all);
  world.provider.answersReads = false;
  for (const pause of [times.lease, times.quiet, 12 * times.hour, 13 * times.hour]) {
    world.advance(pause + times.minute);
    await until(world.reconciler());
  }
  // A provider that answers nothing is asked three times in a run.
  for (let run = 0; run < count && !isAllListed(world, all); run++) {
    world.advance(times.minute);
    await until(world.reconciler());
  }
  const listed = statesOf(world, all);
  world.provider.answersReads = true;
  for (let passed = 0; passed < 3 * times.hour; passed += 2 * times.minute) {
    world.advance(2 * times.minute);
    await until(world.reconciler());
  }
  return { doubted, listed, settled: statesOf(world, all), wrong: await violations(world) };
}

const isAllListed = (world: World, all: readonly Subject[]): boolean =>
  all.every(({ record }) => world.states(record).at(-1) === "needs_attention");

test.each(kinds)("$name: after a day's outage all of it is settled, and none by a person", async (kind) => {
  const { doubted, listed, settled, wrong } = await outage(kind);
  expect([doubted, listed]).toEqual([{ in_doubt: count }, { needs_attention: count }]);
  const half = Math.floor(count / 2);
  expect(settled).toEqual(
    kind.isSettledBySilence ? { succeeded: count - half, not_executed: half } : { succeeded: count },
  );
  expect(wrong).toEqual([]);
});

test("where age gives records to a person for good, all of it is left to one", async () => {
  const asPersons: Without = {
    command: (_name, input) => {
      const values = input.ExpressionAttributeValues ?? {};
      return values[":waits"] === undefined
        ? input
        : { ...input, ExpressionAttributeValues: { ...values, ":waits": { S: "person" } } };
    },
  };
  const { settled } = await outage({ name: "debitWallet", isSettledBySilence: true }, asPersons);
  expect(settled).toEqual({ needs_attention: count });
});
