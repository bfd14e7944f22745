import { isIP } from "node:net";
import { accountForm, type Form, onOrOffForm, pathForm, utcOffsetForm } from "../lib/forms.ts";
import type { CountSetting, Setting } from "../lib/providers/facts.ts";

/** A value that a person chose and can correct; its message is the one sentence that they need. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

/** Reads one context value, as `app.node.tryGetContext` does; `-c name=value` gives strings. */
export type Context = (name: string) => unknown;

/** What a context value must be like. */
export interface Rule extends Form {
  /** In cdk.json a number may stand without quotes. */
  readonly isNumber?: true;
}

/** The value, or undefined where none is given. */
export function text(context: Context, name: string, { isRight, must, isNumber }: Rule): string | undefined {
  const given = context(name);
  if (given === undefined) return undefined;
  const value = isNumber && typeof given === "number" ? String(given) : given;
  if (typeof value === "string" && isRight(value)) return value;
  throw new ConfigError(`${name} must ${must}, not ${JSON.stringify(given)}`);
}

/**
 * What a deployment chooses: the values under its stage's name in cdk.json and, for `dev`, what the command line says over
 * them. `prod` takes nothing from the command line: a value there would have to be given at each deployment, and a deployment without
 * it would change the stack.
 */
export function choicesOf(
  context: Context,
  given: readonly string[],
): { readonly context: Context; readonly named: readonly string[] } {
  const stage = context("stage") ?? "dev";
  const kept = context(String(stage)) ?? {};
  if (typeof kept !== "object" || kept === null || Array.isArray(kept))
    throw new ConfigError(`"${stage}" in cdk.json must be an object of the values that it chooses`);
  if ("stage" in kept) throw new ConfigError(`"${stage}" in cdk.json cannot choose a stage: it is one`);
  const said = given.filter((name) => !stageNames.includes(name));
  const passing = said.find((name) => !sayable.includes(name));
  if (stage === "prod" && passing !== undefined)
    throw new ConfigError(
      `${passing} must stand in cdk.json under "prod": from the command line, the next deployment could be without it`,
    );
  return {
    context: (name) => context(name) ?? (kept as Readonly<Record<string, unknown>>)[name],
    named: [...said, ...Object.keys(kept)],
  };
}

const stageNames: readonly string[] = ["dev", "prod"];
/** Which deployment it is, and how this once. */
const sayable: readonly string[] = ["stage", "rollout"];

/** A whole number above 0, of what `unit` says. */
export function count(context: Context, name: string, unit: string, preset: number): number {
  const value = context(name) ?? preset;
  // In digits alone: 0x10 and 1e1 are numbers to some readers, and a slip to a person.
  const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number === "number" && Number.isInteger(number) && number > 0 && number <= largest)
    return number;
  throw new ConfigError(
    `${name} must be a whole number of ${unit} from 1 to ${largest}, not ${JSON.stringify(value)}`,
  );
}

/** Ten digits: functions take no more. */
const largest = 9_999_999_999;

/** One of a few words. */
export function word<Word extends string>(
  context: Context,
  name: string,
  words: readonly [Word, Word, ...Word[]],
  preset: Word,
): Word {
  const value = context(name) ?? preset;
  const found = words.find((each) => each === value);
  if (found !== undefined) return found;
  const list = `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
  throw new ConfigError(`${name} must be ${list}, not ${JSON.stringify(value)}`);
}

/** Values that make sense together alone: all of them, or undefined where none is given. */
export function together<Name extends string>(
  values: Readonly<Record<Name, string | undefined>>,
): Readonly<Record<Name, string>> | undefined {
  const given: Partial<Record<Name, string>> = {};
  const missing: string[] = [];
  for (const name in values) {
    const value = values[name];
    if (value === undefined) missing.push(name);
    else given[name] = value;
  }
  if (missing.length === 0) return given as Record<Name, string>;
  const [first] = Object.keys(given);
  if (first === undefined) return undefined;
  throw new ConfigError(`${first} needs ${missing.join(" and ")} too`);
}

const listOf = (isRight: (entry: string) => boolean) => (value: string) => value.split(",").every(isRight);

const isHostName = (entry: string): boolean =>
  /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/.test(entry);

/** `103.20.51.39`, or `103.20.51.0/24`. */
function isNetwork(entry: string): boolean {
  const [address = "", prefix, ...more] = entry.split("/");
  // Of the widest network that one organisation has, and not of the whole of the internet.
  const [widest, one] = { 4: [8, 32], 6: [16, 128] }[isIP(address)] ?? [];
  if (widest === undefined || one === undefined || more.length > 0) return false;
  return (
    prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) >= widest && Number(prefix) <= one)
  );
}

function isOrigin(value: string): boolean {
  const url = URL.parse(value);
  const bare = url !== null && `${url.protocol}//${url.host}/` === url.href && url.protocol === "https:";
  // A host has one name here: in capitals, or with a final dot, it would pass for another.
  return bare && value.replace(/(?::443)?\/?$/, "") === url.origin && !url.hostname.endsWith(".");
}

function isHttpsUrl(value: string): boolean {
  const url = URL.parse(value);
  const bare = url?.username === "" && url.search === "" && url.hash === "";
  return bare && url.protocol === "https:" && isHostName(url.hostname);
}

const isRegion = (value: string): boolean => /^[a-z]{2}(?:-[a-z]+)+-\d$/.test(value);

/** IAM is of no Region. */
const isArnOf =
  (service: string, resource: RegExp) =>
  (value: string): boolean => {
    const [arn, partition = "", of, region = "", account, ...rest] = value.split(":");
    return (
      arn === "arn" &&
      /^aws[a-z-]*$/.test(partition) &&
      of === service &&
      (service === "iam" ? region === "" : isRegion(region)) &&
      /^\d{12}$/.test(account ?? "") &&
      resource.test(rest.join(":"))
    );
  };

export const rules = {
  origin: { isRight: isOrigin, must: "be like https://host, without a path" },
  httpsUrl: { isRight: isHttpsUrl, must: "be an https URL" },
  merchantUrl: {
    // A host that runs on this machine has its merchant on this machine too.
    isRight: (value) => isHttpsUrl(value) || /^http:\/\/(?:127\.0\.0\.1|localhost)(?::\d+)?\//.test(value),
    must: "be an https URL",
  },
  originOrNone: {
    isRight: (value) => value === "none" || isOrigin(value),
    must: "be like https://host, without a path, or none",
  },
  hostNamesOrNone: {
    isRight: (value) => value === "none" || listOf(isHostName)(value),
    must: "be host names in lower case, separated by commas, or none",
  },
  path: pathForm,
  onOrOff: onOrOffForm,
  secondPerson: { isRight: (value) => /^(?:on|session|off)$/.test(value), must: "be on, session or off" },
  codesOrNone: {
    isRight: (value) => value === "none" || listOf((entry) => /^[A-Za-z0-9]{1,10}$/.test(entry))(value),
    isNumber: true,
    must: "be codes of letters and digits, separated by commas, or none",
  },
  utcOffset: utcOffsetForm,
  account: accountForm,
  hostName: { isRight: isHostName, must: "be a host name in lower case" },
  networks: { isRight: listOf(isNetwork), must: "be addresses or networks, separated by commas" },
  door: {
    isRight: (value) => value === "open" || value === "listed" || listOf(isNetwork)(value),
    must: "be open, listed, or addresses or networks, separated by commas",
  },
  region: {
    isRight: isRegion,
    must: "be a Region such as ap-south-1",
  },
  certificate: {
    isRight: isArnOf("acm", /^certificate\/[\w-]+$/),
    must: "be the ARN of a certificate in ACM",
  },
  topic: { isRight: isArnOf("sns", /^[\w-]+$/), must: "be the ARN of an SNS topic" },
  principals: {
    isRight: listOf(isArnOf("iam", /^(?:role|user)\/[\w+=,.@/-]+$/)),
    must: "be ARNs of IAM roles or users, separated by commas",
  },
  words: {
    isRight: listOf((entry) => /^[\w.:/-]+$/.test(entry)),
    must: "be names without spaces, separated by commas",
  },
} as const satisfies Readonly<Record<string, Rule>>;

/** What a provider's setting must be like. */
export const ruleOf = (setting: Setting): Rule =>
  setting.kind === "count" ? countRule(setting) : rules[setting.kind];

function countRule({ least, most, of, orNone }: CountSetting): Rule {
  const unit = of === undefined ? "" : ` of ${of}`;
  return {
    isRight: (value) =>
      (orNone === true && value === "none") ||
      (/^[1-9]\d{0,8}$/.test(value) && Number(value) >= least && Number(value) <= most),
    isNumber: true,
    must: `be a whole number${unit} from ${least} to ${most}${orNone ? ", or none" : ""}`,
  };
}
