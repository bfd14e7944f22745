import { type Config, wrong } from "../../config.ts";
import { Problem } from "../../problem.ts";
import { choice, optionalPart, part, type SecretValue } from "../../secrets/secrets.ts";
import { type JsonValue, signPayu } from "../../signing/index.ts";
import { httpDate, indiaOffset } from "../../time.ts";
import type { WireReply, WireRequest } from "../../transport.ts";
import { gateRefusesKeys, jsonReply, unreadableReply } from "../json-reply.ts";
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
import { decisive } from "../words.ts";
import { idLengths } from "./id-lengths.ts";

/** A call under the provider's own names; what is undefined is not sent. */
export interface PayuCall {
  readonly path: string;
  readonly body: Readonly<Record<string, string | undefined>>;
}

/** PayU closed loop wallet: JSON, signed in a header over the date. Its replies are not signed. */
export const payu: Provider<PayuCall, Reader> = {
  name: "payu",
  secret: "payu",
  host: (config) => config.baseUrl("payu").host,
  variables: ["PAYU_BASE_URL", "PAYU_CLIENT_TXN_ID_LENGTH"],
  sign,
  read,
};

function sign(call: PayuCall, secret: SecretValue, { config, now }: Circumstances): WireRequest {
  const body = JSON.stringify(call.body);
  const date = httpDate(now);
  const mid = optionalPart(secret, "mid");
  const signatureScheme = choice(secret, "signatureScheme", ["hmac", "body-digest"]) ?? "hmac";
  // The family that signs so requires the merchant's id.
  if (signatureScheme === "body-digest" && mid === undefined)
    throw new Problem(
      "misconfigured",
      'The secret "payu" must hold a text under "mid" where "signatureScheme" is "body-digest".',
    );
  const { authorization } = signPayu(
    {
      merchantKey: part(secret, "merchantKey").reveal(),
      merchantSalt: part(secret, "merchantSalt").reveal(),
      signatureScheme,
      authorizationForm: choice(secret, "authorizationForm", ["sample", "prose"]) ?? "sample",
    },
    { date, body },
  );
  return {
    method: "POST",
    url: new URL(call.path, config.baseUrl("payu")),
    headers: {
      walletIdentifier: part(secret, "walletIdentifier").reveal(),
      date,
      authorization,
      "content-type": "application/json",
      accept: "application/json",
      // The document's sample sends it, its table of headers does not name it.
      ...(mid && { mid: mid.reveal() }),
    },
    body,
  };
}

function read(
  { status, body }: WireReply,
  _secrets: readonly SecretValue[],
  _config: Config,
): ProviderAnswer<Reader> {
  const fault = statusFault("PayU", status);
  if (fault) return fault;
  const json = jsonReply(body);
  const code = textOf(json?.get("responseCode"));
  const word = {
    code: code ?? `HTTP ${status}`,
    message: textOf(json?.get("responseMessage")) ?? textOf(json?.get("message")) ?? "",
  };
  // PayU's codes have four digits; other servers write the status, or a word, where it has a code.
  const isOwn = code !== undefined && /^\d{4}$/.test(decisive(code));
  if (isAccessRefusal(status))
    return isOwn || gateRefusesKeys(json, gateTexts)
      ? { kind: "refusal", word, ...refusedKeys }
      : refusedOnTheWay("PayU", status);
  if (status === 429 && !isSuccess(code)) return throttled("PayU", code === undefined ? undefined : word);
  if (json === undefined || code === undefined) return unreadableReply("PayU", { status, body });
  if (!isSuccess(code)) return { kind: "refusal", word, ...(refusals.get(decisive(code)) ?? declined) };
  if (status >= 400) return { kind: "unusable", why: `PayU answered success with HTTP ${status}.` };
  return success(json, indiaOffset);
}

const isSuccess = (code: string | undefined): boolean =>
  code !== undefined && ["0", "00", "0000"].includes(decisive(code));

/** @throws Problem `misconfigured` where it is set to what is no such length. */
export function clientTxnIdLength(config: Config): number {
  const { preset, least, most } = idLengths;
  const length = config.option("PAYU_CLIENT_TXN_ID_LENGTH") ?? String(preset);
  if (!/^\d{2,3}$/.test(length) || Number(length) < least || Number(length) > most)
    throw wrong("PAYU_CLIENT_TXN_ID_LENGTH", `must be a whole number from ${least} to ${most}`);
  return Number(length);
}

/** What PayU's gate says of a signature or key that it refuses. Source: the texts of Kong's hmac-auth, which it runs. */
const gateTexts = ["hmac signature cannot be verified", "hmac signature does not match"];

/** A code that is a string in one place and a number in another. */
const textOf = (value: JsonValue | undefined): string | undefined => {
  const text =
    value === undefined || value === null || typeof value === "boolean" ? undefined : String(value);
  return text === undefined || text === "" || text.startsWith("[") ? undefined : text;
};

const refusedKeys: Meaning = {
  as: "not_executed",
  code: "misconfigured",
  detail: "PayU refused the gateway's keys or message.",
};
const declined: Meaning = { as: "declined", code: "declined", detail: "PayU declined." };

/** Codes at the top level; the same codes inside a dump are data. Source: status codes of the loyalty points family. */
export const refusals: ReadonlyMap<string, Meaning> = new Map(
  Object.entries<Meaning>({
    "1010": refusedKeys,
    "1020": refusedKeys,
    "1040": { as: "declined", code: "not-found", detail: "PayU knows no such wallet." },
    "1050": { as: "declined", code: "limit-exceeded", detail: "A limit of PayU is exceeded." },
  }),
);
