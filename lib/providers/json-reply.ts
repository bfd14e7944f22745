import { decodeJson, JsonError, type JsonObject } from "../signing/index.ts";

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
