import { Duration, type Stack } from "aws-cdk-lib";
import {
  Dashboard,
  GraphWidget,
  type IMetric,
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

/** One page that says whether money moves: what waits for people, what providers do, what callers see. */
export function createDashboard(stack: Stack, { data, api, functions }: Shown): void {
  const own = ownMetrics(stack);
  const providers = calledProviders(functions);
  const webhook = { provider: notifyingProvider(functions) };
  const graph = (title: string, left: readonly IMetric[], unit?: string) =>
    new GraphWidget({
      title,
      left: [...left],
      width: 8,
      height: 6,
      leftYAxis: { min: 0, ...(unit !== undefined && { label: unit, showUnits: false }) },
    });
  const byProvider = (name: Parameters<typeof own>[0], statistic: string = Stats.SUM) =>
    providers.map((provider) => own(name, { provider, statistic }).with({ label: provider }));
  const every = Duration.minutes(5);

  new Dashboard(stack, "Dashboard", {
    dashboardName: stack.stackName,
    widgets: [
      [
        new Row(
          new SingleValueWidget({
            title: "Now",
            width: 8,
            height: 6,
            metrics: [
              own("WaitingForPerson", { statistic: Stats.MAXIMUM }).with({ label: "Wait for a person" }),
              own("OldestDoubt", { statistic: Stats.MAXIMUM }).with({ label: "Oldest doubt, s" }),
              ...(indexesIn(functions).includes(operationIndex)
                ? [
                    own("BooksDifferences", { statistic: Stats.MAXIMUM, period: Duration.days(1) }).with({
                      label: "Differences in the books",
                    }),
                  ]
                : []),
            ],
          }),
          graph("In doubt", byProvider("InDoubt")),
          graph("Put on the list for a person", byProvider("NeedsAttention")),
        ),
      ],
      [
        new Row(
          graph("Due for over two minutes", [
            own("Overdue", { statistic: Stats.MAXIMUM, period: Duration.minutes(1) }).with({
              label: "records",
            }),
          ]),
          graph(
            "The first of them has been due for",
            [
              own("OldestOverdue", { statistic: Stats.MAXIMUM, period: Duration.minutes(1) }).with({
                label: "s",
              }),
            ],
            "s",
          ),
          graph("Looked at and settled, a minute", [
            own("LookedAt", { period: Duration.minutes(1) }).with({ label: "looked at" }),
            ...["succeeded", "declined", "not_executed", "needs_attention"].map((state) =>
              own("Reconciled", { state, period: Duration.minutes(1) }).with({ label: state }),
            ),
          ]),
        ),
      ],
      [
        new Row(
          graph("Calls", byProvider("Calls")),
          graph("Provider latency, p99", byProvider("ProviderLatency", Stats.p(99)), "ms"),
          graph("Faults of providers and the network", byProvider("ProviderFaults")),
        ),
      ],
      [
        new Row(
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
        ),
      ],
      [
        new Row(
          graph("Answers", [
            api.stage.metricCount({ period: every, label: "all" }),
            api.stage.metricClientError({ period: every, label: "4xx" }),
            api.stage.metricServerError({ period: every, label: "5xx" }),
          ]),
          graph(
            "Latency of answers",
            [50, 99].map((p) =>
              api.stage.metricLatency({ statistic: Stats.p(p), period: every, label: `p${p}` }),
            ),
            "ms",
          ),
          graph("Write and read units", [
            data.table.metricConsumedWriteCapacityUnits({ period: every }),
            data.table.metricConsumedReadCapacityUnits({ period: every }),
            ...indexesIn(functions).map((index) =>
              data.table.metricConsumedWriteCapacityUnits({
                period: every,
                dimensionsMap: { TableName: data.table.tableName, GlobalSecondaryIndexName: index },
                label: `writes of ${index}`,
              }),
            ),
          ]),
        ),
      ],
    ],
  });
}
