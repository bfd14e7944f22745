import { type Environment, required } from "./config.ts";

/** The environment variables that hold the URLs of queues. */
export const notificationQueueVariable = "NOTIFICATION_QUEUE_URL";
export const merchantQueueVariable = "MERCHANT_EVENT_QUEUE_URL";

/**
 * Puts a text into the queue of notifications: durable when it returns. The client is loaded here, because it is needed only
 * where something else has failed. Throws what the SDK throws where it is not known to be there.
 */
export async function enqueue(env: Environment, text: string): Promise<void> {
  const { sendTo } = await import("./queue-send.ts");
  await sendTo(env, required(env, notificationQueueVariable), text);
}
