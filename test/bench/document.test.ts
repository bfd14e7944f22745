import { expect, test } from "vitest";
import { readDocument, readResults, updated } from "../../bench/document.ts";
import { parts } from "../../bench/parts.ts";
import { simulated } from "../../bench/simulated.ts";

test("docs/performance.md has the tables that were last measured (npm run bench -- --update)", () => {
  expect(readDocument()).toBe(updated(readDocument(), readResults()));
});

test("docs/performance.md has a place for each part", () => {
  for (const name of Object.keys(parts)) expect(readDocument()).toContain(`<!-- ${name} -->`);
});

test("what was promised stands beside what was measured, in bold where it is missed", () => {
  const promised = (cell: string): string => {
    const { cold, ...others } = readResults();
    const rows = (cold?.rows ?? []).map(([name = "", ...cells]) =>
      name === "fetch-balance: from import to the first answer"
        ? [name, ...cells.with(3, cell)]
        : [name, ...cells],
    );
    return updated(readDocument(), { ...others, ...(cold && { cold: { ...cold, rows } }) });
  };
  expect(promised("0.42")).toContain("| The same, read, of usual | 0.42 | 0.42 |");
  expect(promised("0.43")).toContain("| The same, read, of usual | 0.42 | **0.43** |");
  const { cold: _, ...others } = readResults();
  expect(updated(readDocument(), others)).toContain("| The same, read, of usual | 0.42 | not yet |");
});

test("a table without its place in the document is refused", () => {
  const measured = { title: "", rows: [], measured: "" };
  expect(() => updated(readDocument(), { elsewhere: measured })).toThrow('the part "elsewhere"');
});

/** What four workers settle is within 0.8 of four times what one does, and at 150 ms one settles three times the 458 of before. */
test("workers share a backlog without standing in each other's way", async () => {
  const [one, four] = await Promise.all([1, 4].map((workers) => simulated({ late: 1_000, workers })));
  expect(four?.debits).toBeGreaterThanOrEqual(0.8 * 4 * (one?.debits ?? Number.NaN));
  expect((await simulated({ late: 150, workers: 1 })).debits).toBeGreaterThanOrEqual(3 * 458);
});

test("a provider that never replies keeps nothing from being handed over that needs no call", async () => {
  expect(await simulated({ late: "never", workers: 1 })).toEqual({ debits: 0, handedOver: 64 });
});
