import { RemovalPolicy } from "aws-cdk-lib";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import { sendMarginMs, settleMarginMs } from "../lib/config.ts";
import type { Setting, Stage } from "../lib/providers/facts.ts";
import { accountVariable, baseUrlVariable, providerNames, providers } from "../lib/providers/index.ts";
import {
  ConfigError,
  type Context,
  count,
  type Rule,
  ruleOf,
  rules,
  text,
  together,
  word,
} from "./context.ts";

/** What a deployment may choose. Everything is checked when the stack is synthesized: a wrong value never deploys. */
export interface Config {
  readonly stage: Stage;
  /** Undefined: that of the credentials which deploy. */
  readonly region: string | undefined;
  /** Keeps the table, the key, the secrets, the logs and old versions of functions when the stack lets go of them. */
  readonly retainData: boolean;
  readonly logRetention: RetentionDays;
  /** Who says who a caller is. */
  readonly auth: IamAuth | JwtAuth;
  /** Requests per second and burst that the API accepts of each route; the account's limit is over all of them. */
  readonly throttle: Throttle;
  /** The same of the open route, which any stranger may call. */
  readonly webhookThrottle: Throttle;
  /**
   * How many of the webhook may run at once; what comes beyond is refused. Undefined: as many as the account has. So much of the
   * account's concurrency is the webhook's alone, and no more: the rest is out of the reach of whoever floods it.
   */
  readonly webhookConcurrency: number | undefined;
  /**
   * How many of what the clock runs may run at once, kept for it: callers who use up the account's concurrency, as where a
   * provider hangs, do not stop what settles their doubt. Undefined: none is kept.
   */
  readonly reconcileConcurrency: number | undefined;
  /**
   * Addresses besides those that are listed (WEBHOOK_SOURCE_ADDRESSES) whose notifications reach the function: signed rightly they
   * are kept for a person, and bind nothing. `open`: those of everyone. All others are refused by the API.
   */
  readonly webhookDoor: "open" | readonly string[];
  /** The webhook's route of the HTTP API is there too, for notifications of users who were registered under its URL. */
  readonly oldWebhookRoute: boolean;
  /** Whether the stack sets the role under which REST APIs write logs: the account has one for all of a Region. */
  readonly apiGatewayLogRole: "set" | "leave";
  /** A host name of one's own for the API; its own is switched off then. */
  readonly domain: { readonly domainName: string; readonly certificateArn: string } | undefined;
  /** Where alarms go. Undefined: a topic of the stack's own. */
  readonly alarmTopicArn: string | undefined;
  /** IAM principals that may read the gateway's secret beside the functions: whoever rotates its key rings. */
  readonly keyRingReaders: readonly string[];
  /** How new code takes over from old. */
  readonly rollout: Rollout;
  /** Among how many runs at a time the records in doubt are shared out. */
  readonly reconcileWorkers: number;
  readonly tracing: boolean;
  /** Undefined: calls to providers leave from any address of AWS. Else through so many NAT gateways, each with its own. */
  readonly egress: { readonly natGateways: number } | undefined;
  /** Values of the environment variables that functions are configured by; each gets those that its definition names. */
  readonly variables: Readonly<Record<string, string>>;
  readonly providerTimeoutMs: number;
  /** How long `reconcile` waits for the reply to one question. */
  readonly inquiryTimeoutMs: number;
  readonly functionTimeoutMs: number;
  readonly leaseMs: number;
  readonly quietPeriodMs: number;
  readonly bindingWaitMs: number;
  readonly doubtLimitMs: number;
  /** Pauses between one inquiry and the next. */
  readonly backOffMs: readonly number[];
}

/**
 * What is kept is kept when the stack goes or replaces it, and not when the deployment that made it is taken back: that
 * would leave a table without a stack, or a version of a function that no deployment can publish again.
 */
export const removalPolicy = ({ retainData }: Config): RemovalPolicy =>
  retainData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;

interface IamAuth {
  readonly kind: "iam";
}

interface JwtAuth {
  readonly kind: "jwt";
  readonly issuer: string;
  readonly audience: readonly string[];
}

interface Throttle {
  readonly rate: number;
  readonly burst: number;
}

export type Rollout = "all-at-once" | "canary" | "linear";

const stages = {
  dev: {
    retainData: false,
    logRetentionDays: 30,
    throttle: { rate: 50, burst: 100 },
    webhookThrottle: { rate: 10, burst: 20 },
    webhookConcurrency: undefined,
    reconcileConcurrency: undefined,
    webhookDoor: "open",
    rollout: "all-at-once",
    reconcileWorkers: 1,
    variables: { SECOND_PERSON: "off" },
  },
  prod: {
    retainData: true,
    logRetentionDays: 365,
    throttle: { rate: 500, burst: 1000 },
    webhookThrottle: { rate: 50, burst: 100 },
    webhookConcurrency: 10,
    reconcileConcurrency: 8,
    // A third address of production that one merchant has seen; NICEPAY's pages do not name it.
    webhookDoor: "18.98.96.50",
    rollout: "canary",
    reconcileWorkers: 4,
    variables: { SECOND_PERSON: "on" },
  },
} as const satisfies Record<Stage, unknown>;

/** Variables that say where a provider is; a function that has none of them calls none. */
export const hostVariables: readonly string[] = providerNames.map(baseUrlVariable);

const minute = 60_000;

/** An HTTP API gives its caller 503 after 30 s, whatever the function still does. */
const longestFunctionTimeoutMs = 29_000;

/**
 * The configuration of a deployment.
 * @param named The names of all context values that were given, where they are known: one that nobody reads is an error.
 * @throws ConfigError with one sentence that says which value is wrong, and why.
 */
export function readConfig(context: Context, named: readonly string[] = []): Config {
  const read = new Set<string>();
  const config = configFrom((name) => {
    read.add(name);
    return context(name);
  });
  const unknown = named.find((name) => !read.has(name));
  if (unknown !== undefined) throw new ConfigError(`${unknown} is not a value that a deployment may choose`);
  checkTimes(config);
  checkWorkers(config);
  checkHosts(config);
  checkRegion(config);
  return config;
}

/** What nobody may leave to a preset: each has no value that is right for every merchant, and a wrong one is not seen at once. */
const forProduction: readonly (readonly [string, string])[] = [
  ...providerNames
    .filter((name) => providers[name].hasChanges)
    .map(
      (name) => [`${name}Account`, "it is part of every record's identity and must never change"] as const,
    ),
  ...providerNames
    .filter((name) => providers[name].hosts.prod === undefined)
    .map((name) => {
      const { title } = providers[name];
      const why = `${title} gives each merchant a production host of its own; none refuses its calls`;
      return [`${name}BaseUrl`, why] as const;
    }),
  ...providerNames
    .flatMap((name) => Object.entries(providers[name].settings))
    .flatMap(([name, { mustBeChosen }]) =>
      mustBeChosen === undefined ? [] : [[name, mustBeChosen] as const],
    ),
];

function configFrom(context: Context): Config {
  const stage = word(context, "stage", ["dev", "prod"], "dev");
  const { variables, throttle, webhookThrottle, webhookDoor, ...preset } = stages[stage];
  const missing = forProduction.find(([name]) => context(name) === undefined);
  if (stage === "prod" && missing)
    throw new ConfigError(`${missing[0]} must be chosen for prod: ${missing[1]}`);
  const domain = together({
    domainName: text(context, "domainName", rules.hostName),
    certificateArn: text(context, "certificateArn", rules.certificate),
  });
  return {
    stage,
    region: text(context, "region", rules.region),
    retainData: preset.retainData,
    logRetention: readRetention(context, preset.logRetentionDays),
    auth: readAuth(context),
    throttle: readThrottle(context, "throttle", throttle),
    webhookThrottle: readThrottle(context, "webhookThrottle", webhookThrottle),
    webhookConcurrency: readConcurrency(context, "webhookConcurrency", preset.webhookConcurrency, {
      least: 1,
      most: mostReserved,
    }),
    reconcileConcurrency: readConcurrency(context, "reconcileConcurrency", preset.reconcileConcurrency, {
      least: leastForReconcile,
      most: mostReserved,
    }),
    webhookDoor: readDoor(text(context, "webhookDoor", rules.door) ?? webhookDoor),
    oldWebhookRoute: word(context, "oldWebhookRoute", ["on", "off"], "off") === "on",
    apiGatewayLogRole: word(context, "apiGatewayLogRole", ["set", "leave"], "set"),
    domain,
    alarmTopicArn: text(context, "alarmTopicArn", rules.topic),
    keyRingReaders: text(context, "keyRingReaders", rules.principals)?.split(",") ?? [],
    rollout: word<Rollout>(context, "rollout", ["all-at-once", "canary", "linear"], preset.rollout),
    reconcileWorkers: readWorkers(context, preset.reconcileWorkers),
    tracing: word(context, "tracing", ["on", "off"], "off") === "on",
    egress: readEgress(context),
    variables: {
      ...variables,
      ...(domain && { WEBHOOK_BASE_URL: `https://${domain.domainName}` }),
      ...readVariables(context, stage),
    },
    providerTimeoutMs: count(context, "providerTimeoutMs", "milliseconds", 20_000),
    inquiryTimeoutMs: count(context, "inquiryTimeoutMs", "milliseconds", 5_000),
    functionTimeoutMs: count(context, "functionTimeoutMs", "milliseconds", 28_000),
    leaseMs: count(context, "leaseMs", "milliseconds", 33_000),
    quietPeriodMs: count(context, "quietPeriodMs", "milliseconds", 900_000),
    bindingWaitMs: count(context, "bindingWaitMs", "milliseconds", 30 * minute),
    doubtLimitMs: count(context, "doubtLimitMs", "milliseconds", 24 * 60 * minute),
    backOffMs: [1 * minute, 2 * minute, 5 * minute, 15 * minute, 60 * minute],
  };
}

function readRetention(context: Context, preset: number): RetentionDays {
  const days = count(context, "logRetentionDays", "days", preset);
  // CloudWatch Logs keeps for these numbers of days and no others; the enumeration's values are the days.
  const allowed = Object.values(RetentionDays).filter((value) => typeof value === "number" && value < 9999);
  if (allowed.includes(days)) return days;
  throw new ConfigError(`logRetentionDays must be one of ${allowed.join(", ")}, not ${days}`);
}

function readAuth(context: Context): Config["auth"] {
  const kind = word(context, "auth", ["iam", "jwt"], "iam");
  const jwt = together({
    jwtIssuer: text(context, "jwtIssuer", rules.httpsUrl),
    jwtAudience: text(context, "jwtAudience", rules.words),
  });
  if (kind === "jwt" && jwt) {
    return { kind, issuer: jwt.jwtIssuer, audience: jwt.jwtAudience.split(",") };
  }
  if (kind === "jwt") throw new ConfigError("auth jwt needs jwtIssuer and jwtAudience too");
  if (jwt) throw new ConfigError("jwtIssuer and jwtAudience need auth jwt too");
  return { kind: "iam" };
}

function readThrottle(context: Context, name: string, preset: Throttle): Throttle {
  const rate = count(context, `${name}Rate`, "requests a second", preset.rate);
  const burst = count(context, `${name}Burst`, "requests", preset.burst);
  if (burst >= rate) return { rate, burst };
  throw new ConfigError(`${name}Burst ${burst} must be at least ${name}Rate ${rate}`);
}

const leastForReconcile = 1;
/** An account has 1,000 unless it asked for more, of which Lambda keeps 100 for functions without concurrency of their own. */
const mostReserved = 400;

/** `none` for a new account: it has 10 in all, of which Lambda lets nobody keep any apart. */
function readConcurrency(
  context: Context,
  name: string,
  preset: number | undefined,
  { least, most }: { readonly least: number; readonly most: number },
): number | undefined {
  const value = context(name) ?? preset ?? "none";
  if (value === "none") return undefined;
  const chosen = count(() => value, name, "environments", least);
  if (chosen >= least && chosen <= most) return chosen;
  throw new ConfigError(`${name} ${chosen} must be from ${least} to ${most}, or none`);
}

function readDoor(value: string): Config["webhookDoor"] {
  if (value === "open") return value;
  return value === "listed" ? [] : value.split(",");
}

/** What a rule of EventBridge may lead to. Source: EventBridge User Guide, "Amazon EventBridge quotas" (targets per rule). */
const mostWorkers = 5;

function readWorkers(context: Context, preset: number): number {
  const workers = count(context, "reconcileWorkers", "workers", preset);
  if (workers <= mostWorkers) return workers;
  throw new ConfigError(
    `reconcileWorkers ${workers} must be at most ${mostWorkers}: a rule has no more targets`,
  );
}

/** A zone for each NAT gateway, and two whatever the number: functions run on where one of them fails. */
export const egressZones = 2;

function readEgress(context: Context): Config["egress"] {
  const isFixed = word(context, "egress", ["any", "fixed"], "any") === "fixed";
  const given = context("natGateways");
  if (!isFixed && given !== undefined) throw new ConfigError("natGateways needs egress fixed too");
  if (!isFixed) return undefined;
  const natGateways = count(context, "natGateways", "gateways", egressZones);
  if (natGateways <= egressZones) return { natGateways };
  throw new ConfigError(`natGateways ${natGateways} must be at most ${egressZones}: one for each zone`);
}

interface Choice {
  readonly variable: string;
  readonly rule: Rule;
  readonly preset?: string | undefined;
}

/** What a deployment may choose of the functions' environment, by the name of the context value. */
function choicesAt(stage: Stage): Readonly<Record<string, Choice>> {
  const ofProviders = providerNames.flatMap((name): readonly (readonly [string, Choice])[] => {
    const { hosts, hasChanges, settings } = providers[name];
    // Where each merchant has a host of its own, none may be said.
    const rule = Object.values(hosts).includes(undefined) ? rules.originOrNone : rules.origin;
    return [
      [`${name}BaseUrl`, { variable: baseUrlVariable(name), rule, preset: hosts[stage] ?? "none" }],
      // Once in use an account never changes, or every identity is forgotten.
      ...(hasChanges
        ? [
            [
              `${name}Account`,
              { variable: accountVariable(name), rule: rules.account, preset: "main" },
            ] as const,
          ]
        : []),
      ...Object.entries(settings).map(([each, setting]) => [each, choiceOf(setting, stage)] as const),
    ];
  });
  return {
    ...Object.fromEntries(ofProviders),
    webhookBaseUrl: { variable: "WEBHOOK_BASE_URL", rule: rules.origin },
    merchantWebhookUrl: { variable: "MERCHANT_WEBHOOK_URL", rule: rules.merchantUrl },
    secondPerson: { variable: "SECOND_PERSON", rule: rules.secondPerson },
  };
}

function choiceOf(setting: Setting, stage: Stage): Choice {
  const { variable, preset } = setting;
  return { variable, rule: ruleOf(setting), preset: typeof preset === "object" ? preset[stage] : preset };
}

function readVariables(context: Context, stage: Stage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(choicesAt(stage)).flatMap(([name, { variable, rule, preset }]) => {
      const value = text(context, name, rule) ?? preset;
      return value === undefined ? [] : [[variable, value === "none" ? "" : value]];
    }),
  );
}

/** Small values are for a local host: in production somebody's money hangs on them. */
const leastInProduction = {
  providerTimeoutMs: 1_000,
  inquiryTimeoutMs: 1_000,
  quietPeriodMs: 5 * minute,
  bindingWaitMs: 10 * minute,
};

const longestLeaseMs = 15 * minute;

/** Below that Lambda refuses some of a minute's runs, and their shards wait for a minute that never comes. */
function checkWorkers({ reconcileConcurrency, reconcileWorkers }: Config): void {
  if (reconcileConcurrency === undefined || reconcileConcurrency >= reconcileWorkers) return;
  throw new ConfigError(
    `reconcileConcurrency ${reconcileConcurrency} must be at least reconcileWorkers ${reconcileWorkers}, or none: each worker runs every minute`,
  );
}

function checkTimes(config: Config): void {
  const { stage, providerTimeoutMs, inquiryTimeoutMs, functionTimeoutMs, leaseMs } = config;
  const { quietPeriodMs, doubtLimitMs } = config;
  for (const [name, least] of Object.entries(leastInProduction)) {
    const value = config[name as keyof typeof leastInProduction];
    if (stage === "prod" && value < least)
      throw new ConfigError(`${name} ${value} must be at least ${least} in prod`);
  }
  if (leaseMs > longestLeaseMs)
    throw new ConfigError(
      `leaseMs ${leaseMs} must be at most ${longestLeaseMs}: nobody asks what became of an attempt before it is over`,
    );
  if (doubtLimitMs <= leaseMs + quietPeriodMs)
    throw new ConfigError(
      `doubtLimitMs ${doubtLimitMs} must be longer than leaseMs and quietPeriodMs together: until then asking proves nothing`,
    );
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
  if (inquiryTimeoutMs > providerTimeoutMs) {
    throw new ConfigError(
      `inquiryTimeoutMs ${inquiryTimeoutMs} must be at most providerTimeoutMs ${providerTimeoutMs}: a question waits no longer than a change`,
    );
  }
  if (functionTimeoutMs >= leaseMs) {
    throw new ConfigError(
      `leaseMs ${leaseMs} must be longer than functionTimeoutMs ${functionTimeoutMs}: a lease outlives the function that holds it`,
    );
  }
}

/** Test data where data may be destroyed, real money where it may not. */
function checkHosts({ stage, variables }: Config): void {
  const other: Stage = stage === "dev" ? "prod" : "dev";
  for (const name of providerNames) {
    const host = providers[name].hosts[other];
    if (host !== undefined && variables[baseUrlVariable(name)] === host)
      throw new ConfigError(`${host} is the provider's host for ${other}, and this is ${stage}`);
  }
}

/** An ARN names its Region in its fourth part. */
function checkRegion({ region, domain, alarmTopicArn }: Config): void {
  for (const arn of [domain?.certificateArn, alarmTopicArn]) {
    if (region !== undefined && arn !== undefined && arn.split(":")[3] !== region)
      throw new ConfigError(`${arn} is in another Region than ${region}`);
  }
}
