import { mkdir, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { contractDocuments } from "./documents.ts";

for (const [path, text] of contractDocuments()) {
  const file = resolve(import.meta.dirname, "..", path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}
