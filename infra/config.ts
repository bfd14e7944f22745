import { RemovalPolicy } from "aws-cdk-lib";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import { leastFunctionMs, outOfOrder, type Times, variableOf } from "../lib/config.ts";
import { presetAt, type Stage } from "../lib/providers/facts.ts";
import { baseUrlVariable, providerNames, providers } from "../lib/providers/index.ts";
import { backOff, settings, timeNames, timeSettings } from "../lib/settings.ts";
import { ConfigError, type Context, count, ruleOf, rules, text, together, word } from "./context.ts";

/** What a deployment may choose. Everything is checked when the stack is synthesized: a wrong value never deploys. */
export interface Config extends Times {
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
   * How many of the webhook may run at once; what comes beyond is refused. Undefined: as many as the account has. This part of
   * the account's concurrency is the webhook's alone, and its bound: a flood of notifications cannot use up the rest.
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
  /** IAM principals that may read the gateway's secret besides the functions: those that rotate its key rings. */
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
  },
} as const satisfies Record<Stage, unknown>;

/** Variables that say where a provider is; a function that has none of them calls none. */
export const hostVariables: readonly string[] = providerNames.map(baseUrlVariable);

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
  checkBooks(config);
  checkHosts(config);
  checkRegion(config);
  return config;
}

/** Settings that must be chosen: no value is right for every merchant, and a wrong one is not noticed at once. */
function checkChosen(context: Context): void {
  for (const [name, { mustBeChosen }] of Object.entries(settings)) {
    if (mustBeChosen !== undefined && context(name) === undefined)
      throw new ConfigError(`${name} must be chosen for prod: ${mustBeChosen}`);
  }
}

function configFrom(context: Context): Config {
  const stage = word(context, "stage", ["dev", "prod"], "dev");
  const { throttle, webhookThrottle, webhookDoor, ...preset } = stages[stage];
  if (stage === "prod") checkChosen(context);
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
      ...(domain && { WEBHOOK_BASE_URL: `https://${domain.domainName}` }),
      ...readVariables(context, stage),
    },
    ...readTimes(context),
    backOffMs: backOff.preset.split(",").map(Number),
  };
}

function readTimes(context: Context): Times {
  const each = (name: keyof Times) => count(context, name, "milliseconds", timeSettings[name].preset);
  return Object.fromEntries(timeNames.map((name) => [name, each(name)])) as Record<keyof Times, number>;
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

/** `none` for a new account: it has 10 in all, and Lambda lets no function reserve a part of them. */
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

/** What a deployment may choose of the functions' environment; each function gets those that its definition names. */
function readVariables(context: Context, stage: Stage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).flatMap(([name, setting]) => {
      const value = text(context, name, ruleOf(setting)) ?? presetAt(setting, stage);
      return value === undefined ? [] : [[variableOf(name), value === "none" ? "" : value]];
    }),
  );
}

/** Below that Lambda refuses some of a minute's runs, and their shards wait for a minute that never comes. */
function checkWorkers({ reconcileConcurrency, reconcileWorkers }: Config): void {
  if (reconcileConcurrency === undefined || reconcileConcurrency >= reconcileWorkers) return;
  throw new ConfigError(
    `reconcileConcurrency ${reconcileConcurrency} must be at least reconcileWorkers ${reconcileWorkers}, or none: each worker runs every minute`,
  );
}

/** One partition of an index takes so many writes a second, and holds up those of its table beyond. */
const mostOfAPartition = 1_000;

/** The index of a day's records has a partition for each operation, and so for each route. */
function checkBooks({ variables, throttle }: Config): void {
  if (variables.BOOKS !== "on" || throttle.rate <= mostOfAPartition) return;
  throw new ConfigError(
    `throttleRate ${throttle.rate} must be at most ${mostOfAPartition} with books on: the index of a day's records takes no more of one operation`,
  );
}

function checkTimes(config: Config): void {
  const { stage, providerTimeoutMs, inquiryTimeoutMs, functionTimeoutMs } = config;
  const { leaseMs, quietPeriodMs, doubtLimitMs } = config;
  const shown = (name: keyof Times) => `${name} ${config[name]}`;
  for (const name of timeNames) {
    const { leastInProduction: least = 0, most } = timeSettings[name];
    if (stage === "prod" && config[name] < least)
      throw new ConfigError(`${shown(name)} must be at least ${least} in prod`);
    if (most !== undefined && config[name] > most.ms)
      throw new ConfigError(`${shown(name)} must be at most ${most.ms}: ${most.because}`);
  }
  if (doubtLimitMs <= leaseMs + quietPeriodMs)
    throw new ConfigError(
      `${shown("doubtLimitMs")} must be longer than leaseMs and quietPeriodMs together: until then asking proves nothing`,
    );
  if (functionTimeoutMs % 1000 !== 0)
    throw new ConfigError(`${shown("functionTimeoutMs")} must be whole seconds: Lambda's timeout is`);
  if (functionTimeoutMs < leastFunctionMs)
    throw new ConfigError(
      `${shown("functionTimeoutMs")} must be at least ${leastFunctionMs}: with less no notification that waits in the queue is taken in`,
    );
  const order = outOfOrder(config, shown);
  if (order !== undefined) throw new ConfigError(order);
  if (inquiryTimeoutMs > providerTimeoutMs)
    throw new ConfigError(
      `${shown("inquiryTimeoutMs")} must be at most ${shown("providerTimeoutMs")}: a question waits no longer than a change`,
    );
}

/** Test data where data may be destroyed, real money where it may not. */
function checkHosts({ stage, variables }: Config): void {
  const other: Stage = stage === "dev" ? "prod" : "dev";
  for (const name of providerNames) {
    const host = providers[name].hosts[other];
    const chosen = URL.parse(variables[baseUrlVariable(name)] ?? "")?.hostname;
    if (host !== undefined && chosen === new URL(host).hostname)
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
