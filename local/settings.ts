import { resolve } from "node:path";
import { variableOf } from "../lib/config.ts";
import type { Setting } from "../lib/providers/facts.ts";
import { baseUrlVariable, providerNames } from "../lib/providers/index.ts";
import type { ProviderName } from "../lib/secrets/names.ts";
import { backOff, settings, timeSettings } from "../lib/settings.ts";
import { CannotStart } from "./cannot-start.ts";

/** What a person may choose; every value comes from an environment variable of the same meaning. */
export interface Settings {
  /** `PORT`: 0 takes any free port. */
  readonly port: number;
  /** `DATA_DIR`: database, key rings, ledger of the sandbox and logs. */
  readonly dataDir: string;
  /** `ASSEMBLY_DIR`: a cloud assembly that exists already, to be served instead of one made now. */
  readonly assemblyDir: string | undefined;
  /** `AGGREPAY_BASE_URL`, `PAYU_BASE_URL`, ...: peers to be called in place of the sandboxes, by provider. */
  readonly origins: ReadonlyMap<ProviderName, string>;
  /** `WEBHOOK_BASE_URL`: where providers are told to send notifications, in place of this host. */
  readonly webhookOrigin: string | undefined;
  /** `SECRETS_FILE`: the secrets in place of the sandbox's. */
  readonly secretsFile: string | undefined;
  /** Values of the stack's context that the template depends on. */
  readonly context: Readonly<Record<string, string>>;
  /** Put in place of the template's values in every function that has the variable. */
  readonly overrides: Readonly<Record<string, string>>;
  /** `MAX_PROCESSES`: of all functions together. */
  readonly maxProcesses: number;
  /** `MAX_PROCESSES_PER_FUNCTION` */
  readonly maxProcessesPerFunction: number;
  /** `SCHEDULE_MS`: how long a minute of the clock's rules is here; 0 is never. */
  readonly scheduleMs: number;
  /** `AUTH`: who may call. `open` is everyone; `iam` is who signs and whose policy allows it, as deployed. */
  readonly auth: "open" | "iam";
  /** `PRINCIPALS_FILE`: who may sign with AUTH=iam, in place of the two that the host makes. */
  readonly principalsFile: string | undefined;
  /** `DYNOXIDE_BIN`: a DynamoDB for a platform that npm has no package for. */
  readonly dynoxide: string | undefined;
  /** `LOG=1`: every line that functions print goes to the terminal too, not the errors alone. */
  readonly printLogs: boolean;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** What `npm start` alone is told, by the name of the variable; docs/configuration.md prints them after those of functions. */
export const ownSettings = {
  PORT: { preset: 3000, least: 0, most: 65_535, about: "0 takes any free port" },
  DATA_DIR: {
    preset: ".data",
    about: "Database, key rings, the sandboxes' journals, logs. One gateway at a time",
  },
  AUTH: {
    preset: "open",
    about:
      "`iam`: who calls must sign, and have a policy that allows the route. With it, `npm run demo` signs too",
  },
  PRINCIPALS_FILE: {
    preset: "two, made at each start",
    about:
      "With `AUTH=iam`: `[{arn, accessKeyId, secretAccessKey, sessionToken?, policy}]`, [see there](deploying.md#permissions-locally). Read at the start",
  },
  SECRETS_FILE: {
    preset: "the sandboxes' own",
    about:
      'JSON with one key for each provider, `{"<provider>": {"apiKey": "...", ...}, ...}`; and with `MERCHANT_WEBHOOK_URL` `"webhook": {"signingSecret": "whsec_..."}`. A change is a rotation. Both versions are given for each key, never for the whole file: `{"<provider>": {"current": {...}, "previous": {...}}, ...}`. Sandboxes accept what is in it',
  },
  SCHEDULE_MS: {
    preset: 2000,
    least: 0,
    most: 86_400_000,
    about: "How long a minute of the clock is: `reconcile` runs once in it, `books` once in 15; 0 is never",
  },
  MAX_PROCESSES: { preset: 64, least: 1, most: 1000, about: "Of all functions together" },
  // A resting process takes some 60 MB, 25 of them its own: 64 fit a small machine, 16 keep two cores busy.
  MAX_PROCESSES_PER_FUNCTION: { preset: 16, least: 1, most: 1000, about: "Of one function" },
  LOG: { preset: "0", about: "1 prints every function's lines, not the errors alone" },
  ASSEMBLY_DIR: { preset: "made now", about: "An existing `cdk.out` to serve" },
  DYNOXIDE_BIN: { preset: "from npm", about: "DynamoDB for a platform that npm has no package for" },
  URL: { preset: "http://127.0.0.1:3000", about: "Of `npm run demo`: the gateway to play against" },
} as const satisfies Readonly<Record<string, OwnSetting>>;

interface OwnSetting {
  readonly preset: string | number;
  readonly least?: number;
  readonly most?: number;
  readonly about: string;
}

export function readSettings(environment: Environment, folder: string): Settings {
  const path = (name: keyof typeof ownSettings) => {
    const value = given(environment, name);
    return value === undefined ? undefined : resolve(folder, value);
  };
  const number = (name: "PORT" | "SCHEDULE_MS" | "MAX_PROCESSES" | "MAX_PROCESSES_PER_FUNCTION") => {
    const { preset, least, most } = ownSettings[name];
    return readNumber(environment, name, least, most) ?? preset;
  };
  const overrides = overridesIn(environment);
  const auth = given(environment, "AUTH") ?? ownSettings.AUTH.preset;
  if (auth !== "open" && auth !== "iam") throw new CannotStart(`AUTH must be open or iam, not "${auth}".`);
  const principalsFile = path("PRINCIPALS_FILE");
  if (principalsFile !== undefined && auth === "open")
    throw new CannotStart("PRINCIPALS_FILE says who may sign, and nobody has to: set AUTH=iam with it.");
  return {
    port: number("PORT"),
    dataDir: path("DATA_DIR") ?? resolve(folder, ownSettings.DATA_DIR.preset),
    assemblyDir: path("ASSEMBLY_DIR"),
    origins: new Map(
      providerNames.flatMap((provider) => {
        const origin = readOrigin(environment, baseUrlVariable(provider));
        return origin === undefined ? [] : [[provider, origin] as const];
      }),
    ),
    webhookOrigin: readOrigin(environment, "WEBHOOK_BASE_URL"),
    secretsFile: path("SECRETS_FILE"),
    context: contextOf(overrides),
    overrides,
    maxProcesses: number("MAX_PROCESSES"),
    maxProcessesPerFunction: number("MAX_PROCESSES_PER_FUNCTION"),
    scheduleMs: number("SCHEDULE_MS"),
    auth,
    principalsFile,
    dynoxide: path("DYNOXIDE_BIN"),
    printLogs: readSwitch(environment, "LOG"),
  };
}

/** No time of a local run is longer: a day. */
const longestMs = 86_400_000;

/** What is given of the functions' settings; the others stay as the template has them, but for what is another here. */
function overridesIn(environment: Environment): Readonly<Record<string, string>> {
  const times = Object.entries(timeSettings).map(
    ([name, { local }]) =>
      [variableOf(name), readNumber(environment, variableOf(name), 1, longestMs) ?? local] as const,
  );
  const others = Object.entries(settings)
    .filter(([, { kind }]) => !isOfPeers.includes(kind))
    .map(([name, setting]) => {
      const variable = variableOf(name);
      const value =
        setting.kind === "count"
          ? readNumber(environment, variable, setting.least, setting.most)
          : given(environment, variable);
      return [variable, value ?? setting.local] as const;
    });
  const pauses = ["BACK_OFF_MS", given(environment, "BACK_OFF_MS") ?? backOff.local] as const;
  return Object.fromEntries(
    [...times, ...others, pauses].flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)]],
    ),
  );
}

/** Hosts are the sandboxes' or other peers', and an account is part of every identity. */
const isOfPeers: readonly Setting["kind"][] = ["origin", "originOrNone", "account"];

/** What the template does not have, unless it is chosen, has no value there that could be replaced. */
const isWritten = ({ inTemplate, preset }: Setting): boolean => inTemplate === true || preset === undefined;

const contextOf = (overrides: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(settings).flatMap(([name, setting]) => {
      const value = overrides[variableOf(name)];
      return value !== undefined && isWritten(setting) ? [[name, value]] : [];
    }),
  );

/** A variable that is set to nothing is a variable that is not set: `PORT= npm start`. */
function given(environment: Environment, name: string): string | undefined {
  const value = environment[name]?.trim();
  return value === "" ? undefined : value;
}

function readNumber(environment: Environment, name: string, smallest: number, largest: number) {
  const value = given(environment, name);
  if (value === undefined) return undefined;
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= smallest && number <= largest) return number;
  throw new CannotStart(`${name} must be a whole number from ${smallest} to ${largest}, not "${value}".`);
}

function readOrigin(environment: Environment, name: string): string | undefined {
  const value = given(environment, name);
  if (value === undefined) return undefined;
  const url = URL.parse(value);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    throw new CannotStart(`${name} must be like http://127.0.0.1:4000 or https://host, not "${value}".`);
  }
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    throw new CannotStart(`${name} replaces scheme and host only: "${value}" must end after the host.`);
  }
  return url.origin;
}

function readSwitch(environment: Environment, name: string): boolean {
  const value = given(environment, name) ?? "0";
  if (value === "0" || value === "1") return value === "1";
  throw new CannotStart(`${name} must be 0 or 1, not "${value}".`);
}
