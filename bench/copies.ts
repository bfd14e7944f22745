import { DatabaseSync } from "node:sqlite";
import type { Item, TestTable } from "../test/support/dynamodb.ts";

export interface Copies {
  readonly count: number;
  /** How many of them are of one customer. */
  readonly aCustomer: number;
}

/** The customer of the n-th copy. */
export const customerOf = ({ customer }: Item, n: number, { aCustomer }: Copies): string =>
  `${customer?.S}${String(Math.floor(n / aCustomer)).padStart(digits, "0")}`;
const digits = 8;
const atOnce = 50_000;

/**
 * Copies the only record of a table, a settled one, under other keys and for other customers: the rows that the engine wrote for it, with
 * other texts in them, are written by SQL into the engine's own file, a million in half a minute. Through its API each record would be
 * committed by itself.
 */
export function copyOnly(table: TestTable, item: Item, copies: Copies): void {
  const database = new DatabaseSync(table.file, { timeout: 5_000 });
  try {
    // Nobody needs this file after a loss of power.
    database.exec("PRAGMA synchronous = OFF; PRAGMA cache_size = -65536");
    for (const name of [table.name, `${table.name}::gsi::customer-records`])
      copyRow(database, name, item, copies);
  } finally {
    database.close();
  }
}

function copyRow(database: DatabaseSync, name: string, item: Item, { count, aCustomer }: Copies): void {
  const [row, ...others] = database.prepare(`SELECT * FROM "${name}"`).all();
  if (row === undefined || others.length > 0) throw new Error(`${name} does not hold one row`);
  const columns = Object.keys(row);
  const value = (column: string) =>
    typeof row[column] === "string"
      ? `replace(replace(:${column}, :id, key), :customer, owner)`
      : `:${column}`;
  const insert = database.prepare(`
    WITH RECURSIVE
      numbers (n) AS (SELECT :first UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :end),
      copies (key, owner) AS (
        SELECT ${keyOf("n * 16777216 / :count")}, format('%s%0${digits}d', :customer, n / :aCustomer) FROM numbers
      )
    INSERT INTO "${name}" (${columns}) SELECT ${columns.map(value)} FROM copies`);
  const given = { ...row, id: item.pk?.S ?? "", customer: item.customer?.S ?? "", aCustomer, count };
  // Each writes what the one before has left in the log into the file itself.
  for (let first = 0; first < count; first += atOnce)
    insert.run({ ...given, first, end: Math.min(first + atOnce, count) });
}

/**
 * As long as a hash in base64url, and spread as evenly over its letters by its first four, so that a debit's hash has its place anywhere
 * between them; but in order, so that each copy is written behind the one before.
 */
const keyOf = (place: string): string =>
  [
    ...[18, 12, 6, 0].map((bits) => `substr('${letters}', 1 + ((${place} >> ${bits}) & 63), 1)`),
    "format('%039d', n)",
  ].join(" || ");
const letters = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
