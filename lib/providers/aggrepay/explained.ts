import type { Evidence, Known, OwnRecord } from "../inquiry.ts";
import { isSameWord } from "../words.ts";
import type { ComparedRow } from "./transactions.ts";

/** More rows of one kind and amount than this are not looked up at once: the record is asked about later. */
const rowLimit = 50;

/** The provider names a reversal by its debit's id and this (section 8). */
export const reversalSuffix = "_REVERSAL";

/** How many characters of an id AggrePay has been shown to keep byte for byte; undefined where nobody has shown it. */
export function idsKept(option: Known["option"]): number | undefined {
  const kept = Number(option("AGGREPAY_IDS_KEPT") ?? Number.NaN);
  return Number.isInteger(kept) ? kept : undefined;
}

/**
 * What rows that could be a change of ours come to, where the provider knows no such id. Nothing is known of the form in which
 * it keeps an id (cut, in one letter case, without a character, under a prefix), so an id that is not ours explains no row.
 * Only another record of ours does, by its own transaction; one whose outcome is not known yet is waited for.
 */
export async function explained(
  rows: readonly ComparedRow[],
  identity: string,
  known: Known,
): Promise<Evidence> {
  if (rows.length > rowLimit)
    return { shows: "unclear", why: "The customer's list holds more rows of that kind than are looked up." };
  const isKept = identity.length <= (idsKept(known.option) ?? 0);
  const verdicts = await Promise.all(
    rows.map(async (row) => ({ row, is: await verdictOn(row, identity, isKept, known) })),
  );
  const found = (wanted: Verdict) => verdicts.find(({ is }) => is === wanted)?.row;
  const unexplained = found("unexplained");
  if (unexplained)
    return {
      shows: "other",
      why: `The provider knows no such id, and the customer's list holds a row that could be it: ${named(unexplained)}.`,
    };
  const unfinished = found("unfinished");
  if (unfinished)
    return {
      shows: "unclear",
      why: `The customer's list holds a row that could be it, under the id of a record that is in doubt too: ${named(unfinished)}.`,
    };
  return { shows: "nothing" };
}

type Verdict = "explained" | "unfinished" | "unexplained";

async function verdictOn(
  { merchantTransactionId: shown, paymentType, transactionId }: ComparedRow,
  identity: string,
  isKept: boolean,
  { record }: Known,
): Promise<Verdict> {
  if (shown === null || shown === identity) return "unexplained";
  const explains = ({ provedBy, transactionId: own }: OwnRecord): boolean =>
    own === transactionId &&
    (provedBy === "reply" || provedBy === "person" || (provedBy === "inquiry" && isKept));
  let verdict: Verdict = "unexplained";
  for (const [namespace, id] of recordsNamed(shown, paymentType)) {
    const own = await record(namespace, id);
    if (own && explains(own)) return "explained";
    if (own?.isUnfinished) verdict = "unfinished";
  }
  return verdict;
}

/** The records that a row's id can name: a reversal is shown as its debit's id with the suffix, or as that id itself. */
function recordsNamed(shown: string, paymentType: string): readonly ["money" | "reversal", string][] {
  if (shown.endsWith(reversalSuffix)) return [["reversal", shown.slice(0, -reversalSuffix.length)]];
  return isSameWord(paymentType, "CREDIT")
    ? [
        ["money", shown],
        ["reversal", shown],
      ]
    : [["money", shown]];
}

/** A row, as a person can find it again; each part is cut, since a record must stay small. */
function named({ transactionId, merchantTransactionId, amount, time }: ComparedRow): string {
  const cut = (text: string) => text.slice(0, 64);
  return `transaction ${cut(transactionId)}, id ${cut(merchantTransactionId ?? "null")}, ${cut(amount)}, ${cut(time)}`;
}
