import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { synthesize } from "../../local/synthesize.ts";

/** vitest's globalSetup: one synthesis for all suites; every gateway that a test starts serves this assembly. */
export default async function setup(): Promise<() => Promise<void>> {
  if (process.env.ASSEMBLY_DIR !== undefined) return async () => undefined;
  const folder = await mkdtemp(join(tmpdir(), "wallet-gateway-assembly-"));
  // With what may be switched on: a gateway is told by a variable whether it is.
  await synthesize(resolve(import.meta.dirname, "../.."), folder, { nicepayUserDetail: "on" });
  process.env.ASSEMBLY_DIR = folder;
  return async () => {
    delete process.env.ASSEMBLY_DIR;
    await rm(folder, { recursive: true, force: true });
  };
}
