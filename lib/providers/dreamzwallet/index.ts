import type { Config } from "../../config.ts";
import { Problem } from "../../problem.ts";
import { optionalPart, part, type SecretValue } from "../../secrets/secrets.ts";
import { dreamzwalletVerificationHash } from "../../signing/index.ts";
import { indiaOffset } from "../../time.ts";
import type { WireReply, WireRequest } from "../../transport.ts";
import { jsonReply, unreadableReply } from "../json-reply.ts";
import {
  type Circumstances,
  isAccessRefusal,
  type Meaning,
  type Provider,
  type ProviderAnswer,
  refusedOnTheWay,
  statusFault,
  throttled,
} from "../provider.ts";
import { type Reader, success } from "../reader.ts";

export interface DreamzwalletCall {
  readonly path: string;
  readonly customerId: string;
}

/** DreamzWallet on PaymentPlug's platform: JSON, verified by a hash over the account's key. Its replies are not signed. */
export const dreamzwallet: Provider<DreamzwalletCall, Reader> = {
  name: "dreamzwallet",
  secret: "dreamzwallet",
  host: (config) => config.baseUrl("dreamzwallet").host,
  variables: ["DREAMZWALLET_BASE_URL"],
  sign,
  read,
};

function sign(call: DreamzwalletCall, secret: SecretValue, { config }: Circumstances): WireRequest {
  const { customerId } = call;
  const walletOwnerId = part(secret, "walletOwnerId").reveal();
  if (!/^\d{1,20}$/.test(walletOwnerId))
    throw new Problem(
      "misconfigured",
      'The secret "dreamzwallet" must hold 1 to 20 digits under "walletOwnerId".',
    );
  const hashCase = choice(secret, "hashCase", ["lower", "upper"]);
  const keys = { secKey: part(secret, "secKey").reveal(), walletOwnerId, ...(hashCase && { hashCase }) };
  const fields = {
    customerId,
    walletOwnerId,
    verificationHash: dreamzwalletVerificationHash(keys, customerId),
    token: part(secret, "token").reveal(),
  };
  const envelope = choice(secret, "envelope", ["authentication"]);
  return {
    method: "POST",
    url: new URL(call.path, config.baseUrl("dreamzwallet")),
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify(envelope ? { [envelope]: fields } : fields),
  };
}

function choice<Choice extends string>(
  secret: SecretValue,
  key: string,
  choices: readonly Choice[],
): Choice | undefined {
  const value = optionalPart(secret, key)?.reveal();
  if (value === undefined) return undefined;
  const chosen = choices.find((one) => one === value);
  if (chosen !== undefined) return chosen;
  const names = choices.map((one) => `"${one}"`).join(" or ");
  throw new Problem(
    "misconfigured",
    `The secret "${secret.name}" must hold ${names} under "${key}", or nothing.`,
  );
}

function read(
  { status, body }: WireReply,
  _secrets: readonly SecretValue[],
  _config: Config,
): ProviderAnswer<Reader> {
  const fault = statusFault("DreamzWallet", status);
  if (fault) return fault;
  const json = jsonReply(body);
  const text = (name: string) => {
    const value = json?.get(name);
    return typeof value === "string" ? value.trim() : undefined;
  };
  const state = text("status")?.toUpperCase();
  const code = text("responseCode") || state;
  if (isAccessRefusal(status) && code === undefined) return refusedOnTheWay("DreamzWallet", status);
  if (status === 429 && code?.toUpperCase() !== "SUCCESS" && state !== "SUCCESS")
    return throttled(
      "DreamzWallet",
      code === undefined ? undefined : { code, message: text("message") ?? "" },
    );
  if (json === undefined || code === undefined) return unreadableReply("DreamzWallet", { status, body });
  const word = { code: code, message: text("message") ?? "" };
  if (code.toUpperCase() !== "SUCCESS")
    return { kind: "refusal", word, ...(refusals.get(code.toUpperCase()) ?? declined) };
  if (status >= 400 || (state !== undefined && state !== "SUCCESS"))
    return { kind: "unusable", why: "DreamzWallet's reply contradicts itself.", word };
  return success(json, indiaOffset);
}

const declined: Meaning = { as: "declined", code: "declined", detail: "DreamzWallet declined." };
/** The caller sends none of what these refuse. */
const refusedKeys: Meaning = {
  as: "not_executed",
  code: "misconfigured",
  detail: "DreamzWallet refused the gateway's keys.",
};

/** Source: the document's list of response codes. */
const refusals: ReadonlyMap<string, Meaning> = new Map(
  Object.entries<Meaning>({
    NOT_AVAILABLE: { as: "declined", code: "not-found", detail: "DreamzWallet knows no such customer." },
    "INVALID TOKEN": refusedKeys,
    "ALL FIELDS ARE MANDATORY": refusedKeys,
    "WRONG PASSWORD": refusedKeys,
  }),
);
