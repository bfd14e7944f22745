import { Aws, CfnOutput, Duration, type Stack } from "aws-cdk-lib";
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Metric,
  Stats,
  TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { Effect, PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { type ITopic, Topic } from "aws-cdk-lib/aws-sns";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { Metric as MetricName } from "../lib/metrics.ts";
import type { Api } from "./api.ts";
import type { Config } from "./config.ts";
import type { Data } from "./data.ts";
import type { Deployed } from "./functions.ts";
import { customerIndex, resourceId, unfinishedIndex } from "./names.ts";

export interface Watched {
  readonly config: Config;
  readonly data: Data;
  readonly api: Api;
  readonly functions: readonly Deployed[];
  /** Where events end that could not be delivered. */
  readonly undelivered: IQueue;
}

export interface Alarms {
  /** Whether a version of this function may go on taking over. */
  readonly of: (deployed: Deployed) => readonly Alarm[];
}

const minutes = Duration.minutes;

/** What somebody should look at, each alarm with the section of the runbook that says how. */
export function createAlarms(stack: Stack, watched: Watched): Alarms {
  const { config, data, api, functions, undelivered } = watched;
  const topic = alarmTopic(stack, config, data);
  const own = ownMetrics(stack);
  const alarm = (id: string, { runbook, says, ...rest }: AlarmSpec) => {
    const created = new Alarm(stack, `${id}Alarm`, {
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 1,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      ...rest,
      alarmDescription: `${says} Runbook: docs/operations.md#${runbook}`,
    });
    created.addAlarmAction(new SnsAction(topic));
    created.addOkAction(new SnsAction(topic));
    return created;
  };

  alarm("NeedsAttention", {
    says: "A record waits for a person.",
    runbook: "a-record-that-needs-attention",
    metric: own("WaitingForPerson", { statistic: Stats.MAXIMUM }),
  });
  alarm("OldestDoubt", {
    says: "A record has been in doubt for longer than asking should take.",
    runbook: "doubt-that-grows-old",
    // In the end it is asked about once an hour, and seen that often.
    metric: own("OldestDoubt", { statistic: Stats.MAXIMUM, period: Duration.hours(1) }),
    // By then an inquiry after the quiet period has had its answer, or none.
    threshold: (config.leaseMs + config.quietPeriodMs) / 1000 + 900,
  });
  for (const [id, { live, definition }] of scheduled(functions)) {
    alarm(`${id}Stopped`, {
      says: "Nothing settles doubt: the clock's function has not run for ten minutes.",
      runbook: "nothing-settles-doubt",
      metric: live.metricInvocations({ period: minutes(5) }),
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: Math.max(2, Math.ceil((2 * (definition.schedule?.everyMinutes ?? 1)) / 5)),
      treatMissingData: TreatMissingData.BREACHING,
    });
  }

  const providers = [...new Set(functions.flatMap(({ definition }) => providerOf(definition.name)))];
  const faults = new Map(
    providers.map((provider) => [
      provider,
      alarm(`${resourceId(provider)}Faults`, {
        says: `At least a fifth of the calls to ${provider} fail on its side or on the way.`,
        runbook: "a-provider-that-fails",
        metric: share(own("ProviderFaults", { provider }), own("Calls", { provider }), 20),
        threshold: 20,
        evaluationPeriods: 3,
        datapointsToAlarm: 2,
      }),
    ]),
  );
  alarm("Misconfigured", {
    says: "A provider refuses our key or signature, or a secret or variable is wrong.",
    runbook: "misconfigured",
    metric: sum(
      "Misconfigured",
      providers.map((provider) => own("Misconfigured", { provider })),
    ),
  });

  const webhook = { provider: "nicepay" };
  alarm("WebhookRefused", {
    says: "At least half of the notifications that came were refused.",
    runbook: "refused-notifications",
    metric: share(own("WebhookRefused", webhook), own("WebhookReceived", webhook), 20),
    threshold: 50,
    evaluationPeriods: 3,
    datapointsToAlarm: 2,
  });
  alarm("WebhookNotKept", {
    says: "A genuine notification could not be kept: the provider must send it again.",
    runbook: "refused-notifications",
    metric: own("WebhookRefused", { ...webhook, reason: "503" }),
  });

  alarm("LambdaThrottles", {
    says: "Lambda turned requests away: the account's concurrency is used up.",
    runbook: "throttles",
    // Of the account in this Region: functions share its concurrency, and whichever is refused, all are near it.
    metric: lambdaThrottles(),
  });
  // An index that cannot follow holds up the writes of its table, and is the one that counts them.
  const throttled = [
    data.table.metric("ReadThrottleEvents", { statistic: Stats.SUM }),
    data.table.metric("WriteThrottleEvents", { statistic: Stats.SUM }),
    ...[unfinishedIndex, customerIndex].map((index) =>
      data.table.metric("WriteThrottleEvents", {
        statistic: Stats.SUM,
        dimensionsMap: { TableName: data.table.tableName, GlobalSecondaryIndexName: index },
      }),
    ),
  ];
  alarm("TableThrottles", {
    says: "DynamoDB turned calls for the records away.",
    runbook: "throttles",
    metric: sum("Throttled", throttled),
  });
  alarm("SlowAnswers", {
    says: "One answer in a hundred takes 10 s or longer.",
    runbook: "slow-answers",
    metric: api.stage.metricLatency({ statistic: Stats.p(99), period: minutes(5) }),
    threshold: 10_000,
    evaluationPeriods: 3,
  });
  alarm("EventsUndelivered", {
    says: "Events of records could not be delivered and wait in a queue.",
    runbook: "events-that-were-not-delivered",
    metric: undelivered.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM }),
  });

  const errors = new Map(
    functions.map(({ definition: { name }, live }) => [
      name,
      alarm(`${resourceId(name)}Errors`, {
        says: `${name} ended without an answer: it was killed, crashed or did not start.`,
        runbook: "a-function-that-fails",
        metric: live.metricErrors({ period: minutes(1) }),
      }),
    ]),
  );
  return {
    of: ({ definition: { name } }) =>
      [errors.get(name), ...providerOf(name).map((provider) => faults.get(provider))].filter(
        (each) => each !== undefined,
      ),
  };
}

interface AlarmSpec {
  readonly says: string;
  /** The heading's anchor. */
  readonly runbook: string;
  readonly metric: IMetric;
  readonly threshold?: number;
  readonly evaluationPeriods?: number;
  readonly datapointsToAlarm?: number;
  readonly comparisonOperator?: ComparisonOperator;
  readonly treatMissingData?: TreatMissingData;
}

/** Providers that a function calls by itself; the others are not called in its name. */
export const providerOf = (name: string): readonly string[] => {
  const [provider = "", operation] = name.split("/");
  return calledProviders.has(provider) && operation !== "account-binding-webhook" ? [provider] : [];
};
const calledProviders = new Set(["aggrepay", "payu", "wibmo", "dreamzwallet", "nicepay"]);

const scheduled = (functions: readonly Deployed[]) =>
  functions
    .filter(({ definition }) => definition.schedule !== undefined)
    .map((deployed) => [resourceId(deployed.definition.name), deployed] as const);

interface Own {
  readonly statistic?: string;
  readonly period?: Duration;
  readonly [dimension: string]: string | Duration | undefined;
}

/** Metrics that the functions print, in the namespace that the stack gives them. */
export const ownMetrics =
  (stack: Stack) =>
  (metricName: MetricName, { statistic = Stats.SUM, period = minutes(5), ...dimensions }: Own = {}): Metric =>
    new Metric({
      namespace: stack.stackName,
      metricName,
      statistic,
      period,
      dimensionsMap: dimensions as Record<string, string>,
    });

const sum = (label: string, metrics: readonly IMetric[]): MathExpression =>
  new MathExpression({
    label,
    expression: `SUM([${metrics.map((_, at) => `FILL(m${at}, 0)`).join(", ")}])`,
    usingMetrics: Object.fromEntries(metrics.map((metric, at) => [`m${at}`, metric])),
    period: minutes(5),
  });

/** A part of a whole in percent; 0 as long as there are too few for a share to mean anything. */
const share = (part: IMetric, whole: IMetric, least: number): MathExpression =>
  new MathExpression({
    label: "%",
    expression: `IF(whole >= ${least}, 100 * FILL(part, 0) / whole, 0)`,
    usingMetrics: { part, whole },
    period: minutes(5),
  });

export const lambdaThrottles = (): Metric =>
  new Metric({ namespace: "AWS/Lambda", metricName: "Throttles", statistic: Stats.SUM, period: minutes(5) });

/** The topic that was named, or one of the stack's own, which people and pagers subscribe to. */
function alarmTopic(stack: Stack, { alarmTopicArn }: Config, { key }: Data): ITopic {
  if (alarmTopicArn !== undefined) return Topic.fromTopicArn(stack, "AlarmTopic", alarmTopicArn);
  const topic = new Topic(stack, "AlarmTopic", {
    displayName: `Alarms of ${stack.stackName}`,
    masterKey: key,
    enforceSSL: true,
  });
  const account = { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID } };
  topic.addToResourcePolicy(
    new PolicyStatement({
      sid: "AlarmsOfThisAccount",
      effect: Effect.ALLOW,
      principals: [new ServicePrincipal("cloudwatch.amazonaws.com")],
      actions: ["sns:Publish"],
      resources: [topic.topicArn],
      conditions: account,
    }),
  );
  // An alarm writes to an encrypted topic only if CloudWatch may use its key.
  key.addToResourcePolicy(
    new PolicyStatement({
      sid: "AlarmsOfThisAccount",
      principals: [new ServicePrincipal("cloudwatch.amazonaws.com")],
      actions: ["kms:Decrypt", "kms:GenerateDataKey"],
      resources: ["*"],
      conditions: account,
    }),
  );
  new CfnOutput(stack, "AlarmTopicArn", {
    value: topic.topicArn,
    description: "Alarms come here: subscribe whoever should know",
  });
  return topic;
}
