import { isIP } from "node:net";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import { sendMarginMs, settleMarginMs } from "../lib/config.ts";

/** What a deployment may choose. Everything is checked when the stack is synthesized: a wrong value never deploys. */
export interface Config {
  readonly stage: Stage;
  /** Keeps the table, the key and the secrets when the stack goes away. */
  readonly retainData: boolean;
  readonly logRetention: RetentionDays;
  /** Requests per second and burst that the API accepts, over all routes. */
  readonly throttle: { readonly rate: number; readonly burst: number };
  /** Values of the environment variables that functions are configured by; each gets those that its definition names. */
  readonly variables: Readonly<Record<string, string>>;
  readonly providerTimeoutMs: number;
  readonly functionTimeoutMs: number;
  readonly leaseMs: number;
  readonly quietPeriodMs: number;
  readonly bindingWaitMs: number;
  readonly doubtLimitMs: number;
  /** Pauses between one inquiry and the next. */
  readonly backOffMs: readonly number[];
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
    variables: {
      AGGREPAY_BASE_URL: "https://testwallet.aggrepaypayments.com",
      PAYU_BASE_URL: "https://apitest.payu.in",
      WIBMO_BASE_URL: "https://payusandbox-kong.pc.enstage-sas.com",
      DREAMZWALLET_BASE_URL: "https://mob.paymentplug.com",
      NICEPAY_BASE_URL: "https://dev.nicepay.co.id",
      WEBHOOK_SOURCE_ADDRESSES: "103.20.51.39,103.20.51.40",
      WIBMO_CUSTOMER_RECORD: "on",
    },
  },
  prod: {
    retainData: true,
    logRetention: RetentionDays.ONE_YEAR,
    throttle: { rate: 500, burst: 1000 },
    variables: {
      AGGREPAY_BASE_URL: "https://aggwallet.aggrepaypayments.com",
      PAYU_BASE_URL: "https://api.payu.in",
      // The provider tells each merchant its own: wibmoBaseUrl.
      WIBMO_BASE_URL: "",
      DREAMZWALLET_BASE_URL: "https://wallet.paymentplug.com",
      NICEPAY_BASE_URL: "https://www.nicepay.co.id",
      WEBHOOK_SOURCE_ADDRESSES: "103.20.51.33,103.20.51.34,103.20.51.0/24,103.117.8.0/24",
      WIBMO_CUSTOMER_RECORD: "off",
    },
  },
} as const satisfies Record<Stage, unknown>;

const minute = 60_000;

/** An HTTP API gives its caller 503 after 30 s, whatever the function still does. */
const longestFunctionTimeoutMs = 29_000;

export function readConfig(context: Context): Config {
  const stage = readStage(context("stage") ?? "dev");
  const { variables, ...values } = stages[stage];
  const config: Config = {
    stage,
    ...values,
    variables: { ...variables, ...readVariables(context) },
    providerTimeoutMs: readMilliseconds(context, "providerTimeoutMs", 20_000),
    functionTimeoutMs: readMilliseconds(context, "functionTimeoutMs", 28_000),
    leaseMs: readMilliseconds(context, "leaseMs", 33_000),
    quietPeriodMs: readMilliseconds(context, "quietPeriodMs", 900_000),
    bindingWaitMs: readMilliseconds(context, "bindingWaitMs", 30 * minute),
    doubtLimitMs: readMilliseconds(context, "doubtLimitMs", 24 * 60 * minute),
    backOffMs: [1 * minute, 2 * minute, 5 * minute, 15 * minute, 60 * minute],
  };
  checkTimes(config);
  return config;
}

function readStage(value: unknown): Stage {
  if (value === "dev" || value === "prod") return value;
  throw new ConfigError(`stage must be dev or prod, not ${JSON.stringify(value)}`);
}

interface Choice {
  readonly variable: string;
  readonly preset?: string;
  readonly isRight: (value: string) => boolean;
  readonly must: string;
}

const isHttps = (value: string): boolean => {
  const url = URL.parse(value);
  return url !== null && `${url.protocol}//${url.host}/` === url.href && url.protocol === "https:";
};
const baseUrl = (variable: string): Choice => ({
  variable,
  isRight: isHttps,
  must: "be like https://host, without a path",
});
/** `103.20.51.39`, or `103.20.51.0/24`. */
function isNetwork(entry: string): boolean {
  const [address = "", prefix = "0", ...more] = entry.split("/");
  const largest = { 4: 32, 6: 128 }[isIP(address)];
  return largest !== undefined && /^\d{1,3}$/.test(prefix) && Number(prefix) <= largest && more.length === 0;
}
/** Once in use it never changes, or every identity is forgotten. */
const account = (variable: string): Choice => ({
  variable,
  preset: "main",
  isRight: (value) => /^[A-Za-z0-9-]{1,32}$/.test(value),
  must: "be 1 to 32 letters, digits or hyphens: it is part of every record's identity",
});
const path = (variable: string): Choice => ({
  variable,
  isRight: (value) => /^\/[\w./-]*$/.test(value),
  must: "be a path that begins with /",
});
const onOrOff = (variable: string): Choice => ({
  variable,
  isRight: (value) => value === "on" || value === "off",
  must: "be on or off",
});

/** What a deployment may choose of the functions' environment, by the name of the context value. */
const choices: Readonly<Record<string, Choice>> = {
  aggrepayBaseUrl: baseUrl("AGGREPAY_BASE_URL"),
  payuBaseUrl: baseUrl("PAYU_BASE_URL"),
  wibmoBaseUrl: baseUrl("WIBMO_BASE_URL"),
  dreamzwalletBaseUrl: baseUrl("DREAMZWALLET_BASE_URL"),
  nicepayBaseUrl: baseUrl("NICEPAY_BASE_URL"),
  webhookBaseUrl: baseUrl("WEBHOOK_BASE_URL"),
  aggrepayAccount: account("AGGREPAY_ACCOUNT"),
  nicepayAccount: account("NICEPAY_ACCOUNT"),
  aggrepayUtcOffset: {
    variable: "AGGREPAY_UTC_OFFSET",
    isRight: (value) => /^[+-](?:0\d|1[0-4]):[0-5]\d$/.test(value),
    must: "be an offset such as +05:30",
  },
  nicepayRegistrationPath: path("NICEPAY_REGISTRATION_PATH"),
  wibmoCustomerRecord: onOrOff("WIBMO_CUSTOMER_RECORD"),
  wibmoRetrievePath: path("WIBMO_RETRIEVE_PATH"),
  wibmoDecryptPath: path("WIBMO_DECRYPT_PATH"),
  wibmoIdentifiedInBody: onOrOff("WIBMO_IDENTIFIED_IN_BODY"),
  callbackHosts: {
    variable: "CALLBACK_HOSTS",
    // Until a host is named none is allowed: users would be sent there with what the provider adds to the URL.
    preset: "",
    isRight: (value) => /^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:,(?=.)|$))+$/.test(value),
    must: "be host names in lower case, separated by commas",
  },
  webhookSourceAddresses: {
    variable: "WEBHOOK_SOURCE_ADDRESSES",
    isRight: (value) => value.split(",").every(isNetwork),
    must: "be addresses or networks, separated by commas",
  },
};

function readVariables(context: Context): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const [name, { variable, preset, isRight, must }] of Object.entries(choices)) {
    const value = context(name);
    if (value === undefined) {
      if (preset !== undefined) variables[variable] = preset;
    } else if (typeof value === "string" && isRight(value)) variables[variable] = value;
    else throw new ConfigError(`${name} must ${must}, not ${JSON.stringify(value)}`);
  }
  return variables;
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
  const marginMs = sendMarginMs + settleMarginMs;
  if (providerTimeoutMs + marginMs > functionTimeoutMs) {
    throw new ConfigError(
      `providerTimeoutMs ${providerTimeoutMs} must end at least ${marginMs} ms before functionTimeoutMs ${functionTimeoutMs}: the outcome must still be written`,
    );
  }
  if (functionTimeoutMs >= leaseMs) {
    throw new ConfigError(
      `leaseMs ${leaseMs} must be longer than functionTimeoutMs ${functionTimeoutMs}: a lease outlives the function that holds it`,
    );
  }
}
