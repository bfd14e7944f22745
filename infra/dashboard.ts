import { Duration, type Stack } from "aws-cdk-lib";
import {
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  type Metric,
  Row,
  SingleValueWidget,
  Stats,
} from "aws-cdk-lib/aws-cloudwatch";
import { calledProviders, indexesIn, notifyingProvider, ownMetrics } from "./alarms.ts";
import type { Api } from "./api.ts";
import type { Data } from "./data.ts";
import { doorRefusals } from "./door.ts";
import type { Deployed } from "./functions.ts";
import { operationIndex } from "./names.ts";

export interface Shown {
  readonly data: Data;
  readonly api: Api;
  readonly functions: readonly Deployed[];
}

/** What graphs are drawn from. */
interface Drawn extends Shown {
  readonly stack: Stack;
  readonly own: ReturnType<typeof ownMetrics>;
  /** One line for each provider. */
  readonly byProvider: (name: ProviderMetric, statistic?: string) => readonly Metric[];
}

type ProviderMetric = Parameters<Drawn["own"]>[0];

/** One page that says whether money moves: what waits for people, what providers do, what callers see. */
export function createDashboard(stack: Stack, shown: Shown): void {
  const own = ownMetrics(stack);
  const providers = calledProviders(shown.functions);
  const byProvider = (name: ProviderMetric, statistic: string = Stats.SUM) =>
    providers.map((provider) => own(name, { provider, statistic }).with({ label: provider }));
  const drawn = { ...shown, stack, own, byProvider };
  const rows = [ofDoubt, ofClock, ofProviders, ofRepeats, ofAnswers];
  new Dashboard(stack, "Dashboard", {
    dashboardName: stack.stackName,
    widgets: rows.map((row) => [new Row(...row(drawn))]),
  });
}

const size = { width: 8, height: 6 };

const graph = (title: string, left: readonly IMetric[], unit?: string): IWidget =>
  new GraphWidget({
    title,
    left: [...left],
    ...size,
    leftYAxis: { min: 0, ...(unit !== undefined && { label: unit, showUnits: false }) },
  });

function ofDoubt({ functions, own, byProvider }: Drawn): IWidget[] {
  const metrics = [
    own("WaitingForPerson", { statistic: Stats.MAXIMUM }).with({ label: "Wait for a person" }),
    own("OldestDoubt", { statistic: Stats.MAXIMUM }).with({ label: "Oldest doubt, s" }),
  ];
  const differences = own("BooksDifferences", { statistic: Stats.MAXIMUM, period: Duration.days(1) });
  if (indexesIn(functions).includes(operationIndex))
    metrics.push(differences.with({ label: "Differences in the books" }));
  return [
    new SingleValueWidget({ title: "Now", ...size, metrics }),
    graph("In doubt", byProvider("InDoubt")),
    graph("Put on the list for a person", byProvider("NeedsAttention")),
  ];
}

function ofClock({ own }: Drawn): IWidget[] {
  const period = Duration.minutes(1);
  const most = { statistic: Stats.MAXIMUM, period };
  return [
    graph("Due for over two minutes", [own("Overdue", most).with({ label: "records" })]),
    graph("The first of them has been due for", [own("OldestOverdue", most).with({ label: "s" })], "s"),
    graph("Looked at and settled, a minute", [
      own("LookedAt", { period }).with({ label: "looked at" }),
      ...["succeeded", "declined", "not_executed", "needs_attention"].map((state) =>
        own("Reconciled", { state, period }).with({ label: state }),
      ),
    ]),
  ];
}

const ofProviders = ({ byProvider }: Drawn): IWidget[] => [
  graph("Calls", byProvider("Calls")),
  graph("Provider latency, p99", byProvider("ProviderLatency", Stats.p(99)), "ms"),
  graph("Faults of providers and the network", byProvider("ProviderFaults")),
];

function ofRepeats({ stack, functions, own, byProvider }: Drawn): IWidget[] {
  const webhook = { provider: notifyingProvider(functions) };
  return [
    graph("Answered from the record", byProvider("Replayed")),
    graph("Misconfigured", byProvider("Misconfigured")),
    graph("Notifications", [
      own("WebhookReceived", webhook),
      own("WebhookBound", webhook),
      own("WebhookStray", webhook),
      own("WebhookQueued", webhook),
      own("WebhookRefused", webhook),
      doorRefusals(stack, "address").with({ label: "address refused by the API" }),
      doorRefusals(stack, "throttle").with({ label: "too many for the API" }),
    ]),
  ];
}

function ofAnswers({ api: { stage }, data: { table }, functions }: Drawn): IWidget[] {
  const period = Duration.minutes(5);
  return [
    graph("Answers", [
      stage.metricCount({ period, label: "all" }),
      stage.metricClientError({ period, label: "4xx" }),
      stage.metricServerError({ period, label: "5xx" }),
    ]),
    graph(
      "Latency of answers",
      [50, 99].map((p) => stage.metricLatency({ statistic: Stats.p(p), period, label: `p${p}` })),
      "ms",
    ),
    graph("Write and read units", [
      table.metricConsumedWriteCapacityUnits({ period }),
      table.metricConsumedReadCapacityUnits({ period }),
      ...indexesIn(functions).map((index) =>
        table.metricConsumedWriteCapacityUnits({
          period,
          dimensionsMap: { TableName: table.tableName, GlobalSecondaryIndexName: index },
          label: `writes of ${index}`,
        }),
      ),
    ]),
  ];
}
