import { RetentionDays } from "aws-cdk-lib/aws-logs";
import { settleMarginMs } from "../lib/config.ts";

/** What a deployment may choose. Everything is checked when the stack is synthesized: a wrong value never deploys. */
export interface Config {
  readonly stage: Stage;
  /** Keeps the table, the key and the secrets when the stack goes away. */
  readonly retainData: boolean;
  readonly logRetention: RetentionDays;
  /** Requests per second and burst that the API accepts, over all routes. */
  readonly throttle: { readonly rate: number; readonly burst: number };
  readonly aggrepay: {
    readonly baseUrl: string;
    /** Names the provider account in every record's identity: once in use it never changes, or identities are forgotten. */
    readonly account: string;
  };
  readonly providerTimeoutMs: number;
  readonly functionTimeoutMs: number;
  readonly leaseMs: number;
  readonly quietPeriodMs: number;
}

/** A value that a person chose and can correct; its message is the one sentence that they need. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

export type Stage = "dev" | "prod";

/** Reads one context value, as `app.node.tryGetContext` does; `-c name=value` gives strings. */
export type Context = (name: string) => unknown;

const stages = {
  dev: {
    retainData: false,
    logRetention: RetentionDays.ONE_MONTH,
    throttle: { rate: 50, burst: 100 },
    aggrepayBaseUrl: "https://testwallet.aggrepaypayments.com",
  },
  prod: {
    retainData: true,
    logRetention: RetentionDays.ONE_YEAR,
    throttle: { rate: 500, burst: 1000 },
    aggrepayBaseUrl: "https://aggwallet.aggrepaypayments.com",
  },
} as const satisfies Record<Stage, unknown>;

/** An HTTP API gives its caller 503 after 30 s, whatever the function still does. */
const longestFunctionTimeoutMs = 29_000;

export function readConfig(context: Context): Config {
  const stage = readStage(context("stage") ?? "dev");
  const { aggrepayBaseUrl, ...values } = stages[stage];
  const config: Config = {
    stage,
    ...values,
    aggrepay: { baseUrl: aggrepayBaseUrl, account: readAccount(context("aggrepayAccount") ?? "main") },
    providerTimeoutMs: readMilliseconds(context, "providerTimeoutMs", 20_000),
    functionTimeoutMs: readMilliseconds(context, "functionTimeoutMs", 28_000),
    leaseMs: readMilliseconds(context, "leaseMs", 33_000),
    quietPeriodMs: readMilliseconds(context, "quietPeriodMs", 900_000),
  };
  checkTimes(config);
  return config;
}

function readStage(value: unknown): Stage {
  if (value === "dev" || value === "prod") return value;
  throw new ConfigError(`stage must be dev or prod, not ${JSON.stringify(value)}`);
}

function readAccount(value: unknown): string {
  if (typeof value === "string" && /^[A-Za-z0-9-]{1,32}$/.test(value)) return value;
  throw new ConfigError(
    `aggrepayAccount must be 1 to 32 letters, digits or hyphens, not ${JSON.stringify(value)}: it is part of every record's identity`,
  );
}

function readMilliseconds(context: Context, name: string, preset: number): number {
  const value = context(name) ?? preset;
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number === "number" && Number.isInteger(number) && number > 0) return number;
  throw new ConfigError(
    `${name} must be a whole number of milliseconds above 0, not ${JSON.stringify(value)}`,
  );
}

function checkTimes({ providerTimeoutMs, functionTimeoutMs, leaseMs }: Config): void {
  if (functionTimeoutMs % 1000 !== 0) {
    throw new ConfigError(
      `functionTimeoutMs ${functionTimeoutMs} must be whole seconds: Lambda's timeout is`,
    );
  }
  if (functionTimeoutMs > longestFunctionTimeoutMs) {
    throw new ConfigError(
      `functionTimeoutMs ${functionTimeoutMs} must be at most ${longestFunctionTimeoutMs}: an HTTP API gives up after 30 s`,
    );
  }
  if (providerTimeoutMs + settleMarginMs >= functionTimeoutMs) {
    throw new ConfigError(
      `providerTimeoutMs ${providerTimeoutMs} must end more than ${settleMarginMs} ms before functionTimeoutMs ${functionTimeoutMs}: the outcome must still be written`,
    );
  }
  if (functionTimeoutMs >= leaseMs) {
    throw new ConfigError(
      `leaseMs ${leaseMs} must be longer than functionTimeoutMs ${functionTimeoutMs}: a lease outlives the function that holds it`,
    );
  }
}
