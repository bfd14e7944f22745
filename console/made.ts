import { requestOf } from "../inspect/command/made.ts";
import { CannotInspect } from "../inspect/finding.ts";
import { type ConsoleAnswer, json, refusal } from "./answer.ts";

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * The request that the gateway would send for `{ operation, input, secret }`, for the signature inspector. Nothing is sent and
 * nothing is kept: the secret goes no further than this process.
 */
export function madeRequest(body: Buffer): ConsoleAnswer {
  const asked = objectIn(body.toString("utf8"));
  const { operation, input, secret } = asked ?? {};
  if (typeof operation !== "string" || !isObject(input) || !isObject(secret))
    return refusal(400, "Give an operation, its input and the secret.");
  try {
    return json(requestOf(operation, input, secret, Date.now()));
  } catch (error) {
    if (error instanceof CannotInspect) return refusal(400, error.message);
    throw error;
  }
}

function objectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
