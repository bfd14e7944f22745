import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { gwDocument } from "./document.ts";

// What people read of gw, written from gw.
writeFileSync(resolve(import.meta.dirname, "../docs/gw.md"), gwDocument());
