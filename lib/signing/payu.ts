import { createHmac, hash } from "node:crypto";
import { checkFilled, checkHeaderValue, checkText } from "./check.ts";
import { joined, payuBodyPieces, payuDatePieces } from "./pieces.ts";

export type PayuSecret = {
  readonly merchantKey: string;
  readonly merchantSalt: string;
  /** `hmac` (the document, the default) or `body-digest` (the provider's wider loyalty family). */
  readonly signatureScheme?: "hmac" | "body-digest";
  /** How the header names algorithm and headers: as the document's `sample` (the default), or as its `prose`. */
  readonly authorizationForm?: "sample" | "prose";
};

export type PayuRequest = {
  /** The `date` header's value as sent, such as `Thu, 17 Feb 2022 08:17:59 GMT` (`Date.toUTCString`). */
  readonly date: string;
  /** The body as sent, in UTF-8. The `hmac` scheme does not cover it. */
  readonly body: string;
};

/**
 * Signs a request: the value of its `Authorization` header.
 *
 * Throws a TypeError, which never holds the value, when the date is not in the header's form, the key cannot
 * stand between quotes in a header, or the secret is not filled in.
 *
 * Source: PayU closed loop wallet, check status: the sample request and all published requests of the family say `sha512`
 * and `date`, the prose `hmac-sha512` and `date digest`. The signature is the same.
 */
export function signPayu(secret: PayuSecret, request: PayuRequest): { readonly authorization: string } {
  const username = checkHeaderValue("merchantKey", secret.merchantKey);
  if (/["\\]/.test(username))
    throw new TypeError("merchantKey holds a quote or a backslash: check the secret");
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(request.date)) {
    throw new TypeError("date is not in the form of Date.toUTCString()");
  }
  const signature = signatureOf(secret, request);
  const form =
    secret.authorizationForm === "prose"
      ? 'algorithm="hmac-sha512", headers="date digest"'
      : 'algorithm="sha512", headers="date"';
  return { authorization: `hmac username="${username}", ${form}, signature="${signature}"` };
}

/** 128 lower-case hex digits. */
function signatureOf(secret: PayuSecret, { date, body }: PayuRequest): string {
  const salt = checkFilled("merchantSalt", secret.merchantSalt);
  switch (secret.signatureScheme ?? "hmac") {
    case "hmac":
      return createHmac("sha512", salt)
        .update(joined(payuDatePieces(date)))
        .digest("hex");
    case "body-digest":
      return hash("sha512", joined(payuBodyPieces(checkText("body", body), date, salt)));
    default:
      throw new TypeError('signatureScheme must be "hmac" or "body-digest": check the secret');
  }
}
