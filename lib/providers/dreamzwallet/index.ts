import type { Config } from "../../config.ts";
import { Problem } from "../../problem.ts";
import { choice, part, type SecretValue } from "../../secrets/secrets.ts";
import { dreamzwalletVerificationHash, JsonNumber } from "../../signing/index.ts";
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
import { inFields } from "../secret-fields.ts";
import { decisive } from "../words.ts";

export interface DreamzwalletCall {
  readonly path: string;
  readonly customerId: string;
}

/** DreamzWallet on PaymentPlug's platform: JSON, verified by a hash over the account's key. Its replies are not signed. */
export const dreamzwallet: Provider<DreamzwalletCall, Reader> = {
  name: "dreamzwallet",
  secret: "dreamzwallet",
  secretsIn: /* @__PURE__ */ inFields("secKey", "token", "verificationHash"),
  // An older page says that each call makes a new key and the old one dies.
  sentOnce: true,
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
  const hashParts = choice(secret, "hashParts", [
    "secKey,customerId,walletOwnerId",
    "customerId,walletOwnerId",
  ]);
  const keys = {
    secKey: part(secret, "secKey").reveal(),
    walletOwnerId,
    ...(hashCase && { hashCase }),
    ...(hashParts && { hashParts }),
  };
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
    const word = value instanceof JsonNumber ? value.token : value;
    return (typeof word === "string" && word.trim()) || undefined;
  };
  // Some servers write the HTTP status into a JSON of their own: not a word of DreamzWallet's.
  const isOwn = !/^[45]\d\d$/.test(text("status") ?? "");
  const [state, code] = [isOwn ? text("status") : undefined, text("responseCode")];
  const shown = code ?? state;
  const word = shown === undefined ? undefined : { code: shown, message: text("message") ?? "" };
  if (isAccessRefusal(status) && ![code, state].some(isOwnWord))
    return refusedOnTheWay("DreamzWallet", status);
  const verdicts = [state, code].filter((each) => each !== undefined).map(isSuccess);
  if (status === 429 && !verdicts.includes(true)) return throttled("DreamzWallet", word);
  if (json === undefined || shown === undefined || word === undefined)
    return unreadableReply("DreamzWallet", { status, body });
  if (verdicts.every((succeeded) => !succeeded))
    return { kind: "refusal", word, ...(meaningOf(code) ?? meaningOf(state) ?? declined) };
  // Which of the two is right is not known, nor whether a new key was made.
  if (status >= 400 || verdicts.includes(false))
    return { kind: "unusable", why: "DreamzWallet's reply contradicts itself.", word };
  return success(json, indiaOffset);
}

/** `SUCCESS` in the document, `success` and `1` in the platform's public replies; `2` there is a failure. */
const isSuccess = (word: string): boolean => ["success", "1"].includes(decisive(word));

/** A word that the document or the platform's replies show. */
const isOwnWord = (word = ""): boolean =>
  isSuccess(word) || ["failed", "2"].includes(decisive(word)) || meaningOf(word) !== undefined;

const meaningOf = (word = ""): Meaning | undefined => refusals.get(decisive(word));

const declined: Meaning = { as: "declined", code: "declined", detail: "DreamzWallet declined." };
/** The caller sends none of what these refuse. */
const refusedKeys: Meaning = {
  as: "not_executed",
  code: "misconfigured",
  detail: "DreamzWallet refused the gateway's keys.",
};

/** In the form that words are compared in. Source: the document's list of response codes. */
export const refusals: ReadonlyMap<string, Meaning> = new Map(
  Object.entries<Meaning>({
    not_available: { as: "declined", code: "not-found", detail: "DreamzWallet knows no such customer." },
    "invalid token": refusedKeys,
    "all fields are mandatory": refusedKeys,
    "wrong password": refusedKeys,
  }),
);
