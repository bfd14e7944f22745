import { readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { outOfOrder, type Times, variableOf } from "../lib/config.ts";
import { baseUrlVariable, providers } from "../lib/providers/index.ts";
import { settings as allSettings } from "../lib/settings.ts";
import { assembled } from "./assembled.ts";
import { type Application, kindOf, type LambdaFunction, readAssembly } from "./assembly.ts";
import { CannotStart } from "./cannot-start.ts";
import { type DataDir, openDataDir } from "./data-dir.ts";
import { findDynoxide, startDynamoDb } from "./dynamodb.ts";
import { startEventSources } from "./event-sources.ts";
import { sparingly } from "./explain.ts";
import { type Backend, listen } from "./http-api.ts";
import { type Admit, admitAll, admitSigned } from "./iam/callers.ts";
import { newCredentials } from "./iam/credentials.ts";
import { writeCredentialsFile } from "./iam/person.ts";
import { readPrincipals, writePrincipals } from "./iam/principals.ts";
import { writeWorker } from "./lambda/environment.ts";
import { budgetOf, openPool, type Pool, type PoolOutcome } from "./lambda/pool.ts";
import { type LambdaProcess, startProcess } from "./lambda/process.ts";
import { localConsole } from "./local-console.ts";
import { openLogs, platformLine } from "./logs.ts";
import { startPeers } from "./peers.ts";
import { eventsOf } from "./pipe.ts";
import { during, type Tell } from "./progress.ts";
import { reach } from "./reach.ts";
import { routerOf } from "./routes.ts";
import { startSchedules } from "./schedules.ts";
import { openSecrets } from "./secrets.ts";
import type { Settings } from "./settings.ts";
import { type Stores, type StoresOrder, startStores } from "./stores.ts";

export interface Host {
  readonly url: string;
  readonly application: Application;
  readonly addresses: readonly Address[];
  /** Answers what is in flight for at most `graceMs`, then ends every process. */
  stop(graceMs: number): Promise<void>;
}

/** A server next to the functions: a line of the table that is printed at the start. */
export interface Address {
  readonly what: string;
  readonly where: string;
  readonly note: string;
}

/** Starts everything: the stack's functions behind its HTTP API, and what they depend on. */
export async function startHost(settings: Settings, project: string, tell: Tell): Promise<Host> {
  await during(`the file system of DATA_DIR ${settings.dataDir}`, reach(settings.dataDir), tell);
  const dataDir = openDataDir(settings.dataDir);
  const backend = Promise.withResolvers<Backend>();
  backend.promise.catch(() => undefined);
  const api = await listen(settings.port, backend.promise, {
    tell: sparingly(tell),
    exceptions: { hosts: (path) => (path.startsWith("/webhooks/") ? tunnelOf(settings) : []) },
  });
  const logTo = openLogs(dataDir.file("logs"), settings.printLogs);

  const secretFiles = { file: settings.secretsFile, gatewayFile: dataDir.file("gateway-secret.json") };
  const secrets = openSecrets({ ...secretFiles, report: tell });
  // Who gives a folder for the host's own compiled code gives it for the functions', too.
  const given = process.env.NODE_COMPILE_CACHE;
  const compileCache = given ?? dataDir.file("compile-cache");
  if (given === undefined) forgetOldCode(compileCache);
  // The synthesis takes longest; the rest is there when it ends.
  const worker = dataDir.file("worker.mjs");
  const database = { binary: findDynoxide(settings.dynoxide), file: dataDir.file("dynamodb.sqlite") };
  const [assembled, dynamo, peers] = await Promise.all([
    during("the synthesis of the stack (infra/app.ts)", assemble(settings, project, dataDir), tell),
    during("DynamoDB", startDynamoDb({ ...database, log: logTo("dynamodb") }), tell),
    during("the sandboxes", startPeers(settings, dataDir, secrets, tell), tell),
    writeWorker(worker, join(compileCache, "worker")),
  ]);
  const { stores, credentialsOf, personFile } = await openStores(
    { dataDir, functions: assembled.functions, logTo, tell },
    { database: dynamo.url, assembly: assemblyOf(settings, dataDir), secrets: secretFiles },
  );
  const url = `http://127.0.0.1:${api.port}`;
  const values = {
    ...settings.overrides,
    ...Object.fromEntries(peers.map((peer) => [baseUrlVariable(peer.provider), peer.url])),
    WEBHOOK_BASE_URL: settings.webhookOrigin ?? url,
    AWS_ENDPOINT_URL_DYNAMODB: stores.dynamoDbUrl,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: stores.secretsManagerUrl,
    AWS_ENDPOINT_URL_SQS: stores.queuesUrl,
  };
  const functions = assembled.functions.map((lambda) => localized(lambda, values));
  const application = { ...assembled, functions };
  for (const table of application.tables) await dynamo.ensureTable(table);
  const explain = sparingly(tell);
  const admission = admissionOf(application, settings, dataDir, (sentence) => {
    logTo("http-api").line(platformLine("INFO", sentence));
    explain(`403 ${sentence}`);
  });

  const pools = openPools(application, settings, (lambda) =>
    startProcess(
      lambda,
      { worker, compileCache, credentials: credentialsOf(lambda.name) },
      logTo(lambda.name),
    ),
  );
  const invoke: Invoke = (functionName, event, signal) => {
    const pool = pools.get(functionName) ?? fail(`there is no function ${functionName}`);
    return pool.invoke(event, signal);
  };
  const events = application.told ? eventsOf({ url: dynamo.url, ...application.told }) : async () => [];
  backend.resolve({
    ...routed(application, invoke),
    admit: admission.admit,
    console: localConsole(url, peers, { events, lookAtBooks: lookingAtBooks(application, invoke) }),
  });
  const eventSources = startEventSources(application.eventSources, {
    endpoint: stores.queuesUrl,
    credentialsOf,
    invoke,
    report: (sentence) => logTo("event-sources").line(platformLine("ERROR", sentence)),
  });
  const schedules = startSchedules(application.schedules, settings.scheduleMs, invoke);
  const housekeeping = setInterval(() => {
    for (const pool of pools.values()) pool.endIdle(performance.now() - longestIdleMs);
  }, 30_000);

  return {
    url,
    application,
    addresses: [
      ...ownAddresses(application, stores, {
        console: url,
        keys: basename(personFile),
        secrets: secrets.description,
      }),
      ...admission.addresses,
      ...peers.map((peer) => ({ what: providers[peer.provider].title, where: peer.url, note: peer.note })),
    ],
    async stop(graceMs) {
      schedules.stop();
      eventSources.stop();
      clearInterval(housekeeping);
      await Promise.race([api.drain(), new Promise((resolve) => setTimeout(resolve, graceMs))]);
      await Promise.all([...pools.values()].map((pool) => pool.close()));
      api.close();
      await Promise.all([...peers.map((peer) => peer.close()), stores.close(), dynamo.close()]);
      dataDir.release();
    },
  };
}

const fail = (sentence: string): never => {
  throw new Error(sentence);
};

interface StoresGiven extends Pick<Application, "functions"> {
  readonly dataDir: DataDir;
  readonly logTo: ReturnType<typeof openLogs>;
  readonly tell: Tell;
}

/** The stores, and the new credentials under which functions and whoever runs the host come to them. */
async function openStores(
  { dataDir, functions, logTo, tell }: StoresGiven,
  order: Pick<StoresOrder, "database" | "assembly" | "secrets">,
) {
  const credentials = new Map(functions.map(({ name }) => [name, newCredentials()]));
  const person = newCredentials();
  const personFile = dataDir.file("aws-credentials");
  writeCredentialsFile(personFile, person);
  const stores = await startStores(
    { ...order, credentials, person, messages: dataDir.file("queues.sqlite") },
    {
      log: logTo("stores"),
      report: tell,
      refused: (functionName, sentence) =>
        logTo(functionName).line(platformLine("ERROR", `The template does not allow it: ${sentence}`)),
    },
  );
  const credentialsOf = (name: string) => credentials.get(name) ?? fail(`${name} has no credentials`);
  return { stores, credentialsOf, personFile };
}

type Invoke = (functionName: string, event: string, signal: AbortSignal) => Promise<PoolOutcome>;

/** The routes of the API, and the function behind each. */
function routed({ routes }: Application, invoke: Invoke): Omit<Backend, "admit" | "console"> {
  const byKey = new Map(routes.map((route) => [route.key, route]));
  return {
    route: routerOf([...byKey.keys()]),
    routes: [...byKey.keys()],
    restOf: (routeKey) => byKey.get(routeKey)?.rest,
    invoke: (routeKey, event, signal) => invoke(byKey.get(routeKey)?.functionName ?? "", event, signal),
  };
}

const lookingAtBooks =
  ({ functions }: Application, invoke: Invoke) =>
  async (event: string): Promise<string | undefined> => {
    const books = functions.find(({ environment }) => "BOOKS_CALLS_A_DAY" in environment);
    if (!books) return "The books are not looked at: BOOKS is off.";
    const outcome = await invoke(books.name, event, AbortSignal.timeout(books.timeoutMs));
    if (outcome.kind === "answered") return undefined;
    const why = outcome.kind === "failed" ? outcome.error.errorType : "it was withdrawn";
    return `The look at the books failed (${why}): the log of ${books.name} says more.`;
  };

/** Where the console and the stores are, with what a person needs to use them. */
function ownAddresses(
  { tables, eventSources }: Application,
  { dynamoDbUrl, secretsManagerUrl, queuesUrl }: Stores,
  { console, keys, secrets }: { readonly console: string; readonly keys: string; readonly secrets: string },
): readonly Address[] {
  const tableNames = tables.map(({ name }) => name).join(", ");
  const queueNames = eventSources.map(({ queue }) => `queue ${queue.name}`).join(", ");
  return [
    { what: "Console", where: `${console}/`, note: "records, sandboxes, reference: for a browser" },
    { what: "DynamoDB", where: dynamoDbUrl, note: `table ${tableNames}, keys in ${keys}` },
    { what: "Secrets Manager", where: secretsManagerUrl, note: secrets },
    { what: "SQS", where: queuesUrl, note: queueNames },
  ];
}

/** Who may call, and where a person finds whose keys to sign with. */
function admissionOf(
  { routes, functions }: Application,
  { auth, principalsFile }: Settings,
  dataDir: DataDir,
  report: (sentence: string) => void,
): { readonly admit: Admit; readonly addresses: readonly Address[] } {
  if (auth === "open") return { admit: admitAll, addresses: [] };
  const file = principalsFile ?? dataDir.file("principals.json");
  if (principalsFile === undefined) {
    const looking = new Set(functions.filter((each) => kindOf(each) !== "changes").map(({ name }) => name));
    writePrincipals(file, routes, (name) => looking.has(name));
  }
  const principals = readPrincipals(file);
  const names = principals.map(({ arn }) => arn.replace(/^.*\//, ""));
  return {
    admit: admitSigned(routes, principals, report),
    addresses: [{ what: "principals", where: file, note: `${names.join(", ")}: only they may call` }],
  };
}

/** The name under which providers reach this host from outside, where the user has given one. */
const tunnelOf = ({ webhookOrigin }: Settings): readonly string[] =>
  webhookOrigin === undefined ? [] : [new URL(webhookOrigin).host];

/** A process without a request for this long is ended, to free its memory. */
const longestIdleMs = 5 * 60_000;

async function assemble(settings: Settings, project: string, dataDir: DataDir): Promise<Application> {
  const folder = assemblyOf(settings, dataDir);
  if (settings.assemblyDir === undefined) await assembled(project, folder, settings.context);
  const application = readAssembly(folder);
  if (settings.assemblyDir !== undefined) checkPlaces(application, settings);
  return application;
}

/** In a template that is given, a variable that no function has cannot be set; to ignore it would hide that. */
function checkPlaces({ functions }: Application, { context, assemblyDir }: Settings): void {
  for (const name of Object.keys(context)) {
    const isPlaced = functions.some(({ environment }) => variableOf(name) in environment);
    if (allSettings[name]?.preset === undefined && !isPlaced)
      throw new CannotStart(
        `No function of ASSEMBLY_DIR ${assemblyDir} has ${variableOf(name)}: choose ${name} where that stack is synthesized.`,
      );
  }
}

const assemblyOf = ({ assemblyDir }: Settings, dataDir: DataDir): string =>
  assemblyDir ?? dataDir.file("assembly");

/** The function as the template has it, but for the values that only make sense on AWS. */
function localized(lambda: LambdaFunction, values: Readonly<Record<string, string>>): LambdaFunction {
  const replaced = Object.entries(values).filter(
    ([name]) => name in lambda.environment || name.startsWith("AWS_ENDPOINT_URL_"),
  );
  const environment = { ...lambda.environment, ...Object.fromEntries(replaced) };
  checkTimes(lambda.name, environment);
  // What a function believes and what kills it are one value; what the clock runs has longer than its variable says.
  const believes = Number(lambda.environment.FUNCTION_TIMEOUT_MS) === lambda.timeoutMs;
  const timeoutMs = believes ? Number(environment.FUNCTION_TIMEOUT_MS) : lambda.timeoutMs;
  return { ...lambda, environment, timeoutMs };
}

/** Said once, here, and not by every function at its first call: they would all refuse. */
function checkTimes(name: string, environment: Readonly<Record<string, string>>): void {
  const given = (time: keyof Times) => environment[variableOf(time)];
  const providerTimeoutMs = Number(given("providerTimeoutMs"));
  const functionTimeoutMs = Number(given("functionTimeoutMs"));
  const leaseMs = Number(given("leaseMs"));
  const order = outOfOrder(
    { providerTimeoutMs, functionTimeoutMs, leaseMs },
    (time) => `${variableOf(time)} ${given(time)}`,
  );
  if (order !== undefined) throw new CannotStart(`${name} would not run: ${order}.`);
}

function openPools(
  { functions }: Application,
  { maxProcesses, maxProcessesPerFunction: largest }: Settings,
  start: (lambda: LambdaFunction) => LambdaProcess,
): ReadonlyMap<string, Pool> {
  const budget = budgetOf(maxProcesses);
  return new Map(functions.map((lambda) => [lambda.name, openPool(lambda, { largest, budget, start })]));
}

/** The cache holds an entry for every bundle that ever ran; after many changes it starts afresh. */
function forgetOldCode(compileCache: string): void {
  try {
    const entries = readdirSync(compileCache).flatMap((folder) => readdirSync(join(compileCache, folder)));
    if (entries.length > 500) rmSync(compileCache, { recursive: true });
  } catch {
    // There is none yet.
  }
}
