import { type Config, chosen, wrong } from "../../config.ts";
import { pathForm } from "../../forms.ts";
import { choice, part, type SecretValue } from "../../secrets/secrets.ts";
import { accountBindingToken, JsonNumber } from "../../signing/index.ts";
import { jakartaOffset, stamp } from "../../time.ts";
import type { WireReply, WireRequest } from "../../transport.ts";
import { beginsAsJson, jsonReply, unreadableReply } from "../json-reply.ts";
import {
  type Asked,
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
import { paths } from "./paths.ts";
import { isAboutToken, named, tokenRefusal, type UserTokenCall, userTokenRequest } from "./user-token.ts";

/** Where the provider sends its notifications: a path of this gateway. */
export const notificationPath = "/webhooks/nicepay/account-binding";

/** An account binding's fields under the provider's names, without those that the gateway sets. */
export interface AccountBindingCall {
  readonly referenceNo: string;
  readonly billingPhone: string;
  readonly others: Readonly<Record<string, string | undefined>>;
}

/** NICEPAY: JSON with a token over part of the fields. Its replies are not signed. */
export const nicepay: Provider<AccountBindingCall | UserTokenCall, Reader> = {
  name: "nicepay",
  secret: "nicepay",
  secretsIn: /* @__PURE__ */ inFields("userToken", "merchantToken"),
  host: (config) => config.baseUrl("nicepay").host,
  variables: ["NICEPAY_BASE_URL"],
  sign,
  read,
};

function sign(
  call: AccountBindingCall | UserTokenCall,
  secret: SecretValue,
  circumstances: Circumstances,
): WireRequest {
  const { path, body } =
    "asks" in call
      ? userTokenRequest(call, secret, circumstances)
      : registrationRequest(call, secret, circumstances);
  return {
    method: "POST",
    url: new URL(path, circumstances.config.baseUrl("nicepay")),
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify(body),
  };
}

function registrationRequest(call: AccountBindingCall, secret: SecretValue, { config, now }: Circumstances) {
  const { referenceNo } = call;
  const billingPhone = phoneIn(secret, call.billingPhone);
  const iMid = part(secret, "iMid").reveal();
  const body = {
    timeStamp: stamp(now, jakartaOffset),
    iMid,
    merchantToken: accountBindingToken(
      { iMid, referenceNo, billingPhone },
      part(secret, "merchantKey").reveal(),
    ),
    referenceNo,
    payMethod: "06",
    billingPhone,
    ...call.others,
    dbProcessUrl: notificationUrl(config),
  };
  return { path: chosen(config, "NICEPAY_REGISTRATION_PATH", pathForm) ?? paths.registration, body };
}

/** The document's table says `+62...`, its sample has a space after it. What is sent is what the token covers. */
function phoneIn(secret: SecretValue, billingPhone: string): string {
  const form = choice(secret, "phoneForm", ["plus-62", "plus-62-space", "62"]) ?? "plus-62";
  if (form === "plus-62") return billingPhone;
  return billingPhone.replace(/^\+62/, form === "62" ? "62" : "+62 ");
}

/** Always the gateway's own, never a caller's: the receiver of notifications receives user tokens. */
function notificationUrl(config: Config): string {
  const base = config.option("WEBHOOK_BASE_URL") ?? "";
  if (!/^https?:$/.test(URL.parse(base)?.protocol ?? ""))
    throw wrong("WEBHOOK_BASE_URL", "must be the gateway's own URL");
  const url = new URL(notificationPath, base).href;
  if (url.length > 255) throw wrong("WEBHOOK_BASE_URL", "must be short enough for a URL of 255 characters");
  return url;
}

function read(
  { status, body }: WireReply,
  _secrets: readonly SecretValue[],
  config: Config,
  asked: Asked,
): ProviderAnswer<Reader> {
  const fault = statusFault("NICEPAY", status);
  if (fault) return fault;
  const parsed = jsonReply(body);
  const json = parsed && isAboutToken(asked) ? named(parsed) : parsed;
  const [given, message] = [json?.get("resultCd"), json?.get("resultMsg")];
  const code = given instanceof JsonNumber ? given.token : given;
  if (json === undefined || typeof code !== "string" || code === "") {
    if (isAccessRefusal(status)) return refusedOnTheWay("NICEPAY", status);
    // A reply that shows what was done, or may have, is no word of a gate.
    const mayShowIt =
      json === undefined ? beginsAsJson(body) : ["tXid", "tokenStatus"].some((name) => json.has(name));
    if (status === 429 && !mayShowIt) return throttled("NICEPAY");
    return unreadableReply("NICEPAY", { status, body });
  }
  // NICEPAY's codes have four characters; other servers write the status, or a word, where it has one.
  if (isAccessRefusal(status) && !/^\w{4}$/.test(code.trim())) return refusedOnTheWay("NICEPAY", status);
  const word = {
    code: code,
    message: typeof message === "string" ? message : "",
  };
  if (decisive(code) === "0000") {
    if (status >= 400)
      return { kind: "unusable", why: `NICEPAY answered success with HTTP ${status}.`, word };
    return success(json, jakartaOffset);
  }
  const meaning = meaningOf(code, config, asked);
  if (meaning) return { kind: "refusal", word, ...meaning };
  if (status === 429) return throttled("NICEPAY", word);
  // Trouble at the provider, something that was not found (`inconclusive` in facts.ts), and the list is open: what it did is not
  // known.
  return { kind: "unusable", why: "NICEPAY answered with a code that proves nothing.", word };
}

const meaningOf = (code: string, config: Config, asked: Asked): Meaning | undefined =>
  ofTheMerchant.get(decisive(code)) ??
  (isAboutToken(asked) ? tokenRefusal(code, config, asked) : ofRegistrations.get(decisive(code)));

const misconfigured = (detail: string): Meaning => ({ as: "not_executed", code: "misconfigured", detail });
const invalidField = (name: string): Meaning => ({
  as: "declined",
  code: "invalid-request",
  detail: `NICEPAY found ${name} invalid.`,
});

/** In the form that words are compared in. Source: the codes on the provider's public pages; the document prints 0000 alone. */
export const ofTheMerchant: ReadonlyMap<string, Meaning> = new Map([
  ["9010", misconfigured("NICEPAY refused the gateway's signature.")],
  ["9011", misconfigured("NICEPAY refused the gateway's merchant id.")],
  ["9012", misconfigured("NICEPAY has not activated this method for the merchant.")],
  ["9108", misconfigured("NICEPAY has not activated payloans for the merchant.")],
]);

export const ofRegistrations: ReadonlyMap<string, Meaning> = new Map(
  Object.entries<Meaning>({
    "9009": {
      as: "taken",
      code: "already-done",
      detail: "NICEPAY has this referenceNo already.",
    },
    "9020": misconfigured("NICEPAY refused the gateway's notification URL."),
    "9014": invalidField("referenceNo"),
    "9016": invalidField("billingNm"),
    "9017": invalidField("billingPhone"),
    "9019": invalidField("callBackUrl"),
    "9109": invalidField("referenceNo, which is too long,"),
    "8003": invalidField("a field, or its form,"),
    p380: invalidField("a field, or its form,"),
  }),
);
