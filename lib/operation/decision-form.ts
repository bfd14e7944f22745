import * as v from "valibot";
import { attempt, description, foundTransactionId } from "../fields.ts";
import { isPlaceholder } from "../providers/placeholder.ts";

const said = {
  outcome: v.picklist(
    ["succeeded", "declined", "not_executed", "withdraw"],
    "must be succeeded, declined, not_executed or withdraw",
  ),
  reason: description,
  attempt: v.exactOptional(attempt),
};

/** The body of a decision on one record. */
export const decisionForm = v.object({
  ...said,
  transactionId: v.exactOptional(
    v.pipe(
      foundTransactionId,
      v.check(
        (id) => !isPlaceholder(id),
        "must be the provider's id, not a word or sign that stands for none",
      ),
    ),
  ),
});

/** The body of one decision on many records. A transaction belongs to one record: it is said of that one by itself. */
export const decisionOnManyForm = v.object({
  ...said,
  ids: v.pipe(
    v.array(v.string("must be a string"), "must be a list of ids"),
    v.minLength(1, "must hold at least one id"),
    v.maxLength(100, "must hold at most 100 ids"),
    v.check((ids) => new Set(ids).size === ids.length, "must not hold an id twice"),
  ),
});
