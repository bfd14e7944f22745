import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");

/** Anything that does begin is over when the time is, and has no exit code then. */
const run = (file: string, ...args: readonly string[]) =>
  new Promise<{ readonly code: unknown; readonly out: string; readonly err: string }>((done) => {
    execFile(process.execPath, [file, ...args], { cwd: root, timeout: 20_000 }, (error, out, err) => {
      done({ code: error === null ? 0 : error.code, out, err });
    });
  });

const byHand = ["bench/bench.ts", "test/soak/soak.ts", "test/fuzz/fuzz.ts"];

test.each(byHand)("%s says how it is used, and begins nothing", async (file) => {
  expect(await run(file, "--help")).toEqual({
    code: 0,
    out: expect.stringMatching(/^usage: npm run/),
    err: "",
  });
});

test.each([
  ...byHand,
  "local/start.ts",
  "local/demo.ts",
])("%s begins nothing where an option is wrong", async (file) => {
  const { code, out, err } = await run(file, "--nonsense");
  expect(code).toBe(file === "local/start.ts" ? 1 : 2);
  expect(out).toBe("");
  expect(err).not.toMatch(/^ {4}at /m);
});
