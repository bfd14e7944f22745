import type { APIGatewayProxyEventV2 } from "aws-lambda";
import * as v from "valibot";
import { attempt, description } from "../../lib/fields.ts";
import { readInput } from "../../lib/operation/body.ts";
import { decide, type Saying } from "../../lib/operation/decision.ts";
import type { FunctionDefinition } from "../../lib/operation/definition.ts";
import { lambda, type Request } from "../../lib/operation/handler.ts";
import { warmSecrets } from "../../lib/operation/read.ts";
import { recordIdOf } from "../../lib/operation/record-query.ts";
import { processRecords } from "../../lib/records/process.ts";
import { systemClock } from "../../lib/time.ts";

/**
 * A person settles what asking the provider could not, with a reason; a repeat of the request is answered so from then on.
 * Whoever calls this may say what is true of money: give the route to few.
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
  attempt: v.exactOptional(attempt),
});

export const handler = lambda({
  name: operation.name,
  read: (event: APIGatewayProxyEventV2): Saying => ({ id: recordIdOf(event), ...readInput(event, decision) }),
  run: (request: Request<Saying>) => decide(request.input, request, systemClock, processRecords()),
  warm: () => warmSecrets(operation),
});
