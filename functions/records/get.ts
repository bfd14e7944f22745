import type { APIGatewayProxyEventV2 } from "aws-lambda";
import type { FunctionDefinition } from "../../lib/operation/definition.ts";
import { type Answer, lambda, type Request } from "../../lib/operation/handler.ts";
import { warmSecrets } from "../../lib/operation/read.ts";
import { readable, recordIdOf } from "../../lib/operation/record-query.ts";
import { detailOf } from "../../lib/operation/record-view.ts";
import { Problem } from "../../lib/problem.ts";
import { processRecords } from "../../lib/records/process.ts";
import { systemClock } from "../../lib/time.ts";

/** One record, as it stands now, with the history of its states. */
export const operation: FunctionDefinition = {
  name: "records/get",
  summary: "Gives a record with its history",
  route: { method: "GET", path: "/v1/records/{id}" },
  access: "look",
  variables: [],
  secrets: [],
  tableActions: ["GetItem"],
};

export const handler = /* @__PURE__ */ lambda({
  name: operation.name,
  read: (event: APIGatewayProxyEventV2) => recordIdOf(event),
  run: give,
  warm: () => warmSecrets(operation),
});

async function give({ input, note }: Request<string>): Promise<Answer> {
  const record = await readable(processRecords().get(input));
  if (!record) throw new Problem("not-found", "There is no such record.");
  note({ record: record.id, state: record.state });
  return { body: { record: detailOf(record, systemClock.now()) } };
}
