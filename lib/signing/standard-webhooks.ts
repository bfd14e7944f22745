import { createHmac } from "node:crypto";

/** One delivery of an event: what its signature covers. */
export type WebhookDelivery = {
  /** The event's: the same in every delivery of it. */
  readonly id: string;
  /** Seconds since 1970, of this delivery. */
  readonly timestamp: number;
  /** The body as sent, in UTF-8. */
  readonly body: string;
};

/**
 * The value of `webhook-signature`: one signature under each secret, the newest first, so that a receiver may have either
 * during a rotation.
 *
 * Throws a TypeError, which never holds a value, for a secret that is not `whsec_` and then 24 to 64 bytes in base64, and where
 * there is none. Source: Standard Webhooks specification 1.0, "Signature scheme" and "Symmetric signatures".
 */
export function standardWebhookSignature(
  secrets: readonly string[],
  { id, timestamp, body }: WebhookDelivery,
): string {
  if (secrets.length === 0) throw new TypeError("no signingSecret to sign with");
  return secrets
    .map((secret) =>
      createHmac("sha256", keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest("base64"),
    )
    .map((signature) => `v1,${signature}`)
    .join(" ");
}

function keyOf(secret: string): Buffer {
  const [, base64 = ""] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
  const key = Buffer.from(base64, "base64");
  if (key.length >= 24 && key.length <= 64) return key;
  throw new TypeError('signingSecret is not "whsec_" and then 24 to 64 bytes in base64');
}
