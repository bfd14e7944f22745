/**
 * `npm run world -- --seed 1 --seeds 20000`: histories of a hostile world, each drawn from a seed, judged after every step by the
 * provider's own list of what it did. One that fails is made smaller and told.
 *
 * `--without "name"` plays them without something that keeps the product right; `--each` takes out one thing after another and says
 * by which seed it is missed. `--json FILE` writes what came of it there. Ctrl-C ends it early, and it tells what it has played. Exits with 1 where anything was found.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { mends as ofBoth, worldMends } from "../faults/mends.ts";
import { optionsOr } from "../support/command-line.ts";
import { Crew } from "./crew.ts";
import { missedIn, resultsOf, writeResults } from "./results.ts";

const mends = [...ofBoth, ...worldMends];
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
  process.once("SIGINT", () => crew.ends());
  try {
    const round = await crew.plays(seed, seeds);
    console.log(round.summary);
    if (options.json) writeResults(options.json, resultsOf(round, seed));
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

/**
 * What keeps the product right is taken out, one after another. A mend takes a worker that loads the product without it; guards need
 * none of their own. In rounds of more and more seeds, so that what is missed soon is known soon; what the file has as missed
 * already is not looked for again.
 */
async function each(): Promise<number> {
  const { seed, seeds, steps, workers, only, json } = options;
  const [{ removals }, { misformedCommand }] = await Promise.all([
    import("./removals.ts"),
    import("./ledger.ts"),
  ]);
  const isMend = new Set(mends.map(({ name }) => name));
  const names = [...mends, ...removals].map(({ name }) => name).filter((name) => name.includes(only));
  const missed = new Map<string, number>(json ? missedIn(json) : []);
  let played = 0;
  const writes = () => {
    const each = names.map((mend) => ({ mend, seed: missed.get(mend) ?? null }));
    if (json) writeResults(json, { each, eachSeeds: seed + played - 1 });
  };
  const plain = new Crew(1, { without: undefined, steps });
  for (let size = 25; played < seeds; size *= 2) {
    const [from, count] = [seed + played, Math.min(size, seeds - played)];
    const left = names.filter((name) => !missed.has(name));
    const look = async (name: string, crew: Crew, guard?: string) => {
      const { failed } = await crew.plays(from, count, guard);
      if (!failed) return;
      // Then something else was broken than what was to be taken out.
      if (failed.found[0]?.startsWith(misformedCommand)) {
        console.log(`"${name}" cannot be taken out so: ${failed.found[0]}`);
        return;
      }
      missed.set(name, failed.seed);
      console.log(`seed ${failed.seed} misses "${name}": ${failed.found[0]}`);
      writes();
    };
    const guards = async () => {
      for (const name of left.filter((each) => !isMend.has(each))) await look(name, plain, name);
    };
    const mended = async () => {
      for (const name of left.filter((each) => isMend.has(each))) {
        const crew = new Crew(1, { without: name, steps });
        await look(name, crew);
        await crew.leaves();
      }
    };
    if (workers > 1) await Promise.all([guards(), mended()]);
    else for (const all of [guards, mended]) await all();
    played += count;
    console.log(`${missed.size} of ${names.length} are missed by ${played} seeds`);
  }
  await plain.leaves();
  writes();
  for (const name of names.filter((each) => !missed.has(each))) console.log(`not missed: "${name}"`);
  return missed.size === names.length ? 0 : 1;
}
