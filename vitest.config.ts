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
  },
});
