/** What the Wibmo sandbox can be told to do wrong: on the wire, in the token, in its code. */
import { descriptionsOf, http, slowFault, wireFaults } from "../common/faults.ts";
import type { JsonObject } from "../common/json.ts";
import { altered, type JsonFault } from "../common/json-sandbox.ts";
import { errorReply } from "./reply.ts";

/** The document's four error codes: a header, the code and text when it is missing. */
export const requiredHeaders = {
  clientId: { header: "clientid", code: "1262", message: "CLIENT ID NOT PRESENT IN THE REQUEST" },
  bankId: { header: "bankid", code: "1264", message: "BANK ID NOT PRESENT IN THE REQUEST" },
  consumerCustomId: {
    header: "x-consumer-custom-id",
    code: "1310",
    message: "XCONSUMERKEY NOT PRESENT IN REQUEST",
  },
  secureCode: { header: "securecode", code: "1311", message: "SECURE CODE NOT PRESENT IN REQUEST" },
} as const;

interface Shape {
  readonly status?: number;
  /** Makes the reply's body of the usual one. */
  readonly body?: (usual: JsonObject) => JsonObject;
}

const refusal = (code: string, message: string, { status = 200, body }: Shape = {}): JsonFault => ({
  description: `answers ${code} "${message}"${status === 200 ? "" : ` with HTTP ${status}`}`,
  effect: "none",
  answer: {
    kind: "altered",
    alter: (_, received) => {
      const usual = errorReply(code, message, received.body, received.at);
      return { status, body: body?.(usual) ?? usual };
    },
  },
});

const missing = (name: keyof typeof requiredHeaders, shape?: Shape): JsonFault =>
  refusal(requiredHeaders[name].code, requiredHeaders[name].message, shape);

export const table = {
  ...wireFaults,
  slow: slowFault,
  "http-401": http("none", 401, "Unauthorized", "no effect, and HTTP 401 with an HTML page"),
  "http-403": http("none", 403, "Forbidden", "no effect, and HTTP 403 with an HTML page"),
  "code-1262": missing("clientId"),
  "code-1264": missing("bankId"),
  "code-1310": missing("consumerCustomId"),
  "code-1311": missing("secureCode"),
  "code-1262-http-400": missing("clientId", { status: 400 }),
  "code-1262-number": missing("clientId", { body: (usual) => ({ ...usual, responseCode: 1262 }) }),
  "code-1262-error": missing("clientId", {
    body: ({ responseCode = null, responseMessage = null }) => ({
      errorCode: responseCode,
      errorDescription: responseMessage,
    }),
  }),
  "code-1010": refusal("1010", "Invalid message code"),
  "code-1020": refusal("1020", "Missing parameters"),
  "wal-293-address": refusal("WAL293", "IP address is not allowed"),
  "wal-296-checksum": refusal("WAL296", "Invalid checksum"),
  "wal-264": refusal("WAL264", "System error"),
  "unknown-code": refusal("9876", "Something new happened"),
  "no-token": altered("HTTP 200 without a token", () => ({})),
  "null-token": altered("HTTP 200 with a token of null", (reply) => ({ ...reply, token: null })),
  "empty-token": altered("HTTP 200 with an empty token", (reply) => ({ ...reply, token: "" })),
  "wrong-token": altered("HTTP 200 with a token that is not base64", (reply) => ({
    ...reply,
    token: "<not base64>",
  })),
  "other-field": altered("a field that no document names, beside the token", (reply) => ({
    ...reply,
    responseCode: "00",
  })),
} as const satisfies Record<string, JsonFault>;

export type WibmoFault = keyof typeof table;

/** Every fault and what it does. */
export const wibmoFaults = descriptionsOf(table);
