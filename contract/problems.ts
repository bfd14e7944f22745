import { type ProblemCode, problemKinds, type Retry } from "../lib/problem.ts";

/** What a code means and what to do about it, for the reference, the console and the command line. */
export interface ProblemGuide {
  /** Each status that it is answered with. */
  readonly statuses: readonly number[];
  readonly retry: readonly Retry[];
  readonly meaning: string;
  /** What the caller does. */
  readonly caller: string;
  /** What the operator does, and the section of docs/operations.md that says how. */
  readonly operator?: { readonly does: string; readonly runbook: string };
  /** An example of its `detail`. */
  readonly detail: string;
}

type GuideText = Omit<ProblemGuide, "statuses" | "retry"> & {
  /** Where they are more than the kind's own. */
  readonly alsoStatus?: readonly number[];
  readonly alsoRetry?: readonly Retry[];
};

const told: Readonly<Record<ProblemCode, GuideText>> = {
  "invalid-request": {
    meaning:
      "A field, parameter or header is wrong. `errors` names each wrong field; if the provider refused it, its words are in `provider`. Nothing happened.",
    caller: "Correct the request. Where the answer has a declined record, use a new identity.",
    detail: "/amount must be above zero.",
  },
  "access-denied": {
    meaning:
      "The token does not say who calls: it lacks `iss` or `sub`. Of the webhook: the signature or address is wrong.",
    caller: "Send a token with the claims `iss` and `sub`.",
    operator: {
      does: "Of the webhook: see why notifications are refused.",
      runbook: "refused-notifications",
    },
    alsoStatus: [401],
    detail: "The token does not say who calls: it must have the claims iss and sub.",
  },
  "not-found": {
    meaning: "The provider, or the gateway, does not know what the request names. Nothing happened.",
    caller: "Look at the ids in the request. Where the answer has a declined record, use a new identity.",
    detail: "AggrePay does not know what the request names.",
  },
  "in-progress": {
    meaning:
      "The same request is being carried out, or another one for the same mobile number, name or payment; or it is not known yet whether the debit, or the reversal before this one, succeeded.",
    caller: "Repeat the request as it is after `Retry-After` seconds.",
    operator: {
      does: "If this lasts for minutes: see which record holds the number, name or payment.",
      runbook: "a-mobile-number-a-name-or-a-payment-that-stays-busy",
    },
    detail: "The same request is being carried out.",
  },
  "already-done": {
    meaning:
      "The provider already did this, but not for this record; or the debit is reversed under another number; or the record does not wait for a decision, or waits for another person's.",
    caller: "Do not repeat it. Look at the record, or ask the provider's list.",
    detail: "The provider did this long before, for somebody outside this record.",
  },
  "unacceptable-body": {
    meaning:
      "The body is too large (413), or is not JSON in UTF-8 without a content coding (415). Nothing happened.",
    caller: "Send at most 64 KiB of `application/json`, not compressed.",
    alsoStatus: [413],
    detail: "The header content-type must be application/json.",
  },
  "wrong-credential": {
    meaning: "The provider refused the MPIN or the OTP. The identity is used up.",
    caller: "Ask the customer again, and send it under a new identity.",
    detail: "AggrePay refused the MPIN.",
  },
  "insufficient-funds": {
    meaning: "The wallet does not hold enough money. The identity is used up.",
    caller: "Ask for a smaller amount or another means, under a new identity.",
    detail: "The wallet does not hold enough.",
  },
  "limit-exceeded": {
    meaning: "The amount or number is over a limit of the provider. The identity of a change is used up.",
    caller: "Ask for less, or later, under a new identity.",
    detail: "A limit of the customer's wallet would be passed.",
  },
  declined: {
    meaning:
      "The provider refused it for another reason, which is in `provider`; 409: the debit to be reversed was declined, or no attempt of it is known to have succeeded and none is under way.",
    caller: "Remove the cause. A change takes a new identity; a refused reversal takes `nextReversal`.",
    alsoStatus: [409],
    alsoRetry: ["never"],
    detail: "AggrePay declined.",
  },
  "identity-reused": {
    meaning:
      "This identity belongs to another request. Nothing was sent. To the caller of that request, `errors` names the fields that differ, never a value, and `instance` is its record.",
    caller: "Use a new identity for a new request; a repeat must be the same request.",
    detail: "This identity belongs to a request that differs from this one in amount.",
  },
  throttled: {
    meaning: "The provider asks for fewer requests (HTTP 429). Nothing was done.",
    caller: "Repeat the request as it is after `Retry-After` seconds.",
    operator: {
      does: "If there are many: see what the provider allows.",
      runbook: "a-provider-that-fails",
    },
    detail: "AggrePay asks for fewer requests.",
  },
  misconfigured: {
    meaning:
      "A secret or setting of the gateway is wrong, or the provider refused it. Nothing of this request was done. What an earlier request under the same identity did is told by `record` alone, where the answer has one.",
    caller:
      "Repeat the request as it is after `Retry-After` seconds, under no other identity; tell the operator.",
    operator: { does: "Correct the secret or setting that `detail` names.", runbook: "misconfigured" },
    detail: "AggrePay refused the gateway's api key or signature.",
  },
  "provider-fault": {
    meaning:
      "The reply to a read cannot be used, or a firewall or proxy in front of the provider refused the call; or it is proved that a change was not carried out.",
    caller: "Repeat the request as it is after `Retry-After` seconds: of a change it is then a new attempt.",
    operator: {
      does: "If there are many: see what the provider answers.",
      runbook: "a-provider-that-fails",
    },
    detail: "AggrePay answered with HTTP 500.",
  },
  "not-sent": {
    meaning:
      "Nothing of this request was sent to the provider, or a record could not be read or written. What an earlier request under the same identity did is told by `record` alone, where the answer has one.",
    caller: "Repeat the request as it is after `Retry-After` seconds, under no other identity.",
    operator: {
      does: "If there are many: see whether the provider, the table and the secrets can be reached.",
      runbook: "a-provider-that-fails",
    },
    detail: "Nothing was sent: the connection was refused.",
  },
  "outcome-unknown": {
    meaning:
      "A change: the provider may have carried it out. A read: the provider did not answer in time. With `retry` `never`: a person looked at the record and did not settle it.",
    caller:
      "Repeat the request as it is, under the same identity, after `Retry-After` seconds: the gateway asks the provider, and sends nothing again. Never use a new identity meanwhile.",
    operator: {
      does: "Settle the record where it is listed under `state=needs_attention`.",
      runbook: "a-record-that-needs-attention",
    },
    alsoRetry: ["never"],
    detail:
      "The connection broke (ECONNRESET). Whether it acted is not known: repeat the request to learn more.",
  },
};

/** Every problem of the gateway's own, in the order of lib/problem.ts. */
export const problems: ReadonlyMap<ProblemCode, ProblemGuide> = new Map(
  (Object.keys(problemKinds) as ProblemCode[]).map((code) => {
    const { alsoStatus = [], alsoRetry = [], ...guide } = told[code];
    const { status, retry } = problemKinds[code];
    return [
      code,
      {
        ...guide,
        statuses: [...alsoStatus, status].toSorted((a, b) => a - b),
        retry: [retry, ...alsoRetry],
      },
    ];
  }),
);

/** `type` of a problem, RFC 9457: a name, not an address. docs/problems.md has a section for each. */
export const typeOf = (code: ProblemCode): string => `urn:wallet-gateway:problem:${code}`;

export interface GatewayAnswer {
  readonly status: number;
  readonly message: string;
  readonly meaning: string;
  readonly caller: string;
}

/**
 * What API Gateway answers by itself, with `{"message": ...}` and no `code`. A caller decides by the status, once it is known by its
 * marks that API Gateway gave it.
 * Source: API Gateway Developer Guide, quotas and troubleshooting of HTTP APIs.
 */
export const gatewayAnswers: readonly GatewayAnswer[] = [
  {
    status: 401,
    message: "Unauthorized",
    meaning: "The token is missing, expired, or of another issuer or audience. Nothing happened.",
    caller: "Take a new token, then repeat the request as it is.",
  },
  {
    status: 403,
    message: "Forbidden",
    meaning:
      "The signature is wrong, the policy does not allow the route, or the token lacks the scope. Nothing happened.",
    caller: "Correct the credentials or the policy, then repeat the request as it is.",
  },
  {
    status: 404,
    message: "Not Found",
    meaning:
      "There is no such route in this deployment: the path is wrong, or the operation is switched off.",
    caller: "Look at the path.",
  },
  {
    status: 413,
    message: "Request Too Long",
    meaning: "The request has more than 10 MB. Nothing happened.",
    caller: "Send at most 64 KiB.",
  },
  {
    status: 429,
    message: "Too Many Requests",
    meaning: "The throttle of the API. Nothing happened. There is no `Retry-After`.",
    caller: "Repeat the request as it is, after a second and then ever later.",
  },
  {
    status: 500,
    message: "Internal Server Error",
    meaning: "The function ended before it answered. A change may have been carried out.",
    caller: "Repeat the request as it is, under the same identity: the record knows what may be done.",
  },
  {
    status: 503,
    message: "Service Unavailable",
    meaning:
      "The function was too slow, was killed, or could not be started. A change may have been carried out.",
    caller: "Repeat the request as it is, under the same identity: the record knows what may be done.",
  },
  {
    status: 504,
    message: "Endpoint request timed out",
    meaning: "No answer came in time. A change may have been carried out.",
    caller: "Repeat the request as it is, under the same identity: the record knows what may be done.",
  },
];
