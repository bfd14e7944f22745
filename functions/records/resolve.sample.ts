import * as v from "valibot";
import { decisionForm, decisionOnManyForm } from "../../lib/operation/decision-form.ts";
import type { RouteSample } from "../../lib/operation/sample.ts";
import { count, id } from "../shapes.sample.ts";
import { exampleId, recordDetail, waiting } from "./common.sample.ts";

const said = { outcome: "not_executed", reason: "The provider's support found no OTP, case 4711" } as const;
const by = "arn:aws:sts::111122223333:assumed-role/support/asha";
const at = "2026-11-20T14:40:00.000Z";

const settled = {
  ...waiting,
  state: "not_executed",
  waits: null,
  failure: { code: "declined", detail: `Settled by hand: ${said.reason}` },
  resolution: { by, reason: said.reason, at, attempt: 1, outcome: said.outcome },
  history: [...waiting.history, { state: "not_executed", at }],
  updatedAt: at,
};

const proposed = {
  ...waiting,
  operation: "aggrepay/debit-wallet",
  proposal: {
    ...{ by, caller: "arn:aws:sts::111122223333:assumed-role/support", reason: said.reason, at },
    ...{ attempt: 1, outcome: said.outcome, lapsesAt: "2026-11-21T14:40:00.000Z" },
  },
};

const record = v.strictObject({ record: recordDetail });

/** A decision on one record. */
const one = {
  summary: "Settles a record that waits for a person",
  path: { id: id("The record's id") },
  body: decisionForm,
  fields: { transactionId: "With succeeded: the provider's id of the transaction, where there is one" },
  requests: { decided: { path: { id: exampleId }, body: { ...said, attempt: 1 } } },
  answers: {
    200: {
      description: "The record is settled, or a proposal was taken back",
      schema: record,
      examples: { decided: { record: settled } },
    },
    202: {
      description: "Proposed: another person must say the same before it is so",
      schema: record,
      examples: { decided: { record: proposed } },
    },
  },
} satisfies RouteSample;

/** The same decision on many. */
const many = {
  summary: "Settles many records that wait for a person, each by itself",
  body: decisionOnManyForm,
  requests: { decided: { body: { ids: [exampleId], ...said } } },
  answers: {
    207: {
      description: "What became of each record, in the order of the ids",
      schema: v.strictObject({
        result: v.array(
          v.strictObject({
            id: id("The record's id, as it was given"),
            status: count("The status that a single decision would have been answered with"),
            record: v.exactOptional(recordDetail),
            problem: v.exactOptional(
              v.pipe(v.unknown(), v.description("The problem that a single decision would have had")),
            ),
          }),
        ),
      }),
      examples: { decided: { result: [{ id: exampleId, status: 200, record: settled }] } },
    },
  },
} satisfies RouteSample;

/** In the order of the operation's routes. */
export const samples = [one, many] as const;
