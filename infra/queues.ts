import { Duration, type Stack } from "aws-cdk-lib";
import type { Key } from "aws-cdk-lib/aws-kms";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import type { FunctionDefinition, QueueName } from "../lib/operation/definition.ts";
import { type Config, removalPolicy } from "./config.ts";
import { resourceId } from "./names.ts";

/** A queue of the stack, and the one that takes what could not be done with its messages however often it was tried. */
export interface QueuePair {
  readonly queue: Queue;
  readonly dead: Queue;
}

/** The queues that functions put messages into, or take them from. */
export function createQueues(
  stack: Stack,
  config: Config,
  key: Key,
  definitions: readonly FunctionDefinition[],
): ReadonlyMap<QueueName, QueuePair> {
  const names = new Set(
    definitions.flatMap(({ putsInto, takesFrom }) => [putsInto ?? [], takesFrom ?? []].flat()),
  );
  return new Map([...names].map((name) => [name, createPair(stack, name, config, key)]));
}

function createPair(stack: Stack, name: QueueName, config: Config, key: Key): QueuePair {
  const { tries, isPersonal } = kinds[name];
  const ofKind = {
    ...(isPersonal
      ? { encryption: QueueEncryption.KMS, encryptionMasterKey: key }
      : { encryption: QueueEncryption.SQS_MANAGED }),
    enforceSSL: true,
    // As long as a queue keeps anything.
    retentionPeriod: Duration.days(14),
    removalPolicy: removalPolicy(config),
  };
  const dead = new Queue(stack, `Dead${resourceId(name)}`, ofKind);
  const queue = new Queue(stack, resourceId(name), {
    ...ofKind,
    // A message that failed comes again after this time. AWS asks for six times the function's timeout.
    visibilityTimeout: Duration.millis(6 * config.functionTimeoutMs),
    deadLetterQueue: { queue: dead, maxReceiveCount: tries },
  });
  return { queue, dead };
}

const kinds: Readonly<Record<QueueName, { readonly tries: number; readonly isPersonal: boolean }>> = {
  // Notifications hold payment tokens, so both queues are under the stack's key. The most that SQS allows: two days of an outage,
  // at one look in three minutes.
  notifications: { tries: 1000, isPersonal: true },
  // Events hold nothing of a person. The pauses grow to 8 hours: 15 tries are almost three days.
  "merchant-events": { tries: 15, isPersonal: false },
};
