import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { projectRoot } from "../../infra/bundle.ts";
import {
  providerCounts,
  type RequestLine,
  reconciledCounts,
  runCounts,
  setbackCounts,
  webhookCounts,
} from "../../lib/metrics.ts";
import { synthesized } from "./synthesized.ts";

interface MetricOf {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
}

interface Alarm extends Partial<MetricOf> {
  readonly AlarmDescription: string;
  readonly Threshold: number;
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm?: number;
  readonly ComparisonOperator: string;
  readonly Metrics?: readonly { readonly MetricStat?: { readonly Metric: MetricOf } }[];
  readonly AlarmActions?: readonly unknown[];
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

const metricsOf = ({
  Namespace = "",
  MetricName = "",
  Dimensions = [],
  Metrics,
}: Alarm): readonly MetricOf[] =>
  Metrics?.flatMap(({ MetricStat }) => (MetricStat ? [MetricStat.Metric] : [])) ?? [
    { Namespace, MetricName, Dimensions },
  ];

/** Dimensions that AWS gives its own metrics, as its documentation has them. */
const ofAws = new Map<string, readonly (readonly string[])[]>([
  ["AWS/Lambda Throttles", [[]]],
  ["AWS/Lambda Invocations", [["FunctionName", "Resource"]]],
  ["AWS/Lambda Errors", [["FunctionName", "Resource"]]],
  ["AWS/ApiGateway Latency", [["ApiId", "Stage"]]],
  ["AWS/ApiGateway 5XXError", [["ApiName", "Stage"]]],
  ["AWS/DynamoDB ReadThrottleEvents", [["TableName"], ["GlobalSecondaryIndexName", "TableName"]]],
  ["AWS/DynamoDB WriteThrottleEvents", [["TableName"], ["GlobalSecondaryIndexName", "TableName"]]],
  ["AWS/SQS ApproximateNumberOfMessagesVisible", [["QueueName"]]],
  ["AWS/SQS ApproximateAgeOfOldestMessage", [["QueueName"]]],
  ["AWS/EventBridge/Pipes ExecutionFailed", [["PipeName"]]],
]);

/** A metric that never comes under these dimensions would never raise an alarm. */
const key = (name: string, dimensions: readonly string[]) => `${name} by ${dimensions.toSorted().join(", ")}`;

/** What functions print, by their own code, when everything happens that is counted. */
const told: RequestLine = {
  function: "aggrepay/debit-wallet",
  requestId: "1",
  status: 503,
  durationMs: 1,
  code: "misconfigured",
  unexpected: true,
  providerFault: true,
  providerMs: 1,
  notification: "bound",
};
const printed = new Set(
  [
    ...providerCounts("aggrepay")(told),
    ...webhookCounts("nicepay")(told),
    ...webhookCounts("nicepay")({ ...told, notification: "stray", unlisted: true }),
    ...webhookCounts("nicepay")({ ...told, notification: "dropped" }),
    ...webhookCounts("nicepay")({ ...told, notification: "queued" }),
    ...setbackCounts(told),
    ...runCounts({
      ...{ lookedAt: 1, oldestDoubtMs: 1, waiting: 1, failures: [] },
      backlog: { count: 1, oldestMs: 1 },
    }),
    ...reconciledCounts("succeeded"),
  ].flatMap(({ by, values }) =>
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [key(name, Object.keys(by))],
    ),
  ),
);
/** What CloudWatch counts in logs that are not the functions'. */
for (const { Properties } of Object.values(template.findResources("AWS::Logs::MetricFilter")))
  for (const { MetricName, Dimensions } of Properties.MetricTransformations)
    printed.add(
      key(
        MetricName,
        Dimensions.map(({ Key }: { readonly Key: string }) => Key),
      ),
    );

describe.each(alarms)("%s", (id, alarm) => {
  test("says what is the matter, and which section of the runbook helps", () => {
    const [, says, anchor] =
      /^(.+\.) Runbook: docs\/operations\.md#([\w-]+)$/.exec(alarm.AlarmDescription) ?? [];
    expect(says).toBeDefined();
    expect(anchors).toContain(anchor);
  });

  test("tells somebody, or a rollout", () => {
    expect(alarm.AlarmActions ?? []).toHaveLength(/SetbacksAlarm/.test(id) ? 0 : 1);
  });

  test("looks at metrics that come", () => {
    for (const { Namespace, MetricName, Dimensions = [] } of metricsOf(alarm)) {
      const dimensions = Dimensions.map(({ Name }) => Name);
      if (Namespace === "WalletGateway") expect(printed).toContain(key(MetricName, dimensions));
      else expect(ofAws.get(`${Namespace} ${MetricName}`)).toContainEqual(dimensions);
    }
  });
});

test.each(
  Object.entries({
    NeedsAttention: [">=", 1, 1, 1],
    OldestDoubt: [">=", 933, 1, 1],
    Backlog: [">=", 900, 1, 1],
    ReconcileStopped: ["<", 1, 2, 2],
    AggrepayFaults: [">=", 20, 3, 2],
    NicepayFaults: [">=", 20, 3, 2],
    PayuFaults: [">=", 20, 3, 2],
    WibmoFaults: [">=", 20, 3, 2],
    DreamzwalletFaults: [">=", 20, 3, 2],
    Misconfigured: [">=", 1, 1, 1],
    WebhookUnsigned: [">=", 1, 1, 1],
    WebhookUnreadable: [">=", 1, 1, 1],
    WebhookRefused: [">=", 50, 3, 2],
    WebhookNotKept: [">=", 1, 3, 1],
    WebhookThrottled: [">=", 1, 1, 1],
    WebhookTurnedAway: [">=", 2, 1, 1],
    WebhookUnlisted: [">=", 1, 1, 1],
    WebhookDropped: [">=", 1, 1, 1],
    NotificationsWait: [">=", 900, 1, 1],
    NotificationsDead: [">=", 1, 1, 1],
    LambdaThrottles: [">=", 1, 1, 1],
    TableThrottles: [">=", 1, 3, 1],
    SlowAnswers: [">=", 10_000, 3, 3],
    EventsUndelivered: [">=", 1, 1, 1],
    EventsDelayed: [">=", 1, 3, 3],
    // What comes late must still be seen: the last minute alone is filled with 0 until it has come.
    AggrepayDebitWalletErrors: [">=", 1, 3, 1],
  }),
)("%s goes off when the runbook says", (name, [operator, threshold, periods, points]) => {
  const [found] = alarms.filter(([id]) => id.replace(/Alarm[0-9A-F]{8}$/, "") === name);
  const alarm = found?.[1];
  expect([
    alarm?.ComparisonOperator === "LessThanThreshold" ? "<" : ">=",
    alarm?.Threshold,
    alarm?.EvaluationPeriods,
    alarm?.DatapointsToAlarm ?? alarm?.EvaluationPeriods,
  ]).toEqual([operator, threshold, periods, points]);
});

test.each([
  ["a record that waits for a person", "WaitingForPerson"],
  ["doubt that grows old", "OldestDoubt"],
  ["a provider that fails", "ProviderFaults"],
  ["our configuration refused", "Misconfigured"],
  ["notifications refused", "WebhookRefused"],
  ["notifications refused before any function", "DoorRefused"],
  ["notifications that the API could not hand on", "5XXError"],
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

describe("alarms go to a topic of the stack's own", () => {
  const keys = template.findResources("AWS::KMS::Key");
  const [[policyOfTopic] = []] = [Object.values(template.findResources("AWS::SNS::TopicPolicy"))];
  const [topic] = Object.values(template.findResources("AWS::SNS::Topic"));
  const keyOfTopic: string = topic?.Properties.KmsMasterKeyId["Fn::GetAtt"][0];
  const ofThisAccount = { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } };

  test("which is under a key of its own: the records' key may be what is wrong", () => {
    expect(keys[keyOfTopic]?.Properties.Description).toBe("Alarms of WalletGateway");
    const ofTable = Object.values(template.findResources("AWS::DynamoDB::Table")).map(
      ({ Properties }) => Properties.SSESpecification.KMSMasterKeyId["Fn::GetAtt"][0],
    );
    expect(ofTable).not.toContain(keyOfTopic);
  });

  test.each([
    ["cloudwatch", "AlarmsOfThisAccount", { Condition: ofThisAccount }],
    ["events", "RulesThatRing", {}],
  ])("which %s may write to, through the key", (service, Sid, condition) => {
    const statement = {
      Sid,
      Effect: "Allow",
      Principal: { Service: `${service}.amazonaws.com` },
      ...condition,
    };
    expect(policyOfTopic?.Properties.PolicyDocument.Statement).toContainEqual({
      ...statement,
      Action: "sns:Publish",
      Resource: policyOfTopic?.Properties.Topics[0],
    });
    expect(keys[keyOfTopic]?.Properties.KeyPolicy.Statement).toContainEqual({
      ...statement,
      Action: ["kms:Decrypt", "kms:GenerateDataKey"],
      Resource: "*",
    });
  });

  test("and so does whoever disables the records' key, or has it deleted", () => {
    const ofTable = Object.keys(keys).find((id) => id !== keyOfTopic);
    const [rule] = Object.entries(template.findResources("AWS::Events::Rule")).filter(
      ([id]) => id === "KeyAtRisk",
    );
    expect(rule?.[1].Properties).toMatchObject({
      EventPattern: {
        source: ["aws.kms"],
        "detail-type": ["AWS API Call via CloudTrail"],
        detail: {
          eventName: ["DisableKey", "ScheduleKeyDeletion"],
          requestParameters: { keyId: [{ Ref: ofTable }, { "Fn::GetAtt": [ofTable, "Arn"] }] },
        },
      },
      Targets: [{ Arn: { Ref: Object.keys(template.findResources("AWS::SNS::Topic"))[0] } }],
    });
  });
});

describe("each record of money or of a binding that comes to wait for a person", () => {
  const [rule] = Object.entries(template.findResources("AWS::Events::Rule")).filter(
    ([id]) => id === "RecordWaits",
  );
  const [target] = rule?.[1].Properties.Targets ?? [];

  test("is told on the bus of records, and strays are not", () => {
    expect(rule?.[1].Properties).toMatchObject({
      EventBusName: { Ref: Object.keys(template.findResources("AWS::Events::EventBus"))[0] },
      EventPattern: {
        source: ["wallet-gateway"],
        "detail-type": ["record.needs-attention"],
        detail: { namespace: ["money", "reversal", "binding"] },
      },
      Targets: [{ Arn: { Ref: Object.keys(template.findResources("AWS::SNS::Topic"))[0] } }],
    });
  });

  test("in a sentence that holds what the event has, and nothing of a person", () => {
    const { InputPathsMap: paths, InputTemplate: sentence } = target.InputTransformer;
    const [pipe] = Object.values(template.findResources("AWS::Pipes::Pipe"));
    const inEvent = JSON.parse(pipe?.Properties.TargetParameters.InputTemplate);
    for (const [name, path] of Object.entries(paths)) {
      expect(path).toBe(`$.detail.${name}`);
      expect(inEvent).toHaveProperty(name);
      expect(sentence).toContain(`<${name}>`);
    }
    const named = Array.from(sentence.matchAll(/<(\w+)>/g), ([, name = ""]) => name);
    expect(named.toSorted()).toEqual(Object.keys(paths).toSorted());
    // One line of text for SNS: a JSON string.
    expect(JSON.parse(sentence)).toMatch(/^A record waits for a person: .*GET \/v1\/records\/<recordId>/);
  });
});

test("or to the one that was named", () => {
  const arn = "arn:aws:sns:ap-south-1:123456789012:pager";
  const named = synthesized({ alarmTopicArn: arn });
  named.resourceCountIs("AWS::SNS::Topic", 0);
  named.allResourcesProperties("AWS::CloudWatch::Alarm", { AlarmActions: [arn], OKActions: [arn] });
});

test("the dashboard shows metrics that come", () => {
  const [dashboard] = Object.values(template.findResources("AWS::CloudWatch::Dashboard"));
  const text = JSON.stringify(dashboard?.Properties.DashboardBody).replaceAll("\\", "");
  // `["WalletGateway","Calls","provider","aggrepay",...`
  const shown = Array.from(
    text.matchAll(/\["WalletGateway","(\w+)"(?:,"(provider|state|reason)","\w+")?/g),
    ([, name = "", dimension]) => key(name, dimension === undefined ? [] : [dimension]),
  );
  expect(new Set(shown).size).toBeGreaterThan(10);
  for (const each of shown) expect(printed).toContain(each);
});
