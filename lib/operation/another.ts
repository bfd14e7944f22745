import type { Evidence } from "../providers/inquiry.ts";
import { lettersIn } from "../providers/words.ts";
import { transactionIdOf } from "../records/parts.ts";
import type { RecordItem } from "../records/record.ts";
import type { CustomerRow, Records } from "../records/store.ts";

/** A customer's records that are looked through, the newest. */
const lookedThrough = 100;
const dayMs = 24 * 60 * 60_000;

/**
 * The evidence, unless the transaction that it shows is another record's, or may come to be. A provider that keeps ids in a form
 * of its own can show one debit under the id of another one (`a-1`, kept as `A1`). The customer's index tells which records there
 * are; it may be behind by a moment.
 */
export async function unlessAnothers(
  evidence: Evidence,
  record: RecordItem,
  records: Pick<Records, "ofCustomer" | "get">,
): Promise<Evidence> {
  const shown = transactionIn(evidence);
  const { customer } = record;
  if (shown === undefined || customer === undefined) return evidence;
  const { rows, cursor } = await records.ofCustomer(customer, lookedThrough, undefined);
  const oldest = rows.at(-1)?.createdAt ?? 0;
  if (cursor !== undefined && oldest > record.createdAt - dayMs)
    return { shows: "unclear", why: "The customer has more records of late than are looked through." };
  const rivals = await Promise.all(
    rows
      .filter((row) => isRival(row, record))
      .map(async ({ id }) => claimOn(shown, record, await records.get(id))),
  );
  const found = (wanted: "it is its own" | "it may be its own") => rivals.includes(wanted);
  if (found("it is its own"))
    return {
      shows: "other",
      why: `The transaction that it shows (${shown.transactionId.slice(0, 40)}) is another record's.`,
    };
  if (found("it may be its own"))
    return {
      shows: "unclear",
      why: "The transaction that it shows may be that of another record, of which nothing is known yet.",
    };
  return evidence;
}

interface Shown {
  readonly transactionId: string;
  readonly besides: readonly string[];
}

/** Of a change of money whose id may be kept in another form. */
function transactionIn(evidence: Evidence): Shown | undefined {
  if (evidence.shows !== "done" || evidence.besides === undefined || !("transactionId" in evidence.result))
    return undefined;
  const { transactionId } = evidence.result;
  return typeof transactionId === "string" ? { transactionId, besides: evidence.besides } : undefined;
}

const isRival = ({ id, amount, state }: CustomerRow, record: RecordItem): boolean =>
  id !== record.id && amount === record.amount && state !== "declined";

/** What another record may say of the transaction; one whose own id the provider shows by itself says nothing. */
function claimOn(
  { transactionId, besides }: Shown,
  { namespace, identity }: RecordItem,
  other: RecordItem | undefined,
): "it is its own" | "it may be its own" | undefined {
  if (other?.namespace !== namespace || other.identity === identity) return undefined;
  const named = transactionIdOf(other);
  if (named !== undefined) return named === transactionId ? "it is its own" : undefined;
  return isLike(identity, other.identity) && !besides.includes(other.identity)
    ? "it may be its own"
    : undefined;
}

/** Whether a provider that cuts ids, changes their letters or adds to them may keep both as one. */
function isLike(one: string, other: string): boolean {
  const [first, second] = [lettersIn(one), lettersIn(other)];
  return first.includes(second) || second.includes(first);
}
