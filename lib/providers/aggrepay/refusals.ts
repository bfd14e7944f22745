import type { Asked, Meaning } from "../provider.ts";
import { decisive, isSameWord } from "../words.ts";
import { type Finding, findingsIn } from "./validation.ts";

/**
 * One row: a code of the provider, with the text (as `decisive` gives it, or by a validator's findings) and the operation that
 * it needs to be meant.
 */
interface Row extends Meaning {
  readonly provider: string;
  readonly text?: RegExp;
  readonly finds?: (findings: readonly Finding[]) => boolean;
  readonly when?: (asked: Asked) => boolean;
}

const on = (operation: string) => (asked: Asked) => asked.operation === operation;

/**
 * What each refusal of AggrePay means, the first row that matches. The document's list is open: a code or text that no row
 * names proves nothing about what the provider did.
 * Source: AggrePay Wallet API v1.0, the sample responses of sections 1 to 21.
 */
export const refusals: readonly Row[] = [
  // Fields that callers do not send: the gateway adds them.
  {
    provider: "INVALID-PARAMS",
    finds: (findings) => findings.some(({ field }) => field === "api key" || field === "hash"),
    as: "not_executed",
    code: "misconfigured",
    detail: "AggrePay refused the gateway's api key or signature.",
  },
  {
    provider: "INVALID-PARAMS",
    finds: (findings) => findings.length > 0 && findings.every(({ finds }) => finds === "unknown"),
    as: "declined",
    code: "not-found",
    detail: "AggrePay does not know what the request names.",
  },
  {
    provider: "INVALID-PARAMS",
    finds: (findings) => findings.some(({ finds }) => finds === "taken"),
    as: "taken",
    code: "already-done",
    detail: "AggrePay has this id already.",
  },
  // Any other text of this code proves nothing: "Bank did not respond, transaction pending" is one.
  {
    provider: "INVALID-PARAMS",
    finds: (findings) => findings.length > 0,
    as: "declined",
    code: "invalid-request",
    detail: "AggrePay found a field of the request invalid.",
  },
  {
    provider: "INVALID-INPUT-DATA",
    text: /^invalid input data$/,
    when: on("register-customer"),
    as: "taken",
    code: "already-done",
    detail: "The mobile number is registered already.",
  },
  {
    provider: "INVALID-INPUT-DATA",
    text: /^not enough balance(?: (?:in|of|on|for|available)\b[^.,;:]*)?$/,
    as: "declined",
    code: "insufficient-funds",
    detail: "The wallet does not hold enough.",
  },
  {
    provider: "INSUFFICIENT-FUND",
    as: "declined",
    code: "insufficient-funds",
    detail: "The wallet does not hold enough.",
  },
  { provider: "INVALID-OTP", as: "declined", code: "wrong-credential", detail: "AggrePay refused the OTP." },
  {
    provider: "INVALID-MPIN",
    as: "declined",
    code: "wrong-credential",
    detail: "AggrePay refused the MPIN.",
  },
  {
    provider: "TRANSACTION-LIMIT",
    as: "declined",
    code: "limit-exceeded",
    detail: "A limit on transactions would be passed.",
  },
  {
    provider: "MONTHLY-TRANSACTION-LIMIT-EXCEEDED",
    as: "declined",
    code: "limit-exceeded",
    detail: "The monthly limit on transactions would be passed.",
  },
  {
    provider: "TRANSACTION-ALREADY-REVERSED",
    when: on("debit-reversal"),
    as: "taken",
    code: "already-done",
    detail: "The debit is reversed already.",
  },
  {
    provider: "NO-PG-TRANSACTION-RECORD-FOUND",
    as: "declined",
    code: "not-found",
    detail: "AggrePay does not know the payment gateway's transaction.",
  },
  {
    provider: "NO-SUB-MERCHANT-RECORD",
    as: "declined",
    code: "not-found",
    detail: "AggrePay knows no such sub merchant.",
  },
  {
    provider: "UNAUTHORIZED",
    as: "not_executed",
    code: "misconfigured",
    detail: "AggrePay refused the gateway's api key.",
  },
  {
    provider: "HASH-MISMATCH",
    as: "not_executed",
    code: "misconfigured",
    detail: "AggrePay refused the gateway's signature.",
  },
];

export function meaningOf(code: string, text: string, asked: Asked): Meaning | undefined {
  const findings = findingsIn(text);
  return refusals.find(
    (row) =>
      isSameWord(row.provider, code) &&
      (row.text?.test(decisive(text)) ?? true) &&
      (row.finds?.(findings) ?? true) &&
      (row.when?.(asked) ?? true),
  );
}

/** updatecustomer answers a failure with data and error both null (section 15, sample 2). */
export const failedUpdate: Meaning = {
  as: "declined",
  code: "declined",
  detail: "AggrePay did not update the customer.",
};
