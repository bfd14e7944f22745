import { setTimeout as sleep } from "node:timers/promises";
import { currentRing } from "../secrets/key-ring.ts";
import { seal, unsealed } from "../secrets/seal.ts";
import { Secret } from "../secrets/secret.ts";
import type { Secrets } from "../secrets/secrets.ts";

/** A notification as it came to the webhook, not yet read. */
export interface Incoming {
  readonly body: Uint8Array;
  /** The header of that name: whether the body is compressed, if it says the truth. */
  readonly contentEncoding: string | undefined;
  /** Whether it came from an address of the provider's that we know. */
  readonly isListed: boolean;
}

/** A message of the queue. Its body holds the user's payment token. */
interface Message {
  readonly contentEncoding?: string;
  readonly isListed: boolean;
  /** In base64, sealed where the key ring was in reach; the queue encrypts every message besides. */
  readonly sealed?: string;
  readonly body?: string;
}

/** What a message is sealed for, in place of a record. */
const sealedFor = "notification-queue";
/** How long the key ring is waited for: it may be what has failed. */
const ringWaitMs = 300;

/** A notification as a message, its body sealed if that can be done now. */
export async function messageOf(
  { body, contentEncoding, isListed }: Incoming,
  secrets: Pick<Secrets, "current" | "refreshed">,
): Promise<string> {
  const text = Buffer.from(body).toString("base64");
  const ring = await Promise.race([
    currentRing(secrets, "sealingKeys").catch(() => undefined),
    sleep(ringWaitMs, undefined, { ref: false }),
  ]);
  const message: Message = {
    ...(contentEncoding !== undefined && { contentEncoding }),
    isListed,
    ...(ring ? { sealed: seal(ring, new Secret(text), sealedFor) } : { body: text }),
  };
  return JSON.stringify(message);
}

/**
 * The notification of a message.
 * @throws SyntaxError for a text that is no message, and as `unsealed`.
 */
export async function incomingOf(text: string, secrets: Secrets): Promise<Incoming> {
  const { contentEncoding, isListed, sealed, body = "" } = JSON.parse(text) as Message;
  const bytes = sealed === undefined ? body : (await unsealed(secrets, sealed, sealedFor)).reveal();
  return { body: Buffer.from(bytes, "base64"), contentEncoding, isListed };
}
