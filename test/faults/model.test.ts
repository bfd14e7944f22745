import { expect, test, vi } from "vitest";
import { withoutClause } from "./guards.ts";
import { interleaved } from "./interleaved.ts";
import { campaign } from "./interleavings.ts";
import type { Without } from "./world.ts";

/** Another seed: `FAULTS_SEED=7`; more runs: `FAULTS_RUNS=5000`. */
const seed = Number(process.env.FAULTS_SEED ?? 20_260_105);
const runs = Number(process.env.FAULTS_RUNS ?? 200);

// Thousands of cases: longer than any other test where the machine is busy.
vi.setConfig({ testTimeout: 300_000 });

test(`${runs} interleavings from seed ${seed}, with quirks, each in two dresses`, async () => {
  const { found, summary } = await campaign({ seed, runs, identities: Number.POSITIVE_INFINITY });
  console.info(summary);
  expect(found).toBeUndefined();
});

test.each([
  ["the states that allow a claim", withoutClause("claim", "no record")],
  ["the states that a settle is written over", withoutClause("settle", "list of states")],
  ["the states that a person's word is written over", withoutClause("decide", "list of states")],
  ["the quiet period", { config: (config) => ({ ...config, quietPeriodMs: 0 }) }],
] satisfies readonly (readonly [
  string,
  Without,
])[])("the interleavings find out that %s are gone", async (_what, without) => {
  // The product counts what it does on standard output, a line each.
  const write = vi.spyOn(process.stdout, "write").mockImplementation(() => true);
  let found = 0;
  for (let run = 0; run < runs && found === 0; run++)
    found = (await interleaved({ seed: seed + run, without })).wrong.length;
  write.mockRestore();
  expect(found).toBeGreaterThan(0);
});
