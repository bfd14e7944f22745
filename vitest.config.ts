import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/support/longest-first.ts";
import { common, slow } from "./vitest.slow.config.ts";

/**
 * What runs functions in the test's own process, under its environment, its output and its clock: each of these has a process to
 * itself. All others change nothing that another file could notice; those that one worker runs share its modules.
 */
const alone = [
  // Connections are those of the process's own runtime.
  "test/connections.test.ts",
  "test/gateway/{calls,metrics-outages,webhook-outages}.test.ts",
];

const ofQuick = { ...common, testTimeout: 30_000 };
const quick = { ...ofQuick, name: "quick", include: alone };
const sharing = {
  ...ofQuick,
  name: "quick, sharing",
  include: ["test/**/*.test.ts"],
  exclude: [...slow, ...alone],
  isolate: false,
};

/** `vitest run` runs all tests, with `--project "quick*"` the quick ones. */
export default defineConfig({
  test: {
    maxWorkers: common.maxWorkers,
    retry: common.retry,
    sequence: { sequencer: LongestFirst },
    projects: [{ test: quick }, { test: sharing }, "./vitest.slow.config.ts"],
  },
});
