import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/support/longest-first.ts";
import { common, slow } from "./vitest.slow.config.ts";

/** What changes nothing that other files could notice: all of these that one worker runs share its modules. */
const pure = [
  // Connections are those of the process's own runtime.
  "test/!(connections).test.ts",
  "test/{bench,contract,infra,inspect,providers,sandbox,secrets,signing}/**/*.test.ts",
];

const ofQuick = { ...common, testTimeout: 30_000 };
const quick = { ...ofQuick, name: "quick", include: ["test/**/*.test.ts"], exclude: [...slow, ...pure] };
const sharing = { ...ofQuick, name: "quick, sharing", include: pure, isolate: false };

/** `vitest run` runs all tests, with `--project "quick*"` the quick ones. */
export default defineConfig({
  test: {
    maxWorkers: common.maxWorkers,
    retry: common.retry,
    sequence: { sequencer: LongestFirst },
    projects: [{ test: quick }, { test: sharing }, "./vitest.slow.config.ts"],
  },
});
