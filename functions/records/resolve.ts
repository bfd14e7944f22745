import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { readInput } from "../../lib/operation/body.ts";
import { decideEach, type SayingOfMany } from "../../lib/operation/decide-each.ts";
import { decide, type Saying } from "../../lib/operation/decision.ts";
import { decisionForm, decisionOnManyForm } from "../../lib/operation/decision-form.ts";
import type { FunctionDefinition } from "../../lib/operation/definition.ts";
import { type Answer, lambda, type Request } from "../../lib/operation/handler.ts";
import { warmSecrets } from "../../lib/operation/read.ts";
import { recordIdOf } from "../../lib/operation/record-query.ts";
import { secondPersonIn } from "../../lib/operation/second-person.ts";
import { processRecords } from "../../lib/records/process.ts";
import { runtime } from "../../lib/runtime.ts";
import { systemClock } from "../../lib/time.ts";

/**
 * A person settles what asking the provider could not, with a reason; a repeat of the request is answered so from then on.
 * Whoever calls this may say what is true of money: give the route to few. That money did not move takes two of them to say.
 */
export const operation: FunctionDefinition = {
  name: "records/resolve",
  summary: "Settles a record that waits for a person, or many",
  route: { method: "POST", path: "/v1/records/{id}/resolve" },
  alsoAt: [{ method: "POST", path: "/v1/records/resolve" }],
  access: "settle",
  variables: ["SECOND_PERSON"],
  secrets: [],
  tableActions: ["GetItem", "UpdateItem"],
};

export const handler = /* @__PURE__ */ lambda({
  name: operation.name,
  read: (event: APIGatewayProxyEventV2): Saying | SayingOfMany =>
    event.pathParameters?.id === undefined
      ? readInput(event, decisionOnManyForm)
      : { id: recordIdOf(event), ...readInput(event, decisionForm) },
  run: settle,
  warm: () => warmSecrets(operation),
});

function settle(request: Request<Saying | SayingOfMany>): Promise<Answer> {
  const { input, caller, person, note, remainingMs } = request;
  const asked = { caller, person, note, secondPerson: secondPersonIn(runtime().config) };
  const records = processRecords();
  if ("id" in input) return decide(input, asked, systemClock, records);
  return decideEach(input, { function: operation.name, asked, clock: systemClock, records, remainingMs });
}
