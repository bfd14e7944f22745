import { readConfig } from "../../lib/config.ts";
import type { Runtime } from "../../lib/runtime.ts";
import { noConnections } from "../support/no-connections.ts";
import { leaseMs } from "./claims.ts";

const noSecret = () => Promise.reject(new Error("no secret is asked for"));

/** What doubt is settled with: the test's own clock, and nothing that sends or knows a secret. */
export const worldAt = (now: () => number, variables: object = {}): Runtime => ({
  config: readConfig({
    PROVIDER_TIMEOUT_MS: "20000",
    FUNCTION_TIMEOUT_MS: "28000",
    LEASE_MS: String(leaseMs),
    QUIET_PERIOD_MS: "900000",
    ...variables,
  }),
  clock: { now, monotonic: now },
  secrets: { current: noSecret, previous: noSecret, refreshed: noSecret, moment: () => 0 },
  send: () => Promise.reject(new Error("nothing is sent")),
  connections: noConnections,
  uniqueId: () => "unique",
});
