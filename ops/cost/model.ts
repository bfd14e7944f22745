import { functions } from "../../functions/index.ts";
import { providerNames } from "../../lib/providers/index.ts";
import { costOf, type Picodollars } from "./dollars.ts";
import type { Measured, Situation } from "./measured.ts";
import { type PriceName, priceNames, prices } from "./prices.ts";

/** What a month is computed from, beside what was measured. Whole numbers all. */
export interface Parameters {
  readonly rps: number;
  /** Of a million requests, how many are in which situation. */
  readonly mix: ReadonlyMap<string, number>;
  /** Until a provider has answered: connection, TLS and its own time. */
  readonly providerMs: number;
  /** The same where its answer never comes. */
  readonly doubtMs: number;
  /** One call of DynamoDB. */
  readonly tableMs: number;
  /** Our own time on Lambda, in percent of that on the machine where it was measured. */
  readonly slowdownPercent: number;
  /** Of a million requests, how many find no environment and wait for a new one. */
  readonly coldPerMillion: number;
  readonly memoryMb: number;
  /** Of `reconcile`, which asks about many records at a time and so needs a processor more than the others do. */
  readonly reconcileMemoryMb: number;
  /** Microseconds of a processor for each record that `reconcile` settles: `npm run bench -- reconcile`. */
  readonly settleMicros: number;
  /** Bytes that a TLS handshake sends to a provider. */
  readonly tlsBytes: number;
  /** How many months of records the table holds. */
  readonly months: number;
  readonly logMonths: number;
  readonly metrics: number;
  /** Those that come without any traffic. */
  readonly idleMetrics: number;
  /** Metrics that alarms watch: one that computes with three is charged for three. */
  readonly alarms: number;
  /** Runs of `reconcile` that each minute is divided among; together they look at as much as one. */
  readonly workers: number;
  readonly dashboards: number;
  readonly secrets: number;
  /** Bytes that come from a provider for a call: its certificates, its reply, and the headers of all packets. */
  readonly natBytes: number;
  /** Bytes of a call in the flow log: six records, of the function's interface and of both sides of the NAT gateway. */
  readonly flowLogBytes: number;
  /** Bytes through the endpoint for each reading of a secret, which begins a connection. */
  readonly endpointBytes: number;
}

export const presets: Omit<Parameters, "rps" | "mix"> = {
  providerMs: 300,
  doubtMs: 20_000,
  tableMs: 5,
  // 512 MB are 512 / 1769 of a vCPU: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
  slowdownPercent: 346,
  // "typically occur in under 1% of invocations": AWS, "AWS Lambda standardizes billing for INIT Phase", 2025-04-29
  coldPerMillion: 10_000,
  memoryMb: 512,
  reconcileMemoryMb: 1_769,
  settleMicros: 8_000,
  tlsBytes: 1000,
  months: 12,
  logMonths: 12,
  metrics: 76,
  idleMetrics: 5,
  // Of the whole stack; of each function that is deployed by default, three in two alarms; of each provider, two in one.
  alarms:
    27 + 3 * functions.filter(({ onlyWith }) => onlyWith === undefined).length + 2 * providerNames.length,
  workers: 4,
  dashboards: 1,
  // One for each provider, and that of the key rings.
  secrets: providerNames.length + 1,
  natBytes: 6000,
  // 115 bytes a record in its default format, and the 26 that CloudWatch Logs adds to each.
  flowLogBytes: 850,
  endpointBytes: 8000,
};

/** Names for the mix, and the situations that they stand for. */
export const kinds = {
  reads: "balance",
  debits: "debit",
  credits: "credit",
  transfers: "transfer",
  reversals: "reversal",
  declines: "debit, declined",
  repeats: "debit, repeated",
  doubts: "debit, in doubt",
  settlements: "debit in doubt, repeated",
  records: "record",
  bindings: "registration of a binding",
} as const;

/** A month of AWS's calculators: 730 hours. */
export const secondsInAMonth = 2_628_000;
export const hoursInAMonth = 730;
const runsInAMonth = secondsInAMonth / 60;
/** A function keeps a secret, and DynamoDB a key, for five minutes: lib/secrets, and the DynamoDB guide on encryption. */
const refreshesInAMonth = secondsInAMonth / 300;
/** What queries of a reconcile run, or a list, are under way at a time. */
const queriesAtOnce = 8;

export type Usage = Readonly<Record<PriceName, bigint>>;

const nothing = Object.fromEntries(priceNames.map((name) => [name, 0n])) as Usage;

export const added = (a: Usage, b: Usage): Usage =>
  Object.fromEntries(priceNames.map((name) => [name, a[name] + b[name]])) as Usage;

/**
 * What Lambda writes about each invocation in JSON, beside our own lines.
 * Source: Lambda, "Telemetry API event schema"; written at the system log level INFO, which is the preset.
 */
export const platformLog = [
  `{"time":"2026-11-20T14:35:30.512Z","type":"platform.start","record":{"requestId":"c6a3e700-a93f-4976-9233-e0edda36d057","version":"$LATEST"}}`,
  `{"time":"2026-11-20T14:35:30.831Z","type":"platform.report","record":{"requestId":"c6a3e700-a93f-4976-9233-e0edda36d057","metrics":{"durationMs":318.421,"billedDurationMs":319,"memorySizeMB":512,"maxMemoryUsedMB":104},"status":"success"}}`,
].join("\n").length;

export interface Model {
  readonly measured: Measured;
  readonly parameters: Parameters;
}

export function situationOf({ situations }: Measured, name: string): Situation {
  const found = situations[name];
  if (found === undefined) throw new Error(`"${name}" was not measured`);
  return found;
}

/** Memory with which Lambda gives a whole vCPU; our code uses no more than one. */
const wholeMb = 1_769;

/** The slowdown at another size than the one that it is given for. */
export const slowdownAt = ({ slowdownPercent, memoryMb }: Parameters, otherMb: number): number =>
  Math.ceil((slowdownPercent * Math.min(memoryMb, wholeMb)) / Math.min(otherMb, wholeMb));

export const withMemory = ({ measured, parameters: p }: Model, memoryMb: number): Model => ({
  measured,
  parameters: { ...p, memoryMb, slowdownPercent: slowdownAt(p, memoryMb) },
});

const memoryOf = ({ of }: Situation, p: Parameters): number =>
  of === "reconcile" ? p.reconcileMemoryMb : p.memoryMb;

/** Our own time on Lambda, in whole milliseconds. */
const ownMs = (micros: number, situation: Situation, p: Parameters): number =>
  Math.ceil((micros * slowdownAt(p, memoryOf(situation, p))) / 100_000);

/** Milliseconds that Lambda bills for a request that finds its environment. */
export function billedMs({ measured, parameters: p }: Model, name: string): bigint {
  const situation = situationOf(measured, name);
  const { calls, providerCalls, ownMicros } = situation;
  const { Query = 0, ...single } = calls;
  const rounds = Object.values(single).reduce((sum, count) => sum + count, Math.ceil(Query / queriesAtOnce));
  const waited = providerCalls * (name === kinds.doubts ? p.doubtMs : p.providerMs) + rounds * p.tableMs;
  return BigInt(waited + ownMs(ownMicros, situation, p));
}

/** The init phase, which is billed too; a function without a table is a read. */
function coldStartOf({ measured, parameters: p }: Model, name: string) {
  const situation = situationOf(measured, name);
  const { of, calls } = situation;
  const like =
    of === "reconcile"
      ? of
      : Object.keys(calls).length > 0
        ? "aggrepay/debit-wallet"
        : "aggrepay/fetch-balance";
  const start = measured.coldStarts[like];
  if (start === undefined) throw new Error(`no cold start of ${like} was measured`);
  const initMs = BigInt(ownMs(start.initMicros, situation, p));
  return { initMs, secretCalls: BigInt(start.secretCalls) };
}

/** What this many requests of a mix use of what is metered by use. Each sum is divided once, at its end. */
export function usageOf(model: Model, mix: Parameters["mix"], requests: bigint): Usage {
  const { measured, parameters: p } = model;
  const weighed = (of: (name: string, situation: Situation) => bigint) => {
    const sum = [...mix].reduce(
      (total, [name, parts]) => total + BigInt(parts) * of(name, situationOf(measured, name)),
      0n,
    );
    return (sum * requests) / 1_000_000n;
  };
  const cold = BigInt(p.coldPerMillion);
  const whole = (of: (situation: Situation) => number) => weighed((_, situation) => BigInt(of(situation)));
  const millionths = (of: (name: string) => bigint) => weighed((name) => of(name) * cold) / 1_000_000n;
  const coldSecrets = millionths((name) => coldStartOf(model, name).secretCalls);
  const functionLog = whole(({ logBytes }) => logBytes + platformLog);
  const accessLog = requests * BigInt(measured.accessLogBytes);
  const initMs = millionths(
    (name) => coldStartOf(model, name).initMs * BigInt(memoryOf(situationOf(measured, name), p)),
  );
  return {
    ...nothing,
    invocation: requests,
    duration: weighed((name, situation) => billedMs(model, name) * BigInt(memoryOf(situation, p))) + initMs,
    request: requests,
    write: whole(({ writeUnits }) => writeUnits),
    read: whole(({ readHalfUnits }) => readHalfUnits),
    pipe: whole(({ events }) => events),
    event: whole(({ events }) => events),
    functionLog,
    accessLog,
    keyUse: coldSecrets,
    secretUse: coldSecrets,
    transfer: whole(
      ({ responseBytes, providerBytes, providerCalls }) =>
        responseBytes + providerBytes + providerCalls * p.tlsBytes,
    ),
  };
}

/** Environments that are busy at once, for each function of the mix, in thousandths. */
export function concurrencyOf(model: Model): ReadonlyMap<string, bigint> {
  const { mix, rps } = model.parameters;
  const busy = new Map<string, bigint>();
  for (const [name, parts] of mix) {
    const { of } = situationOf(model.measured, name);
    // Requests a second in millionths, times milliseconds, in thousandths of an environment.
    const own = (BigInt(rps) * BigInt(parts) * billedMs(model, name)) / 1_000_000n;
    busy.set(of, (busy.get(of) ?? 0n) + own);
  }
  return busy;
}

/** Functions keep their secrets by themselves, so the more environments there are the more often one is read anew. */
function refreshes(model: Model): bigint {
  if (model.parameters.rps === 0) return 0n;
  const environments = [...concurrencyOf(model).values()].reduce(
    (sum, thousandths) => sum + (thousandths + 999n) / 1000n,
    0n,
  );
  return environments * BigInt(refreshesInAMonth);
}

/** What is kept: records and logs of the months before are there too. */
function kept(model: Model, monthly: Usage, requests: bigint): Usage {
  const { measured, parameters: p } = model;
  const stored = (of: (situation: Situation) => number) =>
    ([...p.mix].reduce(
      (sum, [name, parts]) => sum + BigInt(parts * of(recordOf(name, situationOf(measured, name)))),
      0n,
    ) *
      requests *
      BigInt(p.months)) /
    1_000_000n;
  const table = stored(({ storedBytes }) => storedBytes.table);
  const logs = monthly.functionLog + monthly.accessLog;
  return {
    ...nothing,
    storage: table + stored(({ storedBytes }) => storedBytes.indexes),
    backup: table,
    logStorage: (logs * BigInt(measured.logsCompressedTo) * BigInt(p.logMonths)) / 100n,
  };
}

/** A request that settles another's doubt writes to a record that is stored already. */
const recordOf = (name: string, situation: Situation): Situation =>
  name === kinds.settlements ? { ...situation, storedBytes: { table: 0, indexes: 0 } } : situation;

/** What is there whatever the traffic: the clock, the key, the secrets, what watches. */
function standing(model: Model): Usage {
  const { parameters: p } = model;
  const runs = BigInt(runsInAMonth);
  const clock = usageOf(model, new Map([["reconcile, nothing due", 1_000_000]]), runs);
  const workers = BigInt(p.workers);
  return {
    ...clock,
    invocation: clock.invocation * workers,
    functionLog: clock.functionLog * workers,
    // Nobody asks for it over the API.
    request: 0n,
    accessLog: 0n,
    transfer: 0n,
    metric: BigInt(p.rps === 0 ? p.idleMetrics : p.metrics),
    alarm: BigInt(p.alarms),
    dashboard: BigInt(p.dashboards),
    // The records', and the alarm topic's.
    key: 2n,
    // They use the table, and so the table's key, all the time.
    keyUse: BigInt(refreshesInAMonth),
    secret: BigInt(p.secrets),
  };
}

export interface Bill {
  readonly requests: bigint;
  readonly usage: Usage;
  readonly lines: ReadonlyMap<PriceName, Picodollars>;
  readonly total: Picodollars;
}

export const billOf = (usage: Usage, requests: bigint): Bill => {
  const lines = new Map(priceNames.map((name) => [name, costOf(usage[name], prices[name])]));
  return { requests, usage, lines, total: [...lines.values()].reduce((sum, each) => sum + each, 0n) };
};

/** A month at that rate. */
export function monthOf(model: Model): Bill {
  const { mix, rps } = model.parameters;
  const requests = BigInt(rps) * BigInt(secondsInAMonth);
  const traffic = usageOf(model, mix, requests);
  const again = refreshes(model);
  // A role that uses the table has DynamoDB ask for the table's key.
  const tables = new Set(
    [...mix.keys()]
      .map((name) => situationOf(model.measured, name))
      .flatMap(({ of, calls }) => (Object.keys(calls).length > 0 ? [of] : [])),
  );
  const tableKeys = rps === 0 ? 0n : BigInt(tables.size * refreshesInAMonth);
  const refreshed: Usage = { ...nothing, secretUse: again, keyUse: again + tableKeys };
  const monthly = [standing(model), refreshed].reduce(added, traffic);
  return billOf(added(monthly, kept(model, monthly, requests)), requests);
}

/** A million requests in one situation, by what is metered by use, and their records for a month. */
export function millionOf(model: Model, name: string): Bill {
  const requests = 1_000_000n;
  const alone: Model = {
    ...model,
    parameters: { ...model.parameters, mix: new Map([[name, 1_000_000]]), months: 1, logMonths: 1 },
  };
  const usage = usageOf(alone, alone.parameters.mix, requests);
  return billOf(added(usage, kept(alone, usage, requests)), requests);
}
