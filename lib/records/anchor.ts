import { type Clause, clause, either, lacks } from "./clauses.ts";
import { keyOf } from "./identity.ts";
import { type Attributes, N } from "./record.ts";
import type { Check, Write } from "./write.ts";

/**
 * The key of a debit's anchor, an item of its own: it holds the number of the debit's reversal that was claimed last, and moves in
 * the transaction of the next number's first claim. A debit without an anchor has had number 1 at most.
 */
export const anchorId = (provider: string, account: string, debit: string): string =>
  keyOf([provider, account, "reversal-anchor", debit]);

export const readAnchor = (item: Attributes): number => Number(item.current?.N);

/**
 * What the claim of a reversal's number is written with, given the anchor's key. Number 1 writes no anchor, and is refused once a
 * later number was claimed, also where its own record was lost in a restore.
 */
export function anchoring(id: string, number: number): Write | Check {
  if (number === 1) return { id, when: [isUnmoved(1)] };
  return {
    id,
    when: [number === 2 ? isUnmoved(1, 2) : currentIn(number - 1, number)],
    set: { current: N(number) },
    tells: undefined,
  };
}

export const currentIn = (...numbers: readonly number[]): Clause =>
  clause(
    `#current IN (${numbers.map((number) => `:current${number}`).join(", ")})`,
    Object.fromEntries(numbers.map((number) => [`:current${number}`, N(number)])),
  );

/** There is no anchor, or it holds one of these. */
export const isUnmoved = (...numbers: readonly number[]): Clause =>
  either(lacks("current"), currentIn(...numbers));
