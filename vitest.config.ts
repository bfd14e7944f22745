import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Thousands of cases, with a command of their own: npm run test:faults.
    exclude: ["test/faults/**"],
    globalSetup: "./test/support/assembly.ts",
    testTimeout: 30_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
