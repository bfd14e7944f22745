import type { APIGatewayProxyEventV2 } from "aws-lambda";
import * as v from "valibot";
import { referenceNo } from "../../lib/fields.ts";
import { viewOf } from "../../lib/operation/answer.ts";
import { invalid } from "../../lib/operation/body.ts";
import type { FunctionDefinition } from "../../lib/operation/definition.ts";
import { type Answer, lambda, type Request } from "../../lib/operation/handler.ts";
import { warmSecrets } from "../../lib/operation/read.ts";
import { readable } from "../../lib/operation/record-query.ts";
import { Problem } from "../../lib/problem.ts";
import { recordId } from "../../lib/records/identity.ts";
import { processRecords } from "../../lib/records/process.ts";
import { runtime } from "../../lib/runtime.ts";
import { unsealed } from "../../lib/secrets/seal.ts";
import { iso } from "../../lib/time.ts";

/**
 * The binding of a referenceNo and, once the user has bound the account, the user's payment token: the one place that
 * opens it. A binding that disagrees with its registration is not given.
 */
export const operation: FunctionDefinition = {
  name: "account-bindings/get",
  summary: "Gives an account binding and its user token",
  route: { method: "GET", path: "/v1/account-bindings/{referenceNo}" },
  access: "reveal",
  variables: ["NICEPAY_ACCOUNT"],
  secrets: ["gateway"],
  tableActions: ["GetItem"],
};

export const handler = lambda({
  name: operation.name,
  read: referenceNoOf,
  run: give,
  async warm() {
    await Promise.allSettled([warmSecrets(operation), (async () => processRecords())()]);
  },
});

function referenceNoOf(event: APIGatewayProxyEventV2): string {
  const parsed = v.safeParse(referenceNo, event.pathParameters?.referenceNo, { abortPipeEarly: true });
  if (parsed.success) return parsed.output;
  throw invalid([{ pointer: "/referenceNo", detail: parsed.issues[0].message }]);
}

async function give({ input, note }: Request<string>): Promise<Answer> {
  const { config, secrets } = runtime();
  const id = recordId("nicepay", config.account("nicepay"), { namespace: "binding", id: input });
  const record = await readable(processRecords().get(id));
  if (!record) throw new Problem("not-found", "No registration has this referenceNo.");
  note({ record: id, state: record.state });
  const view = viewOf(record);
  if (record.flagged !== undefined) throw new Problem("outcome-unknown", record.flagged, { record: view });
  const { binding } = record;
  if (!binding) return { body: { result: { referenceNo: input, bound: false }, record: view } };
  const userToken = await unsealed(secrets, binding.userToken, record.id);
  return {
    body: {
      result: {
        referenceNo: input,
        bound: true,
        boundAt: iso(binding.boundAt),
        tXid: record.tXid ?? binding.tXid ?? null,
        userToken: userToken.reveal(),
      },
      record: view,
    },
  };
}
