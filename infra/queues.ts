import { Duration, type Stack } from "aws-cdk-lib";
import type { Key } from "aws-cdk-lib/aws-kms";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import type { QueueName } from "../lib/operation/definition.ts";
import { type Config, removalPolicy } from "./config.ts";

/** A queue of the stack, and the one that takes what could not be done with its messages however often it was tried. */
export interface QueuePair {
  readonly queue: Queue;
  readonly dead: Queue;
}

/**
 * Notifications that could be neither bound nor kept when they came. They hold payment tokens, so both queues are under the
 * stack's key.
 */
export function createQueues(stack: Stack, config: Config, key: Key): ReadonlyMap<QueueName, QueuePair> {
  const ofKind = {
    encryption: QueueEncryption.KMS,
    encryptionMasterKey: key,
    enforceSSL: true,
    // As long as a queue keeps anything.
    retentionPeriod: Duration.days(14),
    removalPolicy: removalPolicy(config),
  };
  const dead = new Queue(stack, "DeadNotifications", ofKind);
  const queue = new Queue(stack, "Notifications", {
    ...ofKind,
    // Of a message that failed nobody knows more until it comes again. AWS asks for six times the function's timeout.
    visibilityTimeout: Duration.millis(6 * config.functionTimeoutMs),
    // The most that SQS allows: two days of an outage, at one look in three minutes.
    deadLetterQueue: { queue: dead, maxReceiveCount: 1000 },
  });
  return new Map([["notifications", { queue, dead }]]);
}
