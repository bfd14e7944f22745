import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { projectRoot } from "../../infra/bundle.ts";
import { units } from "../../lib/metrics.ts";
import { synthesized } from "./synthesized.ts";

interface MetricOf {
  readonly Namespace: string;
  readonly MetricName: string;
}

interface Alarm {
  readonly AlarmDescription: string;
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Metrics?: readonly { readonly MetricStat?: { readonly Metric: MetricOf } }[];
  readonly AlarmActions: readonly unknown[];
  readonly TreatMissingData: string;
}

const template = synthesized({ stage: "prod" });
const alarms: readonly (readonly [string, Alarm])[] = Object.entries(
  template.findResources("AWS::CloudWatch::Alarm"),
).map(([id, { Properties }]) => [id, Properties]);

const runbook = readFileSync(join(projectRoot, "docs/operations.md"), "utf8");
/** As GitHub makes anchors of headings. */
const anchors = Array.from(runbook.matchAll(/^#+ (.+)$/gm), ([, heading = ""]) =>
  heading
    .toLowerCase()
    .replace(/[^\w -]/g, "")
    .replaceAll(" ", "-"),
);

const metricsOf = ({ Namespace = "", MetricName = "", Metrics }: Alarm): readonly MetricOf[] =>
  Metrics?.flatMap(({ MetricStat }) => (MetricStat ? [MetricStat.Metric] : [])) ?? [
    { Namespace, MetricName },
  ];

describe.each(alarms)("%s", (_id, alarm) => {
  test("says what is the matter, and which section of the runbook helps", () => {
    const [, says, anchor] =
      /^(.+\.) Runbook: docs\/operations\.md#([\w-]+)$/.exec(alarm.AlarmDescription) ?? [];
    expect(says).toBeDefined();
    expect(anchors).toContain(anchor);
  });

  test("tells somebody", () => {
    expect(alarm.AlarmActions).toHaveLength(1);
  });

  test("looks at metrics that there are", () => {
    for (const { Namespace, MetricName } of metricsOf(alarm)) {
      if (Namespace === "WalletGateway") expect(Object.keys(units)).toContain(MetricName);
      else expect(Namespace).toMatch(/^AWS\/(?:Lambda|ApiGateway|DynamoDB|SQS)$/);
    }
  });
});

test.each([
  ["a record that waits for a person", "WaitingForPerson"],
  ["doubt that grows old", "OldestDoubt"],
  ["a provider that fails", "ProviderFaults"],
  ["our configuration refused", "Misconfigured"],
  ["notifications refused", "WebhookRefused"],
  ["throttles", "Throttles"],
  ["the table's throttles", "WriteThrottleEvents"],
  ["functions that fail", "Errors"],
  ["slow answers", "Latency"],
  ["events that were not delivered", "ApproximateNumberOfMessagesVisible"],
  ["a clock that has stopped", "Invocations"],
])("there is an alarm for %s", (_what, metric) => {
  expect(alarms.flatMap(([, alarm]) => metricsOf(alarm)).map(({ MetricName }) => MetricName)).toContain(
    metric,
  );
});

test("silence is an alarm where something runs by the clock, and nowhere else", () => {
  const breaching = alarms.filter(([, { TreatMissingData }]) => TreatMissingData === "breaching");
  expect(breaching.map(([id]) => id)).toEqual([expect.stringMatching(/^ReconcileStopped/)]);
});

test("alarms go to a topic of the stack's own, which CloudWatch may write to through the key", () => {
  template.hasResourceProperties("AWS::SNS::Topic", { KmsMasterKeyId: {} });
  template.hasResourceProperties("AWS::KMS::Key", {
    KeyPolicy: {
      Statement: [
        {},
        {
          Principal: { Service: "cloudwatch.amazonaws.com" },
          Action: ["kms:Decrypt", "kms:GenerateDataKey"],
          Condition: { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } },
        },
      ],
    },
  });
});

test("or to the one that was named", () => {
  const arn = "arn:aws:sns:ap-south-1:123456789012:pager";
  const named = synthesized({ alarmTopicArn: arn });
  named.resourceCountIs("AWS::SNS::Topic", 0);
  named.allResourcesProperties("AWS::CloudWatch::Alarm", { AlarmActions: [arn] });
});

test("the dashboard shows metrics that there are", () => {
  const [dashboard] = Object.values(template.findResources("AWS::CloudWatch::Dashboard"));
  const text = JSON.stringify(dashboard?.Properties.DashboardBody);
  const shown = Array.from(text.matchAll(/\[\\+"WalletGateway\\+",\\+"(\w+)\\+"/g), ([, name]) => name);
  expect(new Set(shown).size).toBeGreaterThan(8);
  for (const name of shown) expect(Object.keys(units)).toContain(name);
});
