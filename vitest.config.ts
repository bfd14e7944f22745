import { defineConfig } from "vitest/config";
import { slow } from "./vitest.slow.config.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: slow,
    globalSetup: "./test/support/assembly.ts",
    testTimeout: 30_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    // The CDK's own check of templates is half of a synthesis: it is done by "npm run synth".
    env: { CDK_VALIDATION: "false" },
    // Real processes on a busy machine: where nobody watches, a test that fails is run once more, and reported as retried.
    retry: process.env.CI ? 1 : 0,
  },
});
