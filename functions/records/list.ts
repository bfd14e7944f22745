import type { FunctionDefinition } from "../../lib/operation/definition.ts";
import { type Answer, lambda, type Request } from "../../lib/operation/handler.ts";
import { type RecordQuery, recordQueryOf } from "../../lib/operation/list-query.ts";
import { unfinished, waitingForAPerson } from "../../lib/operation/listed.ts";
import { warmSecrets } from "../../lib/operation/read.ts";
import { readable } from "../../lib/operation/record-query.ts";
import { detailOf } from "../../lib/operation/record-view.ts";
import { recordId } from "../../lib/records/identity.ts";
import { processRecords } from "../../lib/records/process.ts";
import { reversalsOf } from "../../lib/records/reversals.ts";
import type { Records } from "../../lib/records/store.ts";
import { runtime } from "../../lib/runtime.ts";
import { iso, systemClock } from "../../lib/time.ts";

/** Records that wait for a person, or are in doubt or dispatched, oldest first; a customer's, newest first; or those of one id. */
export const operation: FunctionDefinition = {
  name: "records/list",
  summary: "Lists records: those of a state that is not settled, a customer's, or those of an id",
  route: { method: "GET", path: "/v1/records" },
  access: "look",
  variables: ["AGGREPAY_ACCOUNT"],
  secrets: [],
  tableActions: ["GetItem", "Query"],
};

export const handler = /* @__PURE__ */ lambda({
  name: operation.name,
  read: recordQueryOf,
  run: ({ input }: Request<RecordQuery>) => readable(list(input, processRecords())),
  warm: () => warmSecrets(operation),
});

function list(query: RecordQuery, records: Records): Promise<Answer> {
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
  const now = systemClock.now();
  return {
    body: { result: [...(money ? [money] : []), ...reversals].map((record) => detailOf(record, now)) },
  };
}
