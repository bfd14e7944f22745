import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { writePackage } from "../../cli/package.ts";

const folder = mkdtempSync(join(tmpdir(), "gw-pack-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("the package is installed in an empty folder without a network, and knows the operations", async () => {
  const packed = join(folder, "packed");
  await writePackage(packed);
  const npm = (...args: readonly string[]) => execFileSync("npm", args, { cwd: folder, encoding: "utf8" });
  const tarball = npm("pack", "--silent", packed).trim();
  npm("install", "--silent", "--offline", "--no-audit", "--no-fund", join(folder, tarball));
  const gw = (...args: readonly string[]) =>
    execFileSync(process.execPath, [join(folder, "node_modules/.bin/gw"), ...args], {
      cwd: folder,
      encoding: "utf8",
    });
  expect(gw("--help")).toMatch(/^Usage: gw /);
  expect(gw("call", "debit-wallet", "--fields")).toMatch(/^ {2}fromCustomerId +required/m);
  expect(gw("explain", "hash-mismatch")).toMatch(/^HASH-MISMATCH of AggrePay\n/);
});
