import { join } from "node:path";

/** Where V8's compiled code of the host's own processes is kept, types left out: reading it anew is half of a start. */
export const compileCache =
  process.env.NODE_COMPILE_CACHE ?? join(import.meta.dirname, "../node_modules/.compile-cache");
