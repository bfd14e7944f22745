#!/usr/bin/env node
/** `gw`: see docs/gw.md. */
import { exits } from "./exit.ts";
import { processIo, watchOutput } from "./io.ts";
import { gw } from "./program.ts";

watchOutput();
try {
  process.exitCode = await gw(process.argv.slice(2), processIo);
} catch (error) {
  console.error(error);
  process.exitCode = exits.fault[0];
}
