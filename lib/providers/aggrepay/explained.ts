import type { RecordName } from "../books.ts";
import type { Evidence, Known, OwnRecord } from "../inquiry.ts";
import { isSameWord } from "../words.ts";
import { debitOf, isKept, reversalSuffix } from "./ids.ts";
import type { ComparedRow } from "./transactions.ts";

/** Records that are looked up in one inquiry. */
const lookUpLimit = 50;

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
  const isOthers = ({ merchantTransactionId: shown }: ComparedRow) => shown !== null && shown !== identity;
  const lookedUp = rows.filter(isOthers).slice(0, lookUpLimit);
  const verdicts = await Promise.all(
    lookedUp.map((row) => verdictOn(row, isKept(identity, known.option), known)),
  );
  const found = (wanted: Verdict["is"]) => verdicts.find(({ is }) => is === wanted)?.row;
  const unexplained = rows.find((row) => !isOthers(row)) ?? found("unexplained");
  if (unexplained)
    return {
      shows: "other",
      why: `The provider knows no such id, and lists a row that could be it: ${named(unexplained)}.`,
    };
  const unfinished = found("unfinished");
  if (unfinished)
    return {
      shows: "unclear",
      why: `A row that could be it has the id of a record that is in doubt too: ${named(unfinished)}.`,
    };
  if (rows.length > lookUpLimit)
    return {
      shows: "unclear",
      why: "The customer's list holds more rows of that amount than are looked up.",
    };
  return { shows: "nothing" };
}

interface Verdict {
  readonly row: ComparedRow;
  readonly is: "explained" | "unfinished" | "unexplained";
}

async function verdictOn(row: ComparedRow, areIdsKept: boolean, { record }: Known): Promise<Verdict> {
  const explains = ({ provedBy, transactionId }: OwnRecord): boolean =>
    transactionId === row.transactionId &&
    (provedBy === "reply" || provedBy === "person" || (provedBy === "inquiry" && areIdsKept));
  let is: Verdict["is"] = "unexplained";
  for (const { namespace, id } of recordsNamed(row)) {
    const own = await record(namespace, id);
    if (own && explains(own)) return { row, is: "explained" };
    if (own?.isUnfinished) is = "unfinished";
  }
  return { row, is };
}

/**
 * The records that a row's id can name: a reversal is shown as its debit's id with the suffix, or as that id itself. An id of
 * ours may end in the suffix in other letters, from before that was refused.
 */
export function recordsNamed({
  merchantTransactionId,
  paymentType,
}: Pick<ComparedRow, "merchantTransactionId" | "paymentType">): readonly RecordName[] {
  const shown = merchantTransactionId ?? "";
  const debit = debitOf(shown);
  const reversals: RecordName[] = debit === undefined ? [] : [{ namespace: "reversal", id: debit }];
  if (shown.endsWith(reversalSuffix)) return reversals;
  const money: RecordName[] = [...reversals, { namespace: "money", id: shown }];
  return isSameWord(paymentType, "CREDIT") ? [...money, { namespace: "reversal", id: shown }] : money;
}

/**
 * A row, as a person can find it again. A record must stay small, so each part is cut, and shows that it is; an id has room for
 * what a provider may put around ours.
 */
function named({ transactionId, merchantTransactionId, amount, time }: ComparedRow): string {
  const cut = (text: string, length: number) => (text.length > length ? `${text.slice(0, length)}...` : text);
  return `transaction ${cut(transactionId, 40)}, id ${cut(merchantTransactionId ?? "null", 90)}, ${cut(amount, 20)}, ${cut(time, 40)}`;
}
