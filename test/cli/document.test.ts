import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { gwDocument } from "../../cli/document.ts";

test("docs/gw.md says what the commands say (npm run docs)", () => {
  const written = readFileSync(resolve(import.meta.dirname, "../../docs/gw.md"), "utf8");
  expect(written).toBe(gwDocument());
});
