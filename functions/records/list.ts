import type { APIGatewayProxyEventV2 } from "aws-lambda";
import type { Caller } from "../../lib/operation/caller.ts";
import type { FunctionDefinition } from "../../lib/operation/definition.ts";
import { type Answer, lambda, type Request } from "../../lib/operation/handler.ts";
import { type ByKey, cursorStart, type RecordQuery, recordQueryOf } from "../../lib/operation/list-query.ts";
import { unfinished, waitingForAPerson } from "../../lib/operation/listed.ts";
import { warmSecrets } from "../../lib/operation/read.ts";
import { readable } from "../../lib/operation/record-query.ts";
import { detailOf } from "../../lib/operation/record-view.ts";
import { recordId } from "../../lib/records/identity.ts";
import { processRecords } from "../../lib/records/process.ts";
import type { RecordItem } from "../../lib/records/record.ts";
import { reversalsOf } from "../../lib/records/reversals.ts";
import type { Records } from "../../lib/records/store.ts";
import { runtime } from "../../lib/runtime.ts";
import { iso, systemClock } from "../../lib/time.ts";

/**
 * Records that wait for a person, or are in doubt or dispatched, oldest first; a customer's, newest first; or those of one id:
 * a `merchantTransactionId`, a `referenceNo`, or an Idempotency-Key of an operation and caller.
 */
export const operation: FunctionDefinition = {
  name: "records/list",
  summary: "Lists records: those of a state that is not settled, a customer's, or those of an id",
  route: { method: "GET", path: "/v1/records" },
  access: "look",
  variables: ["AGGREPAY_ACCOUNT", "NICEPAY_ACCOUNT"],
  secrets: [],
  tableActions: ["GetItem", "Query"],
};

export const handler = /* @__PURE__ */ lambda({
  name: operation.name,
  read: (event: APIGatewayProxyEventV2) => ({ query: recordQueryOf(event), start: cursorStart(event) }),
  run: async ({ input: { query, start }, caller }: Request<Listing>) =>
    withCursor(await readable(list(query, caller, processRecords())), start),
  warm: () => warmSecrets(operation),
});

interface Listing {
  readonly query: RecordQuery;
  readonly start: string;
}

/** The same answer, with a cursor that is of its list alone. */
function withCursor({ body, ...answer }: Answer, start: string): Answer {
  const { page } = body as { readonly page?: { readonly cursor: string | null } };
  if (!page?.cursor) return { ...answer, body };
  return { ...answer, body: { ...body, page: { ...page, cursor: start + page.cursor } } };
}

function list(query: RecordQuery, asking: Caller, records: Records): Promise<Answer> {
  switch (query.by) {
    case "state": {
      const now = systemClock.now();
      return query.state === "needs_attention"
        ? waitingForAPerson(query, records, now)
        : unfinished(query, records, now);
    }
    case "customer":
      return ofCustomer(query, records);
    case "merchantTransactionId":
      return ofTransaction(query.merchantTransactionId, records);
    case "referenceNo":
      return ofReference(query.referenceNo, records);
    case "idempotencyKey":
      return ofKey({ ...query, caller: query.caller ?? asking }, records);
  }
}

async function ofCustomer(
  { customerId, limit, cursor }: Extract<RecordQuery, { by: "customer" }>,
  records: Records,
): Promise<Answer> {
  const customer = `aggrepay#${runtime().config.account("aggrepay")}#${customerId}`;
  const page = await records.ofCustomer(customer, limit, cursor);
  const rows = page.rows.map((row) => ({
    ...row,
    operation: `aggrepay/${row.operation}`,
    amount: row.amount ?? null,
    createdAt: iso(row.createdAt),
  }));
  return { body: { result: rows, page: { cursor: page.cursor ?? null } } };
}

async function ofTransaction(id: string, records: Records): Promise<Answer> {
  const provider = "aggrepay";
  const account = runtime().config.account(provider);
  const [money, reversals] = await Promise.all([
    records.get(recordId(provider, account, { namespace: "money", id })),
    reversalsOf(records, { provider, account, id }),
  ]);
  return answerOf([money, ...reversals]);
}

/** A binding's record, and that of its deactivation. */
async function ofReference(id: string, records: Records): Promise<Answer> {
  const account = runtime().config.account("nicepay");
  const ids = (["binding", "deactivation"] as const).map((namespace) =>
    recordId("nicepay", account, { namespace, id }),
  );
  return answerOf(await Promise.all(ids.map(records.get)));
}

async function ofKey({ idempotencyKey: id, operation, caller }: Keyed, records: Records): Promise<Answer> {
  const [provider = "", name = ""] = operation.split("/");
  // Of a provider that there is not, nothing is found.
  const account = runtime().config.option(`${provider.toUpperCase()}_ACCOUNT`);
  if (account === undefined) return answerOf([]);
  const identity = { namespace: "idempotency-key", id, caller, operation: name } as const;
  return answerOf([await records.get(recordId(provider, account, identity))]);
}

type Keyed = ByKey & { readonly caller: Caller };

function answerOf(found: readonly (RecordItem | undefined)[]): Answer {
  const now = systemClock.now();
  return {
    body: { result: found.filter((record) => record !== undefined).map((record) => detailOf(record, now)) },
  };
}
