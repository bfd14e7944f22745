import { recordsIn } from "../../lib/records/store.ts";
import { startTable } from "./dynamodb.ts";
import { started } from "./started.ts";

/** A records table for the tests of a file, and the records in it. */
export function startedRecords() {
  const { table } = started({ table: () => startTable() });
  const { records } = started({ records: async () => recordsIn(table.name, table.client) });
  return { table, records };
}
