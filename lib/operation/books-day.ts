import { paise } from "../money.ts";
import { pooled } from "../pooled.ts";
import type { Booking, Party } from "../providers/books.ts";
import type { BookRecords, DayPlace, DayRow } from "../records/books.ts";
import { effectOf } from "../records/parts.ts";
import type { RecordItem } from "../records/record.ts";
import type { Records } from "../records/store.ts";
import { iso, offsetMs } from "../time.ts";
import type { Span } from "./books-judge.ts";

const dayMs = 24 * 60 * 60_000;
/** What was sent so late the day before may have moved money after midnight. */
const lateMs = 60 * 60_000;
/** Transfers are read one by one, to learn whom they paid; so many at a time. */
const readAtOnce = 32;

/** A customer with records of a day, or of the last hour before it, as payer or payee; without a list, one record of the day. */
export interface CustomerOfDay {
  /** Where there is no list, the record's id. */
  readonly customerId: string;
  /** Hundredths of a rupee, over all the records. */
  readonly sum: bigint;
  /** When the latest attempt was made. */
  readonly newest: number;
  readonly own: readonly string[];
  /** Those of the day before. */
  readonly earlier: readonly string[];
}

export interface DayOfCustomers {
  /** The largest sum first, of equal ones the newest. */
  readonly customers: readonly CustomerOfDay[];
  readonly records: number;
  /** Records that stand in nobody's list, as a reversal of a debit that is not ours. */
  readonly withoutList: number;
}

/** `YYYY-MM-DD` of so many days before that moment, in the zone. */
export const dateBefore = (now: number, days: number, utcOffset: string): string =>
  iso(now + offsetMs(utcOffset) - days * dayMs).slice(0, 10);

/** The day's first moment and the first one after it. */
export function spanOf(date: string, utcOffset: string): Span {
  const from = Date.parse(`${date}T00:00:00${utcOffset}`);
  return { from, to: from + dayMs };
}

/** The record's parties, by the effect that it keeps in the clear. */
export function partiesOf(books: Pick<Booking, "partiesOf">, record: RecordItem): readonly Party[] {
  const [, effect] = effectOf(record);
  return books.partiesOf({ operation: record.operation, customerId: customerIn(record.customer), effect });
}

const customerIn = (customer: string | undefined): string | undefined => customer?.split("#").at(-1);

interface Readable {
  readonly store: Pick<BookRecords, "dispatched">;
  readonly records: Pick<Records, "get">;
}

/**
 * Everybody who has records of that day, found by the index of operations: no more is read than the day's own rows, and each
 * record of an operation that pays somebody else.
 */
export async function customersOf(
  books: Booking | Pick<Booking, "operations">,
  { provider, account }: Pick<RecordItem, "provider" | "account">,
  day: Span,
  { store, records }: Readable,
): Promise<DayOfCustomers> {
  const found = new Map<string, { sum: bigint; newest: number; own: string[]; earlier: string[] }>();
  const count = { records: 0, withoutList: 0 };
  const add = (customerId: string, row: DayRow) => {
    const customer = found.get(customerId) ?? { sum: 0n, newest: 0, own: [], earlier: [] };
    found.set(customerId, customer);
    customer.newest = Math.max(customer.newest, row.dispatchedAt);
    if (row.dispatchedAt < day.from) {
      customer.earlier.push(row.id);
      return;
    }
    customer.own.push(row.id);
    customer.sum += row.amount === undefined ? 0n : paise(row.amount);
  };
  const partiesIn = async (operation: string, row: DayRow): Promise<readonly string[]> => {
    if (!("withPayee" in books)) return [row.id];
    const customerId = customerIn(row.customer);
    if (!books.withPayee.includes(operation)) return customerId === undefined ? [] : [customerId];
    const record = await records.get(row.id);
    return record ? [...new Set(partiesOf(books, record).map((party) => party.customerId))] : [];
  };
  // Only a list shows what belongs to the day before.
  const from = "withPayee" in books ? day.from - dayMs : day.from;
  for (const operation of books.operations) {
    let after: DayPlace | undefined;
    do {
      const page = await store.dispatched(operation, from, day.to, after);
      const rows = page.rows.filter((row) => row.provider === provider && row.account === account);
      await pooled(rows, readAtOnce, async (row) => {
        const parties = await partiesIn(operation, row);
        for (const customerId of parties) add(customerId, row);
        if (row.dispatchedAt < day.from) return;
        count.records += 1;
        if (parties.length === 0) count.withoutList += 1;
      });
      after = page.next;
    } while (after);
  }
  const customers = [...found]
    .map(([customerId, customer]) => ({ customerId, ...customer }))
    .filter(({ newest }) => newest >= day.from - lateMs)
    .toSorted(byImportance);
  return { customers, ...count };
}

/** What two customers are compared by: the order in which they are looked at, and in which a run goes on behind another. */
export type Importance = Pick<CustomerOfDay, "sum" | "newest" | "customerId">;

export function byImportance(one: Importance, other: Importance): number {
  if (one.sum !== other.sum) return one.sum > other.sum ? -1 : 1;
  if (one.newest !== other.newest) return other.newest - one.newest;
  return one.customerId < other.customerId ? -1 : one.customerId > other.customerId ? 1 : 0;
}
