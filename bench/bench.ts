/**
 * `npm run bench -- [part ...] [--quick] [--json FILE] [--update]`: what users meet, next to what a team writes with the usual libraries
 * (`peers/usual`) and to the SDK's clients by hand (`peers/floor`). The bundles that would be deployed run in the local host's
 * function processes; the provider stands behind TLS and a simulated distance. Everything is measured in turns, so that what
 * else the machine does touches all of them; what counts are the ratios.
 */
import { writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { optionsOr } from "../test/support/command-line.ts";
import { keep, measuredNow } from "./document.ts";
import { tableText } from "./figures.ts";
import { type PartName, parts } from "./parts.ts";
import { type Part, scales } from "./scale.ts";
import { openWorld } from "./world.ts";

const names = Object.keys(parts) as PartName[];
const usage = `usage: npm run bench -- [${names.join("|")} ...] [--quick] [--json FILE] [--update]`;
const options = {
  quick: { type: "boolean" },
  json: { type: "string" },
  update: { type: "boolean" },
} as const;
const { values, positionals } = optionsOr(usage, process.argv.slice(2), () => {
  const parsed = parseArgs({ args: process.argv.slice(2), options, allowPositionals: true });
  const unknown = parsed.positionals.find((name) => !names.some((known) => known === name));
  if (unknown !== undefined) throw new Error(`there is no part "${unknown}"`);
  if (parsed.values.quick && parsed.values.update)
    throw new Error("--update keeps whole parts, and --quick measures less of each");
  return parsed;
});

const started = performance.now();
const scale = scales[values.quick ? "quick" : "whole"];
const wanted = names.filter((name) => positionals.length === 0 || positionals.includes(name));
const world = await openWorld();
const results: Partial<Record<PartName, Part & { readonly measured: string }>> = {};
try {
  for (const name of wanted) {
    const [load = 0] = loadavg();
    const part = await parts[name](world, scale);
    const result = { ...part, measured: measuredNow(load) };
    results[name] = result;
    console.log(`${part.title}\n\n${tableText(part.rows)}\n`);
    // A run that is ended keeps what it has measured.
    if (values.update === true) await keep(name, result);
  }
} finally {
  await world.close();
}
const { model = "?" } = cpus()[0] ?? {};
const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.log(
  `Medians, and medians of the ratios of calls that were made one after the other. Node ${process.version}, ${cpus().length} x ${model}; ${seconds} s`,
);
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(results, undefined, 1)}\n`);
