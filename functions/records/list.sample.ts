import * as v from "valibot";
import { forms, listedStates, namespaces, waits } from "../../lib/operation/list-query.ts";
import type { RouteSample } from "../../lib/operation/sample.ts";
import { states } from "../../lib/records/states.ts";
import { decimal, flag, id, oneOf, orNull, time, words } from "../shapes.sample.ts";
import { recordDetail, succeeded, waiting } from "./common.sample.ts";

const formed = ([form]: readonly [RegExp, string], description: string) =>
  v.pipe(v.string(), v.regex(form), v.description(description));

/** A row of a customer's list, which is read from an index. */
const row = v.strictObject({
  id: id("The record's id"),
  operation: words("The operation, such as aggrepay/debit-wallet"),
  state: oneOf(states, "What is known of it, a moment ago"),
  amount: orNull(decimal("The amount in rupees, with 2 places", "INR")),
  createdAt: time("When the record was made, in UTC"),
});

const page = v.exactOptional(
  v.strictObject({
    cursor: orNull(words("For the page after this one; null on the last page")),
    complete: v.exactOptional(
      flag("Of in_doubt and dispatched: false where more are unfinished than one request reads"),
    ),
  }),
);

const { operation, since, cursor, customerId, merchantTransactionId, limit } = forms;
const { referenceNo, idempotencyKey, caller } = forms;

export const sample = {
  query: {
    state: oneOf(listedStates, "List records of this state, oldest first"),
    customerId: formed(customerId, "List an AggrePay customer's records, newest first"),
    merchantTransactionId: formed(
      merchantTransactionId,
      "Give the record of that id, and those of its reversals; without pages",
    ),
    referenceNo: formed(
      referenceNo,
      "Give the record of that NICEPAY binding, and that of its deactivation; without pages",
    ),
    idempotencyKey: formed(
      idempotencyKey,
      "With operation: give the record of that Idempotency-Key; without pages",
    ),
    caller: formed(
      caller,
      "With idempotencyKey: whose key it is, as records name callers; the caller of this request unless given",
    ),
    namespace: oneOf(namespaces, "With state: records of this kind alone"),
    operation: formed(
      operation,
      "With state: records of this operation alone, such as aggrepay/debit-wallet. With idempotencyKey: whose key it is",
    ),
    since: v.pipe(
      v.string(),
      v.description(`With state: what has waited, or was sent, since then or later; ${since[1]}`),
    ),
    waits: oneOf(waits, "With state needs_attention: what the record waits for"),
    limit: formed(limit, "How many records a page has at most, 25 unless given"),
    cursor: formed(cursor, "The cursor of the page before"),
  },
  notes: [
    "Give exactly one of `state`, `customerId`, `merchantTransactionId`, `referenceNo` and `idempotencyKey`.",
    "A page may hold fewer records than `limit`, or none, and still have a `cursor`: follow it until it is null.",
  ],
  requests: {
    waiting: { query: { state: "needs_attention", limit: "25" } },
    inDoubt: { query: { state: "in_doubt", namespace: "money" } },
    customer: { query: { customerId: "546693304" } },
    transaction: { query: { merchantTransactionId: "debit-wallet-1" } },
    reference: { query: { referenceNo: "binding-1" } },
    key: { query: { idempotencyKey: "c0ffee-7", operation: "aggrepay/customer-otp" } },
  },
  answers: {
    200: {
      description: "The records: whole, or rows of an index where `customerId` was asked for",
      schema: v.strictObject({
        result: v.pipe(v.array(v.union([recordDetail, row])), v.description("The records")),
        page,
      }),
      examples: {
        waiting: { result: [waiting], page: { cursor: null } },
        inDoubt: { result: [], page: { cursor: null, complete: true } },
        customer: {
          result: [
            {
              id: succeeded.id,
              operation: succeeded.operation,
              state: succeeded.state,
              amount: succeeded.amount,
              createdAt: succeeded.createdAt,
            },
          ],
          page: { cursor: null },
        },
        transaction: { result: [succeeded] },
        reference: { result: [] },
        key: { result: [waiting] },
      },
    },
  },
} satisfies RouteSample;
