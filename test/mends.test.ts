import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { mends, replaced, worldMends } from "./faults/mends.ts";

/** `test/faults/mends.test.ts` and the world run the product without each of them, which takes longer. */
test.each([...mends, ...worldMends])("$name: its text stands in $file, and can be taken out", ({
  name,
  file,
  from,
  to,
}) => {
  const text = readFileSync(join(import.meta.dirname, "..", file), "utf8");
  const without = replaced(text, from, to, name);
  expect(without).not.toBe(text);
});

test.each([...mends, ...worldMends])("$name: stands in the table of mends", ({ name, file }) => {
  expect(readFileSync(join(import.meta.dirname, "faults/README.md"), "utf8")).toContain(
    `| ${name} | \`${file}\` |`,
  );
});
