import * as v from "valibot";
import { problemKinds } from "../../lib/problem.ts";
import { states } from "../../lib/records/states.ts";
import { count, flag, id, oneOf, orNull, time, words } from "../shapes.sample.ts";

const reversal = v.exactOptional(
  v.pipe(v.number(), v.integer(), v.minValue(1), v.description("Of a reversal: its number, from 1 to 9")),
);

/** A record as every answer that speaks of one shows it. */
export const recordView = {
  id: id(
    "The record's id: 43 characters, with a word and a full stop before them for a binding or deactivation",
  ),
  operation: words("The operation, such as aggrepay/debit-wallet"),
  identity: words("What makes a repeat: the merchantTransactionId, referenceNo or Idempotency-Key"),
  state: oneOf(states, "What is known of the attempt; only succeeded and declined are final"),
  attempt: count("Which attempt it is at, from 1; 0 of a stray notification"),
  reversal,
  createdAt: time("When the record was made, in UTC"),
  updatedAt: time("When its state last changed, in UTC"),
};

const providerWord = v.strictObject({
  code: words("The provider's own code"),
  message: words("The provider's own text"),
});

const said = {
  by: words("Who said it: an IAM identity with its session, or a token's issuer and subject"),
  reason: words("Why, in that person's words"),
  at: time("When it was said, in UTC"),
};

const decided = {
  ...said,
  attempt: count("The attempt that it was said of"),
  outcome: oneOf(["succeeded", "declined", "not_executed"], "What was said"),
  transactionId: v.exactOptional(id("The provider's id, where the person gave one")),
  proposed: v.exactOptional(
    v.pipe(v.strictObject(said), v.description("The proposal of another person that this carried out")),
  ),
};

const resolution = v.strictObject({
  ...decided,
  earlier: v.exactOptional(
    v.pipe(v.array(v.strictObject(decided)), v.description("Decisions before it, newest first, at most 3")),
  ),
});

const proposal = v.strictObject({
  ...said,
  caller: words("Who said it, without the session"),
  attempt: count("The attempt that it was said of"),
  outcome: oneOf(["declined", "not_executed"], "What is proposed"),
  withdrawn: v.exactOptional(v.pipe(v.strictObject(said), v.description("Who took it back"))),
  lapsesAt: time("Until when another person may carry it out, in UTC"),
});

/** All of a record that may be seen. */
export const recordDetail = v.strictObject({
  ...recordView,
  ageSeconds: count("Seconds since the latest attempt was sent"),
  caller: words("Who made the latest attempt, without the session"),
  customerId: orNull(id("The customer that it is listed under")),
  amount: orNull(
    v.pipe(
      v.string(),
      v.regex(/^\d+\.\d\d$/),
      v.metadata({ "x-unit": "INR" }),
      v.description("The amount in rupees, with 2 places"),
    ),
  ),
  host: words("The provider's host that the attempt was sent to"),
  leaseEndsAt: orNull(
    time("Until when the attempt may still be under way, in UTC; null once its outcome is known"),
  ),
  inquiries: count("How often the provider was asked about it"),
  lastInquiry: v.pipe(
    v.nullable(
      v.strictObject({ at: time("When, in UTC"), learned: words("What was learned, in one sentence") }),
    ),
    v.description("The latest question that settled nothing"),
  ),
  nextInquiryAt: orNull(
    time(
      "When the record is looked into next, in UTC, unless its request is repeated before; null where that settles nothing",
    ),
  ),
  provedBy: orNull(
    oneOf(["reply", "inquiry", "notification", "person"], "How it is known that it succeeded"),
  ),
  waits: orNull(oneOf(["provider", "person"], "Of needs_attention: what the record waits for")),
  result: v.pipe(
    v.unknown(),
    v.description("The result that the operation answers; null until it succeeded"),
  ),
  failure: v.pipe(
    v.nullable(
      v.strictObject({
        code: oneOf(codes(), "The problem's code"),
        detail: words("One sentence"),
        provider: v.exactOptional(v.pipe(providerWord, v.description("What the provider said"))),
      }),
    ),
    v.description("Why it did not succeed"),
  ),
  bound: flag("Of a binding: whether its notification has brought the user token"),
  flagged: orNull(words("Why a final record is not served")),
  resolution: v.pipe(v.nullable(resolution), v.description("How a person settled it")),
  proposal: v.pipe(
    v.nullable(proposal),
    v.description("What one person proposes and another one must carry out"),
  ),
  history: v.pipe(
    v.array(v.strictObject({ state: oneOf(states, "The state"), at: time("When it was written, in UTC") })),
    v.description("Each change of state, oldest first, at most the latest that are kept"),
  ),
});

function codes() {
  return Object.keys(problemKinds) as (keyof typeof problemKinds)[];
}

export const exampleId = "duMeKVHWTuqEuy6wY2VyIYNZOAGw-eK0lYLyFnzWybU";

const view = {
  id: exampleId,
  operation: "aggrepay/debit-wallet",
  identity: "debit-wallet-1",
  state: "succeeded",
  attempt: 1,
  createdAt: "2026-11-20T14:34:09.030Z",
  updatedAt: "2026-11-20T14:34:09.054Z",
};

export const succeeded = {
  ...view,
  ageSeconds: 7,
  caller: "arn:aws:sts::111122223333:assumed-role/checkout",
  customerId: "546693304",
  amount: "4.00",
  host: "wallet.example",
  leaseEndsAt: null,
  inquiries: 0,
  lastInquiry: null,
  nextInquiryAt: null,
  provedBy: "reply",
  waits: null,
  result: { transactionId: "654561373" },
  failure: null,
  bound: false,
  flagged: null,
  resolution: null,
  proposal: null,
  history: [
    { state: "dispatched", at: "2026-11-20T14:34:09.030Z" },
    { state: "succeeded", at: "2026-11-20T14:34:09.054Z" },
  ],
};

/** One that asking could not settle. */
export const waiting = {
  ...succeeded,
  operation: "aggrepay/customer-otp",
  identity: "c0ffee-7",
  state: "needs_attention",
  ageSeconds: 40,
  amount: null,
  provedBy: null,
  waits: "person",
  result: null,
  failure: { code: "outcome-unknown", detail: "The connection broke (ECONNRESET)." },
  history: [
    { state: "dispatched", at: "2026-11-20T14:33:29.054Z" },
    { state: "in_doubt", at: "2026-11-20T14:33:29.290Z" },
    { state: "needs_attention", at: "2026-11-20T14:34:09.054Z" },
  ],
};
