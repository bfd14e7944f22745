import { Problem } from "../problem.ts";
import { part, type SecretValue } from "../secrets/secrets.ts";
import { standardWebhookSignature } from "../signing/index.ts";
import type { Sent, WireRequest } from "../transport.ts";

/** An event of the bus, as a rule hands it on whole. */
interface BusEvent {
  readonly "detail-type": string;
  readonly time: string;
  readonly detail: { readonly recordId: string; readonly sequence: string };
}

/**
 * The delivery of an event to the merchant, signed under each version of the secret.
 * @param now Milliseconds since 1970.
 * @throws SyntaxError or TypeError for a text that is no event, Problem `misconfigured` for a secret that cannot sign.
 */
export function deliveryOf(
  text: string,
  {
    url,
    secrets,
    now,
  }: { readonly url: URL; readonly secrets: readonly SecretValue[]; readonly now: number },
): WireRequest {
  const { "detail-type": type, time: timestamp, detail } = JSON.parse(text) as BusEvent;
  const { recordId, sequence } = detail;
  if (!recordId || !sequence || !type) throw new SyntaxError("the message is no event of a record");
  const body = JSON.stringify({ type, timestamp, data: detail });
  // A pipe may tell a change twice, and EventBridge gives each telling a new id: the change is what must be known again.
  const delivery = { id: `evt_${recordId}_${sequence}`, timestamp: Math.floor(now / 1000), body };
  return {
    method: "POST",
    url,
    headers: {
      "content-type": "application/json",
      "webhook-id": delivery.id,
      "webhook-timestamp": String(delivery.timestamp),
      "webhook-signature": signed(secrets, delivery),
    },
    body,
  };
}

function signed(
  secrets: readonly SecretValue[],
  delivery: Parameters<typeof standardWebhookSignature>[1],
): string {
  const texts = secrets.map((secret) => part(secret, "signingSecret").reveal());
  try {
    return standardWebhookSignature(texts, delivery);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Problem("misconfigured", `The secret "webhook" cannot sign: ${error.message}.`);
  }
}

/** Seconds until a delivery that failed is tried again, by how often it has been. A queue hides nothing for longer than 12 h. */
const pauses = [5, 30, 120, 300, 900, 1800, 3600, 7200, 14_400, 28_800];
const longest = 43_200 - 60;

/**
 * How long to wait before the next delivery, in seconds; undefined where the merchant took this one.
 *
 * 2xx is success. The merchant's Retry-After is kept to where it asks for more. 410 says that the address is no longer in use: it
 * is asked as seldom as can be, until a person mends it or takes the event from the dead-letter queue.
 * Source: Standard Webhooks specification 1.0, "Deliverability and reliability".
 * @param received How often the message has been taken from its queue, this time among them.
 */
export function pauseAfter(sent: Sent, received: number, retryAfter = 0): number | undefined {
  if (sent.kind === "reply" && sent.reply.status >= 200 && sent.reply.status < 300) return undefined;
  if (sent.kind === "reply" && sent.reply.status === 410) return longest;
  return nextPause(received, retryAfter);
}

/** Seconds until the next try, longer with each, and no shorter than the merchant asked for. */
export function nextPause(received: number, retryAfter = 0): number {
  const pause = pauses[Math.min(received, pauses.length) - 1] ?? 5;
  return Math.min(Math.max(pause, retryAfter), longest);
}
