/**
 * `npm run challenge -- [--quick] [--seed N] [--only NAME] [--update]`: the same callers, the same faults and the same sandbox provider
 * against the SDK by hand, middy with Powertools' idempotency, and this gateway. Who is right is judged by the provider's ledger.
 * The targets run side by side, so that a busy moment of the machine touches all. `--update` keeps the results, from which
 * `npm run docs` writes docs/proof.md and docs/why.md. Ends with 1 where the gateway itself has failed.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { tableText } from "../bench/figures.ts";
import { writeWorker } from "../local/lambda/environment.ts";
import packageJson from "../package.json" with { type: "json" };
import { optionsOr } from "../test/support/command-line.ts";
import { planOf } from "./plan.ts";
import { briefly, countsOf, failuresOf, rowsOf, writeResults } from "./results.ts";
import { run } from "./run.ts";
import { built, type Code, targets } from "./targets.ts";

const names = targets.map(({ name }) => name);
const usage = `usage: npm run challenge -- [--quick] [--seed N] [--only ${names.join("|")}] [--update]`;
const { quick, seed, only, update } = optionsOr(usage, process.argv.slice(2), () => {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      only: { type: "string" },
      update: { type: "boolean", default: false },
    },
  });
  if (!/^\d{1,12}$/.test(values.seed)) throw new Error("--seed is a number of at most 12 digits");
  if (values.only !== undefined && !names.includes(values.only))
    throw new Error(`there is no target "${values.only}"`);
  if (values.update && values.only !== undefined)
    throw new Error("--update keeps the results of all targets");
  return values;
});

const began = performance.now();
const [loadBefore = 0] = loadavg();
const plan = planOf(seed, quick ? 48 : 480);
const chosen = targets.filter(({ name }) => only === undefined || name === only);
const folder = await mkdtemp(join(tmpdir(), "challenge-"));
const worker = join(folder, "worker.mjs");
const callers = 8;
console.log(`seed ${seed}: ${plan.identities.length} debits for each of ${chosen.length} targets`);

try {
  const [code] = await Promise.all([built(folder), writeWorker(worker)]);
  const codeOf = (name: string): Code => {
    const found = code.debit[name];
    if (found === undefined) throw new Error(`there is no code for ${name}`);
    return found;
  };
  const ready = barrier(chosen.length);
  const all = await Promise.all(
    chosen.map(async (target) => {
      const workshop = { folder, worker, debit: codeOf(target.name), reconcile: code.reconcile, ready };
      return { target, outcomes: await run(plan, target, workshop, callers) };
    }),
  );
  const counts = all.map(({ target, outcomes }) => countsOf(target, outcomes));
  const failures = all.flatMap(({ target, outcomes }) => failuresOf(target, outcomes));
  for (const { target, kind, why, id, story } of failures)
    console.log(`\n${target}: ${kind}: ${why}\n  ${id}\n${story.map((line) => `    ${line}`).join("\n")}`);
  const seconds = Math.round((performance.now() - began) / 1000);
  console.log(`\n${tableText(rowsOf(counts))}\n\nseed ${seed}, ${seconds} s`);
  if (update)
    writeResults({
      ...{ date: new Date().toISOString().slice(0, 10), seed, seconds },
      machine: `${cpus().length} x ${(cpus()[0]?.model ?? "?").trim()}, load ${loadBefore.toFixed(1)} to ${(loadavg()[0] ?? 0).toFixed(1)}`,
      versions: versionsUsed(),
      troubles: Object.fromEntries(
        Map.groupBy(plan.identities, ({ trouble }) => trouble.kind)
          .entries()
          .map(([kind, each]) => [kind, each.length]),
      ),
      targets: counts,
      failures: briefly(failures),
    });
  process.exitCode = failures.some(({ target }) => target === "gateway") ? 1 : 0;
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.exit();

/** Lets nobody go on before so many have come. */
function barrier(count: number): () => Promise<void> {
  const open = Promise.withResolvers<void>();
  let missing = count;
  return () => {
    missing -= 1;
    if (missing === 0) open.resolve();
    return open.promise;
  };
}

function versionsUsed(): Record<string, string> {
  const { dependencies, devDependencies, version } = packageJson;
  return {
    "this gateway": version,
    node: process.version,
    "@middy/core": dependencies["@middy/core"],
    "@aws-lambda-powertools/idempotency": devDependencies["@aws-lambda-powertools/idempotency"],
    "@aws-sdk/client-dynamodb": dependencies["@aws-sdk/client-dynamodb"],
  };
}
