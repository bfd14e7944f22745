import { accountForm, type Form, onOrOffForm } from "./forms.ts";
import { Problem } from "./problem.ts";

/** The times that functions are configured by, in milliseconds; docs/configuration.md has the sentences of `settings.ts`. */
export interface Times {
  /** From the first byte sent to the last received. */
  readonly providerTimeoutMs: number;
  /** How long the reconciler waits for the reply to one question, and no longer than a change waits. */
  readonly inquiryTimeoutMs: number;
  /** The host kills the function after this long. */
  readonly functionTimeoutMs: number;
  /** How long an attempt is its owner's alone. */
  readonly leaseMs: number;
  /** Counted from the end of an attempt's lease: until then, that the provider shows nothing proves nothing. */
  readonly quietPeriodMs: number;
  /** How long the notification of an account binding is waited for before a person is asked. */
  readonly bindingWaitMs: number;
  /** A record still in doubt after this long needs attention. */
  readonly doubtLimitMs: number;
}

/** What a function takes where a time is not set, in milliseconds; 0: it is never left out. */
export const presetTimes = {
  providerTimeoutMs: 0,
  inquiryTimeoutMs: 5_000,
  functionTimeoutMs: 0,
  leaseMs: 0,
  quietPeriodMs: 0,
  bindingWaitMs: 1_800_000,
  doubtLimitMs: 86_400_000,
} as const satisfies Times;

/** Pauses between one inquiry and the next in milliseconds, as `BACK_OFF_MS` has them. */
export const presetBackOff = "60000,120000,300000,900000,3600000";

/** What a function is told by its environment; the stack writes it, the local host overrides some of it. */
export interface Config extends Times {
  /** Pauses between one inquiry and the next, the last one repeated. */
  readonly backOffMs: readonly number[];
  /** Scheme and host of a provider, from `<PROVIDER>_BASE_URL`; the paths are the contract's. */
  readonly baseUrl: (provider: string) => URL;
  /** This merchant's account at a provider, from `<PROVIDER>_ACCOUNT`: part of every identity, so it must never change. */
  readonly account: (provider: string) => string;
  /** A variable that may be left out. */
  readonly option: (name: string) => string | undefined;
}

/** The environment variable that holds the name of the table. */
export const tableVariable = "TABLE_NAME";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment variable of a setting: `LEASE_MS` of `leaseMs`. */
export const variableOf = (setting: string): string => setting.replace(/[A-Z]/g, "_$&").toUpperCase();

/** Kept back from the provider's time for the write that settles the record. */
export const settleMarginMs = 3_000;
/** The least that a function needs beside, to write its claim and to connect. */
export const sendMarginMs = 1_000;
/** What a notification of the queue needs: to read the record, to bind it and to try that again. */
export const notificationMs = 2 * settleMarginMs;
/** Shorter, a function would take in no notification that waits in the queue. */
export const leastFunctionMs = notificationMs + sendMarginMs;

/**
 * How times are out of order, as the predicate of a sentence without its full stop; undefined where they are in order.
 * @param shown How a time is named in the sentence.
 */
export function outOfOrder(
  times: Pick<Times, "providerTimeoutMs" | "functionTimeoutMs" | "leaseMs">,
  shown: (name: keyof Times) => string,
): string | undefined {
  const marginMs = sendMarginMs + settleMarginMs;
  const [provider, end, lease] = ["providerTimeoutMs", "functionTimeoutMs", "leaseMs"] as const;
  if (times[provider] + marginMs > times[end])
    return `${shown(provider)} must leave ${marginMs} ms of ${shown(end)}, to connect and to record`;
  // A function that outlives its lease would still be at work when others take the attempt for abandoned.
  return times[end] >= times[lease] ? `${shown(lease)} must be longer than ${shown(end)}` : undefined;
}

/**
 * Reads and checks the configuration.
 * @throws Problem `misconfigured`, naming the variable that is wrong.
 */
export function readConfig(env: Environment): Config {
  const given = Object.entries<number>(presetTimes).map(([name, preset]): [string, number] => {
    const variable = variableOf(name);
    return [name, milliseconds(variable, env[variable] || String(preset || required(env, variable)))];
  });
  const times = Object.fromEntries(given) as Record<keyof Times, number>;
  // A request asks for one two or three times.
  const urls = new Map<string, URL>();
  const config: Config = {
    ...times,
    inquiryTimeoutMs: Math.min(times.inquiryTimeoutMs, times.providerTimeoutMs),
    backOffMs: (env.BACK_OFF_MS || presetBackOff).split(",").map((text) => milliseconds("BACK_OFF_MS", text)),
    baseUrl(provider) {
      const url = urls.get(provider) ?? readUrl(env, `${provider.toUpperCase()}_BASE_URL`);
      urls.set(provider, url);
      return url;
    },
    account(provider) {
      const name = `${provider.toUpperCase()}_ACCOUNT`;
      return formed(name, required(env, name), accountForm);
    },
    option: (name) => env[name] || undefined,
  };
  const order = outOfOrder(config, variableOf);
  if (order !== undefined) throw new Problem("misconfigured", `The environment variable ${order}.`);
  return config;
}

export const wrong = (name: string, detail: string): Problem =>
  new Problem("misconfigured", `The environment variable ${name} ${detail}.`);

function formed(name: string, value: string, { isRight, must }: Form): string {
  if (isRight(value)) return value;
  throw wrong(name, `must ${must}`);
}

/**
 * A variable that may be left out.
 * @throws Problem `misconfigured` where it is set to what has another form.
 */
export function chosen({ option }: Pick<Config, "option">, name: string, form: Form): string | undefined {
  const value = option(name);
  return value === undefined ? undefined : formed(name, value, form);
}

/**
 * Whether a switch is on.
 * @throws Problem `misconfigured` where it is set to another word than on or off.
 */
export const isOn = (config: Pick<Config, "option">, name: string, preset: "on" | "off"): boolean =>
  (chosen(config, name, onOrOffForm) ?? preset) === "on";

/** What stands between the commas of a list, without white space around it; what is empty is left out. */
export const entriesOf = (list = ""): readonly string[] =>
  list
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");

export function required(env: Environment, name: string): string {
  const value = env[name];
  if (!value) throw wrong(name, "is missing");
  return value;
}

function milliseconds(name: string, value: string): number {
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
