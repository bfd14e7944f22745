import { unfinished } from "./api.ts";
import type { Detail, Row } from "./shapes.ts";

interface Finders {
  readonly byRecord: (id: string) => Promise<readonly Row[]>;
  readonly byTransaction: (id: string) => Promise<readonly Row[]>;
  readonly byCustomer: (id: string) => Promise<readonly Row[]>;
}

/**
 * Every record that has this id: its own, its transaction's, its customer's. The API has no list by `referenceNo`,
 * `Idempotency-Key` or the provider's transaction: those are looked for among what is unfinished.
 */
export async function search(asked: string, finders: Finders): Promise<readonly Row[]> {
  const found = [
    /^(?:(?:binding|deactivation)\.)?[\w-]{43}$/.test(asked) ? await finders.byRecord(asked) : [],
    /^[\w.-]{1,64}$/.test(asked) ? await finders.byTransaction(asked) : [],
    /^\d{1,30}$/.test(asked) ? await finders.byCustomer(asked) : [],
  ];
  for (const state of ["needs_attention", "in_doubt", "dispatched"] as const)
    found.push((await unfinished(state)).result.filter((record) => hasId(record, asked)));
  return [...new Map(found.flat().map((row) => [row.id, row])).values()];
}

/** As its identity, or among the words of its result, failure and latest inquiry. */
function hasId({ identity, result, failure, lastInquiry }: Detail, asked: string): boolean {
  if (identity === asked) return true;
  const words = JSON.stringify([result, failure, lastInquiry]).split(/[^\w.-]+/);
  return words.includes(asked);
}
