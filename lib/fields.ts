import * as v from "valibot";
import { amountPattern, paise } from "./money.ts";
import { Secret } from "./secrets/secret.ts";
import { isCalendarDate } from "./time.ts";
import { invisibleIn, trimmed } from "./visible.ts";

/**
 * The fields that callers send, each defined once. Strings are trimmed here and nowhere else, so identity, comparison and
 * the bytes that are sent all see the same text.
 */

/** Trimmed, and of characters that everybody sees. */
const visible = (what: string) =>
  v.pipe(
    v.string(what),
    v.transform(trimmed),
    v.check<string, (issue: v.CheckIssue<string>) => string>(
      (value) => invisibleIn(value) === undefined,
      ({ input }) => invisibleIn(input) ?? "",
    ),
  );

const text = v.pipe(visible("must be a string"), v.nonEmpty("must not be empty"));

const upTo = (length: number) =>
  v.maxLength<string, number, string>(length, `must have at most ${length} characters`);

const matching = (pattern: RegExp, detail: string) => v.pipe(text, v.regex(pattern, detail));

const digits = (least: number, most: number) =>
  matching(new RegExp(`^\\d{${least},${most}}$`), `must be a string of ${least} to ${most} digits`);

const hidden = (least: number, most: number) =>
  v.pipe(
    digits(least, most),
    v.transform((value) => new Secret(value)),
  );

export const customerId = digits(1, 30);
export const subMerchantId = digits(1, 30);
/** Between the country code and the rest of a number in E.164 stands no 0: it is dialled inside the country alone. */
const mobile = (code: string, digitsAfter: string, what: string) =>
  v.pipe(
    text,
    v.check(
      (value) => !new RegExp(`^\\+${code}[ -]?\\(?0`).test(value),
      `must be ${what}, without the 0 that stands before the number inside the country`,
    ),
    v.regex(new RegExp(`^\\+${code}[1-9]\\d${digitsAfter}$`), `must be ${what}`),
  );
/** E.164 for India, as the provider's samples write it: `+919900261104`. */
export const indianMobile = mobile("91", "{9}", "an Indian mobile number as +91 and ten digits");
/**
 * Addresses that exist: a local part without quotes, and a host name. In ASCII alone: what a provider keeps of other
 * letters is not known, and every such domain has a form in ASCII, `xn--...`.
 * Source: RFC 5321, section 4.1.2; RFC 5890, section 2.3.2.1.
 */
const emailUpTo = (length: number) =>
  v.pipe(
    text,
    upTo(length),
    v.check(
      (value) => /^[\x20-\x7e]+$/.test(value),
      "must be an e-mail address in ASCII: a domain of other letters has a form that begins with xn--",
    ),
    v.regex(emailPattern, "must be an e-mail address"),
  );
const emailPattern = (() => {
  const atom = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+";
  const label = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
  const last = "(?:[a-z]{2,63}|xn--[a-z0-9-]{0,58}[a-z0-9])";
  return new RegExp(`^(?=[^@]{1,64}@)${atom}(?:\\.${atom})*@(?:${label}\\.)+${last}$`, "i");
})();

export const email = emailUpTo(254);
export const name = v.pipe(text, upTo(100));
export const description = v.pipe(text, upTo(255));
export const addressLine = v.pipe(text, upTo(255));
export const pincode = digits(6, 6);
export const otp = hidden(4, 8);
export const mpin = hidden(4, 8);
export const date = v.pipe(text, v.check(isCalendarDate, "must be a date that exists, as YYYY-MM-DD"));
export const boolean = v.boolean("must be true or false");

export const amount = v.pipe(
  visible('must be a string of decimal digits, such as "12.50"'),
  v.regex(
    amountPattern,
    'must be a decimal number with at most 2 places and 12 digits before them, such as "12.50"',
  ),
  v.check((value) => paise(value) > 0n, "must be above zero"),
);

/**
 * Ours to give, unique for each change of money; the provider names a reversal `<id>_REVERSAL`, so no id may look like one, in
 * any letter case: which of them the provider keeps is not known.
 */
export const merchantTransactionId = v.pipe(
  matching(/^[A-Za-z0-9._-]{1,64}$/, "must be 1 to 64 of A-Z a-z 0-9 . _ -"),
  v.check((value) => !/_reversal$/i.test(value), "must not end in _REVERSAL"),
);
/** The same, where an operation only looks: a reversal's own id may be asked for. */
export const anyMerchantTransactionId = matching(
  /^[A-Za-z0-9._-]{1,73}$/,
  "must be 1 to 73 of A-Z a-z 0-9 . _ -",
);
export const transactionId = matching(/^[A-Za-z0-9._-]{1,64}$/, "must be 1 to 64 of A-Z a-z 0-9 . _ -");
/** The provider's, as a person has read it there: providers' ids have many forms, and none has blanks. */
export const foundTransactionId = matching(
  /^[\x21-\x7e]{1,100}$/,
  "must be 1 to 100 printable ASCII characters without blanks",
);
export const pgTransactionId = v.pipe(text, upTo(100));

export const accountNumber = matching(/^[A-Za-z0-9]{5,34}$/, "must be 5 to 34 letters and digits");
export const ifscCode = matching(
  /^[A-Z]{4}0[A-Z0-9]{6}$/,
  "must be an IFSC code: 4 capital letters, 0, 6 letters or digits",
);

const whole = (least: number, most: number) =>
  v.pipe(
    v.number(`must be a whole number from ${least} to ${most}`),
    v.check(
      (n) => Number.isInteger(n) && n >= least && n <= most,
      `must be a whole number from ${least} to ${most}`,
    ),
  );

export const pageNumber = whole(0, 1_000_000);
export const pageSize = whole(1, 100);
/** Of a record; a stray notification was never attempted. */
export const attempt = whole(0, 1_000_000);

/** Of a reversal that is asked for again; the first one has none. */
export const laterReversal = (last: number) => whole(2, last);

export const optional = <Schema extends v.GenericSchema>(schema: Schema) => v.exactOptional(schema);

/** Fields that all may be left out, of which at least one must be there. */
export function oneOf<T extends object>(...names: readonly (keyof T & string)[]): v.CheckAction<T, string> {
  return v.check(
    (input: T) => names.some((name) => Object.hasOwn(input, name)),
    `must have at least one of ${names.join(", ")}`,
  );
}

/** An id of the caller's own for one call of a provider that asks for one. */
export const clientTxnId = v.pipe(text, upTo(100));
/** PaymentPlug's ids of customers, which it calls alphanumeric and shows as digits. */
export const walletCustomerId = v.pipe(text, upTo(255));
export const urn = v.pipe(text, upTo(40));
export const referenceNo = matching(/^[A-Za-z0-9._-]{1,40}$/, "must be 1 to 40 of A-Z a-z 0-9 . _ -");
/** Of a new binding: it is asked for by its path, and URL parsers take `.` and `..` out of a path. */
export const newReferenceNo = matching(
  /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,40}$/,
  "must be 1 to 40 of A-Z a-z 0-9 . _ -, and not . or ..",
);
export const mitraCd = matching(/^[A-Z]{4}$/, "must be 4 capital letters, such as KDVI");
/** E.164 for Indonesia; the provider allows 15 characters. */
export const indonesianMobile = mobile(
  "62",
  "{6,11}",
  "an Indonesian mobile number as +62 and 7 to 12 digits",
);
export const billingEmail = emailUpTo(40);
export const clientUserKey = v.pipe(text, upTo(50));
/** A credential: with it payments are made. */
export const userToken = v.pipe(
  text,
  upTo(100),
  v.transform((value) => new Secret(value)),
);
/** Written so that everybody reads the same host in it: nothing but ASCII, no backslash, no user, the host as it stands. */
export const httpsUrl = v.pipe(
  text,
  upTo(255),
  v.check((value) => {
    const host = /^https:\/\/([a-z0-9.-]+)(?::\d+)?(?:[/?#][\x21-\x5b\x5d-\x7e]*)?$/i.exec(value)?.[1];
    return host !== undefined && URL.parse(value)?.hostname === host.toLowerCase();
  }, "must be an https URL with a plain host name"),
);
