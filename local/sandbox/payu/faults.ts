/** What the PayU sandbox can be told to do wrong: on the wire, in the reply's shape, in its code. */
import { descriptionsOf, http, slowFault, wireFaults } from "../common/faults.ts";
import type { Json, JsonObject } from "../common/json.ts";
import { altered, type JsonFault } from "../common/json-sandbox.ts";
import { errorReply } from "./reply.ts";

const refusal = (code: string, message: string): JsonFault => ({
  description: `answers ${code} "${message}"`,
  effect: "none",
  answer: {
    kind: "altered",
    alter: (_, { body, at }) => ({ status: 200, body: errorReply(code, message, body, at) }),
  },
});

const rowsOf = ({ response_dump: dump }: JsonObject): readonly Json[] => (Array.isArray(dump) ? dump : []);

function without(reply: JsonObject, ...names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(reply).filter(([name]) => !names.includes(name)));
}

export const table = {
  ...wireFaults,
  slow: slowFault,
  "http-401": http("none", 401, "Unauthorized", "no effect, and HTTP 401 with an HTML page"),
  "http-403": http("none", 403, "Forbidden", "no effect, and HTTP 403 with an HTML page"),
  "code-0": altered("succeeds with responseCode 0, as a sibling product", (reply) => ({
    ...reply,
    responseCode: "0",
  })),
  "odd-row-date": altered("a row of the dump has a date that cannot be read", (reply) => ({
    ...reply,
    response_dump: rowsOf(reply).map((row) => ({ ...(row as JsonObject), responseDateTime: "yesterday" })),
  })),
  "code-1010": refusal("1010", "Invalid message code"),
  "code-1020": refusal("1020", "Missing parameters"),
  "code-1040": refusal("1040", "Wallet not found"),
  "code-1050": refusal("1050", "Limit exceeded"),
  "unknown-code": refusal("9876", "Something new happened"),
  "code-0000": altered("succeeds with responseCode 0000", (reply) => ({ ...reply, responseCode: "0000" })),
  "message-code-2050": altered("messageCode 2050, as the document's table says", (reply) => ({
    ...reply,
    messageCode: 2050,
  })),
  "dump-name": altered("the dump is called responseDump, as in the document's table", (reply) => ({
    ...without(reply, "response_dump"),
    responseDump: rowsOf(reply),
  })),
  "dump-strings": altered("the dump is a list of JSON texts", (reply) => ({
    ...reply,
    response_dump: rowsOf(reply).map((row) => JSON.stringify(row)),
  })),
  "dump-text": altered("the dump is an error message", (reply) => ({
    ...reply,
    response_dump: "Transaction not found",
  })),
  "dump-empty": altered("the dump is an empty list", (reply) => ({ ...reply, response_dump: [] })),
  "dump-two": altered("the dump has two rows: a refusal (1050) and a success", (reply) => ({
    ...reply,
    response_dump: rowsOf(reply).flatMap((row) => [
      { ...(row as JsonObject), responseCode: "1050", responseMessage: "Limit exceeded" },
      row,
    ]),
  })),
  "no-dump": altered("there is no dump", (reply) => without(reply, "response_dump")),
  "no-date-time": altered("responseDateTime is missing, as in the document's sample", (reply) =>
    without(reply, "responseDateTime"),
  ),
  "no-message": altered("responseMessage is missing, as in the document's sample", (reply) =>
    without(reply, "responseMessage"),
  ),
  sample: altered("responseDateTime and responseMessage are missing, as in the document's sample", (reply) =>
    without(reply, "responseDateTime", "responseMessage"),
  ),
  "large-numbers": altered("urn is the largest exact number of a double, bankId is past 2^32", (reply) => ({
    ...reply,
    urn: Number.MAX_SAFE_INTEGER,
    bankId: 2 ** 32 + 1,
  })),
  "other-transaction": altered("the reply is for another clientTxnId", (reply) => ({
    ...reply,
    clientTxnId: "somebody-elses",
  })),
} as const satisfies Record<string, JsonFault>;

export type PayuFault = keyof typeof table;

/** Every fault and what it does. */
export const payuFaults = descriptionsOf(table);
