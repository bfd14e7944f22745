/**
 * `npm run bench`: what our code costs. The bundles that would be deployed run in the local host's function processes, next
 * to what a team writes with the usual libraries (`usual/`) and to the same calls with nothing around them (`bare/`), in
 * turns, so that whatever else the machine does touches all of them. One table; medians; what counts are the ratios.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { functions } from "../functions/index.ts";
import { bundle } from "../infra/bundle.ts";
import type { LambdaFunction } from "../local/assembly.ts";
import { writeWorker } from "../local/lambda/environment.ts";
import { type LambdaProcess, startProcess } from "../local/lambda/process.ts";
import { reservedCustomerId, reservedMpin, startAggrepaySandbox } from "../local/sandbox/aggrepay.ts";
import { startSecretsManager } from "../local/secrets-manager.ts";
import { optionsOr } from "../test/support/command-line.ts";
import { startTable } from "../test/support/dynamodb.ts";

const coldRounds = 25;
const warmRounds = 30;
const warmCalls = 20;

const operations = ["fetch-balance", "debit-wallet"] as const;
type Operation = (typeof operations)[number];
const kinds = ["ours", "usual", "bare"] as const;
type Kind = (typeof kinds)[number];

interface Subject {
  readonly kind: Kind;
  readonly operation: Operation;
  readonly bytes: number;
  readonly lambda: LambdaFunction;
}

const args = process.argv.slice(2);
optionsOr("usage: npm run bench, which takes no options and a few minutes", args, () => parseArgs({ args }));

let count = 0;
const started = performance.now();
const folder = await mkdtemp(join(tmpdir(), "bench-"));
const secret = { apiKey: "bench-api-key", salt: "bench-salt" };
const table = await startTable();
const sandbox = await startAggrepaySandbox({ dataDir: folder, secrets: () => [secret] });
const secretsManager = await startSecretsManager(
  [{ name: "aggrepay", arn: "aggrepay-arn", key: "aggrepay" }],
  {
    description: "",
    versions: () => ({ current: { id: "v1", value: secret }, previous: undefined }),
  },
);
const worker = join(folder, "worker.mjs");
await writeWorker(worker);
const subjects = await bundled();

try {
  const cold = await measureCold();
  const warm = await measureWarm();
  console.log(tableOf(cold, warm));
} finally {
  secretsManager.close();
  await sandbox.close();
  await table.stop();
  await rm(folder, { recursive: true, force: true });
}

async function bundled(): Promise<readonly Subject[]> {
  const ours = await bundle(functions, { outdir: join(folder, "ours") });
  const others = kinds.filter((kind) => kind !== "ours");
  const entries = others.flatMap((kind) => operations.map((operation) => `${kind}/${operation}`));
  const { metafile } = await build({
    absWorkingDir: import.meta.dirname,
    entryPoints: entries.map((entry) => ({ in: `./${entry}.ts`, out: `${entry}/index` })),
    outdir: folder,
    // As our own bundles, but for what we leave out of the SDK.
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node24",
    mainFields: ["module", "main"],
    outExtension: { ".js": ".mjs" },
    minify: true,
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  });
  const sizes = new Map(Object.entries(metafile.outputs).map(([path, { bytes }]) => [path, bytes]));
  const sizeOf = (entry: string) =>
    [...sizes].find(([path]) => path.endsWith(`${entry}/index.mjs`))?.[1] ?? Number.NaN;
  return operations.flatMap((operation) =>
    kinds.map((kind): Subject => {
      const built = ours.functions.get(`aggrepay/${operation}`);
      if (kind === "ours" && built === undefined) throw new Error(`${operation} was not built`);
      const place = kind === "ours" && built ? built.folder : join(folder, kind, operation);
      const layers = kind === "ours" ? [ours.layer.folder] : [];
      const bytes =
        kind === "ours" && built ? built.bytes + ours.layer.bytes : sizeOf(`${kind}/${operation}`);
      return { kind, operation, bytes, lambda: lambdaIn(`${kind}-${operation}`, place, layers) };
    }),
  );
}

function lambdaIn(name: string, place: string, layers: readonly string[]): LambdaFunction {
  return {
    name,
    arn: name,
    invokedArn: name,
    version: "$LATEST",
    role: undefined,
    entry: join(place, "index.mjs"),
    exportName: "handler",
    folder: place,
    layers,
    environment: {
      AGGREPAY_ACCOUNT: "main",
      AGGREPAY_BASE_URL: sandbox.url,
      AGGREPAY_SECRET_ID: "aggrepay-arn",
      AWS_ENDPOINT_URL_DYNAMODB: table.url,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url,
      BENCH_API_KEY: secret.apiKey,
      BENCH_SALT: secret.salt,
      FUNCTION_TIMEOUT_MS: "28000",
      LEASE_MS: "33000",
      PROVIDER_TIMEOUT_MS: "20000",
      QUIET_PERIOD_MS: "900000",
      TABLE_NAME: table.name,
    },
    memoryMb: 512,
    timeoutMs: 28_000,
    tableActions: [],
  };
}

/** A process with nothing compiled beforehand, as on Lambda. */
async function processOf({ lambda }: Subject): Promise<LambdaProcess> {
  const compileCache = await mkdtemp(join(folder, "compile-cache-"));
  const credentials = { accessKeyId: "local", secretAccessKey: "local", sessionToken: "local" };
  return startProcess(lambda, { worker, compileCache, credentials }, { line: fail, stream: () => undefined });
}

function fail(line: string): void {
  console.error(line);
}

async function call(process: LambdaProcess, { operation, lambda }: Subject): Promise<number> {
  count += 1;
  // The reserved customer whose changes are spoiled is honest to those that look, and the other way round.
  const input =
    operation === "fetch-balance"
      ? { customerId: reservedCustomerId("timeout-before", "change") }
      : {
          fromCustomerId: reservedCustomerId("timeout-before", "read"),
          amount: "0.01",
          mpin: reservedMpin,
          merchantTransactionId: `bench-${count}`,
        };
  const event = {
    version: "2.0",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(input),
    isBase64Encoded: false,
    requestContext: { requestId: `bench-${count}` },
  };
  const from = performance.now();
  const outcome = await process.invoke(`bench-${count}`, JSON.stringify(event));
  const took = performance.now() - from;
  const answered = outcome.kind === "answered" && JSON.parse(outcome.payload);
  if (answered?.statusCode !== 200) throw new Error(`${lambda.name}: ${JSON.stringify(outcome)}`);
  return took;
}

interface Cold {
  readonly milliseconds: ReadonlyMap<Subject, readonly number[]>;
  readonly megabytes: ReadonlyMap<Subject, readonly number[]>;
}

async function measureCold(): Promise<Cold> {
  const milliseconds = new Map(subjects.map((subject) => [subject, [] as number[]]));
  const megabytes = new Map(subjects.map((subject) => [subject, [] as number[]]));
  for (let round = 0; round < coldRounds; round += 1) {
    for (const subject of inTurns(round)) {
      const from = performance.now();
      const process = await processOf(subject);
      await process.initialized;
      await call(process, subject);
      milliseconds.get(subject)?.push(performance.now() - from);
      if (round % 5 === 0) {
        await sleep(400);
        megabytes.get(subject)?.push(await restingMegabytes(process));
      }
      process.kill();
      await process.ended;
    }
  }
  return { milliseconds, megabytes };
}

async function measureWarm(): Promise<ReadonlyMap<Subject, readonly number[]>> {
  const took = new Map(subjects.map((subject) => [subject, [] as number[]]));
  const processes = new Map<Subject, LambdaProcess>();
  for (const subject of subjects) {
    const process = await processOf(subject);
    processes.set(subject, process);
    await process.initialized;
    for (let each = 0; each < 50; each += 1) await call(process, subject);
  }
  for (let round = 0; round < warmRounds; round += 1)
    for (const subject of inTurns(round)) {
      const process = processes.get(subject);
      for (let each = 0; process && each < warmCalls; each += 1)
        took.get(subject)?.push(await call(process, subject));
    }
  for (const process of processes.values()) process.kill();
  await Promise.all([...processes.values()].map(({ ended }) => ended));
  return took;
}

/** Nobody always goes first. */
function inTurns(round: number): readonly Subject[] {
  const at = round % subjects.length;
  return [...subjects.slice(at), ...subjects.slice(0, at)];
}

async function restingMegabytes({ pid }: LambdaProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? Number.NaN) / 1024;
}

function median(values: readonly number[] = []): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[middle]];
  return (low + high) / 2;
}

function tableOf(cold: Cold, warm: ReadonlyMap<Subject, readonly number[]>): string {
  const rows = [["", "ours", "usual", "ours / usual", "bare"]];
  for (const operation of operations) {
    const of = (kind: Kind) => subjects.find((each) => each.kind === kind && each.operation === operation);
    const row = (what: string, unit: string, places: number, value: (subject: Subject) => number) => {
      const [ours = Number.NaN, usual = Number.NaN, bare = Number.NaN] = kinds.map((kind) => {
        const subject = of(kind);
        return subject ? value(subject) : Number.NaN;
      });
      const shown = [ours, usual, bare].map((each) => `${each.toFixed(places)} ${unit}`);
      rows.push([
        `${operation}: ${what}`,
        shown[0] ?? "",
        shown[1] ?? "",
        (ours / usual).toFixed(2),
        shown[2] ?? "",
      ]);
    };
    const bare = of("bare");
    const warmBare = bare ? median(warm.get(bare)) : Number.NaN;
    row("bundle, layer included", "kB", 1, ({ bytes }) => bytes / 1000);
    row("process start to first answer", "ms", 1, (subject) => median(cold.milliseconds.get(subject)));
    row("a warm request", "ms", 2, (subject) => median(warm.get(subject)));
    row("... more than bare", "ms", 2, (subject) => median(warm.get(subject)) - warmBare);
    row("resident at rest", "MB", 1, (subject) => median(cold.megabytes.get(subject)));
  }
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = rows.map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join("  "),
  );
  const { model = "?" } = cpus()[0] ?? {};
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  return [
    ...lines,
    "",
    `Medians of ${coldRounds} starts and ${warmRounds * warmCalls} warm requests each, in turns; Node ${process.version}, ${cpus().length} x ${model}; ${seconds} s`,
  ].join("\n");
}
