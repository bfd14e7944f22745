import { pooled } from "../pooled.ts";
import type { Evidence } from "../providers/inquiry.ts";
import { lettersIn } from "../providers/words.ts";
import { hadNoEffect } from "../records/doubt.ts";
import { recordId } from "../records/identity.ts";
import { transactionIdOf } from "../records/parts.ts";
import type { RecordItem } from "../records/record.ts";
import type { CustomerRow, Records } from "../records/store.ts";

/** Of a customer's records, the newest, so many are looked through; and so many are read at a time. */
const limits = { rows: 1_000, atOnce: 50 };
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
  const { rows, cursor } = await records.ofCustomer(customer, limits.rows, undefined);
  if (cursor !== undefined && (rows.at(-1)?.createdAt ?? 0) > record.createdAt - dayMs)
    return { shows: "unclear", why: "The customer has more records of late than are looked through." };
  const claims = await pooled(rivals(rows, shown, record), limits.atOnce, async ({ id }) =>
    claimOn(shown, record, await records.get(id)),
  );
  if (claims.includes("it is its own"))
    return {
      shows: "other",
      why: `The transaction that it shows (${shown.transactionId.slice(0, 40)}) is another record's.`,
    };
  if (claims.includes("it may be its own"))
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

/** The records that could have what is shown: of that amount, and not shown under an id of their own. */
function rivals(
  rows: readonly CustomerRow[],
  { besides }: Shown,
  { id: own, amount, provider, account }: RecordItem,
): readonly CustomerRow[] {
  const shownBesides = new Set(besides.map((id) => recordId(provider, account, { namespace: "money", id })));
  return rows.filter(({ id, amount: other }) => id !== own && other === amount && !shownBesides.has(id));
}

type Claim = "it is its own" | "it may be its own" | undefined;

/** What another record says of the transaction; one that is known to have had no effect says nothing. */
function claimOn(
  { transactionId }: Shown,
  { namespace, identity }: RecordItem,
  other: RecordItem | undefined,
): Claim {
  if (other?.namespace !== namespace) return undefined;
  const named = transactionIdOf(other);
  if (named !== undefined) return named === transactionId ? "it is its own" : undefined;
  // A reversal's earlier numbers are looked at by themselves.
  return !hadNoEffect(other) && other.identity !== identity && isLike(identity, other.identity)
    ? "it may be its own"
    : undefined;
}

/** The fewest letters that a provider which cuts ids would leave of one. */
const leastKept = 16;

/** Whether a provider that changes the letters of ids, or cuts long ones, may keep both as one. */
function isLike(one: string, other: string): boolean {
  const [short = "", long = ""] = [lettersIn(one), lettersIn(other)].toSorted((a, b) => a.length - b.length);
  return short === long || (short.length >= leastKept && long.includes(short));
}
