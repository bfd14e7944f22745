import { Problem } from "./problem.ts";

/** What a function is told by its environment; the stack writes it, the local host overrides some of it. */
export interface Config {
  /** Names this merchant's account at the provider in every identity. Must never change once records exist. */
  readonly account: string;
  /** Scheme and host of the provider; the paths are the contract's. */
  readonly aggrepayBaseUrl: URL;
  /** The zone in which the provider writes its times, as an ISO 8601 offset. */
  readonly aggrepayUtcOffset: string;
  /** From the first byte sent to the last received. */
  readonly providerTimeoutMs: number;
  /** The host kills the function after this long. */
  readonly functionTimeoutMs: number;
  /** How long an attempt is its owner's alone. */
  readonly leaseMs: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Kept back from the provider's time for the write that settles the record. */
export const settleMarginMs = 3_000;

/**
 * Reads and checks the configuration.
 * @throws Problem `misconfigured`, naming the variable that is wrong.
 */
export function readConfig(env: Environment): Config {
  const config: Config = {
    account: required(env, "AGGREPAY_ACCOUNT"),
    aggrepayBaseUrl: url(env, "AGGREPAY_BASE_URL"),
    aggrepayUtcOffset: offset(env, "AGGREPAY_UTC_OFFSET", "+05:30"),
    providerTimeoutMs: milliseconds(env, "PROVIDER_TIMEOUT_MS"),
    functionTimeoutMs: milliseconds(env, "FUNCTION_TIMEOUT_MS"),
    leaseMs: milliseconds(env, "LEASE_MS"),
  };
  if (config.providerTimeoutMs + settleMarginMs > config.functionTimeoutMs)
    throw wrong(
      "PROVIDER_TIMEOUT_MS",
      `must leave ${settleMarginMs} ms of FUNCTION_TIMEOUT_MS for the record`,
    );
  // A function that outlives its lease would still be at work when others take the attempt for abandoned.
  if (config.functionTimeoutMs >= config.leaseMs)
    throw wrong("LEASE_MS", "must be longer than FUNCTION_TIMEOUT_MS");
  return config;
}

const wrong = (name: string, detail: string): Problem =>
  new Problem("misconfigured", `The environment variable ${name} ${detail}.`);

export function required(env: Environment, name: string): string {
  const value = env[name];
  if (!value) throw wrong(name, "is missing");
  return value;
}

function milliseconds(env: Environment, name: string): number {
  const value = required(env, name);
  if (!/^[1-9]\d{0,9}$/.test(value)) throw wrong(name, "must be a whole number of milliseconds");
  return Number(value);
}

function url(env: Environment, name: string): URL {
  const value = required(env, name);
  const parsed = URL.canParse(value) ? new URL(value) : undefined;
  if (parsed?.protocol !== "https:" && parsed?.protocol !== "http:")
    throw wrong(name, "must be an http or https URL");
  // An account's salt must not travel in the clear, except to a peer on the same machine.
  if (parsed.protocol === "http:" && !["127.0.0.1", "localhost", "[::1]"].includes(parsed.hostname))
    throw wrong(name, "must be an https URL");
  return parsed;
}

function offset(env: Environment, name: string, fallback: string): string {
  const value = env[name] ?? fallback;
  if (!/^[+-](?:0\d|1[0-4]):[0-5]\d$/.test(value)) throw wrong(name, "must be an offset such as +05:30");
  return value;
}
