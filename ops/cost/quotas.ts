import { concurrencyOf, type Model, situationOf } from "./model.ts";

/** What there is a bound to, in thousandths of its unit. */
export interface Load {
  readonly what: string;
  readonly unit: string;
  readonly used: bigint;
  readonly bound: bigint;
  readonly source: string;
  /** What to do when it is reached. */
  readonly then: string;
}

/** What, its unit, what is used of it in thousandths, its bound, where the bound is from, and what to do when it is reached. */
type Row = readonly [what: string, unit: string, used: bigint, bound: number, source: string, then: string];

const thousand = 1000n;

/** AWS's default quotas in us-east-1, and the stage's throttle; other Regions have less of some. */
export function loadsOf(model: Model, stageRps: number): readonly Load[] {
  const { measured, parameters } = model;
  const { mix, rps } = parameters;
  const perSecond = (of: (name: string) => number) =>
    [...mix].reduce((sum, [name, parts]) => sum + BigInt(parts) * BigInt(of(name)), 0n) * BigInt(rps);
  const rate = (of: (name: string) => number) => perSecond(of) / thousand;
  const situation = (name: string) => situationOf(measured, name);
  const environments = [...concurrencyOf(model).values()];
  const busy = environments.reduce((sum, each) => sum + each, 0n);
  const busiest = environments.reduce((most, each) => (each > most ? each : most), 0n);
  const routes = new Map<string, bigint>();
  for (const [name, parts] of mix) {
    const { of } = situation(name);
    routes.set(of, (routes.get(of) ?? 0n) + (BigInt(rps) * BigInt(parts)) / thousand);
  }
  const busiestRoute = [...routes.values()].reduce((most, each) => (each > most ? each : most), 0n);
  const writes = rate((name) => situation(name).writeUnits);
  const reads = rate((name) => situation(name).readHalfUnits) / 2n;
  // A claim enters the index of the unfinished and what settles it leaves: two of a change's units.
  const entries = rate((name) => (situation(name).events > 0 ? 2 : 0));
  const secretReads = (busy + 299n) / 300n + (BigInt(rps) * BigInt(parameters.coldPerMillion)) / thousand;
  const rows: readonly Row[] = [
    ...ofCalls({ busiestRoute, stageRps, requests: BigInt(rps) * thousand, busy, busiest }),
    ...ofStores({ writes, reads, entries, secretReads, events: rate((name) => situation(name).events) }),
  ];
  return rows.map(([what, unit, used, bound, source, then]) => ({
    ...{ what, unit, used, source, then },
    bound: BigInt(bound) * thousand,
  }));
}

interface Calls extends Readonly<Record<"busiestRoute" | "requests" | "busy" | "busiest", bigint>> {
  readonly stageRps: number;
}

function ofCalls({ busiestRoute, stageRps, requests, busy, busiest }: Calls): readonly Row[] {
  return [
    [
      "the stage's throttle, of the busiest route",
      "requests/s",
      busiestRoute,
      stageRps,
      "infra/config.ts, `throttle` of prod",
      "raise it, with what the providers allow in mind",
    ],
    [
      "API Gateway, account",
      "requests/s",
      requests,
      10_000,
      "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html",
      "ask for more; the burst follows the rate",
    ],
    [
      "Lambda, concurrency of the account",
      "environments",
      busy,
      1000,
      "https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html",
      "ask for more, as few as 10 in a new account; `Reconcile` has some of its own",
    ],
    [
      "Lambda, growth of the busiest function within 10 s",
      "environments",
      busiest,
      1000,
      "https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html",
      "let traffic come over tens of seconds, or keep provisioned concurrency for it",
    ],
  ];
}

type Stored = Readonly<Record<"writes" | "reads" | "entries" | "secretReads" | "events", bigint>>;

function ofStores({ writes, reads, entries, secretReads, events }: Stored): readonly Row[] {
  return [
    [
      "DynamoDB, writes of a new table",
      "units/s",
      writes,
      4000,
      "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html",
      "warm the table before launch; it grows by itself to twice each peak, within 30 minutes",
    ],
    [
      "DynamoDB, writes of a table, quota",
      "units/s",
      writes,
      40_000,
      "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html",
      "ask for more",
    ],
    [
      "DynamoDB, reads of a new table",
      "units/s",
      reads,
      12_000,
      "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html",
      "as for writes",
    ],
    [
      "DynamoDB, one shard of the index of the unfinished",
      "units/s",
      entries / 64n,
      1000,
      "DynamoDB guide: 1,000 write units/s for a partition; 64 shards, lib/records/write.ts",
      "more shards: a constant, and a look at the old ones until they are empty",
    ],
    [
      "Secrets Manager, GetSecretValue",
      "calls/s",
      secretReads,
      10_000,
      "https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html",
      "it would take a start of all environments at once; the old value serves on meanwhile",
    ],
    [
      "EventBridge, PutEvents",
      "events/s",
      events,
      10_000,
      "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html",
      "ask for more; events come late and none is lost while the stream holds them, 24 h",
    ],
  ];
}

/** Calls of a provider, in thousandths a second: it has a limit of its own that no document gives. */
export const providerCallsOf = ({ measured, parameters: { mix, rps } }: Model): bigint =>
  ([...mix].reduce(
    (sum, [name, parts]) => sum + BigInt(parts) * BigInt(situationOf(measured, name).providerCalls),
    0n,
  ) *
    BigInt(rps)) /
  thousand;

export const firstOf = (loads: readonly Load[]): Load | undefined =>
  loads.toSorted((a, b) => Number(b.used * a.bound - a.used * b.bound))[0];
