/**
 * The Wibmo sandbox: the encrypt call for the customer record on 127.0.0.1, and the two calls that its token
 * is for: retrieve and decrypt. Every x-api-key is checked, and each further header that the secret has a
 * value for is required: clientId, bankId, entityId, secureCode, X-Consumer-Custom-ID.
 *
 * Everybody is a customer but those whose identifier ends with "0000" or starts with "missing".
 *
 *   sandbox.<fault>           anywhere in a text field of encrypt: "record-17.sandbox.no-token" as clientTxnId
 *   sandbox.once.<fault>      the same, for the first such call only
 *   sandbox.retrieve.<fault>  the same, for the retrieve or the decrypt call of the token that encrypt gives
 *   sandbox.decrypt.<fault>
 *   POST /sandbox/faults      {"fault": "code-1262", "path": "/api/v2/encrypt", "times": 2}
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
import { indiaHours, momentOf } from "./common/time.ts";
import { UsedIds } from "./common/used-ids.ts";
import { requiredHeaders, table, type WibmoFault } from "./wibmo/faults.ts";
import { customerRecord, errorReply, identifiers, isUnknown } from "./wibmo/reply.ts";
import { keyIn, openToken, sealToken } from "./wibmo/token.ts";

export type { Sandbox } from "./common/server.ts";
export { type WibmoFault, wibmoFaults } from "./wibmo/faults.ts";

/** What the sandbox accepts where nobody has a secret of his own. */
export const wibmoSandboxSecret = { apiKey: "sandbox-wibmo-api-key" } as const;

export async function startWibmoSandbox(options: SandboxOptions): Promise<Sandbox> {
  const clock = options.clock ?? Date.now;
  const used = new UsedIds(join(options.dataDir, "wibmo-sandbox.jsonl"), clock);
  const key = keyIn(join(options.dataDir, "wibmo-sandbox.key"));

  const operation = (
    documented: readonly string[],
    run: (received: Received) => Outcome,
    refuses = refusalOf,
  ): Operation<WibmoFault> => ({
    documented,
    isSigned: (received) => refuses(received, options.secrets()) === undefined,
    run: (received) => refuses(received, options.secrets()) ?? run(received),
  });

  const encrypt = operation(
    ["messageCode", "clientTxnId", "requestDateTime", ...identifiers],
    ({ body, at }) => {
      const refuse = (code: string, message: string) => refused(code, errorReply(code, message, body, at));
      // "Allowed: 1930", of type number.
      if (body.messageCode !== 1930) return refuse("1010", "Invalid message code");
      const wrong = wrongField(body, mobileDigits(options.secrets()));
      if (wrong !== undefined) return refuse("1020", `Missing parameters: ${wrong}`);
      // The document has no code for it, so this one can only be read as an unknown one.
      if (!used.use(String(body.clientTxnId)))
        return refuse("DUPLICATE-CLIENT-TXN-ID", "Duplicate clientTxnId");
      return success({ token: sealToken(body, key) });
    },
  );

  /** The provider's pages put the other values beside the token here; they are taken and not looked at. */
  const besideToken = ["token", "clientId", "bankId", "entityId", "secureCode", "X-Consumer-Custom-ID"];

  const withToken = (
    stage: string,
    run: (content: JsonObject, refuse: (code: string, message: string) => Outcome, at: number) => Outcome,
    refuses = refusalOf,
  ): Operation<WibmoFault> => ({
    ...operation(
      besideToken,
      ({ body, at }) => {
        const content = openToken(String(body.token), key);
        const refuse = (code: string, message: string) =>
          refused(code, errorReply(code, message, content ?? {}, at));
        return content === undefined ? refuse("1020", "Invalid token") : run(content, refuse, at);
      },
      refuses,
    ),
    stage,
    carried: ({ token }) => openToken(String(token), key) ?? {},
  });

  const retrieve = withToken("retrieve", (content, refuse, at) => {
    if (identifiers.every((name) => content[name] === undefined)) return refuse("1020", "Missing parameters");
    if (isUnknown(content)) return refuse("1040", "Customer not found");
    return success({ token: sealToken(customerRecord(content, at), key) });
  });

  const decrypt = withToken("decrypt", (content) => success(content), decryptRefusalOf);

  return startJsonSandbox({
    name: "Wibmo sandbox",
    port: options.port,
    clock,
    faults: table,
    operations: new Map([
      ["/api/v2/encrypt", encrypt],
      ["/uat/sbx/api/onboarding/v3/retrieveCustRecord", retrieve],
      ["/api/v2/decrypt", decrypt],
    ]),
    secretFields: ["token", "clientId", "bankId", "entityId", "secureCode", "X-Consumer-Custom-ID"],
    shownFields: ["messageCode", "clientTxnId", "requestDateTime", "customerId", "urn"],
    ledger: () => ({ usedClientTxnIds: used.count }),
    forget: () => used.forget(),
    release: () => used.close(),
  });
}

const success = (body: JsonObject): Outcome => ({ status: 200, body, verdict: "success" });

/**
 * The api key, then each further value. The document's codes are for a value that is not there; a wrong one
 * is refused as a wrong key is.
 */
function refusalOf(received: Received, secrets: readonly SecretValue[]): Outcome | undefined {
  const refusal = keyRefusalOf(received, secrets);
  if (refusal !== undefined) return refusal;
  const { headers, body, at } = received;
  const known = secrets.filter((secret) => headers["x-api-key"] === memberOf(secret, "apiKey"));
  for (const [name, { header, code, message }] of Object.entries(requiredHeaders)) {
    if (known.every((secret) => memberOf(secret, name) !== undefined) && headers[header] === undefined)
      return refused(code, errorReply(code, message, body, at));
  }
  const headerNames = Object.entries(requiredHeaders).map(([name, { header }]) => [name, header] as const);
  const agrees = known.some((secret) =>
    [...headerNames, ["entityId", "entityid"] as const].every(([name, header]) => {
      const expected = memberOf(secret, name);
      return expected === undefined || headers[header] === expected;
    }),
  );
  return agrees ? undefined : httpRefusal(403, "You cannot consume this service");
}

/** Decrypt looks at the api key alone, as its one public client has it, unless the merchant's account wants all. */
const decryptRefusalOf = (received: Received, secrets: readonly SecretValue[]): Outcome | undefined =>
  secrets.some((secret) => memberOf(secret, "decryptHeaders") === "all")
    ? refusalOf(received, secrets)
    : keyRefusalOf(received, secrets);

function keyRefusalOf({ headers }: Received, secrets: readonly SecretValue[]): Outcome | undefined {
  const sent = headers["x-api-key"];
  if (sent === undefined) return httpRefusal(401, "No API key found in request");
  if (secrets.some((secret) => sent === memberOf(secret, "apiKey"))) return undefined;
  return httpRefusal(401, "Invalid authentication credentials");
}

/** Ten digits in the document; with the country's code on the provider's record page. */
const mobileDigits = (secrets: readonly SecretValue[]): RegExp =>
  secrets.some((secret) => memberOf(secret, "mobileForm") === "with-91") ? /^91\d{10}$/ : /^\d{10}$/;

function wrongField(body: JsonObject, mobile: RegExp): string | undefined {
  const { clientTxnId, requestDateTime, customerMobile } = body;
  if (typeof clientTxnId !== "string" || clientTxnId === "" || clientTxnId.length > 100) return "clientTxnId";
  if (typeof requestDateTime !== "string" || momentOf(requestDateTime, indiaHours) === undefined)
    return "requestDateTime";
  if (customerMobile !== undefined && !mobile.test(String(customerMobile))) return "customerMobile";
  return identifiers.find(
    (name) => body[name] !== undefined && (typeof body[name] !== "string" || body[name] === ""),
  );
}
