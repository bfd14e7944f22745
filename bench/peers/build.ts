import { build } from "esbuild";

/** Bundles functions of others as ours are, but for the parts of the SDK that ours leave out: `<entry>.ts` into `<entry>/index.mjs`. */
export const buildPeers = (root: string, entries: readonly string[], outdir: string) =>
  build({
    absWorkingDir: root,
    entryPoints: entries.map((entry) => ({ in: `./${entry}.ts`, out: `${entry}/index` })),
    outdir,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node24",
    mainFields: ["module", "main"],
    outExtension: { ".js": ".mjs" },
    // Packages of theirs that are CommonJS ask for Node's modules at run time.
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
    minify: true,
    legalComments: "none",
    metafile: true,
    logLevel: "error",
  });
