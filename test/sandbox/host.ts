/** A sandbox in a process of its own, to be killed: `node host.ts <data folder>` prints its address. */
import { start } from "./running.ts";

const [, , dataDir] = process.argv;
if (dataDir === undefined) throw new Error("no data folder");
console.log((await start(dataDir)).url);
