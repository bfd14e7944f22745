import { defineConfig } from "vitest/config";

/** Every point at which a change can break, and every order in which others then act. */
export default defineConfig({
  test: {
    include: ["test/faults/**/*.test.ts"],
    testTimeout: 300_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
