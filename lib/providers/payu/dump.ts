import type { Reader } from "../reader.ts";

/**
 * The dump of the call that was asked about. The document's sample names it `response_dump`, its table `responseDump`; it is
 * a list of objects, a list of JSON texts, or a text that says why there is none.
 */
export function responseDump(reply: Reader) {
  const dump = reply.part(reply.has("response_dump") ? "response_dump" : "responseDump");
  const text = dump.asText;
  if (text !== undefined) return { responseDump: [], responseDumpMessage: text };
  const rows = dump.rows();
  const objects = rows.filter((row) => row.isObject);
  return {
    responseDump: objects.map(dumpRow),
    responseDumpMessage: objects.length < rows.length ? "A row of the dump is not JSON." : null,
  };
}

/** A row's own code and message are data: they speak of the call that was asked about. */
const dumpRow = ({ informs }: Reader) => ({
  urn: informs.optionalId("urn"),
  customerId: informs.optionalId("customerId"),
  responseCode: informs.optionalText("responseCode"),
  messageCode: informs.optionalId("messageCode"),
  clientTxnId: informs.optionalText("clientTxnId"),
  clientId: informs.optionalId("clientId"),
  responseDateTime: informs.optionalTime("responseDateTime"),
  responseMessage: informs.optionalText("responseMessage"),
  bankId: informs.optionalId("bankId"),
  accosaRefNo: informs.optionalId("accosaRefNo"),
});
