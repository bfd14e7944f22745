/**
 * Reads a log line as CloudWatch does. Source: Amazon CloudWatch User Guide, "Specification: Embedded metric format"; limits
 * of names and values are those of the API's `MetricDatum` and `Dimension`.
 */
export interface Metric {
  readonly namespace: string;
  readonly unit: string;
  readonly value: number;
}

interface Directive {
  readonly Namespace?: unknown;
  readonly Dimensions?: unknown;
  readonly Metrics?: unknown;
}

type Members = Readonly<Record<string, unknown>>;

const unitsOfCloudWatch = ["Seconds", "Milliseconds", "Count"];
/** CloudWatch takes what is not older than two weeks and not further ahead than two hours. */
const oldestMs = 14 * 86_400_000;
const furthestMs = 2 * 3_600_000;

const isObject = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isName = (value: unknown): value is string =>
  typeof value === "string" && /^[\x21-\x7e][\x20-\x7e]{0,254}$/.test(value) && !value.startsWith(":");
const isDimensionValue = (value: unknown): boolean =>
  typeof value === "string" && /^[\x20-\x7e]{1,1024}$/.test(value) && value.trim() !== "";

/** Why CloudWatch would make no metric of a document, or not the one that is meant; empty where it makes all of them. */
export function faultsOf(line: Members, now: number): readonly string[] {
  const { _aws: aws } = line;
  if (!isObject(aws)) return ["_aws is no object"];
  const faults = Object.keys(aws)
    .filter((name) => name !== "Timestamp" && name !== "CloudWatchMetrics")
    .map((name) => `_aws has ${name}`);
  const { Timestamp: at, CloudWatchMetrics: directives } = aws;
  if (!Number.isInteger(at) || Number(at) < now - oldestMs || Number(at) > now + furthestMs)
    faults.push("Timestamp is no time that CloudWatch takes");
  if (!Array.isArray(directives) || directives.length === 0) return [...faults, "there is no directive"];
  const own = directives.flatMap((directive: unknown) => faultsOfDirective(directive, line));
  return [...faults, ...own, ...(own.length > 0 ? [] : repeatedIn(line))];
}

/** One line tells a metric once under the same dimensions: CloudWatch would count what is told twice twice. */
function repeatedIn(line: Members): readonly string[] {
  const names = toldIn(line).map(([name]) => name);
  return names.filter((name, index) => names.indexOf(name) < index).map((name) => `${name} is told twice`);
}

function faultsOfDirective(directive: unknown, line: Members): readonly string[] {
  if (!isObject(directive)) return ["a directive is no object"];
  const {
    Namespace: namespace,
    Dimensions: sets,
    Metrics: metrics,
    ...more
  }: Directive & Members = directive;
  const faults = Object.keys(more).map((name) => `a directive has ${name}`);
  if (!isName(namespace) || !/^[\w.\-/#: ]+$/.test(namespace) || namespace.startsWith("AWS/"))
    faults.push("Namespace is no name");
  if (!Array.isArray(sets) || sets.length === 0) faults.push("Dimensions is no list of sets");
  else for (const set of sets as readonly unknown[]) faults.push(...faultsOfSet(set, line));
  if (!Array.isArray(metrics) || metrics.length === 0 || metrics.length > 100)
    return [...faults, "Metrics is no list of 1 to 100"];
  const names = metrics.map((metric: unknown) => (isObject(metric) ? metric.Name : undefined));
  if (new Set(names).size < names.length) faults.push("a metric is there twice");
  return [...faults, ...metrics.flatMap((metric: unknown) => faultsOfMetric(metric, line))];
}

function faultsOfSet(set: unknown, line: Members): readonly string[] {
  if (!Array.isArray(set) || set.length > 30 || !set.every(isName))
    return ["a set is no list of 0 to 30 names"];
  return set.filter((name) => !isDimensionValue(line[name])).map((name) => `${name} is no dimension`);
}

function faultsOfMetric(metric: unknown, line: Members): readonly string[] {
  if (!isObject(metric)) return ["a metric is no object"];
  const { Name: name, Unit: unit, ...more } = metric;
  const faults = Object.keys(more).map((member) => `a metric has ${member}`);
  if (!isName(name)) return [...faults, "a metric has no name"];
  if (!unitsOfCloudWatch.includes(String(unit))) faults.push(`${name} has no unit`);
  const value = line[name];
  if (typeof value !== "number" || !Number.isFinite(value)) faults.push(`${name} is no number`);
  return faults;
}

/** What CloudWatch makes of a document without faults: `Calls provider=aggrepay`, each with unit and value. */
export const metricsOf = (line: Members): ReadonlyMap<string, Metric> => new Map(toldIn(line));

function toldIn(line: Members): readonly (readonly [string, Metric])[] {
  const { CloudWatchMetrics: directives } = (line._aws ?? { CloudWatchMetrics: [] }) as {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
    }[];
  };
  return directives.flatMap(({ Namespace: namespace, Dimensions: sets, Metrics: metrics }) =>
    sets.flatMap((set) =>
      metrics.map(
        ({ Name: name, Unit: unit }) =>
          [
            [name, ...set.map((dimension) => `${dimension}=${line[dimension]}`)].join(" "),
            { namespace, unit, value: Number(line[name]) },
          ] as const,
      ),
    ),
  );
}

/** Values alone, for a test to compare. */
export const valuesOf = (line: Members): Readonly<Record<string, number>> =>
  Object.fromEntries([...metricsOf(line)].map(([name, { value }]) => [name, value]));

/** The whole of what a line of ours may hold. */
const listed = new Set(
  [
    "timestamp level function requestId status durationMs code operation record state replayed providerMs providerCode lastInquiry unreadable",
    "error errorAt _aws provider outcome reason Calls Replayed ProviderLatency ProviderFaults Misconfigured InDoubt",
    "Unexpected Setbacks NeedsAttention Outcomes WebhookReceived WebhookRefused WebhookBound WebhookStray",
    "LookedAt Failed OldestDoubt Overdue OldestOverdue WaitingForPerson Reconciled",
  ].flatMap((names) => names.split(" ")),
);

export const unlistedIn = (line: Members): readonly string[] =>
  Object.keys(line).filter((name) => !listed.has(name));
