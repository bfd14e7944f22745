import { mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { logTo } from "../../lib/log.ts";
import { providerCounts } from "../../lib/metrics.ts";
import { openLogs } from "../../local/logs.ts";
import { whyFull } from "../../local/main.ts";

let folder: string;
let terminal: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "logs-"));
  terminal = "";
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    terminal += text;
    return true;
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

/** What a function prints of a request, with its counts. */
function lineOf(status: number): string {
  const told = { function: "aggrepay/debit-wallet", requestId: "r-1", status, durationMs: 6 };
  let printed = "";
  const write = (text: string) => {
    printed = text;
  };
  logTo(write, { now: () => 1_795_000_000_000 }, () => "N")(told, providerCounts("aggrepay")(told));
  return printed;
}

test("the terminal shows what a person reads of an error, the file the whole of every line", async () => {
  const log = openLogs(folder, false)("Debit");
  log.line(lineOf(200));
  log.line(lineOf(504));
  const head = '{"timestamp":"2026-11-18T11:06:40.000Z","level":"ERROR","function":"aggrepay/debit-wallet"';
  expect(terminal).toBe(`Debit: ${head},"requestId":"r-1","status":504,"durationMs":6}\n`);
  expect(await readFile(join(folder, "Debit.log"), "utf8")).toBe(`${lineOf(200)}\n${lineOf(504)}\n`);
});

test("a terminal that asks for all lines gets them whole", () => {
  openLogs(folder, true)("Debit").line(lineOf(200));
  expect(terminal).toBe(`Debit: ${lineOf(200)}\n`);
});

test("a disk that is full ends in a sentence that names DATA_DIR", async () => {
  await symlink("/dev/full", join(folder, "Debit.log"));
  const log = openLogs(folder, false)("Debit");
  let met: unknown;
  try {
    log.line("a line");
  } catch (error) {
    met = error;
  }
  expect(whyFull(met, { dataDir: "/data" })).toMatch(/^The disk of DATA_DIR \/data is full: .*\.$/);
  expect(whyFull(new Error("another"), { dataDir: "/data" })).toBeUndefined();
});
