import type { APIGatewayProxyEventV2 } from "aws-lambda";
import * as v from "valibot";
import { referenceNo } from "../../lib/fields.ts";
import { providerCounts } from "../../lib/metrics.ts";
import { viewOf } from "../../lib/operation/answer.ts";
import { invalid } from "../../lib/operation/body.ts";
import { bindingIdOf, checkedAccount, deactivatedAt } from "../../lib/operation/bound-account.ts";
import type { FunctionDefinition } from "../../lib/operation/definition.ts";
import { type Answer, lambda, type Request } from "../../lib/operation/handler.ts";
import { warmSecrets } from "../../lib/operation/read.ts";
import { readable } from "../../lib/operation/record-query.ts";
import { Problem } from "../../lib/problem.ts";
import { nicepay } from "../../lib/providers/nicepay/index.ts";
import { asksAboutTokens, userTokenVariables } from "../../lib/providers/nicepay/user-token.ts";
import { bindingKeys, deactivationKeys } from "../../lib/records/identity.ts";
import { isDecidable } from "../../lib/records/person.ts";
import { processRecords } from "../../lib/records/process.ts";
import type { RecordItem } from "../../lib/records/record.ts";
import { runtime } from "../../lib/runtime.ts";
import { unsealed } from "../../lib/secrets/seal.ts";
import { iso } from "../../lib/time.ts";

/**
 * The binding of a referenceNo and, once the user has bound the account, the user's payment token: the one place that
 * gives it. A binding that disagrees with its registration is not given, nor is a token that was revoked. Where
 * NICEPAY_USER_DETAIL is `on`, a token is given only after NICEPAY has confirmed it.
 */
export const operation: FunctionDefinition = {
  name: "account-bindings/get",
  summary: "Gives an account binding and its user token",
  route: { method: "GET", path: "/v1/account-bindings/{referenceNo}" },
  access: "reveal",
  variables: ["NICEPAY_ACCOUNT"],
  secrets: ["gateway"],
  tableActions: ["GetItem"],
  keysBeginWith: [bindingKeys, deactivationKeys],
  besides: {
    where: "NICEPAY_USER_DETAIL",
    variables: [...nicepay.variables, ...userTokenVariables],
    secrets: [nicepay.secret],
    tableActions: ["UpdateItem"],
  },
};

export const handler = /* @__PURE__ */ lambda({
  name: operation.name,
  read: referenceNoOf,
  run: give,
  async warm() {
    await Promise.allSettled([warmSecrets(operation), warmProvider(), (async () => processRecords())()]);
  },
  // Of most requests the record alone is asked.
  counts: (told) => (told.providerMs === undefined ? [] : providerCounts(nicepay.name)(told)),
});

async function warmProvider(): Promise<void> {
  if (asksAboutTokens(runtime().config)) await runtime().secrets.current(nicepay.secret);
}

function referenceNoOf(event: APIGatewayProxyEventV2): string {
  const parsed = v.safeParse(referenceNo, event.pathParameters?.referenceNo, { abortPipeEarly: true });
  if (parsed.success) return parsed.output;
  throw invalid([{ pointer: "/referenceNo", detail: parsed.issues[0].message }]);
}

async function give({ input, note, remainingMs }: Request<string>): Promise<Answer> {
  const world = runtime();
  const records = processRecords();
  const id = bindingIdOf(input, world);
  const record = await readable(records.get(id));
  if (!record) throw new Problem("not-found", "No registration has this referenceNo.");
  note({ record: id, state: record.state });
  const { binding } = record;
  const unbound = (more: object = {}): Answer => ({
    body: { result: { referenceNo: input, bound: false, ...more }, record: viewOf(record) },
  });
  if (!binding) {
    refuseFlagged(record);
    return unbound();
  }
  // What was revoked stays so, whether or not NICEPAY may still be asked, and whatever else is said of the binding.
  const revokedAt = () => deactivatedAt(input, { ...world, records });
  const revoked = await revokedAt();
  if (revoked !== undefined) return unbound({ deactivatedAt: iso(revoked) });
  refuseFlagged(record);
  const userToken = await unsealed(world.secrets, binding.userToken, id);
  if (asksAboutTokens(world.config) && binding.checkedAt === undefined) {
    const isRevoked = async () => (await revokedAt()) !== undefined;
    const by = { world, records, isRevoked };
    const checked = await checkedAccount(record, userToken, { remainingMs, note }, by);
    note({ needsAttention: checked.flagged !== undefined });
    // It may have been revoked while NICEPAY was asked.
    const since = await revokedAt();
    if (since !== undefined) return unbound({ deactivatedAt: iso(since) });
    refuseFlagged(checked);
  }
  return {
    body: {
      result: {
        referenceNo: input,
        bound: true,
        boundAt: iso(binding.boundAt),
        tXid: record.tXid ?? binding.tXid ?? null,
        userToken: userToken.reveal(),
      },
      record: viewOf(record),
    },
  };
}

function refuseFlagged(record: RecordItem): void {
  if (record.flagged === undefined) return;
  const view = { record: viewOf(record) };
  if (isDecidable(record)) throw new Problem("outcome-unknown", record.flagged, view);
  const detail = `${record.flagged} A person has looked into it, and left the binding unserved.`;
  throw new Problem("outcome-unknown", detail, { ...view, retry: "never" });
}
