/**
 * The Authorization header of PayU's closed loop wallet, written from its document alone: the sandbox must
 * not share the gateway's signing code, or both could be wrong together.
 */
import { createHash, createHmac } from "node:crypto";
import { memberOf, type SecretValue } from "../common/options.ts";

export interface Signed {
  readonly authorization: string;
  readonly date: string;
  readonly raw: string;
}

/** The document's: HMAC-SHA512, under the salt, of the line `date: <the header's value>`. */
export const hmacOfDate = (date: string, salt: string): string =>
  createHmac("sha512", salt).update(`date: ${date}`).digest("hex");

/** The one of the provider's wider loyalty family: SHA-512 of `body|date|salt`. */
export const digestOfBody = (raw: string, date: string, salt: string): string =>
  createHash("sha512").update(raw).update(`|${date}|`).update(salt).digest("hex");

/** The parameters of `hmac username="...", algorithm="...", headers="...", signature="..."`. */
function parametersOf(authorization: string): ReadonlyMap<string, string> | undefined {
  const [scheme, list] = authorization.split(/ (.*)/s);
  if (scheme !== "hmac" || list === undefined) return undefined;
  const parameters = new Map<string, string>();
  for (const part of list.split(", ")) {
    const [, name, value] = /^([a-z]+)="([^"]*)"$/.exec(part) ?? [];
    if (name === undefined || value === undefined || parameters.has(name)) return undefined;
    parameters.set(name, value);
  }
  return parameters;
}

/** The secret that signed a request, of those that are live. */
export function signerOf(
  { authorization, date, raw }: Signed,
  secrets: readonly SecretValue[],
): SecretValue | undefined {
  const parameters = parametersOf(authorization);
  if (parameters?.size !== 4) return undefined;
  return secrets.find((secret) => {
    // The document's sample, or its prose: the merchant's account knows one of them.
    const [algorithm, headers] =
      memberOf(secret, "authorizationForm") === "prose" ? ["hmac-sha512", "date digest"] : ["sha512", "date"];
    if (parameters.get("algorithm") !== algorithm || parameters.get("headers") !== headers) return false;
    const salt = memberOf(secret, "merchantSalt");
    const key = memberOf(secret, "merchantKey");
    if (salt === undefined || key === undefined || parameters.get("username") !== key) return false;
    const ofBody = memberOf(secret, "signatureScheme") === "body-digest";
    const expected = ofBody ? digestOfBody(raw, date, salt) : hmacOfDate(date, salt);
    return parameters.get("signature") === expected;
  });
}
