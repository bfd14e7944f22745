import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { buildPeers } from "../../bench/peers/build.ts";
import { baseUrlVariable } from "../../lib/providers/index.ts";
import { sharedAssembly } from "../../local/assembled.ts";
import { type Application, type LambdaFunction, readAssembly } from "../../local/assembly.ts";
import { openDataDir } from "../../local/data-dir.ts";
import { findDynoxide, startDynamoDb } from "../../local/dynamodb.ts";
import { writeWorker } from "../../local/lambda/environment.ts";
import { type LambdaProcess, startProcess } from "../../local/lambda/process.ts";
import type { Log } from "../../local/logs.ts";
import { startPeers } from "../../local/peers.ts";
import { openSecrets } from "../../local/secrets.ts";
import { startSecretsManager } from "../../local/secrets-manager.ts";
import { readSettings } from "../../local/settings.ts";
import { type CountingProxy, startCountingProxy } from "../../test/support/counting-proxy.ts";
import { type Metered, meter } from "./meter.ts";

/** A request as API Gateway hands it to a function. */
export interface Invocation {
  readonly method: "GET" | "POST";
  readonly body?: object;
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly key?: string;
}

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What one invocation took. */
export interface Taken {
  readonly answer: Answer;
  readonly metered: Metered;
  readonly providerCalls: number;
  readonly providerBytes: number;
  readonly responseBytes: number;
  readonly logs: string;
  /** Of a processor, by all threads: what it waits for, others on this machine included, is not in it. */
  readonly ownMicros: number;
}

export interface ColdStart {
  readonly initMicros: number;
  readonly secretCalls: number;
}

/** The functions of the synthesized stack in their processes, with a proxy before everything that they call. */
export interface World {
  readonly application: Application;
  readonly assembly: string;
  /** `undefined` is an invocation by the clock. */
  invoke(name: string, request: Invocation | undefined): Promise<Taken>;
  coldStart(name: string): Promise<ColdStart>;
  close(): Promise<void>;
}

const project = resolve(import.meta.dirname, "../..");
export const usualDebit = "usual/debit-wallet";
/** Nobody checks them here. */
const credentials = { accessKeyId: "local", secretAccessKey: "local", sessionToken: "local" };
const fail = (sentence: string): never => {
  throw new Error(sentence);
};
const silent = { line: () => undefined, stream: () => undefined };

export async function openWorld(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), "cost-"));
  const assembly = process.env.ASSEMBLY_DIR ?? (await sharedAssembly(project));
  const application = readAssembly(assembly);
  const dataDir = openDataDir(join(folder, "data"));
  // Doubt is due at once, and a person's if that look settles nothing, so that nothing need be waited for.
  const settings = readSettings(
    { DATA_DIR: dataDir.path, BACK_OFF_MS: "1", DOUBT_LIMIT_MS: "1", SECOND_PERSON: "on" },
    folder,
  );
  const secrets = openSecrets({
    file: undefined,
    gatewayFile: dataDir.file("gateway-secret.json"),
    report: fail,
  });
  const dynamo = await startDynamoDb({
    binary: findDynoxide(process.env.DYNOXIDE_BIN),
    file: dataDir.file("dynamodb.sqlite"),
    log: silent,
  });
  for (const table of application.tables) await dynamo.ensureTable(table);
  const secretsManager = await startSecretsManager(application.secrets, secrets);
  const peers = await startPeers(settings, dataDir, secrets, fail);
  const table = await startCountingProxy(dynamo.url);
  const vault = await startCountingProxy(secretsManager.url);
  const providers = new Map<string, CountingProxy>();
  for (const { provider, url } of peers)
    providers.set(baseUrlVariable(provider), await startCountingProxy(url));
  const proxies = [table, vault, ...providers.values()];

  const addresses = {
    ...settings.overrides,
    ...Object.fromEntries([...providers].map(([variable, { url }]) => [variable, url])),
    WEBHOOK_BASE_URL: "http://127.0.0.1:3000",
    AWS_ENDPOINT_URL_DYNAMODB: table.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: vault.url,
  };
  const lambdas = await lambdasOf(application, addresses, folder);

  let logs = "";
  const log = {
    line: (text: string) => fail(text),
    stream: (source: Readable, crashes?: "crashes") =>
      void source.setEncoding("utf8").on("data", (text: string) => {
        if (crashes === undefined) logs += text;
        else process.stderr.write(text);
      }),
  };
  const started = new Map<string, LambdaProcess>();
  const start = await starting(folder, lambdas, log);
  const { read } = meter();

  return {
    application,
    assembly,
    async invoke(name, request) {
      const process = started.get(name) ?? (await start(name));
      started.set(name, process);
      for (const proxy of proxies) proxy.forget();
      logs = "";
      const before = await processorMicros(process);
      const outcome = await process.invoke(randomUUID(), JSON.stringify(eventOf(request)));
      const after = await processorMicros(process);
      if (outcome.kind === "failed") throw new Error(`${name}: ${JSON.stringify(outcome.error)}`);
      // What it printed comes by another pipe than its answer.
      await sleep(10);
      const sent = [...providers.values()].flatMap((proxy) => proxy.calls());
      return {
        ...answerOf(outcome.payload),
        metered: read(table.calls()),
        providerCalls: sent.length,
        providerBytes: sent.reduce((sum, { requestBytes }) => sum + requestBytes, 0),
        logs,
        ownMicros: after - before,
      };
    },
    async coldStart(name) {
      for (const proxy of proxies) proxy.forget();
      const process = await start(name);
      const initMicros = await processorMicros(process);
      process.kill();
      await process.ended;
      return { initMicros, secretCalls: vault.calls().length };
    },
    async close() {
      for (const process of started.values()) process.kill();
      await Promise.all([...started.values()].map(({ ended }) => ended));
      await Promise.all(proxies.map((proxy) => proxy.stop()));
      secretsManager.close();
      await Promise.all([...peers.map((peer) => peer.close()), dynamo.close()]);
      dataDir.release();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Starts a function in a process of its own. */
async function starting(folder: string, lambdas: ReadonlyMap<string, LambdaFunction>, log: Log) {
  const worker = join(folder, "worker.mjs");
  await writeWorker(worker);
  return async (name: string): Promise<LambdaProcess> => {
    const lambda = lambdas.get(functionName(name)) ?? fail(`the assembly has no ${name}`);
    // Nothing that was compiled before, as on Lambda.
    const process = startProcess(
      lambda,
      { worker, compileCache: await mkdtemp(join(folder, "compiled-")), credentials },
      log,
    );
    await process.initialized;
    return process;
  };
}

/** The functions by their names in the template, told those addresses, and the debit as it is usually written. */
async function lambdasOf(
  { functions }: Application,
  addresses: Readonly<Record<string, string>>,
  folder: string,
): Promise<ReadonlyMap<string, LambdaFunction>> {
  const localized = functions.map((lambda): [string, LambdaFunction] => {
    const told = Object.entries(addresses).filter(
      ([name]) => name in lambda.environment || name.startsWith("AWS_ENDPOINT_URL_"),
    );
    return [lambda.name, { ...lambda, environment: { ...lambda.environment, ...Object.fromEntries(told) } }];
  });
  const lambdas = new Map(localized);
  const usual = lambdas.get(functionName("aggrepay/debit-wallet"));
  if (usual === undefined) throw new Error("the assembly has no debit-wallet");
  return lambdas.set(functionName(usualDebit), { ...usual, ...(await bundleUsual(folder)), layers: [] });
}

/** `aggrepay/debit-wallet` is AggrepayDebitWallet in the template. */
const functionName = (name: string): string =>
  name.replace(/(?:^|[/-])(.)/g, (_, first: string) => first.toUpperCase());

/** The debit as it is usually written, bundled as `npm run bench` does. */
async function bundleUsual(folder: string): Promise<Pick<LambdaFunction, "entry" | "exportName" | "folder">> {
  const peer = "floor/debit-wallet";
  await buildPeers(join(project, "bench/peers"), [peer], folder);
  const place = join(folder, peer);
  return { entry: join(place, "index.mjs"), exportName: "handler", folder: place };
}

function eventOf(request: Invocation | undefined): object {
  if (request === undefined) return { source: "aws.events", "detail-type": "Scheduled Event", detail: {} };
  const { method, body, path, query, key } = request;
  return {
    version: "2.0",
    headers: {
      ...(body && { "content-type": "application/json" }),
      ...(key !== undefined && { "idempotency-key": key }),
    },
    ...(path && { pathParameters: path }),
    ...(query && { queryStringParameters: query }),
    ...(body && { body: JSON.stringify(body) }),
    isBase64Encoded: false,
    requestContext: {
      requestId: randomUUID(),
      http: { method, sourceIp: "127.0.0.1" },
      authorizer: { iam: { userArn: "arn:aws:sts::123456789012:assumed-role/checkout/pod-1" } },
    },
  };
}

/** The clock is answered by null. */
function answerOf(payload: string): { readonly answer: Answer; readonly responseBytes: number } {
  const parsed: unknown = JSON.parse(payload);
  if (typeof parsed !== "object" || parsed === null || !("statusCode" in parsed))
    return { answer: { status: 200, body: {} }, responseBytes: 0 };
  const { statusCode, body, headers } = parsed as {
    readonly statusCode: number;
    readonly body: string;
    readonly headers: Readonly<Record<string, string>>;
  };
  const head = Object.entries(headers).reduce(
    (sum, [name, value]) => sum + name.length + value.length + 4,
    0,
  );
  return {
    answer: { status: statusCode, body: JSON.parse(body) },
    responseBytes: head + Buffer.byteLength(body),
  };
}

/**
 * What a process has had of a processor so far. Source: the Linux kernel's documentation, "Scheduler statistics": the first
 * number of a thread's schedstat, in nanoseconds.
 */
async function processorMicros({ pid }: LambdaProcess): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`);
  const times = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/schedstat`, "utf8").catch(() => "0")),
  );
  const nanos = times.reduce((sum, text) => sum + Number(text.split(" ")[0]), 0);
  return Math.round(nanos / 1000);
}
