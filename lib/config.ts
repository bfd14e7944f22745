import { Problem } from "./problem.ts";

/** What a function is told by its environment; the stack writes it, the local host overrides some of it. */
export interface Config {
  /** From the first byte sent to the last received. */
  readonly providerTimeoutMs: number;
  /** How long the reconciler waits for the reply to one question: `INQUIRY_TIMEOUT_MS`, 5 s unless set, and no longer than a change waits. */
  readonly inquiryTimeoutMs: number;
  /** The host kills the function after this long. */
  readonly functionTimeoutMs: number;
  /** How long an attempt is its owner's alone. */
  readonly leaseMs: number;
  /** Counted from the end of an attempt's lease: until then, that the provider shows nothing proves nothing. */
  readonly quietPeriodMs: number;
  /** How long the notification of an account binding is waited for before a person is asked. */
  readonly bindingWaitMs: number;
  /** Pauses between one inquiry and the next, the last one repeated. */
  readonly backOffMs: readonly number[];
  /** Doubt that is older than this is a person's. */
  readonly doubtLimitMs: number;
  /** Scheme and host of a provider, from `<PROVIDER>_BASE_URL`; the paths are the contract's. */
  readonly baseUrl: (provider: string) => URL;
  /** This merchant's account at a provider, from `<PROVIDER>_ACCOUNT`: part of every identity, so it must never change. */
  readonly account: (provider: string) => string;
  /** A variable that may be left out. */
  readonly option: (name: string) => string | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Kept back from the provider's time for the write that settles the record. */
export const settleMarginMs = 3_000;
/** The least that a function needs beside, to write its claim and to connect. */
export const sendMarginMs = 1_000;

/**
 * Reads and checks the configuration.
 * @throws Problem `misconfigured`, naming the variable that is wrong.
 */
export function readConfig(env: Environment): Config {
  const providerTimeoutMs = milliseconds(env, "PROVIDER_TIMEOUT_MS");
  const config: Config = {
    providerTimeoutMs,
    inquiryTimeoutMs: Math.min(milliseconds(env, "INQUIRY_TIMEOUT_MS", "5000"), providerTimeoutMs),
    functionTimeoutMs: milliseconds(env, "FUNCTION_TIMEOUT_MS"),
    leaseMs: milliseconds(env, "LEASE_MS"),
    quietPeriodMs: milliseconds(env, "QUIET_PERIOD_MS"),
    bindingWaitMs: milliseconds(env, "BINDING_WAIT_MS", "1800000"),
    backOffMs: (env.BACK_OFF_MS || "60000,120000,300000,900000,3600000")
      .split(",")
      .map((text) => milliseconds({ BACK_OFF_MS: text }, "BACK_OFF_MS")),
    doubtLimitMs: milliseconds(env, "DOUBT_LIMIT_MS", "86400000"),
    baseUrl: (provider) => readUrl(env, `${provider.toUpperCase()}_BASE_URL`),
    account: (provider) => required(env, `${provider.toUpperCase()}_ACCOUNT`),
    option: (name) => env[name] || undefined,
  };
  const marginMs = sendMarginMs + settleMarginMs;
  if (config.providerTimeoutMs + marginMs > config.functionTimeoutMs)
    throw wrong(
      "PROVIDER_TIMEOUT_MS",
      `must leave ${marginMs} ms of FUNCTION_TIMEOUT_MS to connect and to record`,
    );
  // A function that outlives its lease would still be at work when others take the attempt for abandoned.
  if (config.functionTimeoutMs >= config.leaseMs)
    throw wrong("LEASE_MS", "must be longer than FUNCTION_TIMEOUT_MS");
  return config;
}

export const wrong = (name: string, detail: string): Problem =>
  new Problem("misconfigured", `The environment variable ${name} ${detail}.`);

export function required(env: Environment, name: string): string {
  const value = env[name];
  if (!value) throw wrong(name, "is missing");
  return value;
}

function milliseconds(env: Environment, name: string, preset?: string): number {
  const value = env[name] || (preset ?? required(env, name));
  if (!/^[1-9]\d{0,9}$/.test(value)) throw wrong(name, "must be a whole number of milliseconds");
  return Number(value);
}

/**
 * A URL that things are sent to.
 * @throws Problem `misconfigured` where it is missing, no URL, or not https on another machine.
 */
export function readUrl(env: Environment, name: string): URL {
  const value = required(env, name);
  const parsed = URL.canParse(value) ? new URL(value) : undefined;
  if (parsed?.protocol !== "https:" && parsed?.protocol !== "http:")
    throw wrong(name, "must be an http or https URL");
  // An account's keys must not travel in the clear, except to a peer on the same machine.
  if (parsed.protocol === "http:" && !["127.0.0.1", "localhost", "[::1]"].includes(parsed.hostname))
    throw wrong(name, "must be an https URL");
  return parsed;
}
