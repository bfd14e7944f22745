import { anchorId } from "./anchor.ts";
import { recordId } from "./identity.ts";
import type { RecordItem } from "./record.ts";
import type { Records } from "./store.ts";

interface Debit {
  readonly provider: string;
  readonly account: string;
  /** Its merchantTransactionId. */
  readonly id: string;
}

type Reading = Pick<Records, "get" | "anchor">;

/** A debit's reversals up to the number that its anchor holds, number 1 first; a record that does not exist is left out. */
export async function reversalsOf(records: Reading, debit: Debit): Promise<readonly RecordItem[]> {
  return numbered(records, debit, 1, await current(records, debit));
}

/**
 * A debit's latest reversal, the only one that may have succeeded without a flag. The anchor is read before the record: it moves
 * only after the number before it was refused, so the record is never of a number that was refused before the anchor was read.
 */
export async function latestReversal(records: Reading, debit: Debit): Promise<RecordItem | undefined> {
  const number = await current(records, debit);
  return (await numbered(records, debit, number, number))[0];
}

/** A debit's reversals of the numbers before that one. */
export const reversalsBefore = (
  records: Reading,
  debit: Debit,
  number: number,
): Promise<readonly RecordItem[]> => numbered(records, debit, 1, number - 1);

const current = async (records: Reading, { provider, account, id }: Debit): Promise<number> =>
  (await records.anchor(anchorId(provider, account, id))) ?? 1;

async function numbered(
  records: Reading,
  { provider, account, id }: Debit,
  first: number,
  last: number,
): Promise<readonly RecordItem[]> {
  const numbers = Array.from({ length: last - first + 1 }, (_, at) => first + at);
  const found = await Promise.all(
    numbers.map((number) => records.get(recordId(provider, account, { namespace: "reversal", id, number }))),
  );
  return found.filter((record) => record !== undefined);
}
