import { type Config, chosen, entriesOf, isOn, wrong } from "../../config.ts";
import { pathForm } from "../../forms.ts";
import type { Secret } from "../../secrets/secret.ts";
import { part, type SecretValue } from "../../secrets/secrets.ts";
import {
  deactivationToken,
  equalInConstantTime,
  type JsonObject,
  type JsonValue,
  userDetailToken,
} from "../../signing/index.ts";
import { jakartaOffset, stamp } from "../../time.ts";
import type { Asked, Circumstances, Meaning, Opened } from "../provider.ts";
import { UnreadableReply } from "../provider.ts";
import type { Reader } from "../reader.ts";
import { decisive } from "../words.ts";
import { paths } from "./paths.ts";
import { phoneShown } from "./phone.ts";

/** A call about one user token: whose account it is of, or that it is in force no longer. */
export interface UserTokenCall {
  readonly asks: "user detail" | "deactivation";
  readonly userToken: Secret;
}

export const userDetailOf = (userToken: Secret): UserTokenCall => ({ asks: "user detail", userToken });

/** The token is that of the binding's record, which the operation has opened. */
export function deactivationOf(opened: Opened | undefined): UserTokenCall {
  if (!opened) throw new Error("a deactivation has no user token");
  return { asks: "deactivation", userToken: opened.secret };
}

/** Whether NICEPAY is asked about user tokens; what rests on it is off otherwise. */
export const asksAboutTokens = (config: Pick<Config, "option">): boolean =>
  isOn(config, "NICEPAY_USER_DETAIL", "off");

export const userTokenVariables = [
  "NICEPAY_USER_DETAIL",
  "NICEPAY_USER_DETAIL_PATH",
  "NICEPAY_REVOKED_CODES",
];

const variables = {
  "user detail": "NICEPAY_USER_DETAIL_PATH",
  deactivation: "NICEPAY_REMOVE_TOKEN_PATH",
} as const;

/**
 * Path and body of such a call, signed.
 * Source: NICEPAY's public pages, user detail and deactivate of an account binding (payloan, advance API).
 */
export function userTokenRequest(call: UserTokenCall, secret: SecretValue, { config, now }: Circumstances) {
  // Its reply could not be read with wrong ones.
  revokedCodes(config);
  const timeStamp = stamp(now, jakartaOffset);
  const iMid = part(secret, "iMid").reveal();
  const userToken = call.userToken.reveal();
  const sign = call.asks === "deactivation" ? deactivationToken : userDetailToken;
  const merchantToken = sign({ timeStamp, iMid, userToken }, part(secret, "merchantKey").reveal());
  return {
    path: chosen(config, variables[call.asks], pathForm) ?? paths[call.asks],
    body: { timeStamp, iMid, merchantToken, userToken },
  };
}

/** Whether what was asked is about a user token; a registration is never inquired about. */
export const isAboutToken = ({ operation }: Asked): boolean => operation !== "register-account-binding";

/** @throws Problem `misconfigured` */
function revokedCodes({ option }: Pick<Config, "option">): readonly string[] {
  const codes = entriesOf(option("NICEPAY_REVOKED_CODES")).map(decisive);
  if (codes.every((code) => /^[a-z0-9]{1,10}$/i.test(code))) return codes;
  throw wrong("NICEPAY_REVOKED_CODES", "must be codes of letters and digits, separated by commas");
}

/**
 * What a code of these calls means. Which of them says that a token is unknown or was revoked is not published, so it is
 * configured once it has been seen. A refusal leaves a deactivation as if it had not been asked for: a binding has no other
 * identity to ask again under.
 */
export function tokenRefusal(
  code: string,
  config: Pick<Config, "option">,
  { operation }: Pick<Asked, "operation">,
): Meaning | undefined {
  const revoked = revokedCodes(config);
  if (operation !== "deactivate-account-binding" && revoked.includes(decisive(code)))
    return {
      as: "declined",
      code: "not-found",
      detail: "NICEPAY knows no such user token, or it was revoked.",
    };
  if (!["8003", "p380"].includes(decisive(code))) return undefined;
  return {
    as: "not_executed",
    code: "invalid-request",
    detail: "NICEPAY found the user token, or its form, invalid.",
  };
}

const fields = [
  ...["resultCd", "resultMsg", "billingNm", "billingPhone", "accountStatus", "accountType", "limitDetails"],
  ...["paymentType", "remainingUserLimit", "totalUserLimit", "userToken", "tokenStatus"],
];
const inKnownCase: ReadonlyMap<string, string> = new Map([
  ...fields.map((name) => [name.toLowerCase(), name] as const),
  // As the table writes it; the sample does not.
  ["totaluserlimut", "totalUserLimit"],
]);

/** The pages lost the letter case of names, so a field in another case is taken where none has the name itself. */
export function named(json: JsonObject): JsonObject {
  const known = [...json].flatMap(([name, value]) => {
    const field = inKnownCase.get(name.toLowerCase());
    return field === undefined || json.has(field) ? [] : [[field, value] as const];
  });
  return new Map([...json, ...known].map(([name, value]) => [name, namedWithin(value)]));
}

function namedWithin(value: JsonValue): JsonValue {
  if (value instanceof Map) return named(value);
  return Array.isArray(value) ? value.map(namedWithin) : value;
}

/**
 * Checks what the reply to a deactivation says besides its code, where it does: the page's table has both fields, its sample
 * has neither.
 * @throws UnreadableReply where it speaks of another token, or of one that is not inactive.
 */
export function checkDeactivated(
  reply: Reader,
  call: UserTokenCall | { readonly referenceNo: string },
): void {
  refuseAnother(reply, "userToken" in call ? call.userToken.reveal() : "");
  const status = reply.optionalId("tokenStatus");
  if (status !== null && status !== inactive)
    throw new UnreadableReply("/tokenStatus is not that of an inactive token", "/tokenStatus");
}

const inactive = "0";

/**
 * Refuses a reply that speaks of another token than was sent, where it speaks of one.
 * @throws UnreadableReply
 */
export function refuseAnother(reply: Reader, sent: string): void {
  const said = reply.optionalText("userToken");
  if (said && !equalInConstantTime(said, sent)) throw new UnreadableReply("it is for another user token");
}

/**
 * Checks that a user detail confirms the token that was asked about, as far as it speaks of it.
 * @throws UnreadableReply where it speaks of another token, or of one that is inactive.
 */
export function checkConfirms(reply: Reader, userToken: Secret): void {
  refuseAnother(reply, userToken.reveal());
  for (const field of ["tokenStatus", "accountStatus"])
    if (reply.optionalId(field) === inactive)
      throw new UnreadableReply(`/${field} is that of an inactive token`, `/${field}`);
}

/**
 * What a user detail shows of a token whose deactivation is in doubt.
 * @throws UnreadableReply where it speaks of another token or of an inactive account, or shows no phone number that can be compared.
 */
export function tokenState(reply: Reader, { secret, agrees }: Opened): "known" | "revoked" | "another's" {
  if (!hasPhone(reply, agrees)) return "another's";
  refuseAnother(reply, secret.reveal());
  if (reply.optionalId("tokenStatus") === inactive) return "revoked";
  checkConfirms(reply, secret);
  return "known";
}

/**
 * Whether the account of a user token has the phone number that its binding was registered with.
 * @throws UnreadableReply where the reply shows no phone number, or a part of one that nothing was kept to compare with.
 */
export function hasPhone(reply: Reader, agrees: Opened["agrees"]): boolean {
  const shown = phoneShown(reply.text("billingPhone"));
  const isOwn =
    shown?.ends === undefined
      ? shown?.whole !== undefined && agrees("billingPhone", shown.whole)
      : agrees("billingPhoneEnds", shown.ends);
  if (shown === undefined || isOwn === undefined)
    throw new UnreadableReply("/billingPhone is not a phone number that can be compared", "/billingPhone");
  return isOwn;
}
