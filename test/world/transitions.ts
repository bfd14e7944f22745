import { states, transitions } from "../../lib/records/states.ts";

/** Every change of state that may be written, as `from > to by writer`. */
export const allTransitions: readonly string[] = states.flatMap((from) =>
  Object.entries(transitions[from]).flatMap(([to, by]) => by.map((writer) => `${from} > ${to} by ${writer}`)),
);

/**
 * What the table allows and no code writes, so that no seed can reach it. Of an owner only one word is written, and nobody else
 * writes `in_doubt`: the doubt that it could find is its own. What an inquiry declines has the provider's word in its failure, which
 * only the owner's doubt writes. A history that reaches one of these is wrong, or this list is.
 */
export const unwritten: ReadonlySet<string> = new Set([
  "in_doubt > succeeded by owner",
  "in_doubt > declined by owner",
  "in_doubt > not_executed by owner",
  "dispatched > declined by evidence",
]);
