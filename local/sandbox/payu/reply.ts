/** Replies in the shape of the document's sample: numbers for urn, bankId and messageCode. */
import { createHash } from "node:crypto";
import type { Json, JsonObject } from "../common/json.ts";
import { indiaHours, localTime } from "../common/time.ts";

/** Both are the sample's; the urn is past what a 32-bit integer holds. */
const urn = 70000000008;
const bankId = 7000;

/** "Always the same for this text", in so many digits. */
function digitsOf(text: string, count: number): string {
  const hash = createHash("sha256").update(text).digest();
  return String(hash.readUIntBE(0, 6) % 10 ** count).padStart(count, "1");
}

/** The dump of a Load call, as the sample has one. */
function rowOf(clientTxnId: string, at: number): JsonObject {
  return {
    urn,
    customerId: digitsOf(`customer ${clientTxnId}`, 6),
    responseCode: "00",
    messageCode: 3011,
    clientTxnId,
    clientId: "1040",
    responseDateTime: localTime(at - 60_000, indiaHours),
    responseMessage: "SUCCESS",
    bankId: 6010,
    accosaRefNo: digitsOf(`reference ${clientTxnId}`, 5),
  };
}

const head = (code: string, message: string, body: JsonObject, at: number): JsonObject => ({
  responseCode: code,
  responseMessage: message,
  messageCode: 2051,
  clientTxnId: body.clientTxnId ?? null,
  responseDateTime: localTime(at, indiaHours),
});

/** The document: "Will contain the response dump of the transaction, or error message." */
export function foundReply(body: JsonObject, verified: string, at: number): JsonObject {
  const dump: Json = verified.startsWith("missing-") ? "Transaction not found" : [rowOf(verified, at)];
  return { urn, ...head("00", "SUCCESS", body, at), bankId, response_dump: dump };
}

export const errorReply = (code: string, message: string, body: JsonObject, at: number): JsonObject => ({
  ...head(code, message, body, at),
  response_dump: message,
});
