/**
 * The PayU sandbox: "check status" of the closed loop wallet on 127.0.0.1, with a check of every header and
 * field, and faults on demand. It knows every Load call but those whose clientTxnId starts with "missing-".
 * The journal keeps the clientTxnIds that were used, as each must be unique in all requests.
 *
 *   sandbox.<fault>           anywhere in a text field: "load-17.sandbox.dump-strings" as verifyclientTxnId
 *   sandbox.once.<fault>      the same, for the first such call only
 *   POST /sandbox/faults      {"fault": "code-1040", "times": 2, "match": {"verifyclientTxnId": "load-17"}}
 *   GET, DELETE /sandbox/faults, GET /sandbox/calls, GET /sandbox/ledger, POST /sandbox/reset
 */
import { join } from "node:path";
import type { JsonObject } from "./common/json.ts";
import {
  httpRefusal,
  type Operation,
  type Outcome,
  type Received,
  refused,
  startJsonSandbox,
} from "./common/json-sandbox.ts";
import { memberOf, type SandboxOptions, type SecretValue } from "./common/options.ts";
import type { Sandbox } from "./common/server.ts";
import { indiaHours, isDay, momentOf } from "./common/time.ts";
import { UsedIds } from "./common/used-ids.ts";
import { type PayuFault, table } from "./payu/faults.ts";
import { errorReply, foundReply } from "./payu/reply.ts";
import { signerOf } from "./payu/signature.ts";

export type { Sandbox } from "./common/server.ts";
export { type PayuFault, payuFaults } from "./payu/faults.ts";

/** What the sandbox accepts where nobody has a secret of his own. */
export const payuSandboxSecret = {
  merchantKey: "smsplus",
  merchantSalt: "salt-1",
  walletIdentifier: "CLW",
} as const;

const path = "/loyalty-points/v1/wallet/check-status";
const clockSkewMs = 5 * 60_000;

export async function startPayuSandbox(options: SandboxOptions): Promise<Sandbox> {
  const clock = options.clock ?? Date.now;
  const used = new UsedIds(join(options.dataDir, "payu-sandbox.jsonl"), clock);
  const checkStatus: Operation<PayuFault> = {
    documented: ["messageCode", "clientTxnId", "requestDateTime", "verifyclientTxnId", "fromDate", "toDate"],
    isSigned: (received) => authenticate(received, options.secrets()) !== undefined,
    run: (received) => answer(received, options.secrets(), used),
  };
  return startJsonSandbox({
    name: "PayU sandbox",
    port: options.port,
    clock,
    faults: table,
    operations: new Map([[path, checkStatus]]),
    secretFields: [],
    shownFields: checkStatus.documented,
    ledger: () => ({ usedClientTxnIds: used.count }),
    forget: () => used.forget(),
    release: () => used.close(),
  });
}

const headerOf = ({ headers }: Received, name: string): string => {
  const value = headers[name];
  return typeof value === "string" ? value : "";
};

/** In the form that the document shows, and within five minutes of now. */
function isTimely(date: string, now: number): boolean {
  const at = Date.parse(date);
  return !Number.isNaN(at) && new Date(at).toUTCString() === date && Math.abs(now - at) <= clockSkewMs;
}

function authenticate(received: Received, secrets: readonly SecretValue[]): SecretValue | undefined {
  const date = headerOf(received, "date");
  if (!isTimely(date, received.at)) return undefined;
  return signerOf({ authorization: headerOf(received, "authorization"), date, raw: received.raw }, secrets);
}

/** Headers first, as the provider's gateway reads nothing else; then the fields in the document's order. */
function answer(received: Received, secrets: readonly SecretValue[], used: UsedIds): Outcome {
  const { body, at } = received;
  const refuse = (code: string, message: string) => refused(code, errorReply(code, message, body, at));
  const secret = authenticate(received, secrets);
  if (secret === undefined) return httpRefusal(401, "HMAC signature cannot be verified");
  for (const name of ["walletIdentifier", "mid"]) {
    const expected = memberOf(secret, name);
    const sent = headerOf(received, name.toLowerCase());
    if (expected === undefined && name === "mid") continue;
    if (sent === "") return refuse("1020", `Missing parameters: ${name}`);
    if (sent !== expected) {
      const message = `${name} is not the merchant's`;
      return refused("HTTP 403", errorReply("1020", message, body, at), 403);
    }
  }
  if (body.messageCode !== "2050") return refuse("1010", "Invalid message code");
  const wrong = wrongField(body);
  if (wrong !== undefined) return refuse("1020", `Missing parameters: ${wrong}`);
  // The document has no code for it, so this one can only be read as an unknown one.
  if (!used.use(String(body.clientTxnId))) return refuse("DUPLICATE-CLIENT-TXN-ID", "Duplicate clientTxnId");
  return { status: 200, body: foundReply(body, String(body.verifyclientTxnId), at), verdict: "success" };
}

function wrongField(body: JsonObject): string | undefined {
  for (const name of ["clientTxnId", "requestDateTime", "verifyclientTxnId"]) {
    const value = body[name];
    if (typeof value !== "string" || value === "" || value.length > 100) return name;
  }
  if (momentOf(String(body.requestDateTime), indiaHours) === undefined) return "requestDateTime";
  const { fromDate = "", toDate = "" } = body;
  for (const [name, day] of Object.entries({ fromDate, toDate })) {
    if (typeof day !== "string" || (day !== "" && !isDay(day))) return name;
  }
  // Days in this form compare as texts.
  return fromDate !== "" && toDate !== "" && String(fromDate) > String(toDate) ? "toDate" : undefined;
}
