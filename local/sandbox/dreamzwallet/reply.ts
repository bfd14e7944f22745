import { createHash } from "node:crypto";
import { isRecord, type JsonObject } from "../common/json.ts";

/** The fields of a request, in whichever of the two envelopes they came. */
export function openEnvelope(body: JsonObject): JsonObject {
  const { authentication } = body;
  return isRecord(authentication) ? (authentication as JsonObject) : body;
}

export function customerIdOf(body: JsonObject): string {
  const { customerId } = openEnvelope(body);
  return typeof customerId === "string" ? customerId : "";
}

/** "Generated secret key for per user": the same for the same customer, whatever the account's own key is. */
const secKeyOf = (customerId: string): string =>
  createHash("sha256").update(`DreamzWallet sandbox ${customerId}`).digest("hex").slice(0, 16);

export const success = (customerId: string): JsonObject => ({
  customerId,
  secKey: secKeyOf(customerId),
  status: "SUCCESS",
  responseCode: "SUCCESS",
});

/** All four fields are required in the document's table, so the key is there, and empty. */
export const failure = (responseCode: string, customerId: string): JsonObject => ({
  customerId,
  secKey: "",
  status: "FAILED",
  responseCode,
});
