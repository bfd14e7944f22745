import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { proofDocuments } from "./document.ts";

// What people read of the proofs, written from their results.
for (const [path, text] of proofDocuments()) writeFileSync(join(import.meta.dirname, "..", path), text);
