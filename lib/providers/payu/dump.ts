import { isDeepStrictEqual } from "node:util";
import { isPlaceholder } from "../placeholder.ts";
import { UnreadableReply } from "../provider.ts";
import type { Reader } from "../reader.ts";

/**
 * The dump of the call that was asked about. The document's sample names it `response_dump`, its table `responseDump`: the one
 * that holds anything is read, and two must say the same. It is a list of objects, a list of JSON texts, or a text that says why there is none. A row that
 * names another call says nothing of this one, and is left out.
 * @param clientTxnId The call's.
 * @throws UnreadableReply where there are two that differ.
 */
export function responseDump(reply: Reader, clientTxnId: string) {
  const dumps = ["response_dump", "responseDump"].map((name) => reply.part(name));
  const isFull = ({ isEmpty, asText }: Reader) =>
    !isEmpty && !(asText !== undefined && isPlaceholder(asText));
  const full = dumps.filter(dumps.some(isFull) ? isFull : ({ isEmpty }) => !isEmpty);
  const [told = dumpRead(reply.part("responseDump"), clientTxnId), ...others] = full.map((dump) =>
    dumpRead(dump, clientTxnId),
  );
  if (others.some((other) => !isDeepStrictEqual(other, told)))
    throw new UnreadableReply("/response_dump and /responseDump differ", "/responseDump");
  return told;
}

function dumpRead(dump: Reader, clientTxnId: string) {
  const text = dump.asText;
  if (text !== undefined) return { responseDump: [], responseDumpMessage: text };
  const rows = dump.rows();
  const objects = rows.filter((row) => row.isObject);
  const own = objects.map(dumpRow).filter((row) => (row.clientTxnId || clientTxnId) === clientTxnId);
  const faults = [
    objects.length < rows.length && "A row of the dump is not JSON.",
    own.length < objects.length && "A row of the dump is about another clientTxnId, and left out.",
  ];
  return {
    responseDump: own,
    responseDumpMessage: faults.filter((fault) => fault !== false).join(" ") || null,
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
