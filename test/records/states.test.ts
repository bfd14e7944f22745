import { describe, expect, test } from "vitest";
import {
  isFinal,
  isSettled,
  type State,
  sources,
  states,
  transitions,
  type Writer,
} from "../../lib/records/states.ts";

const all: readonly State[] = [
  "dispatched",
  "succeeded",
  "declined",
  "not_sent",
  "not_executed",
  "in_doubt",
  "needs_attention",
];
const writers: readonly Writer[] = ["claim", "owner", "evidence", "person", "rival"];

/**
 * Written out a second time, by writer instead of by state, so that a slip of the hand in one of the two shows:
 * `<from> -> <to>`, and nothing else may be written.
 */
const allowed: Readonly<Record<Writer, readonly string[]>> = {
  // Only what is known to have had no effect may be attempted again.
  claim: ["not_sent -> dispatched", "not_executed -> dispatched"],
  // A genuine late reply beats doubt; doubt never beats a person's list, nor doubt that has been looked into since; "not sent" is
  // known at once or never.
  owner: [
    "dispatched -> succeeded",
    "dispatched -> declined",
    "dispatched -> not_sent",
    "dispatched -> not_executed",
    "dispatched -> in_doubt",
    "in_doubt -> succeeded",
    "in_doubt -> declined",
    "in_doubt -> not_executed",
    "needs_attention -> succeeded",
    "needs_attention -> declined",
    "needs_attention -> not_executed",
    // A repeat must not move again what is known to have moved.
    "not_executed -> succeeded",
  ],
  // Asking cannot show that no byte was sent, and time alone makes no doubt: `dispatched` past its lease is read as it.
  evidence: [
    "dispatched -> succeeded",
    "dispatched -> declined",
    "dispatched -> not_executed",
    "dispatched -> needs_attention",
    "in_doubt -> succeeded",
    "in_doubt -> declined",
    "in_doubt -> not_executed",
    "in_doubt -> needs_attention",
    "needs_attention -> succeeded",
    "needs_attention -> declined",
    "needs_attention -> not_executed",
  ],
  person: ["needs_attention -> succeeded", "needs_attention -> declined", "needs_attention -> not_executed"],
  // Nobody but the attempt's own id rests on a refusal that came before anybody looked.
  rival: ["not_sent -> in_doubt", "not_executed -> in_doubt"],
};

const cases = writers.flatMap((writer) =>
  all.flatMap((from) =>
    all.map((to) => ({ writer, from, to, may: allowed[writer].includes(`${from} -> ${to}`) })),
  ),
);

test("the table knows these states and no others", () => {
  expect(states.toSorted()).toEqual(all.toSorted());
});

test("the expected table is about states that exist", () => {
  expect(cases.filter(({ may }) => may)).toHaveLength(Object.values(allowed).flat().length);
});

test.each(cases)("$writer: $from -> $to: $may", ({ writer, from, to, may }) => {
  expect(transitions[from][to]?.includes(writer) ?? false).toBe(may);
  expect(sources(writer, to).includes(from)).toBe(may);
});

describe("what follows from the table", () => {
  test.each(
    all,
  )("%s leaves the index of the unfinished only when the truth is known or nothing happened", (state) => {
    const unfinished: readonly State[] = ["dispatched", "in_doubt", "needs_attention"];
    expect(isSettled(state)).toBe(!unfinished.includes(state));
  });

  test.each(all)("%s is final exactly when nothing may be written over it", (state) => {
    expect(isFinal(state)).toBe(Object.keys(transitions[state]).length === 0);
  });

  test("a new attempt begins only by a claim", () => {
    for (const writer of writers.filter((each) => each !== "claim"))
      expect(sources(writer, "dispatched")).toEqual([]);
  });

  test("nobody writes an outcome over a final state", () => {
    for (const writer of writers)
      for (const to of all)
        expect(sources(writer, to)).not.toEqual(
          expect.arrayContaining([expect.stringMatching(/^(succeeded|declined)$/)]),
        );
  });

  test("a person decides only what is listed for a person", () => {
    expect(new Set(all.flatMap((to) => sources("person", to)))).toEqual(new Set(["needs_attention"]));
  });
});
