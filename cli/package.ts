import { chmod, copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import packageJson from "../package.json" with { type: "json" };
import { catalogue, words } from "./known.ts";

const project = resolve(import.meta.dirname, "..");

/**
 * Writes `gw` as a package of its own: JavaScript, since Node strips no types in node_modules, with the catalogue built in and
 * without a dependency.
 *
 * @param folder is removed first
 */
export async function writePackage(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await build({
    absWorkingDir: project,
    entryPoints: { gw: "cli/gw.ts" },
    outdir: folder,
    bundle: true,
    // What signs is loaded where a call is signed, and nowhere else.
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node24",
    outExtension: { ".js": ".mjs" },
    mainFields: ["module", "main"],
    minify: true,
    legalComments: "none",
    logLevel: "warning",
    // Some packages of the SDK's are CommonJS and ask for Node's own modules.
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
    define: { GW_CATALOGUE: JSON.stringify(catalogue()), GW_WORDS: JSON.stringify(await words()) },
    external: ["./words.ts"],
  });
  await chmod(join(folder, "gw.mjs"), 0o755);
  await writeFile(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  await copyFile(join(project, "docs/gw.md"), join(folder, "README.md"));
}

const manifest = {
  name: "wallet-gateway-cli",
  version: packageJson.version,
  description: "gw: one command for a wallet gateway",
  private: true,
  type: "module",
  bin: { gw: "gw.mjs" },
  engines: packageJson.engines,
  files: ["*.mjs"],
};
