import { type Config, wrong } from "../../config.ts";
import type { FieldError } from "../../problem.ts";

/** The provider names a reversal by its debit's id and this (section 8). */
export const reversalSuffix = "_REVERSAL";

/** The id of the debit whose reversal is shown under this id, the suffix in any letter case; undefined where it is no reversal's. */
export const debitOf = (shown: string): string | undefined =>
  shown.toUpperCase().endsWith(reversalSuffix) ? shown.slice(0, -reversalSuffix.length) : undefined;

/** What `aggrepayIdsKept` may be set to: an id must have room to differ, and the longest is that of a reversal. */
export const idsKeptRange = { least: 20, most: 73 };

/**
 * How many characters of an id AggrePay has been shown to keep byte for byte; undefined where that has not been shown. Its document
 * names no length and no letter case.
 * @throws Problem `misconfigured`
 */
export function idsKept(option: Config["option"]): number | undefined {
  const kept = option("AGGREPAY_IDS_KEPT");
  if (kept === undefined) return undefined;
  const { least, most } = idsKeptRange;
  if (!/^\d\d$/.test(kept) || Number(kept) < least || Number(kept) > most)
    throw wrong("AGGREPAY_IDS_KEPT", `must be a whole number of characters from ${least} to ${most}`);
  return Number(kept);
}

/** Whether AggrePay has been shown to keep ids of that length as they were sent. */
export const isKept = (id: string, option: Config["option"]): boolean => id.length <= (idsKept(option) ?? 0);

/**
 * A merchantTransactionId that is longer than what the provider is known to keep; a debit's leaves room for the name of its
 * reversal. None where it fits, or nothing is known.
 */
export function tooLong(
  { merchantTransactionId }: { readonly merchantTransactionId: string },
  { option }: Pick<Config, "option">,
  suffix = "",
): readonly FieldError[] {
  const kept = idsKept(option);
  if (kept === undefined || merchantTransactionId.length + suffix.length <= kept) return [];
  const why = suffix === "" ? "" : `, and the debit's reversal is named by it and ${suffix}`;
  const detail = `must have at most ${kept - suffix.length} characters: the provider is known to keep ${kept} of an id${why}`;
  return [{ pointer: "/merchantTransactionId", detail }];
}
