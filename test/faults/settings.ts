import type { Environment } from "../../lib/config.ts";

const minute = 60_000;
export const times = { lease: 33_000, quiet: 15 * minute, minute, hour: 60 * minute };

/** What the functions of a simulated gateway are told. */
export const environment: Environment = {
  PROVIDER_TIMEOUT_MS: "20000",
  FUNCTION_TIMEOUT_MS: "28000",
  LEASE_MS: String(times.lease),
  QUIET_PERIOD_MS: String(times.quiet),
  AGGREPAY_BASE_URL: "https://wallet.example",
  AGGREPAY_ACCOUNT: "main",
  NICEPAY_BASE_URL: "https://nicepay.example",
  NICEPAY_ACCOUNT: "main",
  WEBHOOK_BASE_URL: "https://gateway.example",
  CALLBACK_HOSTS: "*",
  SECOND_PERSON: "off",
};
