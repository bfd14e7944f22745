import { ChangeMessageVisibilityCommand, SQSClient } from "@aws-sdk/client-sqs";
import { queueClientConfig } from "./aws.ts";
import { type Environment, required } from "./config.ts";

/** Lets a message that was taken from a queue come again after so many seconds, 12 hours at most. Throws what the SDK throws. */
export async function hideFor(
  env: Environment,
  variable: string,
  ReceiptHandle: string,
  VisibilityTimeout: number,
): Promise<void> {
  const QueueUrl = required(env, variable);
  const client = new SQSClient(queueClientConfig(env));
  try {
    await client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }));
  } finally {
    client.destroy();
  }
}
