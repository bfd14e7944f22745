import { build } from "esbuild";
import { expect, test } from "vitest";

test("what browsers load is small and uses no part of Node", async () => {
  const { metafile } = await build({
    absWorkingDir: new URL("../../", import.meta.url).pathname,
    entryPoints: ["inspect/inspect.ts"],
    ...{ bundle: true, minify: true, platform: "browser", format: "esm", write: false, metafile: true },
    outfile: "inspect.js",
  });
  const output = metafile.outputs["inspect.js"];
  expect(output?.imports).toEqual([]);
  expect(output?.bytes).toBeLessThanOrEqual(50_000);
});
