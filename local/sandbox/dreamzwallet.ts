/**
 * The DreamzWallet sandbox: getSecretKey on 127.0.0.1, with a check of envelope, token and hash, and faults on
 * demand. Everybody is registered but those whose customerId ends with "0000" or starts with "missing".
 *
 *   sandbox.<fault>           in the customerId: "asha.sandbox.no-sec-key"
 *   sandbox.once.<fault>      the same, for the first such call only
 *   POST /sandbox/faults      {"fault": "status-lower", "times": 2, "match": {"customerId": "189433"}}
 *   GET, DELETE /sandbox/faults, GET /sandbox/calls, POST /sandbox/reset
 */

import type { JsonObject } from "./common/json.ts";
import { type Operation, type Outcome, refused, startJsonSandbox } from "./common/json-sandbox.ts";
import { memberOf, type SandboxOptions, type SecretValue } from "./common/options.ts";
import type { Sandbox } from "./common/server.ts";
import { type DreamzwalletFault, table } from "./dreamzwallet/faults.ts";
import { failure, openEnvelope, success } from "./dreamzwallet/reply.ts";
import { verificationHash } from "./dreamzwallet/signature.ts";

export type { Sandbox } from "./common/server.ts";
export { type DreamzwalletFault, dreamzwalletFaults } from "./dreamzwallet/faults.ts";

/** What the sandbox accepts where nobody has a secret of his own. */
export const dreamzwalletSandboxSecret = {
  secKey: "iqNkzaea",
  walletOwnerId: "10012",
  token: "sandbox-dreamz-token",
} as const;

const path = "/accountServices/AccountService/getSecretKey";
const fields = ["customerId", "walletOwnerId", "verificationHash", "token"] as const;

/** Nothing of it outlives it: a customer's key is made of the customerId. */
export async function startDreamzwalletSandbox(options: SandboxOptions): Promise<Sandbox> {
  const getSecretKey: Operation<DreamzwalletFault> = {
    documented: fields,
    open: openEnvelope,
    isSigned: ({ body }) => typeof authenticate(body, options.secrets()) === "object",
    run: ({ body }) => answer(body, options.secrets()),
  };
  return startJsonSandbox({
    name: "DreamzWallet sandbox",
    port: options.port,
    clock: options.clock ?? Date.now,
    faults: table,
    operations: new Map([[path, getSecretKey]]),
    secretFields: ["verificationHash", "token"],
    shownFields: ["customerId", "walletOwnerId"],
    forget: () => undefined,
    release: () => undefined,
  });
}

const filled = (body: JsonObject, name: string): string => {
  const value = body[name];
  return typeof value === "string" ? value.trim() : "";
};

/** The secret that a request was made with, or the response code of its refusal. */
function authenticate(body: JsonObject, secrets: readonly SecretValue[]): SecretValue | string {
  // Fields in the other envelope are fields that are not there.
  const wrapped = "authentication" in body;
  const asked = secrets.filter((secret) => (memberOf(secret, "envelope") === "authentication") === wrapped);
  const request = openEnvelope(body);
  if (asked.length === 0 || fields.some((name) => filled(request, name) === ""))
    return "All fields are mandatory";
  const known = asked.filter(
    (secret) =>
      request.token === memberOf(secret, "token") &&
      request.walletOwnerId === memberOf(secret, "walletOwnerId")?.trim(),
  );
  if (known.length === 0) return "INVALID TOKEN";
  const signer = known.find(
    (secret) => request.verificationHash === verificationHash(secret, filled(request, "customerId")),
  );
  // The account's key is its password: of the document's codes this is the one for a wrong key.
  return signer ?? "Wrong Password";
}

function answer(body: JsonObject, secrets: readonly SecretValue[]): Outcome {
  const customerId = filled(openEnvelope(body), "customerId");
  const refuse = (code: string) => refused(code, failure(code, customerId));
  const signer = authenticate(body, secrets);
  if (typeof signer === "string") return refuse(signer);
  if (customerId.length > 255) return refuse("FAILED");
  if (/0000$|^missing/.test(customerId)) return refuse("NOT_AVAILABLE");
  return { status: 200, body: success(customerId), verdict: "success" };
}
