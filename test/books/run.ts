/**
 * `npm run books -- --movements 100000 --days 7 --seed 1`: a week of honest traffic, whose books may differ in nothing, and the
 * same again with what must be found done to it. The merchants are several, each with a provider of other habits.
 *
 * `--update` writes `test/books/results.json`. Exits with 1 for a false alarm, or where something was not found.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { optionsOr } from "../support/command-line.ts";
import { audit } from "./audit.ts";

const usage = "npm run books -- --movements 100000 --days 7 [--merchants 20] [--seed 1] [--update]";

const options = optionsOr(usage, process.argv.slice(2), () => {
  const { values } = parseArgs({
    options: {
      movements: { type: "string", default: "100000" },
      days: { type: "string", default: "7" },
      merchants: { type: "string", default: "20" },
      seed: { type: "string", default: "1" },
      update: { type: "boolean", default: false },
    },
  });
  const [movements, days, merchants, seed] = [
    values.movements,
    values.days,
    values.merchants,
    values.seed,
  ].map(Number) as [number, number, number, number];
  if (!(movements > 0) || !(days > 0) || !(merchants > 0) || !Number.isInteger(seed))
    throw new Error("A value is out of its range.");
  return { movements, days, merchants, seed, update: values.update };
});

const results = await audit(options);
const { falseAlarms, besides, found, unfinished } = results;
const counts = { falseAlarms: falseAlarms.length, besides: besides.length };
console.log(JSON.stringify({ ...results, ...counts }, null, 2));
for (const each of falseAlarms.slice(0, 10)) console.log("false alarm:", JSON.stringify(each));
for (const each of besides.slice(0, 10)) console.log("not injected:", JSON.stringify(each));
if (options.update)
  await writeFile(join(import.meta.dirname, "results.json"), `${JSON.stringify(results, null, 2)}\n`);
const isMissed = found.some((each) => each.found < each.injected);
process.exit(falseAlarms.length > 0 || isMissed || unfinished > 0 ? 1 : 0);
