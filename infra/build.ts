import { rm } from "node:fs/promises";
import { join } from "node:path";
import { functions } from "../functions/index.ts";
import { bundle, projectRoot } from "./bundle.ts";

const outdir = join(projectRoot, ".build");
await rm(outdir, { recursive: true, force: true });
const bundles = await bundle(functions, { outdir });

const rows = [...bundles.functions, ["(signing layer)", bundles.layer] as const];
const width = Math.max(...rows.map(([name]) => name.length));
for (const [name, { bytes }] of rows) console.log(`${name.padEnd(width)}  ${String(bytes).padStart(8)}`);
