import { Aws, CfnOutput, Duration, RemovalPolicy, type Stack } from "aws-cdk-lib";
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
import { CfnRule } from "aws-cdk-lib/aws-events";
import { Effect, PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { type ITopic, Topic } from "aws-cdk-lib/aws-sns";
import type { Metric as MetricName } from "../lib/metrics.ts";
import type { BookMetric } from "../lib/operation/books-counts.ts";
import type { QueueName } from "../lib/operation/definition.ts";
import { providerIn } from "../lib/providers/index.ts";
import type { ProviderName } from "../lib/secrets/names.ts";
import type { Api } from "./api.ts";
import type { Config } from "./config.ts";
import type { Data } from "./data.ts";
import { type Door, doorRefusals } from "./door.ts";
import { callsProvider } from "./egress.ts";
import type { Events } from "./events.ts";
import type { Deployed } from "./functions.ts";
import { customerIndex, operationIndex, resourceId, unfinishedIndex } from "./names.ts";

export interface Watched {
  readonly config: Config;
  readonly data: Data;
  readonly api: Api;
  readonly door: Door;
  readonly functions: readonly Deployed[];
  readonly events: Events;
}

export interface Alarms {
  readonly errorsOf: (deployed: Deployed) => Alarm;
}

const minutes = Duration.minutes;

/** What alarms are made of. */
interface Watch extends Watched {
  readonly stack: Stack;
  readonly own: ReturnType<typeof ownMetrics>;
  readonly alarm: (id: string, spec: AlarmSpec) => Alarm;
}

/** What somebody should look at, each alarm with the section of the runbook that says how. */
export function createAlarms(stack: Stack, watched: Watched): Alarms {
  const topic = alarmTopic(stack, watched.config);
  ringForKey(stack, watched.data, topic);
  ringForRecords(stack, watched.events, topic);
  const watch: Watch = { ...watched, stack, own: ownMetrics(stack), alarm: ringing(stack, topic) };
  for (const group of [ofRecords, ofClock, ofBooks, ofProviders, ofNotifications, ofQueues, ofLoad, ofEvents])
    group(watch);
  const errors = ofErrors(watch);
  return {
    errorsOf: ({ definition: { name } }) => {
      const found = errors.get(name);
      if (found === undefined) throw new Error(`${name} has no alarm`);
      return found;
    },
  };
}

const ringing =
  (stack: Stack, topic: ITopic): Watch["alarm"] =>
  (id, { runbook, says, ...rest }) => {
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

function ofRecords({ alarm, config, own }: Watch): void {
  alarm("NeedsAttention", {
    says: "A record waits for a person.",
    runbook: "a-record-that-needs-attention",
    metric: own("WaitingForPerson", { statistic: Stats.MAXIMUM }),
  });
  alarm("OldestDoubt", {
    says: "A record is still in doubt though asking should have settled it.",
    runbook: "doubt-that-grows-old",
    // Of what a look left in doubt. In the end there is one an hour.
    metric: own("OldestDoubt", { statistic: Stats.MAXIMUM, period: Duration.hours(1) }),
    threshold: (config.leaseMs + config.quietPeriodMs) / 1000,
  });
  alarm("Backlog", {
    says: "Records in doubt wait to be asked about, the first of them for 15 minutes.",
    runbook: "a-provider-was-down-for-an-hour",
    metric: own("OldestOverdue", { statistic: Stats.MAXIMUM }),
    threshold: minutes(15).toSeconds(),
  });
}

/** What the clock runs, and does not. */
function ofClock({ alarm, functions }: Watch): void {
  for (const { live, definition } of functions) {
    const { name, schedule } = definition;
    if (!schedule) continue;
    const { everyMinutes = 1, isAlone } = schedule;
    alarm(`${resourceId(name)}Stopped`, {
      ...(isAlone ? booksStopped : doubtStopped),
      metric: live.metricInvocations({ period: minutes(5) }),
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: Math.max(2, Math.ceil((2 * everyMinutes) / 5)),
      treatMissingData: TreatMissingData.BREACHING,
    });
  }
}

function ofBooks({ alarm, functions, own }: Watch): void {
  if (!indexesIn(functions).includes(operationIndex)) return;
  // Counted once, when the look at a day ends; the alarm stays on for a day.
  const ofADay = { statistic: Stats.MAXIMUM, period: Duration.days(1) };
  alarm("BooksDiffer", {
    says: "A provider's own list and our records do not agree.",
    runbook: "the-providers-books",
    metric: own("BooksDifferences", ofADay),
  });
  alarm("BooksOpen", {
    says: "A day of the books could not be looked at, or proven, whole.",
    runbook: "books-that-are-not-whole",
    metric: own("BooksOpen", ofADay),
  });
}

function ofProviders({ alarm, functions, own }: Watch): void {
  for (const provider of calledProviders(functions)) {
    alarm(`${resourceId(provider)}Faults`, {
      says: `At least a fifth of the calls to ${provider}, and not one or two, fail on its side or on the way.`,
      runbook: "a-provider-that-fails",
      metric: share(own("ProviderFaults", { provider }), own("Calls", { provider })),
      threshold: 20,
      evaluationPeriods: 3,
      datapointsToAlarm: 2,
    });
  }
  alarm("Misconfigured", {
    says: "A provider refuses our key or signature, or a secret or variable is wrong.",
    runbook: "misconfigured",
    metric: own("Misconfigured"),
  });
}

function ofNotifications({ alarm, stack, door, functions, own }: Watch): void {
  const webhook = { provider: notifyingProvider(functions) };
  alarm("WebhookUnsigned", {
    says: "A notification from an address of the provider's has a wrong signature.",
    runbook: "refused-notifications",
    metric: own("WebhookRefused", { ...webhook, reason: "401" }),
  });
  alarm("WebhookUnreadable", {
    says: "In a notification from an address of the provider's nothing can be found that a signature could be checked by.",
    runbook: "refused-notifications",
    metric: own("WebhookRefused", { ...webhook, reason: "400" }),
  });
  alarm("WebhookRefused", {
    says: "At least half of the notifications that came, and not one or two, were refused.",
    runbook: "refused-notifications",
    metric: share(own("WebhookRefused", webhook), own("WebhookReceived", webhook)),
    threshold: 50,
    evaluationPeriods: 3,
    datapointsToAlarm: 2,
  });
  alarm("WebhookNotKept", {
    says: "A notification could not be kept, or the API could not hand it on: the provider must send it again.",
    runbook: "refused-notifications",
    // The API counts what the function answers 503 as well, and the old route does not.
    metric: sum("Not kept", [
      door.api.deploymentStage.metricServerError({ period: minutes(5) }),
      own("WebhookRefused", { ...webhook, reason: "503" }),
    ]),
    ...lateIsSeen,
  });
  alarm("WebhookThrottled", {
    says: "The API turned notifications away because there were too many.",
    runbook: "the-door",
    metric: doorRefusals(stack, "throttle"),
  });
  alarm("WebhookTurnedAway", {
    says: "Notifications came from an address that may not even reach the function, again and again.",
    runbook: "the-door",
    metric: doorRefusals(stack, "address"),
    // A provider sends each four times, a minute apart: of those, two fall into some five minutes. A scan is one.
    threshold: 2,
  });
  alarm("WebhookUnlisted", {
    says: "A notification that is signed rightly came from an address that is not on the list, and binds nothing.",
    runbook: "stray-notifications",
    metric: own("WebhookUnlisted", webhook),
  });
  alarm("WebhookDropped", {
    says: "Genuine notifications that fit nothing come beyond those that are kept.",
    runbook: "stray-notifications",
    metric: own("WebhookDropped", webhook),
  });
}

function ofQueues({ alarm, data }: Watch): void {
  for (const [name, { queue, dead }] of data.queues) {
    const { runbook, waits, died } = queueAlarms[name];
    alarm(`${resourceId(name)}Wait`, {
      says: waits,
      runbook,
      metric: queue.metricApproximateAgeOfOldestMessage({ statistic: Stats.MAXIMUM }),
      threshold: minutes(15).toSeconds(),
    });
    alarm(`${resourceId(name)}Dead`, {
      says: died,
      runbook,
      metric: dead.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM }),
    });
  }
}

function ofLoad({ alarm, data: { table }, api, functions }: Watch): void {
  // An index that cannot follow holds up the writes of its table, and is the one that counts them.
  const throttled = [undefined, ...indexesIn(functions)].flatMap((index) =>
    ["ReadThrottleEvents", "WriteThrottleEvents"].map((name) =>
      table.metric(name, {
        statistic: Stats.SUM,
        ...(index !== undefined && {
          dimensionsMap: { TableName: table.tableName, GlobalSecondaryIndexName: index },
        }),
      }),
    ),
  );
  alarm("LambdaThrottles", {
    says: "Lambda turned requests away: the account's concurrency is used up.",
    runbook: "throttles",
    // Of the account in this Region: functions share its concurrency, and whichever is refused, all are near it.
    metric: new Metric({
      namespace: "AWS/Lambda",
      metricName: "Throttles",
      statistic: Stats.SUM,
      period: minutes(5),
    }),
  });
  alarm("TableThrottles", {
    says: "DynamoDB turned calls for the records away.",
    runbook: "throttles",
    metric: sum("Throttled", throttled),
    ...lateIsSeen,
  });
  alarm("SlowAnswers", {
    says: "One answer in a hundred takes 10 s or longer.",
    runbook: "slow-answers",
    metric: api.stage.metricLatency({ statistic: Stats.p(99), period: minutes(5) }),
    threshold: 10_000,
    evaluationPeriods: 3,
  });
}

function ofEvents({ alarm, events }: Watch): void {
  alarm("EventsUndelivered", {
    says: "Events of records could not be delivered and wait in a queue.",
    runbook: "events-that-were-not-delivered",
    metric: events.undelivered.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM }),
  });
  alarm("EventsDelayed", {
    says: "The pipe of events fails and tries again: events come late.",
    runbook: "events-that-were-not-delivered",
    metric: new Metric({
      namespace: "AWS/EventBridge/Pipes",
      metricName: "ExecutionFailed",
      dimensionsMap: { PipeName: events.pipeName },
      statistic: Stats.SUM,
      period: minutes(5),
    }),
    evaluationPeriods: 3,
  });
}

/** The alarm of each function's errors, by the function's name. */
const ofErrors = ({ alarm, functions, own }: Watch): ReadonlyMap<string, Alarm> =>
  new Map(
    functions.map(({ definition: { name }, live }) => [
      name,
      alarm(`${resourceId(name)}Errors`, {
        says: `${name} was killed, crashed, did not start, or met an error of ours that it does not know.`,
        runbook: "a-function-that-fails",
        metric: sum(
          "Errors",
          [
            live.metricErrors({ period: minutes(1) }),
            own("Unexpected", { function: name, period: minutes(1) }),
          ],
          minutes(1),
        ),
        ...lateIsSeen,
      }),
    ]),
  );

const doubtStopped = {
  says: "Nothing settles doubt: the clock's function has not run for ten minutes.",
  runbook: "nothing-settles-doubt",
} as const;

const booksStopped = {
  says: "Nobody looks at the providers' books: the clock's function has not run for half an hour.",
  runbook: "books-that-are-not-whole",
} as const;

const queueAlarms = {
  notifications: {
    waits: "A notification has waited in the queue for 15 minutes: what it needs is away still.",
    died: "A notification could not be taken in, however often it was tried.",
    runbook: "notifications-that-wait",
  },
  "merchant-events": {
    waits: "An event has waited for 15 minutes: the merchant's URL takes none.",
    died: "An event could not be delivered to the merchant, however often it was tried.",
    runbook: "events-that-the-merchant-did-not-take",
  },
} as const satisfies Readonly<Record<QueueName, object>>;

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

/** Providers that functions call in their own name, in the order of the functions. */
export const calledProviders = (functions: readonly Deployed[]): readonly ProviderName[] => [
  ...new Set(
    functions.flatMap(({ definition }) =>
      callsProvider(definition) ? (providerIn(definition.name) ?? []) : [],
    ),
  ),
];

/** The provider that sends notifications: its are the open routes. */
export function notifyingProvider(functions: readonly Deployed[]): ProviderName | undefined {
  const [provider, ...more] = new Set(
    functions.flatMap(({ definition }) =>
      definition.access === "open" ? (providerIn(definition.name) ?? []) : [],
    ),
  );
  if (more.length > 0)
    throw new Error(`${more.join()} would have no alarms: those of notifications are of one provider`);
  return provider;
}

/** The table's indexes in this deployment. */
export const indexesIn = (functions: readonly Deployed[]): readonly string[] => [
  unfinishedIndex,
  customerIndex,
  ...(functions.some(({ definition }) => definition.queries?.includes(operationIndex))
    ? [operationIndex]
    : []),
];

interface Own {
  readonly statistic?: string;
  readonly period?: Duration;
  readonly [dimension: string]: string | Duration | undefined;
}

/** Metrics that the functions print, in the namespace that the stack gives them. */
export const ownMetrics =
  (stack: Stack) =>
  (
    metricName: MetricName | BookMetric,
    { statistic = Stats.SUM, period = minutes(5), ...dimensions }: Own = {},
  ): Metric =>
    new Metric({
      namespace: stack.stackName,
      metricName,
      statistic,
      period,
      dimensionsMap: dimensions as Record<string, string>,
    });

/** The latest period may be filled before what happened in it has come; looked at alone, it would always be well. */
const lateIsSeen = { evaluationPeriods: 3, datapointsToAlarm: 1 } as const;

const sum = (label: string, metrics: readonly IMetric[], period = minutes(5)): MathExpression =>
  new MathExpression({
    label,
    expression: `SUM([${metrics.map((_, at) => `FILL(m${at}, 0)`).join(", ")}])`,
    usingMetrics: Object.fromEntries(metrics.map((metric, at) => [`m${at}`, metric])),
    period,
  });

/** A part of a whole in percent; 0 where it is one or two of a few, which happens. */
const share = (part: IMetric, whole: IMetric): MathExpression =>
  new MathExpression({
    label: "%",
    expression: "IF(whole >= 20 OR part >= 3, 100 * FILL(part, 0) / whole, 0)",
    usingMetrics: { part, whole },
    period: minutes(5),
  });

/** The topic that was named, or one of the stack's own, which people and pagers subscribe to. */
function alarmTopic(stack: Stack, { alarmTopicArn }: Config): ITopic {
  if (alarmTopicArn !== undefined) return Topic.fromTopicArn(stack, "AlarmTopic", alarmTopicArn);
  // Under the key of the records, nothing could ring any more once that one is disabled.
  const key = new Key(stack, "AlarmKey", {
    description: `Alarms of ${stack.stackName}`,
    enableKeyRotation: true,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const topic = new Topic(stack, "AlarmTopic", {
    displayName: `Alarms of ${stack.stackName}`,
    masterKey: key,
    enforceSSL: true,
  });
  allowRinging(topic, key);
  new CfnOutput(stack, "AlarmTopicArn", {
    value: topic.topicArn,
    description: "Alarms come here: subscribe whoever should know",
  });
  return topic;
}

/**
 * What rings writes to the topic, and through its key. EventBridge takes no condition in a topic's policy, so any rule that
 * names the topic may ring.
 * Source: EventBridge User Guide, "Using resource-based policies for Amazon EventBridge" (Amazon SNS permissions).
 */
function allowRinging(topic: Topic, key: Key): void {
  const ofThisAccount = { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID } };
  for (const { sid, service, conditions } of [
    { sid: "AlarmsOfThisAccount", service: "cloudwatch", conditions: ofThisAccount },
    { sid: "RulesThatRing", service: "events", conditions: {} },
  ]) {
    const principals = [new ServicePrincipal(`${service}.amazonaws.com`)];
    topic.addToResourcePolicy(
      new PolicyStatement({
        sid,
        effect: Effect.ALLOW,
        principals,
        actions: ["sns:Publish"],
        resources: [topic.topicArn],
        conditions,
      }),
    );
    const actions = ["kms:Decrypt", "kms:GenerateDataKey"];
    key.addToResourcePolicy(new PolicyStatement({ sid, principals, actions, resources: ["*"], conditions }));
  }
}

/**
 * Without its key the table, the secrets and the logs are closed, and once it is deleted they are lost. CloudTrail tells of a
 * call within minutes, where a trail keeps management events; a key that waits to be deleted does so for 7 days at least.
 * Source: AWS KMS Developer Guide, "Key states"; EventBridge User Guide, "Events from AWS services via CloudTrail".
 */
function ringForKey(stack: Stack, { key }: Data, topic: ITopic): void {
  new CfnRule(stack, "KeyAtRisk", {
    description: `Somebody disables the key of ${stack.stackName}, or has it deleted. Runbook: docs/operations.md#the-key`,
    eventPattern: {
      source: ["aws.kms"],
      "detail-type": ["AWS API Call via CloudTrail"],
      detail: {
        eventSource: ["kms.amazonaws.com"],
        eventName: ["DisableKey", "ScheduleKeyDeletion"],
        requestParameters: { keyId: [key.keyId, key.keyArn] },
      },
    },
    targets: [{ id: "AlarmTopic", arn: topic.topicArn }],
  });
}

/**
 * An alarm tells that something waits, and no more while it goes on; this tells each record that comes to wait. Of money,
 * reversals and bindings alone: strays can be sent by strangers, and what an OTP came to can wait for the list.
 */
function ringForRecords(stack: Stack, { busName }: Events, topic: ITopic): void {
  const told = ["recordId", "provider", "operation", "namespace", "state", "attempt", "account"];
  new CfnRule(stack, "RecordWaits", {
    description:
      "Tells each record of money or of a binding that comes to wait for a person. Runbook: docs/operations.md#a-record-that-needs-attention",
    eventBusName: busName,
    eventPattern: {
      source: ["wallet-gateway"],
      "detail-type": ["record.needs-attention"],
      detail: { namespace: ["money", "reversal", "binding"] },
    },
    targets: [
      {
        id: "AlarmTopic",
        arn: topic.topicArn,
        inputTransformer: {
          inputPathsMap: Object.fromEntries(told.map((name) => [name, `$.detail.${name}`])),
          inputTemplate: JSON.stringify(waits),
        },
      },
    ],
  });
}

/** For people, without personal data: the names and numbers of an event (infra/events.ts), and where to read more. */
const waits =
  "A record waits for a person: <provider>/<operation> (<namespace>) of account <account>, state <state>, attempt <attempt>. " +
  "Read GET /v1/records/<recordId>. Runbook: docs/operations.md#a-record-that-needs-attention";
