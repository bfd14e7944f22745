import { states, transitions } from "../../lib/records/states.ts";

/** Every change of state that may be written, as `from > to by writer`. */
export const allTransitions: readonly string[] = states.flatMap((from) =>
  Object.entries(transitions[from]).flatMap(([to, by]) => by.map((writer) => `${from} > ${to} by ${writer}`)),
);
