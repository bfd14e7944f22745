import { type Config, chosen } from "../../config.ts";
import { utcOffsetForm } from "../../forms.ts";
import { Secret } from "../../secrets/secret.ts";
import { part, type SecretValue } from "../../secrets/secrets.ts";
import {
  type AggrepayDoubt,
  type Field,
  type JsonValue,
  openAggrepayReply,
  signAggrepay,
} from "../../signing/index.ts";
import { indiaOffset } from "../../time.ts";
import type { WireReply, WireRequest } from "../../transport.ts";
import { beginsAsJson } from "../json-reply.ts";
import {
  type Asked,
  type Circumstances,
  isAccessRefusal,
  type Provider,
  type ProviderAnswer,
  refusedOnTheWay,
  statusFault,
  throttled,
} from "../provider.ts";
import { Reader } from "../reader.ts";
import { failedUpdate, meaningOf } from "./refusals.ts";

/** A call under the provider's own names; what is undefined is not sent. */
export interface AggrepayCall {
  /** The last part of `/api/v1/<path>`. */
  readonly path: string;
  readonly fields: Readonly<Record<string, string | Secret | undefined>>;
}

/** A verified reply's `data` and `page`. */
export interface AggrepayReply {
  readonly data: Reader;
  readonly page: Reader;
}

/** AggrePay semi-closed wallet: form posts, signed with a salted SHA-512; JSON replies, signed the same way. */
export const aggrepay: Provider<AggrepayCall, AggrepayReply> = {
  name: "aggrepay",
  secret: "aggrepay",
  host: (config) => config.baseUrl("aggrepay").host,
  variables: ["AGGREPAY_BASE_URL", "AGGREPAY_UTC_OFFSET"],
  readsMayRepeat: true,
  sign,
  read,
};

/**
 * The offset of AggrePay's times; its document names none.
 * @throws Problem `misconfigured`
 */
export const utcOffsetIn = (config: Pick<Config, "option">): string =>
  chosen(config, "AGGREPAY_UTC_OFFSET", utcOffsetForm) ?? indiaOffset;

function sign(call: AggrepayCall, secret: SecretValue, { config }: Circumstances): WireRequest {
  // Its reply could not be read with a wrong one.
  utcOffsetIn(config);
  const fields = Object.entries(call.fields).flatMap(([name, value]): Field[] => {
    if (value === undefined) return [];
    return [[name, value instanceof Secret ? value.reveal() : value]];
  });
  const keys = { apiKey: part(secret, "apiKey").reveal(), salt: part(secret, "salt").reveal() };
  return {
    method: "POST",
    url: new URL(`/api/v1/${call.path}`, config.baseUrl("aggrepay")),
    headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
    body: signAggrepay(keys, fields).body,
  };
}

function read(
  { status, body }: WireReply,
  secrets: readonly SecretValue[],
  config: Config,
  asked: Asked,
): ProviderAnswer<AggrepayReply> {
  const fault = statusFault("AggrePay", status);
  if (fault) return fault;
  const opened = openAggrepayReply(
    body,
    secrets.map((secret) => part(secret, "salt").reveal()),
  );
  const refused = opened.verified ? refusal(opened.data, opened.error, asked) : undefined;
  if (refused?.kind === "refusal") return refused;
  // AggrePay's codes are words; other servers write the status where it has one.
  const isForeign = refused !== undefined && !/[a-z]/i.test(refused.word?.code ?? "");
  const isOwn = opened.verified ? !isForeign : !isNoReply(opened.why);
  if (isAccessRefusal(status) && !isOwn) return refusedOnTheWay("AggrePay", status);
  // A 4xx is read by the code in its body; without one it says as little as a 5xx, and less when it shows a success, also
  // one that cannot be verified: with another salt it may be genuine.
  const showsNothing = opened.verified
    ? opened.data === null && opened.page === null
    : isNoReply(opened.why) && !(asked.effect !== "read" && isNoObject(opened.why) && beginsAsJson(body));
  if (status === 429 && showsNothing) return throttled("AggrePay", refused?.word);
  if (refused) return refused;
  if (status >= 400) return { kind: "unusable", why: `AggrePay answered with HTTP ${status}.` };
  if (!opened.verified)
    return {
      kind: "unusable",
      why: `AggrePay's reply is not believed: ${opened.why}.`,
      unverified: opened.why === "hash is wrong",
    };
  const { data, page } = opened;
  const isFailedUpdate = asked.operation === "update-customer" && isEmptyList(data) && isEmptyList(page);
  if (isFailedUpdate || (data === null && page === null)) {
    const word = { code: "null", message: "data and error are both null" };
    if (isFailedUpdate) return { kind: "refusal", word, ...failedUpdate };
    return { kind: "unusable", why: "AggrePay's reply holds neither data nor an error.", word };
  }
  const offset = utcOffsetIn(config);
  const unread = new Set<string>();
  return {
    kind: "success",
    reply: {
      data: new Reader(data, "/data", offset, unread),
      page: new Reader(page, "/page", offset, unread),
    },
    unread,
  };
}

/** Null, which PHP may write as an empty list. */
const isEmptyList = (value: JsonValue): boolean =>
  value === null || (Array.isArray(value) && value.length === 0);

/** Whether a body is not one of AggrePay's replies at all, as where a gateway before it answers. */
const isNoReply = (why: AggrepayDoubt): boolean => isNoObject(why) || why === "not in the form of a reply";

const isNoObject = (why: AggrepayDoubt): boolean =>
  why === "not JSON that PHP decodes" || why === "UTF-16, not UTF-8" || why === "not a JSON object";

/** A text, or all texts of a list or object: Laravel lists its sentences, or has them under the names of their fields. */
function textsIn(message: JsonValue | undefined): readonly string[] {
  if (typeof message === "string") return [message];
  if (!(message instanceof Map || Array.isArray(message))) return [];
  return [...(message as ReadonlyMap<unknown, JsonValue>).values()].flatMap(textsIn);
}

/** Each text ends as a sentence does: two that run into one another could be read as one that proves more. */
const sentencesOf = (texts: readonly string[]): string =>
  texts.length < 2
    ? texts.join()
    : texts.map((text) => (/[.!;]\s*$/.test(text) ? text : `${text}.`)).join(" ");

type Refused = Exclude<ProviderAnswer<AggrepayReply>, { readonly kind: "success" }>;

function refusal(data: JsonValue, error: JsonValue, asked: Asked): Refused | undefined {
  if (error === null) return undefined;
  const only = Array.isArray(error) && error.length === 1 ? (error as readonly JsonValue[])[0] : error;
  const [code, message] = only instanceof Map ? [only.get("code"), only.get("message")] : [];
  if (data !== null || typeof code !== "string" || code === "")
    return { kind: "unusable", why: "AggrePay's reply holds an error that cannot be read." };
  const text = sentencesOf(textsIn(message));
  const word = { code, message: text };
  const meaning = meaningOf(code, text, asked);
  if (meaning) return { kind: "refusal", word, ...meaning };
  return { kind: "unusable", why: "AggrePay answered with an error that its document does not list.", word };
}
