import { defineConfig } from "vitest/config";

/**
 * What takes long: every point at which a change can break and every order in which others then act, doubt that has to be
 * waited for, every form of an echo in every place of a reply, storms of notifications, histories of a hostile world, a table that
 * is slow to answer, and what pages try in a real browser.
 */
export const slow = [
  "test/faults/**/*.test.ts",
  "test/browser/**/*.test.ts",
  "test/gateway/altered-ids.test.ts",
  "test/gateway/brown-out.test.ts",
  "test/gateway/doubt.test.ts",
  "test/gateway/{echoes-of-providers,secrets-echoed}.test.ts",
  "test/gateway/webhook-{storm,queue-storm}.test.ts",
  "test/world/world.test.ts",
];

/** Of quick and slow tests alike. */
export const common = {
  globalSetup: "./test/support/assembly.ts",
  hookTimeout: 120_000,
  // More than there are cores: many a test waits for a timeout, the end of a lease or a secret that may be read again.
  maxWorkers: 4,
  // The CDK's own check of templates is half of a synthesis: it is done by "npm run synth".
  env: { CDK_VALIDATION: "false" },
  // Real processes on a busy machine: where nobody watches, a test that fails is run once more, and reported as retried.
  retry: process.env.CI ? 1 : 0,
};

export default defineConfig({
  test: { ...common, name: "slow", include: slow, testTimeout: 300_000 },
});
