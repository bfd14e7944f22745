import { resolve } from "node:path";
import { sharedAssembly } from "../../local/assembled.ts";

const project = resolve(import.meta.dirname, "../..");

/**
 * vitest's globalSetup: one synthesis for all suites; every gateway that a test starts serves this assembly. And one folder for
 * what V8 has compiled, of tests, gateways and functions: `npm ci` empties it.
 */
export default async function setup(): Promise<() => void> {
  process.env.NODE_COMPILE_CACHE ??= resolve(project, "node_modules/.compile-cache");
  if (process.env.ASSEMBLY_DIR !== undefined) return () => undefined;
  // With what may be switched on: a gateway is told by a variable whether it is.
  process.env.ASSEMBLY_DIR = await sharedAssembly(project, { nicepayUserDetail: "on", books: "on" });
  return () => {
    delete process.env.ASSEMBLY_DIR;
  };
}
