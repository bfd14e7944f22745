import type { FunctionDefinition } from "../../lib/operation/definition.ts";
import { type Answer, lambda, type Request } from "../../lib/operation/handler.ts";
import { warmSecrets } from "../../lib/operation/read.ts";
import { type RecordQuery, readable, recordQueryOf } from "../../lib/operation/record-query.ts";
import { detailOf } from "../../lib/operation/record-view.ts";
import { recordId } from "../../lib/records/identity.ts";
import { processRecords } from "../../lib/records/process.ts";
import type { Records } from "../../lib/records/store.ts";
import { shards } from "../../lib/records/write.ts";
import { runtime } from "../../lib/runtime.ts";
import { iso, systemClock } from "../../lib/time.ts";

/** Records that wait for a person, oldest first; a customer's, newest first; or those of one merchantTransactionId. */
export const operation: FunctionDefinition = {
  name: "records/list",
  summary: "Lists records: those that wait for a person, a customer's, or those of an id",
  route: { method: "GET", path: "/v1/records" },
  access: "look",
  variables: ["AGGREPAY_ACCOUNT"],
  secrets: [],
  tableActions: ["GetItem", "Query"],
};

export const handler = lambda({
  name: operation.name,
  read: recordQueryOf,
  run: ({ input }: Request<RecordQuery>) => readable(list(input, processRecords())),
  warm: () => warmSecrets(operation),
});

function list(query: RecordQuery, records: Records): Promise<Answer> {
  switch (query.by) {
    case "attention":
      return waitingForAPerson(query, records);
    case "customer":
      return ofCustomer(query, records);
    case "merchantTransactionId":
      return ofTransaction(query.merchantTransactionId, records);
  }
}

/** The shards' lists merged; the cursor is the last row's place, so that a record which arrives meanwhile moves nothing. */
async function waitingForAPerson(
  { limit, cursor }: Extract<RecordQuery, { by: "attention" }>,
  records: Records,
): Promise<Answer> {
  const since = cursor === undefined ? 0 : Number(cursor.slice(0, cursor.indexOf(".")));
  const place = (row: { readonly since: number; readonly id: string }) =>
    `${row.since}`.padStart(15, "0") + row.id;
  const after = cursor === undefined ? "" : place({ since, id: cursor.slice(cursor.indexOf(".") + 1) });
  const lists = await Promise.all(
    Array.from({ length: shards }, (_, shard) => records.waiting(shard, since, limit + 1)),
  );
  const rows = lists
    .flat()
    .filter((row) => place(row) > after)
    .toSorted((a, b) => (place(a) < place(b) ? -1 : 1));
  const page = rows.slice(0, limit);
  const found = await Promise.all(page.map(({ id }) => records.get(id)));
  const now = systemClock.now();
  const waiting = found.flatMap((record) =>
    record && (record.state === "needs_attention" || record.flagged !== undefined)
      ? [detailOf(record, now)]
      : [],
  );
  const last = rows.length > limit ? page.at(-1) : undefined;
  return { body: { result: waiting, page: { cursor: last ? `${last.since}.${last.id}` : null } } };
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
  const account = runtime().config.account("aggrepay");
  const found = await Promise.all(
    (["money", "reversal"] as const).map((namespace) =>
      records.get(recordId("aggrepay", account, { namespace, id })),
    ),
  );
  const now = systemClock.now();
  return { body: { result: found.flatMap((record) => (record ? [detailOf(record, now)] : [])) } };
}
