import { randomBytes } from "node:crypto";
import { BatchWriteItemCommand } from "@aws-sdk/client-dynamodb";
import { sendMarginMs, settleMarginMs } from "../lib/config.ts";
import { eventOf, type Share, sharesOf } from "../lib/operation/share.ts";
import { L, N, S } from "../lib/records/record.ts";
import { forPeople, shardOf } from "../lib/records/write.ts";
import type { LambdaProcess } from "../local/lambda/process.ts";
import { reservedCustomerId } from "../local/sandbox/aggrepay.ts";
import { type Item, startTable, type TestTable } from "../test/support/dynamodb.ts";
import type { Lateness } from "./far.ts";
import { cpuMs, type World } from "./world.ts";

/** How a backlog of doubt is met: by how many workers, at a provider whose replies are so late. */
export interface Backlog {
  readonly late: Lateness;
  readonly workers: number;
}

export interface Settled {
  readonly records: number;
  /** Of the `needNoCall` that no provider has to be asked about. */
  readonly handedOver: number;
  readonly aMinute: number;
  /** Milliseconds of CPU a settled record, of the workers. */
  readonly cpuMs: number;
}

/** Records a minute for which so much memory has the processor: Lambda gives a whole vCPU at 1,769 MB. */
export const boundBy = (memoryMb: number, cpuMs: number): number =>
  Math.round(((runMs - keptMs) * memoryMb) / 1_769 / cpuMs);

/** A run on Lambda begins every minute and may take this long; it asks until its last inquiry would not fit. */
export const runMs = 55_000;
const keptMs = sendMarginMs + settleMarginMs;

export const needNoCall = 64;
const writtenAtOnce = 25;

/**
 * Debits in doubt, of which the wallet shows nothing, and a few records that need no call; then one run of each worker.
 * A shorter run than Lambda's is reckoned up to that.
 */
export async function settledOf(
  world: World,
  { late, workers }: Backlog,
  lengthMs: number,
): Promise<Settled> {
  const table = await startTable();
  const wallet = await world.slowWallet(late);
  try {
    const debits = workers * mostIn(late, lengthMs);
    await seed(table, debits, { operation: "debit-wallet", host: `localhost:${wallet.port}` });
    await seed(table, needNoCall, { operation: "customer-otp", host: `localhost:${wallet.port}` });
    const work = async (share: Share) => {
      const process = await world.startReconciler(table, wallet, lengthMs);
      await process.initialized;
      const cpuBefore = cpuMs(process);
      const tookMs = await run(process, share);
      const cpu = cpuMs(process) - cpuBefore;
      process.kill();
      return { tookMs, cpu };
    };
    const runs = await Promise.all(sharesOf(workers).map(work));
    const { due, listed } = await left(table);
    const records = debits + needNoCall - due - listed;
    const tookMs = Math.max(...runs.map((each) => each.tookMs));
    const cpu = runs.reduce((sum, each) => sum + each.cpu, 0);
    return {
      records,
      handedOver: listed,
      aMinute: Math.round((records * (runMs - keptMs)) / tookMs),
      cpuMs: records === 0 ? 0 : cpu / records,
    };
  } finally {
    await wallet.close();
    await table.stop();
  }
}

/** More than a worker can settle in that time: 32 at a time, two questions each, and no more than its processor allows. */
function mostIn(late: Lateness, lengthMs: number): number {
  if (late === "never") return 2_000;
  const aSecond = Math.min(250, 32_000 / (2 * late));
  return Math.ceil((aSecond * lengthMs) / 1000);
}

/** A run fails at its end where a look failed, as where the table was too slow: what it settled counts. */
async function run(process: LambdaProcess, share: Share): Promise<number> {
  const from = performance.now();
  const outcome = await process.invoke("bench", JSON.stringify(eventOf(share)));
  if (outcome.kind === "failed") console.error(outcome.error.errorMessage);
  return performance.now() - from;
}

type Attempted = Readonly<Record<"operation" | "host", string>>;

/** Writes records as their owners left them, 20 minutes ago: over their quiet period, and due. */
export async function seed(table: TestTable, count: number, attempted: Attempted): Promise<void> {
  const items = Array.from({ length: count }, (_, index) => ({
    PutRequest: { Item: itemOf(index, attempted) },
  }));
  for (let at = 0; at < count; at += writtenAtOnce) {
    const RequestItems = { [table.name]: items.slice(at, at + writtenAtOnce) };
    await table.client.send(new BatchWriteItemCommand({ RequestItems }));
  }
}

function itemOf(index: number, { operation, host }: Attempted): Item {
  const id = randomBytes(32).toString("base64url");
  const at = Date.now() - 20 * 60_000;
  const effect = { amount: "0.01", fromCustomerId: customerId };
  return {
    pk: S(id),
    provider: S("aggrepay"),
    account: S("main"),
    operation: S(operation),
    namespace: S(operation === "debit-wallet" ? "money" : "idempotency-key"),
    identity: S(`bench-${index}`),
    caller: S("anonymous"),
    request: S(JSON.stringify([operation, effect])),
    host: S(host),
    owner: S(randomBytes(16).toString("base64url")),
    state: S("in_doubt"),
    attempt: N(1),
    failure: S('{"code":"outcome-unknown","detail":"No whole reply came in time."}'),
    history: L([`dispatched ${at}`, `in_doubt ${at + 20_000}`]),
    leaseEnds: N(at + 33_000),
    createdAt: N(at),
    dispatchedAt: N(at),
    shard: shardOf(id),
    due: N(at + 33_000 + (index % 60_000)),
    amount: S("0.01"),
    customer: S(`aggrepay#main#${customerId}`),
  };
}

/** Honest to those that look. */
const customerId = reservedCustomerId("timeout-before", "change");

/** What is still due in the index of the unfinished, and what is listed for a person. */
async function left(table: TestTable) {
  const rows = await table.scan("unfinished");
  const listed = rows.filter(({ due }) => Number(due?.N) >= forPeople.from).length;
  return { due: rows.length - listed, listed };
}
