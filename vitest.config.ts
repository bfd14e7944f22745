import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/support/longest-first.ts";
import { common, slow } from "./vitest.slow.config.ts";

const quick = {
  ...common,
  name: "quick",
  include: ["test/**/*.test.ts"],
  exclude: slow,
  testTimeout: 30_000,
};

/** `vitest run` runs all tests, with `--project quick` the quick ones. */
export default defineConfig({
  test: {
    maxWorkers: common.maxWorkers,
    retry: common.retry,
    sequence: { sequencer: LongestFirst },
    projects: [{ test: quick }, "./vitest.slow.config.ts"],
  },
});
