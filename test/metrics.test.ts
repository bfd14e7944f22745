import { expect, test } from "vitest";
import { type LogLine, logTo } from "../lib/log.ts";
import {
  type Counts,
  namespaceIn,
  providerCounts,
  type RequestLine,
  setbackCounts,
  webhookCounts,
} from "../lib/metrics.ts";
import { faultsOf, metricsOf, valuesOf } from "./support/emf.ts";

const noon = Date.UTC(2025, 5, 1, 12);

function printed(line: LogLine, counts?: readonly Counts[]): string {
  const lines: string[] = [];
  logTo(
    (text) => lines.push(text),
    { now: () => noon },
    () => "WalletGateway-test",
  )(line, counts);
  expect(lines).toHaveLength(1);
  return lines[0] ?? "";
}

const told: RequestLine = { function: "aggrepay/debit-wallet", requestId: "r-1", status: 200, durationMs: 9 };
const counts = providerCounts("aggrepay");

test("a line holds what it is told, first what people read", () => {
  const line = { ...told, status: 504, code: "outcome-unknown", state: "in_doubt", providerMs: 800 };
  expect(printed(line)).toBe(
    '{"timestamp":"2025-06-01T12:00:00.000Z","level":"ERROR","function":"aggrepay/debit-wallet","requestId":"r-1",' +
      '"status":504,"durationMs":9,"code":"outcome-unknown","state":"in_doubt","providerMs":800}',
  );
  const counting = printed(line, counts({ ...line, inDoubt: true, providerFault: true }));
  expect(counting.startsWith(`${printed(line).slice(0, -1)},"_aws":{"Timestamp":${noon},`)).toBe(true);
});

test("nothing else gets into a line, whatever is put into what it is made of", () => {
  const smuggled = { mpin: "7391", code: "declined", error: { name: "x", mpin: "7391", stack: ["7391"] } };
  const line = { ...told, ...smuggled, headers: { authorization: "7391" } } as unknown as LogLine;
  const by = { provider: "aggrepay", customerId: "7391" };
  const values = { Calls: 1, mpin: 7391 };
  const text = printed(line, [{ by, values }] as unknown as readonly Counts[]);
  expect(JSON.parse(text)).toMatchObject({ code: "declined", error: {}, provider: "aggrepay", Calls: 1 });
  expect(text).not.toContain("7391");
  expect(text).not.toContain("mpin");
});

test.each([
  [{ status: 200 }, "INFO"],
  [{ status: 399 }, "INFO"],
  [{ status: 400 }, "WARN"],
  [{ status: 499 }, "WARN"],
  [{ status: 500 }, "ERROR"],
  [{}, "INFO"],
  [{ error: "TimeoutError" }, "ERROR"],
])("%o is of level %s", (line, level) => {
  expect(JSON.parse(printed({ function: "reconcile", ...line })).level).toBe(level);
});

test("the namespace is the deployment's, or a name of its own", () => {
  expect(namespaceIn({ METRICS_NAMESPACE: "WalletGateway-prod" })).toBe("WalletGateway-prod");
  for (const env of [{}, { METRICS_NAMESPACE: "" }]) expect(namespaceIn(env)).toBe("WalletGateway");
});

test("each metric has its unit, its namespace and the line's time", () => {
  const line = JSON.parse(printed(told, counts({ ...told, providerMs: 12 })));
  expect(faultsOf(line, noon)).toEqual([]);
  expect(line._aws.Timestamp).toBe(noon);
  const metrics = metricsOf(line);
  const namespace = "WalletGateway-test";
  expect(metrics.get("Calls provider=aggrepay")).toEqual({ namespace, unit: "Count", value: 1 });
  expect(metrics.get("ProviderLatency provider=aggrepay")).toEqual({
    namespace,
    unit: "Milliseconds",
    value: 12,
  });
  expect(metrics.get("Outcomes provider=aggrepay outcome=ok")).toEqual({
    namespace,
    unit: "Count",
    value: 1,
  });
});

test("a delivery that is refused is counted with and without its reason", () => {
  const line = JSON.parse(printed(told, webhookCounts("nicepay")({ ...told, status: 401 })));
  expect(valuesOf(line)).toEqual({
    "WebhookReceived provider=nicepay": 1,
    "WebhookRefused provider=nicepay": 1,
    "WebhookRefused provider=nicepay reason=401": 1,
  });
});

test.each<readonly [string, Partial<RequestLine>, Readonly<Record<string, number>>]>([
  ["an error that nobody expected", { unexpected: true, error: "TypeError" }, { Unexpected: 1, Setbacks: 1 }],
  ["an error that a Problem answers", { code: "not-sent", error: "ValidationException" }, { Setbacks: 1 }],
  ["a reply that this version cannot read", { providerFault: true, misread: true }, { Setbacks: 1 }],
  ["a secret that is wrong", { code: "misconfigured" }, { Setbacks: 1, Misconfigured: 1 }],
  [
    "all of these",
    { unexpected: true, error: "Error", providerFault: true, code: "outcome-unknown" },
    { Unexpected: 1, Setbacks: 1 },
  ],
])("%s is counted by function beside what the provider's calls count", (_what, more, expected) => {
  const line = { ...told, ...more };
  const document = JSON.parse(printed(line, [...counts(line), ...setbackCounts(line)]));
  expect(faultsOf(document, noon)).toEqual([]);
  const values = Object.entries(valuesOf(document)).filter(([name]) => !name.includes("provider="));
  expect(Object.fromEntries(values)).toEqual(
    Object.fromEntries(
      Object.entries(expected).map(([name, value]) => [
        name === "Misconfigured" ? name : `${name} function=aggrepay/debit-wallet`,
        value,
      ]),
    ),
  );
  // One member stands for a metric under whatever dimensions, and so does the function's name.
  expect(document).toMatchObject({ ...expected, function: "aggrepay/debit-wallet" });
});

test.each<Partial<RequestLine>>([
  {},
  { status: 422, code: "declined", providerFault: false },
  // An outage of the provider, as each of its forms is told: it takes no rollout back.
  { status: 502, code: "provider-fault", providerFault: true },
  { status: 503, code: "not-sent", providerFault: true },
  { status: 429, code: "throttled", providerFault: true },
  { status: 504, code: "outcome-unknown", providerFault: true, inDoubt: true },
  { replayed: true, status: 504, code: "outcome-unknown", inDoubt: true },
  { status: 503, code: "not-sent" },
])("%o is no setback, and what counts nothing has no directive", (more) => {
  const none = setbackCounts({ ...told, ...more });
  expect(none).toEqual([]);
  expect(JSON.parse(printed(told, none))).not.toHaveProperty("_aws");
});

/** The reader of these tests is itself tested: each of these is a document that CloudWatch makes no such metric of. */
const directive = { Namespace: "N", Dimensions: [["provider"]], Metrics: [{ Name: "Calls", Unit: "Count" }] };
const document = (more: object = {}, line: object = {}) => ({
  _aws: { Timestamp: noon, CloudWatchMetrics: [{ ...directive, ...more }] },
  provider: "aggrepay",
  Calls: 1,
  ...line,
});
test.each<readonly [string, Readonly<Record<string, unknown>>]>([
  ["no _aws", {}],
  ["no directive", { _aws: { Timestamp: noon, CloudWatchMetrics: [] } }],
  ["no time", { ...document(), _aws: { CloudWatchMetrics: [directive] } }],
  [
    "seconds for milliseconds",
    { ...document(), _aws: { Timestamp: noon / 1000, CloudWatchMetrics: [directive] } },
  ],
  ["no namespace", document({ Namespace: "" })],
  ["a namespace of AWS", document({ Namespace: "AWS/Lambda" })],
  ["no sets", document({ Dimensions: [] })],
  ["names in place of sets", document({ Dimensions: ["provider"] })],
  ["a dimension that is not there", document({ Dimensions: [["provider", "outcome"]] })],
  ["a dimension that is a number", document({}, { provider: 7 })],
  ["an empty dimension", document({}, { provider: "" })],
  ["31 dimensions", document({ Dimensions: [Array.from({ length: 31 }, () => "provider")] })],
  ["no metric", document({ Metrics: [] })],
  ["101 metrics", document({ Metrics: Array.from({ length: 101 }, (_, each) => ({ Name: `M${each}` })) })],
  ["a metric twice", document({ Metrics: [...directive.Metrics, ...directive.Metrics] })],
  [
    "a metric twice, in two directives of the same dimensions",
    { ...document(), _aws: { Timestamp: noon, CloudWatchMetrics: [directive, directive] } },
  ],
  ["a metric that is not there", document({ Metrics: [{ Name: "Call", Unit: "Count" }] })],
  ["a metric that is a text", document({}, { Calls: "1" })],
  ["a unit that CloudWatch does not know", document({ Metrics: [{ Name: "Calls", Unit: "ms" }] })],
])("a document with %s is found at fault", (_what, line) => {
  expect(faultsOf(line, noon)).not.toEqual([]);
});

test("and one that is as the specification says is not, also with no dimension at all", () => {
  expect(faultsOf(document(), noon)).toEqual([]);
  expect(faultsOf(document({ Dimensions: [[]] }), noon)).toEqual([]);
  expect(valuesOf(document({ Dimensions: [[]] }))).toEqual({ Calls: 1 });
});
