/**
 * `npm run world -- --seed 1 --seeds 20000`: histories of a hostile world, each drawn from a seed, judged after every step by the
 * provider's own list of what it did. One that fails is made smaller and told.
 *
 * `--without "name"` plays them without something that keeps the product right; `--each` takes out one thing after another and says
 * by which seed it is missed. `--json FILE` writes what came of it there. Exits with 1 where anything was found.
 */
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { mends } from "../faults/mends.ts";
import { optionsOr } from "../support/command-line.ts";
import { Crew } from "./crew.ts";
import { type Results, resultsOf } from "./results.ts";

const usage =
  'npm run world -- --seed 1 [--seeds 1000] [--steps 120] [--workers 2] [--json FILE] [--without "name of what is taken out" | --each]';

const options = optionsOr(usage, process.argv.slice(2), () => {
  const { values } = parseArgs({
    options: {
      seed: { type: "string", default: "1" },
      seeds: { type: "string", default: "1" },
      steps: { type: "string" },
      workers: { type: "string", default: String(availableParallelism()) },
      without: { type: "string" },
      each: { type: "boolean", default: false },
      only: { type: "string", default: "" },
      json: { type: "string" },
    },
  });
  const whole = (text: string, least: number) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < least) throw new Error("A value is out of its range.");
    return value;
  };
  return {
    ...values,
    seed: whole(values.seed, 0),
    seeds: whole(values.seeds, 1),
    workers: whole(values.workers, 1),
    steps: values.steps === undefined ? undefined : whole(values.steps, 1),
  };
});

process.exitCode = options.each ? await each() : await rounds();

/** Seeds one after another; of one alone, all that happened. */
async function rounds(): Promise<number> {
  const { seed, seeds, steps, without, workers } = options;
  const crew = new Crew(Math.min(workers, seeds), { without, steps });
  try {
    const round = await crew.plays(seed, seeds);
    console.log(round.summary);
    const results = resultsOf(round, seed);
    if (options.json) writeFileSync(options.json, `${JSON.stringify(results, undefined, 2)}\n`);
    const failed = round.failed?.seed ?? (seeds === 1 ? seed : undefined);
    if (failed !== undefined) {
      const { log, strikes, choices } = await crew.tells(failed, round.failed !== undefined);
      console.log(log.join("\n"));
      if (round.failed)
        console.log(
          `\nSeed ${failed}, made smaller: ${choices.length - 1} steps, ${strikes} strikes.\n` +
            `As a regression: ${JSON.stringify({ seed: failed, reason: round.failed.found[0], choices })}`,
        );
    }
    return round.failed ? 1 : 0;
  } finally {
    await crew.leaves();
  }
}

async function each(): Promise<number> {
  const { seed, seeds, steps, workers, only } = options;
  const { removals } = await import("./removals.ts");
  const names = [...mends, ...removals].map(({ name }) => name).filter((name) => name.includes(only));
  const told: { mend: string; seed: number | null }[] = [];
  const left = [...names];
  // Each by one worker: they are loaded anew for each, and most are missed soon.
  const work = async () => {
    for (let name = left.shift(); name !== undefined; name = left.shift()) {
      const crew = new Crew(1, { without: name, steps });
      const { failed, ran } = await crew.plays(seed, seeds);
      await crew.leaves();
      told.push({ mend: name, seed: failed?.seed ?? null });
      console.log(
        failed
          ? `seed ${failed.seed} misses "${name}": ${failed.found[0]}`
          : `NOT MISSED by ${ran}: "${name}"`,
      );
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  const unmissed = told.filter((row) => row.seed === null);
  console.log(`${told.length - unmissed.length} of ${told.length} are missed`);
  if (options.json) {
    const results: Partial<Results> = {
      each: told.toSorted((a, b) => names.indexOf(a.mend) - names.indexOf(b.mend)),
    };
    writeFileSync(options.json, `${JSON.stringify(results, undefined, 2)}\n`);
  }
  return unmissed.length === 0 ? 0 : 1;
}
