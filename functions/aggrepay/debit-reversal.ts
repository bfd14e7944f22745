import * as v from "valibot";
import {
  description,
  laterReversal,
  merchantTransactionId,
  optional,
  transactionId,
} from "../../lib/fields.ts";
import { invalid } from "../../lib/operation/body.ts";
import { change, changeHandler } from "../../lib/operation/change.ts";
import { lastReversal } from "../../lib/operation/reversal.ts";
import { Problem } from "../../lib/problem.ts";
import { debitOf, isKept, reversalSuffix } from "../../lib/providers/aggrepay/ids.ts";
import { aggrepay } from "../../lib/providers/aggrepay/index.ts";
import {
  askByMerchantTransactionId,
  comparedTransaction,
  contradictionIn,
  moved,
  noSuchTransaction,
  whyNotListed,
  whyOfEarlier,
} from "../../lib/providers/aggrepay/transactions.ts";
import { withoutAnswer } from "../../lib/providers/inquiry.ts";
import { UnreadableReply } from "../../lib/providers/provider.ts";
import { transactionIdOf } from "../../lib/records/parts.ts";
import type { RecordItem } from "../../lib/records/record.ts";

/**
 * The identity is the debit that it reverses, and a number: a debit is reversed once, and a refused reversal may be asked for again
 * under the next number.
 */
export const operation = change({
  name: "aggrepay/debit-reversal",
  summary: "Reverses a debit",
  source: "AggrePay Wallet API v1.0, section 8",
  provider: aggrepay,
  effect: "money",
  input: v.object({
    merchantTransactionId,
    transactionId: optional(transactionId),
    description: optional(description),
    reversal: optional(laterReversal(lastReversal)),
  }),
  variables: ["AGGREPAY_IDS_KEPT"],
  identity: {
    namespace: "reversal",
    of: (input) => input.merchantTransactionId,
    number: (input) => input.reversal ?? 1,
  },
  sameBy: (input) => ({ transactionId: input.transactionId }),
  follows: {
    identity: (input) => ({ namespace: "money", id: input.merchantTransactionId }),
    allows: (debit, input) => reversible(debit, input.transactionId),
  },
  sends: (input) => ({
    path: "debitreversal",
    fields: {
      merchant_transaction_id: input.merchantTransactionId,
      transaction_id: input.transactionId,
      description: input.description,
    },
  }),
  returns: ({ data }, input) => {
    const reversal = data.text("merchant_transaction_id");
    const { merchantTransactionId: id } = input;
    if (debitOf(reversal) !== id && reversal !== id) throw new UnreadableReply("it is for another debit");
    return { merchantTransactionId: reversal, ...moved(data, { merchantTransactionId: reversal }) };
  },
  // The form `<id>_REVERSAL` rests on the document's one sample, so finding nothing under it proves nothing.
  inquiry: {
    keeps: (_input, debit) => ({ customerId: debit.customerId, amount: debit.amount }),
    evidence: async (subject, ask, known) => {
      const id = `${subject.identity}${reversalSuffix}`;
      const told = await ask(askByMerchantTransactionId(id), ({ data }) => comparedTransaction(data));
      if (told.kind !== "answer") return withoutAnswer(told, noSuchTransaction);
      // The debit's part is compared byte for byte; the suffix is the provider's own, and may come in other letters.
      const { merchantTransactionId: named } = told.answer;
      const shown = debitOf(named ?? "") === subject.identity ? id : named;
      const answer = { ...told.answer, merchantTransactionId: shown };
      const contradiction = contradictionIn(answer, id, "CREDIT", subject);
      if (contradiction) return contradiction;
      const { transactionId } = told.answer;
      // Whose wallet it went back to is known where the debit is ours.
      const doubt = await whyNotListed(transactionId, subject.facts.customerId, subject, ask);
      if (doubt) return { shows: "unclear", why: doubt };
      // Last: a late reply of an earlier number may come while the provider is asked.
      const earlier = await whyOfEarlier(told.answer, subject, known);
      if (earlier) return { shows: "other", why: earlier };
      return {
        ...{ shows: "done", result: { merchantTransactionId: id, transactionId } },
        ...(!isKept(id, known.option) && { besides: [] }),
      };
    },
    absence: "proves nothing",
  },
});

const notKnown =
  "Nothing is known to have moved, and nothing is under way: only a repeat of the debit can make it succeed, or show that it has.";

/** A debit that we hold must have succeeded first; one that we do not hold is the provider's to know. */
function reversible(debit: RecordItem | undefined, givenTransactionId: string | undefined) {
  if (debit === undefined) return {};
  if (debit.operation !== "debit-wallet")
    throw invalid([
      {
        pointer: "/merchantTransactionId",
        detail: `names a ${debit.operation}, and only a debit is reversed`,
      },
    ]);
  if (debit.state !== "succeeded") {
    const why = `The debit has not succeeded: its record is ${debit.state}.`;
    if (debit.state === "declined") throw new Problem("declined", why, { status: 409 });
    if (debit.state === "not_sent" || debit.state === "not_executed")
      throw new Problem("declined", `${why} ${notKnown}`, { status: 409 });
    throw new Problem("in-progress", why);
  }
  if (debit.flagged !== undefined)
    throw new Problem("in-progress", "Whether the debit succeeded waits for a person.");
  const debited = transactionIdOf(debit);
  if (givenTransactionId !== undefined && givenTransactionId !== debited) {
    const detail =
      debited === undefined
        ? "cannot be compared, since a person settled that debit without one: leave it out"
        : "is not the transactionId of that debit";
    throw invalid([{ pointer: "/transactionId", detail }]);
  }
  return { customerId: debit.customer?.split("#").at(-1), amount: debit.amount };
}

export const handler = /* @__PURE__ */ changeHandler(operation);
