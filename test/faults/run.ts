/**
 * `npm run campaign -- --identities 10000 --seed 7`: interleavings of callers, reconcilers, notifications and persons, with a
 * provider whose quirks are drawn, judged by what the provider's own ledger says. Each is run twice: once as the provider's
 * document has it, and once with each reply in a dress that says the same. Both must come to the same.
 *
 * `npm run campaign -- --without "times are read in many forms"`: the same without something that keeps it right; `--each`
 * takes them out one after another, and says how soon each was missed.
 * `--update` keeps the figures for docs/proof.md (`npm run docs`).
 * Exits with 1 where anything was found.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { optionsOr } from "../support/command-line.ts";
import { keepFigures } from "../support/kept-figures.ts";
import { mends, takeOut } from "./mends.ts";

const usage =
  'npm run campaign -- --identities 10000 --seed 7 [--runs 1] [--update] [--without "name of what is taken out" | --each]';

const options = optionsOr(usage, process.argv.slice(2), () => {
  const { values } = parseArgs({
    options: {
      identities: { type: "string", default: "10000" },
      runs: { type: "string", default: "Infinity" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      without: { type: "string" },
      each: { type: "boolean", default: false },
      update: { type: "boolean", default: false },
    },
  });
  const [identities, runs, seed] = [Number(values.identities), Number(values.runs), Number(values.seed)];
  if (!(identities > 0) || !(runs > 0) || !Number.isInteger(seed))
    throw new Error("A value is out of its range.");
  const without = mends.find(({ name }) => name === values.without);
  if (values.without !== undefined && !without)
    throw new Error(`There is none of that name: ${mends.map(({ name }) => name).join("; ")}.`);
  if (values.update && (without || values.each))
    throw new Error("--update keeps what nothing was taken out of.");
  return { identities, runs, seed, without, each: values.each, update: values.update };
});

if (options.each) process.exit(eachTakenOut());
if (options.without) takeOut(options.without);
// Only now: what is taken out is taken out as it is loaded.
const { campaign } = await import("./interleavings.ts");
const { summary, found, rows } = await campaign(options);
console.log(summary);
if (options.update) {
  const command = `npm run campaign -- --identities ${options.identities} --seed ${options.seed}`;
  keepFigures(join(import.meta.dirname, "results.json"), command, rows, found?.wrong ?? []);
}
// Where one run is looked at, all that happened in it.
if (options.runs === 1 && found)
  for (const [name, log] of Object.entries({ plain: found.plain, dressed: found.dressed }))
    console.log(`\n${name}:\n${log.join("\n")}`);
process.exit(found === undefined ? 0 : 1);

function eachTakenOut(): number {
  const unnoticed = mends.filter(({ name }) => {
    const { identities, seed } = options;
    const flags = ["--identities", String(identities), "--seed", String(seed), "--without", name];
    const { status, stdout, stderr } = spawnSync(process.execPath, [import.meta.filename, ...flags], {
      encoding: "utf8",
    });
    console.log(`without "${name}":\n${stdout}${stderr}`);
    return status !== 1 || !stdout.includes("found");
  });
  for (const { name } of unnoticed) console.log(`not missed: ${name}`);
  return unnoticed.length === 0 ? 0 : 1;
}
