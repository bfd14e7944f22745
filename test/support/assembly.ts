import { resolve } from "node:path";
import { sharedAssembly } from "../../local/assembled.ts";

/** vitest's globalSetup: one synthesis for all suites; every gateway that a test starts serves this assembly. */
export default async function setup(): Promise<() => void> {
  if (process.env.ASSEMBLY_DIR !== undefined) return () => undefined;
  // With what may be switched on: a gateway is told by a variable whether it is.
  process.env.ASSEMBLY_DIR = await sharedAssembly(resolve(import.meta.dirname, "../.."), {
    nicepayUserDetail: "on",
  });
  return () => {
    delete process.env.ASSEMBLY_DIR;
  };
}
