import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, it } from "vitest";

it("is one file of at most 15 kB that imports node:crypto alone", async () => {
  const { metafile } = await build({
    absWorkingDir: fileURLToPath(new URL("../../", import.meta.url)),
    entryPoints: ["lib/signing/index.ts"],
    bundle: true,
    minify: true,
    platform: "node",
    target: "node24",
    format: "esm",
    write: false,
    metafile: true,
    outfile: "signing.mjs",
  });
  expect(Object.keys(metafile.outputs)).toEqual(["signing.mjs"]);
  const output = metafile.outputs["signing.mjs"];
  expect(output?.bytes).toBeLessThanOrEqual(15_000);
  expect([...new Set(output?.imports.map(({ path }) => path))]).toEqual(["node:crypto"]);
  for (const input of Object.keys(metafile.inputs)) expect(input).toMatch(/^lib\/signing\/[a-z-]+\.ts$/);
});
