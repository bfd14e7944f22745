import { Problem } from "../problem.ts";
import { anchorId, anchoring } from "../records/anchor.ts";
import { recordId } from "../records/identity.ts";
import { failureOf } from "../records/parts.ts";
import type { RecordItem } from "../records/record.ts";
import type { Records } from "../records/store.ts";
import type { Part } from "../records/transaction.ts";
import type { Asker } from "./beside.ts";
import { invalid } from "./body.ts";
import { before } from "./record-query.ts";

/** The last number under which a reversal may be asked for. */
export const lastReversal = 9;

/** The number under which a refused reversal may be asked for again; undefined where it may not. */
export function nextReversal({ state, flagged, number, ...record }: RecordItem): number | undefined {
  const { code } = failureOf(record);
  const isRefused = state === "declined" && flagged === undefined && code !== "already-done";
  return isRefused && number < lastReversal ? number + 1 : undefined;
}

/**
 * What the claim of a reversal's number is written with: the debit's anchor, which moves to that number once the one before it was
 * refused.
 * @throws Problem `invalid-request` (400), `in-progress` or `already-done` (409) where the number before does not allow it,
 * `not-sent` (503) where that cannot be read.
 */
export async function anchorBeside(
  debit: string,
  number: number,
  { provider, account }: Asker,
  records: Pick<Records, "get">,
): Promise<() => Part> {
  if (number > 1) {
    const previous = { namespace: "reversal", id: debit, number: number - 1 } as const;
    unlessRefused(await before(records.get(recordId(provider, account, previous))), number);
  }
  const part = anchoring(anchorId(provider, account, debit), number);
  return () => part;
}

function unlessRefused(previous: RecordItem | undefined, number: number): void {
  const earlier = number === 2 ? "the first reversal" : `reversal ${number - 1}`;
  const fault = (detail: string) => invalid([{ pointer: "/reversal", detail }]);
  if (!previous) throw fault(`follows on ${earlier} of that debit, which was never asked for`);
  const { state, flagged } = previous;
  if (state === "not_sent" || state === "not_executed")
    throw fault(`follows on a refusal, and ${earlier} had no effect: repeat that one as it is`);
  if (flagged !== undefined || (state !== "succeeded" && state !== "declined"))
    throw new Problem("in-progress", `It is not known yet whether ${earlier} of that debit was refused.`);
  if (nextReversal(previous) !== number)
    throw new Problem("already-done", "The debit has been reversed before.");
}

/**
 * What a caller is told whose claim was refused each time.
 * @param isOvertaken The anchor holds a number that this one does not follow on: its own record was lost.
 */
export const numberRefused = (isOvertaken: boolean): Problem =>
  isOvertaken
    ? new Problem("already-done", "Another number of this debit's reversal has been asked for since.")
    : new Problem("in-progress", "A reversal of this debit is being carried out: repeat this one later.");
