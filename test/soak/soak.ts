/**
 * `npm run soak -- --minutes 10 --seed 7`: the real gateway in front of a wallet that fails in every way it knows, keeps some
 * ids in another form, and stands behind a front that writes its replies in other forms or refuses calls (`front.ts`), while
 * function processes, the database and the whole host are killed, and callers repeat as they are told to. When the faults
 * are over and nothing is due any more, the wallet's ledger, the records and the callers' answers are compared line by line.
 * Exits with 1 if they differ. The seed decides every choice; how processes interleave is the machine's.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { sandboxSecrets } from "../../local/sandbox/index.ts";
import { synthesize } from "../../local/synthesize.ts";
import { patientClientOf, scanAll } from "../support/dynamodb.ts";
import { keepFigures } from "../support/kept-figures.ts";
import { askFor, callUntil, carryOut, type Run } from "./caller.ts";
import { type Answer, ask, post } from "./client.ts";
import { compare, type Evidence, keyOf } from "./compare.ts";
import { type Fleet, startFleet } from "./fleet.ts";
import { startFront } from "./front.ts";
import { failuresIn } from "./logs.ts";
import { type Customer, credit } from "./operations.ts";
import { readOptions } from "./options.ts";
import { randomOf } from "./random.ts";
import { listedForAPerson } from "./records-api.ts";
import { rowsOf, tableOf, wrongIn } from "./summary.ts";
import { startWallet, type Wallet } from "./wallet.ts";

/** Short, in the order that the configuration asks for. */
const times = {
  PROVIDER_TIMEOUT_MS: "500",
  FUNCTION_TIMEOUT_MS: "5000",
  LEASE_MS: "5500",
  QUIET_PERIOD_MS: "1500",
  BACK_OFF_MS: "300,600,1000",
  SCHEDULE_MS: "500",
  DOUBT_LIMIT_MS: "60000",
};
/** Enough that no customer's list outgrows what an inquiry reads of it. */
const customerCount = 48;
/** Doubt is a person's after DOUBT_LIMIT_MS; all of it must be settled or listed soon after. */
const longestDrainMs = 120_000;
/** Where in the index a record stands that waits for a person. */
const forAPerson = 100_000_000_000_000;

const options = readOptions(process.argv.slice(2));
const begun = performance.now();
const folder = await mkdtemp(join(tmpdir(), "soak-"));
console.log(`seed ${options.seed}, ${options.minutes} min, ${options.clients} callers; data in ${folder}`);
await synthesize(resolve(import.meta.dirname, "../.."), join(folder, "assembly"));
const wallet = await startWallet(folder);
let [hasBegun, isOver] = [false, false];
const front = await startFront({
  wallet: wallet.url,
  salt: sandboxSecrets.aggrepay.salt,
  seed: options.seed,
  refuses: () => hasBegun && !isOver,
});
const fleet = await startFleet(join(folder, "data"), {
  ...times,
  LOG: "0",
  ASSEMBLY_DIR: join(folder, "assembly"),
  AGGREPAY_BASE_URL: front.url,
});
const customers = await registered(fleet);
const run: Run = {
  ...{ seed: options.seed, fleet, wallet, customers },
  ...{ operations: [], told: new Map(), answers: new Map(), surprises: [] },
};
const kills = { functions: 0, databases: 0, hosts: 0 };

await Promise.all(
  customers.map(({ customerId }, index) => {
    const operation = credit(`S${options.seed}.first.${index}`, customerId, "50000.00");
    return carryOut(run, operation, randomOf(options.seed, operation.id), false);
  }),
);
hasBegun = true;
const end = performance.now() + options.minutes * 60_000;
const started = performance.now();
await Promise.all([
  ...Array.from({ length: options.clients }, (_, index) => callUntil(run, `c${index}`, end)),
  ...disturbances(fleet),
  watch(wallet),
]);
const busyMs = performance.now() - started;
const ended = run.operations.length;
isOver = true;
await wallet.disarm();
await untilNothingIsDue();
await askAgain();
await untilNothingIsDue();

const evidence = await gathered();
const comparison = compare(evidence);
const failures = failuresIn(join(folder, "data", "logs"));
const summary = {
  run,
  comparison,
  kills,
  failures,
  wallet,
  front,
  options,
  ended,
  busyMs,
  totalMs: performance.now() - begun,
};
console.log(tableOf(summary));
if (options.update) {
  const command = `npm run soak -- --minutes ${options.minutes} --seed ${options.seed} --clients ${options.clients}`;
  keepFigures(join(import.meta.dirname, "results.json"), command, rowsOf(summary), wrongIn(summary));
}
await fleet.stop();
await front.close();
await wallet.close();
const isClean =
  comparison.differences.length + comparison.movedTwice.length + comparison.unlisted.length === 0 &&
  run.surprises.length + failures.unexpected.size + wallet.seen.missed === 0;
if (isClean) await rm(folder, { recursive: true, force: true });
else
  console.log(
    `The data is kept in ${folder}; again with: npm run soak -- --minutes ${options.minutes} --seed ${options.seed}`,
  );
process.exit(isClean ? 0 : 1);

/** Through the gateway, as customers are. */
async function registered(gateway: Fleet): Promise<readonly Customer[]> {
  const random = randomOf(options.seed, "customers");
  const one = async (index: number): Promise<Customer> => {
    const mobileNumber = `+9198${String(10_000_000 + index).padStart(8, "0")}`;
    const mpin = String(random.between(1000, 9999));
    const key = (what: string) => ({ "idempotency-key": `${what}-${options.seed}-${index}` });
    const settled = async (route: string, body: object) => {
      let last: Answer | undefined;
      const send = () => post(gateway, route, body, key(route));
      const onAnswer = (answer: Answer | undefined) => {
        last = answer;
      };
      const told = await ask(send, random, { untilMs: performance.now() + 60_000, onAnswer });
      if (told.kind !== "succeeded") throw new Error(`${route}: ${JSON.stringify(last)}`);
      return last?.body.result as { readonly customerId: string };
    };
    const email = `customer${index}@example.com`;
    await settled("registration-otp", { email, mobileNumber });
    const { customerId } = await settled("register-customer", {
      ...{ mobileNumber, mpin, otp: "123456" },
      ...{ firstName: "Asha", lastName: `Number ${index}` },
    });
    return { customerId, mpin };
  };
  const found: Customer[] = [];
  // A few at a time: a busy machine starts no processes for all of them in the time that a provider has.
  for (let first = 0; first < customerCount; first += 4)
    found.push(...(await Promise.all([0, 1, 2, 3].map((more) => one(first + more)))));
  return found;
}

/** Kills, each kind in its own rhythm. */
function disturbances(gateway: Fleet): readonly Promise<void>[] {
  const every = async (name: string, leastMs: number, mostMs: number, act: () => void | Promise<void>) => {
    const random = randomOf(options.seed, name);
    for (;;) {
      const pause = random.between(leastMs, mostMs);
      if (performance.now() + pause > end) return;
      await sleep(pause);
      await act();
    }
  };
  const victims = randomOf(options.seed, "victims");
  return [
    every("functions", 1_000, 4_000, () => {
      if (gateway.killFunction(victims)) kills.functions += 1;
    }),
    every("databases", 25_000, 50_000, () => {
      if (gateway.killDatabase()) kills.databases += 1;
    }),
    every("hosts", 20_000, 40_000, async () => {
      await gateway.killHost();
      kills.hosts += 1;
    }),
  ];
}

/** The wallet remembers its latest calls only. */
async function watch(watched: Wallet): Promise<void> {
  while (performance.now() < end) {
    await sleep(Math.min(10_000, Math.max(0, end - performance.now())));
    await watched.look();
    const settled = [...run.told.values()].filter((all) => all.some(({ kind }) => kind !== "gave up")).length;
    const left = Math.max(0, Math.round((end - performance.now()) / 1000));
    console.log(
      `${left} s left: ${run.operations.length} operations, ${settled} answered, ${JSON.stringify(kills)}`,
    );
  }
}

async function table() {
  const client = patientClientOf(await fleet.gateway());
  const { TableNames: [name = ""] = [] } = await client.send(new ListTablesCommand({}));
  return { scan: (index?: string) => scanAll(client, name, index) };
}

async function untilNothingIsDue(): Promise<void> {
  const until = performance.now() + longestDrainMs;
  const { scan } = await table();
  for (let before = 0; performance.now() < until; ) {
    const open = (await scan("unfinished")).filter(({ due }) => Number(due?.N) < forAPerson).length;
    if (open === 0) return;
    if (open !== before) console.log(`${open} unfinished`);
    before = open;
    await sleep(2_000);
  }
}

/** Callers that gave up ask once more: by now there is an answer, or a person has to give it. */
async function askAgain(): Promise<void> {
  const open = run.operations.filter((each) =>
    run.told.get(keyOf(each))?.every(({ kind }) => kind === "gave up"),
  );
  await Promise.all(
    open.map(async (operation) => {
      const random = randomOf(options.seed, `again ${keyOf(operation)}`);
      const told = await askFor(run, operation, random, performance.now() + 3_000);
      run.told.get(keyOf(operation))?.push(told);
    }),
  );
}

async function gathered(): Promise<Evidence> {
  await wallet.look(true);
  const { scan } = await table();
  const all = await scan();
  return {
    operations: run.operations,
    told: run.told,
    effects: await wallet.effects(),
    sends: wallet.seen.sends,
    records: all.filter(({ namespace }) => namespace?.S === "money" || namespace?.S === "reversal"),
    unfinished: new Set((await scan("unfinished")).map(({ pk }) => pk?.S ?? "")),
    listed: await listedForAPerson((await fleet.gateway()).url),
  };
}
