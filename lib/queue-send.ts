import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { queueClientConfig } from "./aws.ts";
import type { Environment } from "./config.ts";

/** Puts a text into a queue. Throws what the SDK throws. */
export async function sendTo(env: Environment, QueueUrl: string, MessageBody: string): Promise<void> {
  const client = new SQSClient(queueClientConfig(env));
  try {
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody }));
  } finally {
    client.destroy();
  }
}
