import { awsClientConfig } from "./aws.ts";
import { type Environment, required } from "./config.ts";

/** The environment variable that holds the URL of the queue of notifications. */
export const notificationQueueVariable = "NOTIFICATION_QUEUE_URL";

/**
 * Puts a text into the queue of notifications: durable when it returns. The client is loaded here, because it is needed only
 * where something else has failed. Throws what the SDK throws where it is not known to be there.
 */
export async function enqueue(env: Environment, text: string): Promise<void> {
  const { SQSClient, SendMessageCommand } = await import("@aws-sdk/client-sqs");
  const settings = awsClientConfig(env, "SQS");
  // The SDK would ask the queue's own host otherwise, which no local stand-in has.
  const client = new SQSClient({ ...settings, useQueueUrlAsEndpoint: !("endpoint" in settings) });
  try {
    const QueueUrl = required(env, notificationQueueVariable);
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: text }));
  } finally {
    client.destroy();
  }
}
