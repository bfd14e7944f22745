import type { APIGatewayProxyEventV2 } from "aws-lambda";
import * as v from "valibot";
import { description } from "../../lib/fields.ts";
import type { Failure } from "../../lib/operation/answer.ts";
import { readInput } from "../../lib/operation/body.ts";
import type { FunctionDefinition } from "../../lib/operation/definition.ts";
import { type Answer, lambda, type Request } from "../../lib/operation/handler.ts";
import { warmSecrets } from "../../lib/operation/read.ts";
import { readable, recordIdOf } from "../../lib/operation/record-query.ts";
import { detailOf } from "../../lib/operation/record-view.ts";
import { Problem } from "../../lib/problem.ts";
import { processRecords } from "../../lib/records/process.ts";
import { iso, systemClock } from "../../lib/time.ts";

/**
 * A person settles what asking the provider could not, with a reason. `result` is what a repeat of the request is answered
 * with from then on. Whoever calls this may say what is true of money: give the route to few.
 */
export const operation: FunctionDefinition = {
  name: "records/resolve",
  summary: "Settles a record that waits for a person",
  route: { method: "POST", path: "/v1/records/{id}/resolve" },
  access: "settle",
  variables: [],
  secrets: [],
  tableActions: ["GetItem", "UpdateItem"],
};

const decision = v.object({
  outcome: v.picklist(
    ["succeeded", "declined", "not_executed"],
    "must be succeeded, declined or not_executed",
  ),
  reason: description,
  transactionId: v.exactOptional(description),
});

interface Asked extends v.InferOutput<typeof decision> {
  readonly id: string;
}

export const handler = lambda({
  name: operation.name,
  read: (event: APIGatewayProxyEventV2): Asked => ({ id: recordIdOf(event), ...readInput(event, decision) }),
  run: settle,
  warm: () => warmSecrets(operation),
});

async function settle({ input, caller, note }: Request<Asked>): Promise<Answer> {
  const { id, outcome, reason, transactionId } = input;
  const records = processRecords();
  const seen = await readable(records.get(id));
  if (!seen) throw new Problem("not-found", "There is no such record.");
  const now = systemClock.now();
  const failure: Failure = { code: "declined", detail: `Settled by hand: ${reason}` };
  const { written, record } = await records.decide({
    record: seen,
    to: outcome,
    result:
      outcome === "succeeded"
        ? JSON.stringify(transactionId === undefined ? {} : { transactionId })
        : undefined,
    failure: outcome === "succeeded" ? undefined : JSON.stringify(failure),
    resolution: JSON.stringify({ by: caller, reason, at: iso(now) }),
    now,
  });
  note({ record: id, state: record.state });
  const detail = detailOf(record, now);
  if (!written && (record.state === "dispatched" || record.state === "in_doubt"))
    throw new Problem("in-progress", "The provider is still being asked what became of it.", {
      record: detail,
    });
  if (!written)
    throw new Problem("already-done", "The record does not wait for a person.", { record: detail });
  return { body: { record: detail } };
}
