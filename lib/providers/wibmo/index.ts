import type { Config } from "../../config.ts";
import { Problem } from "../../problem.ts";
import { choice, optionalPart, part, type SecretValue } from "../../secrets/secrets.ts";
import { type WibmoHeaderNames, type WibmoSecret, wibmoHeaders } from "../../signing/index.ts";
import { indiaOffset } from "../../time.ts";
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
import { inFields } from "../secret-fields.ts";
import { decisive } from "../words.ts";

export interface WibmoCall {
  readonly path: string;
  readonly body: Readonly<Record<string, string | number | undefined>>;
  /** A mobile number in E.164, sent as `customerMobile` in the form that the secret asks for. */
  readonly mobile?: string | undefined;
  /** Whether the values that identify us stand in the body as well, as some of the provider's pages have it. */
  readonly identifiedInBody?: boolean;
  /** Whether the api key alone identifies us, unless the secret says otherwise. */
  readonly byApiKeyAlone?: boolean;
}

/** Wibmo: JSON with an api key in a header, and nothing signed. What it encrypts is its own to decrypt. */
export const wibmo: Provider<WibmoCall, Reader> = {
  name: "wibmo",
  secret: "wibmo",
  secretsIn: /* @__PURE__ */ inFields("token"),
  host: (config) => config.baseUrl("wibmo").host,
  variables: ["WIBMO_BASE_URL"],
  sign,
  read,
};

const optionalParts = ["clientId", "bankId", "entityId", "secureCode", "consumerCustomId"] as const;

function sign(call: WibmoCall, secret: SecretValue, { config }: Circumstances): WireRequest {
  const others = optionalParts.flatMap((name) => {
    const value = optionalPart(secret, name);
    return value ? [[name, value.reveal()] as const] : [];
  });
  const values: WibmoSecret = { apiKey: part(secret, "apiKey").reveal(), ...Object.fromEntries(others) };
  const mobileForm = choice(secret, "mobileForm", ["ten-digits", "with-91"]) ?? "ten-digits";
  const decryptHeaders = choice(secret, "decryptHeaders", ["api-key", "all"]) ?? "api-key";
  const alone = call.byApiKeyAlone && decryptHeaders === "api-key";
  const body = {
    ...call.body,
    ...(call.mobile !== undefined && { customerMobile: mobileIn(mobileForm, call.mobile) }),
    ...(call.identifiedInBody && Object.fromEntries(others)),
  };
  const identifying = wibmoHeaders(alone ? { apiKey: values.apiKey } : values, namesIn(secret));
  const taken = Object.keys(identifying).find((name) => ourHeaders.includes(name.toLowerCase()));
  if (taken !== undefined)
    throw new Problem(
      "misconfigured",
      'The secret "wibmo" must not name a header of HTTP\'s own under "headerNames".',
    );
  return {
    method: "POST",
    url: new URL(call.path, config.baseUrl("wibmo")),
    headers: { "content-type": "application/json", accept: "application/json", ...identifying },
    body: JSON.stringify(body),
  };
}

/** Ten digits in the document; the provider's record page and public code put the country's code before them. */
const mobileIn = (form: "ten-digits" | "with-91", mobile: string): string =>
  mobile.slice(form === "with-91" ? "+".length : "+91".length);

const ourHeaders = [
  "content-type",
  "content-length",
  "accept",
  "accept-encoding",
  "user-agent",
  "host",
  "connection",
  "transfer-encoding",
];

/** The names of the headers, where the secret gives others than the provider's pages. */
function namesIn(secret: SecretValue): WibmoHeaderNames {
  const { headerNames } = secret.json as { readonly headerNames?: unknown };
  if (headerNames === undefined) return {};
  if (
    typeof headerNames !== "object" ||
    headerNames === null ||
    Object.values(headerNames).some((name) => typeof name !== "string")
  )
    throw new Problem(
      "misconfigured",
      'The secret "wibmo" must hold an object of texts under "headerNames".',
    );
  return headerNames;
}

/** The error codes' place is not documented: these are the names that the provider's pages use. */
const codeNames = ["errorCode", "responseCode", "code", "statusCode"];
const textNames = ["errorMessage", "responseMessage", "message", "errorDescription", "description"];

function read(
  { status, body }: WireReply,
  _secrets: readonly SecretValue[],
  _config: Config,
): ProviderAnswer<Reader> {
  const fault = statusFault("Wibmo", status);
  if (fault) return fault;
  const json = jsonReply(body);
  const first = (names: readonly string[]) => {
    const value = names.map((name) => json?.get(name)).find((found) => found !== undefined && found !== null);
    return value === undefined || typeof value === "boolean" ? undefined : String(value);
  };
  const code = first(codeNames);
  const word = { code: code ?? `HTTP ${status}`, message: first(textNames) ?? "" };
  // Other servers write the status, or a word, where Wibmo has a code of its own.
  const isOwn = code !== undefined && /^(?:\d{4}|wal\d{3})$/.test(decisive(code));
  if (isAccessRefusal(status) && !isOwn && !gateRefusesKeys(json, gateTexts))
    return refusedOnTheWay("Wibmo", status);
  if (isAccessRefusal(status) || (code !== undefined && blamesUs(decisive(code), word.message)))
    return { kind: "refusal", word, ...refusedKeys };
  const isSuccess = code !== undefined && successCodes.includes(decisive(code));
  const showsSuccess = json?.has("token") || isSuccess;
  if (status === 429 && !showsSuccess) return throttled("Wibmo", code === undefined ? undefined : word);
  if (status < 400 && json === undefined) return unreadableReply("Wibmo", { status, body });
  if (status >= 400 || json === undefined)
    return { kind: "unusable", why: `Wibmo's reply (HTTP ${status}) cannot be used.`, word };
  if (code !== undefined && !isSuccess)
    return { kind: "unusable", why: "Wibmo's reply holds an error.", word };
  return success(json, indiaOffset);
}

/** What stands beside a decrypted record. */
const successCodes = ["0", "00", "000", "0000", "200"];

/** Client id, bank id, X-Consumer-Key or secure code not present: nothing that a caller could mend. Source: its error codes. */
export const configurationCodes = ["1262", "1264", "1310", "1311"];

/**
 * Whether an error is of our keys or our address. The WAL codes are for those as well as for the provider's own failures, and
 * no page says which is for which: their texts tell.
 */
const blamesUs = (code: string, message: string): boolean =>
  configurationCodes.includes(code) || (walCodes.test(code) && textsOfKeys.test(message));

export const walCodes = /^wal(?:264|29[2-9]|300)$/;
export const textsOfKeys =
  /\b(?:keys?|ip|address|secure ?code|checksum|client ?id|bank ?id|entity ?id|consumer)\b/i;

/** What Wibmo's gate says of an api key that it does not know. Source: the texts of Kong's key-auth and acl, which it runs. */
const gateTexts = [
  "no api key found in request",
  "invalid authentication credentials",
  "you cannot consume this service",
];

export const refusedKeys: Meaning = {
  as: "not_executed",
  code: "misconfigured",
  detail: "Wibmo misses or refuses a value that identifies the gateway.",
};
