import { decodeJson, JsonError, type JsonObject } from "../signing/index.ts";
import type { WireReply } from "../transport.ts";
import type { ProviderAnswer } from "./provider.ts";

/** A reply's body as a JSON object, or undefined where it is none. */
export function jsonReply(body: Uint8Array): JsonObject | undefined {
  try {
    const value = decodeJson(body);
    return value instanceof Map ? (value as JsonObject) : undefined;
  } catch (error) {
    if (error instanceof JsonError) return undefined;
    throw error;
  }
}

/** That a reply cannot be read, with the reason where it is one that a person can do something about. */
export function unreadableReply(provider: string, { status, body }: WireReply): ProviderAnswer<never> {
  let reason = "";
  try {
    decodeJson(body);
  } catch (error) {
    if (error instanceof JsonError && error.reason === "the text is UTF-16, not UTF-8")
      reason = `: ${error.reason}`;
  }
  return { kind: "unusable", why: `${provider}'s reply (HTTP ${status}) cannot be read${reason}.` };
}

/**
 * Whether an API gate that the provider runs says, in words of its own, that it does not know our keys: `{"message": "..."}`.
 * Any other text of a gate may come from one that is not the provider's.
 */
export function gateRefusesKeys(json: JsonObject | undefined, texts: readonly string[]): boolean {
  const message = json?.get("message");
  return typeof message === "string" && texts.includes(message.trim().toLowerCase());
}

/**
 * Whether a body that is no JSON object begins as JSON all the same. Cut off, or in another encoding, it may have shown a
 * success.
 */
export const beginsAsJson = (body: Uint8Array): boolean =>
  /^[^\w<"]*[{[]/.test(Buffer.from(body.subarray(0, 64)).toString("latin1"));
