import { decodeJson, JsonError } from "../../signing/index.ts";
import { indiaOffset } from "../../time.ts";
import { Reader } from "../reader.ts";

/**
 * The dump of the call that was asked about. The document's sample names it `response_dump`, its table `responseDump`; it is
 * a list of objects, a list of JSON texts, or a text that says why there is none.
 */
export function responseDump(reply: Reader) {
  const dump = reply.part(reply.has("response_dump") ? "response_dump" : "responseDump");
  const text = dump.asText;
  const parsed = text === undefined ? dump : parsedText(text);
  if (parsed === undefined) return { responseDump: [], responseDumpMessage: text ?? null };
  const rows = parsed.rows().map((row) => (row.asText === undefined ? row : parsedText(row.asText)));
  return {
    responseDump: rows.flatMap((row) => (row ? [dumpRow(row)] : [])),
    responseDumpMessage: rows.includes(undefined) ? "A row of the dump is not JSON." : null,
  };
}

/** A row's own code and message are data: they speak of the call that was asked about. */
const dumpRow = (row: Reader) => ({
  urn: row.optionalId("urn"),
  customerId: row.optionalId("customerId"),
  responseCode: row.optionalText("responseCode"),
  messageCode: row.optionalId("messageCode"),
  clientTxnId: row.optionalText("clientTxnId"),
  clientId: row.optionalId("clientId"),
  responseDateTime: row.optionalStamp("responseDateTime"),
  responseMessage: row.optionalText("responseMessage"),
  bankId: row.optionalId("bankId"),
  accosaRefNo: row.optionalId("accosaRefNo"),
});

function parsedText(text: string): Reader | undefined {
  try {
    const value = decodeJson(text);
    return typeof value === "object" && value !== null
      ? new Reader(value, "/responseDump", indiaOffset)
      : undefined;
  } catch (error) {
    if (error instanceof JsonError) return undefined;
    throw error;
  }
}
