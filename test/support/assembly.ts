import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { sharedAssembly } from "../../local/assembled.ts";

const project = resolve(import.meta.dirname, "../..");

/**
 * vitest's globalSetup: one synthesis for all suites; every gateway that a test starts serves this assembly. And one folder for
 * what V8 has compiled, of tests, gateways and functions: `npm ci` empties it. And one for what tests write, which goes at the end.
 */
export default async function setup(): Promise<() => void> {
  process.env.NODE_COMPILE_CACHE ??= resolve(project, "node_modules/.compile-cache");
  // Another project's setup has been here.
  if (process.env.TEST_DIR !== undefined) return () => undefined;
  const folder = mkdtempSync(join(tmpdir(), "wallet-gateway-tests-"));
  process.env.TEST_DIR = folder;
  // With what may be switched on: a gateway is told by a variable whether it is.
  process.env.ASSEMBLY_DIR ??= await sharedAssembly(project, { nicepayUserDetail: "on", books: "on" });
  return () => {
    rmSync(folder, { recursive: true, force: true });
    delete process.env.TEST_DIR;
    delete process.env.ASSEMBLY_DIR;
  };
}
