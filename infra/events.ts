import { Aws, CfnOutput, Duration, type Stack } from "aws-cdk-lib";
import { EventBus, Rule } from "aws-cdk-lib/aws-events";
import { SqsQueue } from "aws-cdk-lib/aws-events-targets";
import { PolicyDocument, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { CfnPipe } from "aws-cdk-lib/aws-pipes";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import type { Data } from "./data.ts";
import { allow, allowKey } from "./permissions.ts";

export interface Events {
  readonly undelivered: Queue;
  readonly pipeName: string;
  readonly busName: string;
}

/**
 * Events of records: a pipe filters and transforms the table's stream and sends it to a bus. The attribute `event` of an item
 * names the event of its latest write (lib/records/event.ts).
 */
export function createEvents(stack: Stack, { table, key, queues }: Data): Events {
  const { tableStreamArn } = table;
  if (tableStreamArn === undefined) throw new Error("The table has no stream");
  const bus = new EventBus(stack, "Events", {
    eventBusName: stack.stackName,
    description: `What becomes of the records of ${stack.stackName}`,
  });
  const undelivered = new Queue(stack, "UndeliveredEvents", {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    // As long as a queue keeps anything.
    retentionPeriod: Duration.days(14),
  });
  // A pipe cannot be given another stream, and two cannot have one name: a stream of another kind needs a new name here.
  const pipeName = `${stack.stackName}-record-events`;
  const role = new Role(stack, "EventsRole", {
    assumedBy: new ServicePrincipal("pipes.amazonaws.com", {
      conditions: {
        StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID },
        ArnEquals: {
          "aws:SourceArn": stack.formatArn({ service: "pipes", resource: "pipe", resourceName: pipeName }),
        },
      },
    }),
    description: `${stack.stackName}: from the table's stream to the bus`,
    inlinePolicies: {
      uses: new PolicyDocument({
        statements: [
          allow(
            [
              "dynamodb:DescribeStream",
              "dynamodb:GetRecords",
              "dynamodb:GetShardIterator",
              "dynamodb:ListStreams",
            ],
            [tableStreamArn],
          ),
          allowKey(stack, { key }, { service: "dynamodb" }, ["kms:Decrypt"]),
          allow(["events:PutEvents"], [bus.eventBusArn]),
          allow(["sqs:SendMessage"], [undelivered.queueArn]),
        ],
      }),
    },
  });
  new CfnPipe(stack, "EventsPipe", {
    name: pipeName,
    description: "From the table's stream to the bus",
    roleArn: role.roleArn,
    source: tableStreamArn,
    sourceParameters: {
      filterCriteria: { filters: [{ pattern: JSON.stringify(whatTells) }] },
      dynamoDbStreamParameters: {
        startingPosition: "TRIM_HORIZON",
        batchSize: 10,
        // As often as it takes, and well within the 24 hours that the stream holds.
        maximumRetryAttempts: -1,
        maximumRecordAgeInSeconds: Duration.hours(12).toSeconds(),
        onPartialBatchItemFailure: "AUTOMATIC_BISECT",
        deadLetterConfig: { arn: undelivered.queueArn },
      },
    },
    target: bus.eventBusArn,
    targetParameters: {
      inputTemplate: JSON.stringify(detail),
      eventBridgeEventBusParameters: {
        source: "wallet-gateway",
        detailType: "$.dynamodb.NewImage.event.S",
      },
    },
  });
  const merchant = queues.get("merchant-events");
  if (merchant)
    new Rule(stack, "MerchantEventsRule", {
      eventBus: bus,
      description: "Hands events of records to what delivers them to the merchant",
      eventPattern: { source: ["wallet-gateway"] },
      targets: [new SqsQueue(merchant.queue, { deadLetterQueue: merchant.dead })],
    });
  new CfnOutput(stack, "EventBusName", {
    value: bus.eventBusName,
    description: "Rules on this bus hear what becomes of records",
  });
  return { undelivered, pipeName, busName: bus.eventBusName };
}

/** Writes that tell something: the others leave no `event` on the item, and expiry has no new image. */
const whatTells = { dynamodb: { NewImage: { event: { S: [{ exists: true }] } } } };

/**
 * Names, ids and numbers that every item has, and nothing of a person: no customer, amount, reason or token, and no identity,
 * since an Idempotency-Key may be anything. DynamoDB gives numbers as text, and a pipe cannot change that.
 * Source: EventBridge User Guide, "Amazon EventBridge Pipes input transformation" (quotes around what is no object).
 */
const detail = {
  recordId: "<$.dynamodb.NewImage.pk.S>",
  provider: "<$.dynamodb.NewImage.provider.S>",
  account: "<$.dynamodb.NewImage.account.S>",
  operation: "<$.dynamodb.NewImage.operation.S>",
  namespace: "<$.dynamodb.NewImage.namespace.S>",
  state: "<$.dynamodb.NewImage.state.S>",
  attempt: "<$.dynamodb.NewImage.attempt.N>",
  createdAt: "<$.dynamodb.NewImage.createdAt.N>",
  sequence: "<$.dynamodb.SequenceNumber>",
};
