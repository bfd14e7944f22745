import { resolve } from "node:path";
import type { Setting } from "../lib/providers/facts.ts";
import { baseUrlVariable, providerNames, providers } from "../lib/providers/index.ts";
import type { ProviderName } from "../lib/secrets/names.ts";
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
  /** `SCHEDULE_MS`: how often scheduled functions run here, whatever their rule says; 0 is never. */
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

/** Times that the template gives to functions and that a local run may shorten. */
const times = [
  "PROVIDER_TIMEOUT_MS",
  "INQUIRY_TIMEOUT_MS",
  "FUNCTION_TIMEOUT_MS",
  "LEASE_MS",
  "BINDING_WAIT_MS",
  "DOUBT_LIMIT_MS",
] as const;

/** A resting process takes some 60 MB, 25 of them its own: 64 fit a small machine, 16 keep two cores busy. */
const processes = { total: 64, perFunction: 16 };

export function readSettings(environment: Environment, folder: string): Settings {
  const path = (name: string) => {
    const value = given(environment, name);
    return value === undefined ? undefined : resolve(folder, value);
  };
  const number = (name: string, preset: number, smallest: number, largest: number) =>
    readNumber(environment, name, smallest, largest) ?? preset;

  const overrides: Record<string, string> = {
    ...ofProviders(environment),
    // Without AUTH=iam all callers are one.
    SECOND_PERSON: given(environment, "SECOND_PERSON") ?? "off",
    BACK_OFF_MS: given(environment, "BACK_OFF_MS") ?? "1000,2000,5000",
    QUIET_PERIOD_MS: String(number("QUIET_PERIOD_MS", 5000, 1, 86_400_000)),
  };
  for (const name of times) {
    const value = readNumber(environment, name, 1, 900_000);
    if (value !== undefined) overrides[name] = String(value);
  }
  const merchant = given(environment, "MERCHANT_WEBHOOK_URL");
  const auth = given(environment, "AUTH") ?? "open";
  if (auth !== "open" && auth !== "iam") throw new CannotStart(`AUTH must be open or iam, not "${auth}".`);
  const principalsFile = path("PRINCIPALS_FILE");
  if (principalsFile !== undefined && auth === "open")
    throw new CannotStart("PRINCIPALS_FILE says who may sign, and nobody has to: set AUTH=iam with it.");
  const maxProcesses = number("MAX_PROCESSES", processes.total, 1, 1000);
  return {
    port: number("PORT", 3000, 0, 65_535),
    dataDir: path("DATA_DIR") ?? resolve(folder, ".data"),
    assemblyDir: path("ASSEMBLY_DIR"),
    origins: new Map(
      providerNames.flatMap((provider) => {
        const origin = readOrigin(environment, baseUrlVariable(provider));
        return origin === undefined ? [] : [[provider, origin] as const];
      }),
    ),
    webhookOrigin: readOrigin(environment, "WEBHOOK_BASE_URL"),
    secretsFile: path("SECRETS_FILE"),
    context: { ...contextOf(overrides), ...(merchant && { merchantWebhookUrl: merchant }) },
    overrides,
    maxProcesses,
    maxProcessesPerFunction: number("MAX_PROCESSES_PER_FUNCTION", processes.perFunction, 1, 1000),
    scheduleMs: number("SCHEDULE_MS", 2000, 0, 86_400_000),
    auth,
    principalsFile,
    dynoxide: path("DYNOXIDE_BIN"),
    printLogs: readSwitch(environment, "LOG"),
  };
}

const settings = providerNames.flatMap((name) => Object.entries(providers[name].settings));

/** What is told of the providers' settings; the others stay as the template has them, but for what is another here. */
function ofProviders(environment: Environment): Readonly<Record<string, string>> {
  const value = (setting: Setting) =>
    setting.kind === "count"
      ? readNumber(environment, setting.variable, setting.least, setting.most)
      : given(environment, setting.variable);
  return Object.fromEntries(
    settings.flatMap(([, setting]) => {
      const chosen = value(setting) ?? setting.local;
      return chosen === undefined ? [] : [[setting.variable, String(chosen)]];
    }),
  );
}

const contextOf = (overrides: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    settings.flatMap(([name, { variable, inTemplate }]) => {
      const value = overrides[variable];
      return inTemplate && value !== undefined ? [[name, value]] : [];
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
