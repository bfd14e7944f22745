import { randomBytes } from "node:crypto";
import type { Settling } from "../lib/operation/change-spec.ts";
import type { FunctionDefinition } from "../lib/operation/definition.ts";
import { reconcile } from "../lib/operation/reconcile.ts";
import { type Share, sharesOf } from "../lib/operation/share.ts";
import type { RecordItem } from "../lib/records/record.ts";
import type { Due, Records } from "../lib/records/store.ts";
import { shardOf, shards } from "../lib/records/write.ts";
import type { Runtime } from "../lib/runtime.ts";
import type { Sent } from "../lib/transport.ts";
import { type Backlog, needNoCall, runMs } from "./backlog.ts";
import type { Lateness } from "./far.ts";

/** One call of the table in the simulation, milliseconds. */
const tableMs = 5;
/** What a debit's doubt asks: for the transaction, and for the customer's list. */
const questions = 2;

/** Time that passes only when everything waits. */
interface Simulation {
  readonly now: () => number;
  readonly pass: (milliseconds: number) => Promise<void>;
  /** Runs until that is done; what happened until then. */
  readonly until: (work: Promise<unknown>) => Promise<void>;
}

/**
 * A run of each worker over a backlog that it cannot settle in its time, with the code that runs on Lambda, as if processors
 * took no time. What it settles is bound by waiting alone.
 */
export async function simulated({ late, workers }: Backlog) {
  const simulation = simulate();
  const ids = idsOf(workers * mostIn(late));
  const open = new Map(ids.map((id, index) => [id, itemOf(id, index >= ids.length - needNoCall)]));
  const settled = { debits: 0, handedOver: 0 };
  const end = (record: RecordItem, what: keyof typeof settled) => {
    open.delete(record.id);
    settled[what] += 1;
    return record;
  };
  const debit = changeOf("debit-wallet", true, async ({ record, world: { send } }) => {
    await simulation.pass(tableMs);
    for (let each = 0; each < questions; each += 1)
      if ((await send(request, timing)).kind !== "reply") return record;
    // A reversal's anchor and record, and the write of what it came to.
    await simulation.pass(3 * tableMs);
    return end(record, "debits");
  });
  const otp = changeOf("customer-otp", false, async ({ record }) => {
    await simulation.pass(2 * tableMs);
    return end(record, "handedOver");
  });
  const world = worldOf(simulation, late);
  const records = recordsOf(simulation, open);
  const budget = { remainingMs: () => runMs - simulation.now() };
  const run = (share: Share) => reconcile([debit, otp], world, records, { ...budget, share });
  await simulation.until(Promise.all(sharesOf(workers).map(run)));
  return settled;
}

function simulate(): Simulation {
  let now = 0;
  const waiting = new Map<number, (() => void)[]>();
  return {
    now: () => now,
    pass: (milliseconds) =>
      new Promise((resolve) => {
        const at = now + milliseconds;
        waiting.set(at, [...(waiting.get(at) ?? []), resolve]);
      }),
    async until(work) {
      let isDone = false;
      const done = work.finally(() => {
        isDone = true;
      });
      // Everything that can go on has gone on when an immediate is called.
      for (await new Promise(setImmediate); !isDone; await new Promise(setImmediate)) {
        now = Math.min(...waiting.keys());
        const all = waiting.get(now) ?? [];
        waiting.delete(now);
        for (const resolve of all) resolve();
      }
      await done;
    },
  };
}

/** More than can be settled. */
const mostIn = (late: Lateness): number => (late === "never" ? 2_000 : Math.ceil(850_000 / late));

/** Spread over the shards evenly; the last ones need no call. */
const idsOf = (count: number): readonly string[] =>
  Array.from({ length: count + needNoCall }, (_, index) => {
    const bytes = randomBytes(32);
    bytes[0] = index % shards;
    return bytes.toString("base64url");
  });

const itemOf = (id: string, isOtp: boolean) =>
  ({
    ...{ id, provider: "aggrepay", operation: isOtp ? "customer-otp" : "debit-wallet" },
    ...{ state: "in_doubt", due: 0, dispatchedAt: 0, leaseEnds: 0, history: [] as readonly string[] },
  }) as RecordItem;

function changeOf(name: string, asks: boolean, resolve: Settling["resolve"]): FunctionDefinition & Settling {
  const nothing = { summary: "", variables: [], secrets: [], tableActions: [] };
  return { ...nothing, name: `aggrepay/${name}`, access: "move-money", asks: () => asks, resolve };
}

const request = { method: "POST", url: new URL("https://wallet.example"), headers: {}, body: "" } as const;
const timing = { connectMs: 0, replyMs: 0, mayStillSend: () => true };

function worldOf({ now, pass }: Simulation, late: Lateness) {
  const config = { functionTimeoutMs: 28_000, inquiryTimeoutMs: 5_000, backOffMs: [3_600_000] };
  const send = async (): Promise<Sent> => {
    await pass(late === "never" ? config.inquiryTimeoutMs : late);
    return late === "never"
      ? { kind: "lost", why: "no whole reply came in time", timedOut: true }
      : { kind: "reply", reply: { status: 200, body: Buffer.alloc(0) } };
  };
  return { config, clock: { now, monotonic: now }, send } as Pick<Runtime, "clock" | "send"> as Runtime;
}

function recordsOf({ pass }: Simulation, open: ReadonlyMap<string, RecordItem>): Records {
  const byShard = Map.groupBy([...open.keys()], (id) => Number(shardOf(id).N));
  const store: Pick<Records, "get" | "unfinished"> = {
    async get(id) {
      await pass(tableMs);
      return open.get(id);
    },
    async unfinished(shard, { from, after }, limit) {
      await pass(tableMs);
      if (from > 0) return [];
      const ids = byShard.get(shard) ?? [];
      const rows: Due[] = [];
      let at = after === undefined ? 0 : ids.indexOf(after.id) + 1;
      for (; rows.length < limit && at < ids.length; at += 1) {
        const { [at]: id = "" } = ids;
        if (open.has(id)) rows.push({ id, due: 0 });
      }
      return rows;
    },
  };
  return store as Records;
}
