import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { functions } from "../functions/index.ts";
import { bundle } from "../infra/bundle.ts";
import type { LambdaFunction } from "../local/assembly.ts";
import { writeWorker } from "../local/lambda/environment.ts";
import { type LambdaProcess, startProcess } from "../local/lambda/process.ts";
import { reservedCustomerId, reservedMpin } from "../local/sandbox/aggrepay.ts";
import { startSecretsManager } from "../local/secrets-manager.ts";
import { startTable, type TestTable } from "../test/support/dynamodb.ts";
import { selfSigned } from "../test/support/self-signed.ts";
import type { FarAnswer, FarCommand, FarOptions, FarPorts, Lateness } from "./far.ts";
import type { Loss } from "./link.ts";
import { buildPeers } from "./peers/build.ts";
import { eventOf } from "./peers/event.ts";

export const operations = ["debit-wallet", "fetch-balance"] as const;
export type Operation = (typeof operations)[number];
/** `usual` is what a team writes with the usual libraries; `floor` the SDK's clients and the calls by hand. */
export const kinds = ["ours", "usual", "floor"] as const;
export type Kind = (typeof kinds)[number];

export interface Subject {
  readonly kind: Kind;
  readonly operation: Operation;
  readonly bytes: number;
  readonly entry: string;
  readonly layers: readonly string[];
  /** Bytes by where they come from: a package, or a folder of ours. Of our own bundles. */
  readonly shares?: ReadonlyMap<string, number>;
}

/**
 * Round trips in milliseconds; a provider at no distance that is `plain` speaks HTTP without TLS, and one over an own link is
 * named by that. A store that is not the world's own table is spoken to without a link.
 */
export interface Place {
  readonly provider: number | "plain" | OwnLink;
  readonly store: number | Store;
}

/** A table, and where it is asked. */
export type Store = Pick<TestTable, "name" | "url">;

/** A link to the provider that one process has to itself. */
export interface OwnLink {
  readonly port: number;
  /** The provider's side loses every connection. */
  lose(how: Loss): Promise<void>;
  close(): Promise<void>;
}

export interface Called {
  readonly milliseconds: number;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Of the debit. */
  readonly id: string;
}

export interface World {
  readonly table: TestTable;
  /** The far side's, in PEM. */
  readonly certificate: string;
  readonly subjects: readonly Subject[];
  of(kind: Kind, operation: Operation): Subject;
  /** A process with nothing compiled beforehand, as on Lambda, unless a folder of V8's compiled code is given. */
  start(subject: Subject, place: Place, compileCache?: string): Promise<LambdaProcess>;
  /** An empty folder, gone with the world. */
  newFolder(): Promise<string>;
  call(process: LambdaProcess, operation: Operation): Promise<Called>;
  /** How often a debit of that id has reached the wallet. */
  received(id: string): Promise<number>;
  /** A link of that round trip. */
  link(roundTripMs: number): Promise<OwnLink>;
  /** A wallet at no distance whose replies are so late. */
  slowWallet(late: Lateness): Promise<Pick<OwnLink, "port" | "close">>;
  /** A process of `reconcile` on a table of its own, whose runs last as long as that. */
  startReconciler(table: TestTable, wallet: Pick<OwnLink, "port">, runMs: number): Promise<LambdaProcess>;
  close(): Promise<void>;
}

const secret = { apiKey: "bench-api-key", salt: "bench-salt" };
export const roundTripsMs = [0, 10, 40];
export const storeRoundTripsMs = [0, 3];

export async function openWorld(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), "bench-"));
  const table = await startTable();
  const { key, certificate } = selfSigned();
  const trusted = join(folder, "trusted.pem");
  await writeFile(trusted, certificate);
  const secretsManager = await startSecretsManager(
    [{ name: "aggrepay", arn: "aggrepay-arn", key: "aggrepay" }],
    { description: "", versions: () => ({ current: { id: "v1", value: secret }, previous: undefined }) },
  );
  const far = await startFar({
    ...{ dataDir: folder, secret, key, certificate, roundTripsMs, storeRoundTripsMs },
    store: { host: new URL(table.url).hostname, port: Number(new URL(table.url).port) },
  });
  const worker = join(folder, "worker.mjs");
  await writeWorker(worker);
  const { subjects, reconciler } = await bundled(folder);
  let count = 0;

  const portOf = (link: number | OwnLink) =>
    typeof link === "number" ? far.ports.provider[link] : link.port;

  type Code = Pick<Subject, "entry" | "layers"> & { readonly name: string; readonly timeoutMs: number };
  type Peers = Store & { readonly provider: string };
  const lambdaOf = ({ name, entry, layers, timeoutMs }: Code, peers: Peers): LambdaFunction => ({
    ...{ name, arn: name, invokedArn: name, version: "$LATEST", role: undefined },
    ...{ entry, exportName: "handler", layers, folder: join(entry, ".."), memoryMb: 512, timeoutMs },
    environment: {
      AGGREPAY_ACCOUNT: "main",
      AGGREPAY_BASE_URL: peers.provider,
      AGGREPAY_SECRET_ID: "aggrepay-arn",
      AWS_ENDPOINT_URL_DYNAMODB: peers.url,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url,
      FUNCTION_TIMEOUT_MS: "28000",
      LEASE_MS: "33000",
      PROVIDER_TIMEOUT_MS: "20000",
      QUIET_PERIOD_MS: "900000",
      TABLE_NAME: peers.name,
      NODE_EXTRA_CA_CERTS: trusted,
    },
    tableActions: [],
  });

  const newFolder = () => mkdtemp(join(folder, "new-"));

  async function started(lambda: LambdaFunction, given?: string): Promise<LambdaProcess> {
    const compileCache = given ?? (await newFolder());
    const credentials = { accessKeyId: "local", secretAccessKey: "local", sessionToken: "local" };
    const log = { line: (text: string) => console.error(text), stream: () => undefined };
    return startProcess(lambda, { worker, compileCache, credentials }, log);
  }

  return {
    table,
    certificate,
    subjects,
    of(kind, operation) {
      const found = subjects.find((each) => each.kind === kind && each.operation === operation);
      if (!found) throw new Error(`there is no ${kind} ${operation}`);
      return found;
    },
    newFolder,
    start(subject, place, compileCache) {
      const provider =
        place.provider === "plain"
          ? `http://127.0.0.1:${far.ports.plain}`
          : `https://localhost:${portOf(place.provider)}`;
      const store =
        typeof place.store === "number"
          ? { name: table.name, url: `http://127.0.0.1:${far.ports.store[place.store]}` }
          : place.store;
      const code = { ...subject, name: `${subject.kind}-${subject.operation}`, timeoutMs: 28_000 };
      return started(lambdaOf(code, { provider, ...store }), compileCache);
    },
    startReconciler({ name, url }, { port }, timeoutMs) {
      const code = { ...reconciler, name: "reconcile", timeoutMs };
      return started(lambdaOf(code, { provider: `https://localhost:${port}`, name, url }));
    },
    async call(process, operation) {
      count += 1;
      const id = `bench-${count}-${randomUUID().slice(0, 8)}`;
      const event = eventOf(inputOf(operation, id), id);
      const from = performance.now();
      const outcome = await process.invoke(`bench-${count}`, event);
      const milliseconds = performance.now() - from;
      const answer = outcome.kind === "answered" ? JSON.parse(outcome.payload) : { statusCode: 500 };
      return { milliseconds, status: Number(answer.statusCode), headers: answer.headers ?? {}, id };
    },
    async received(id) {
      const reply = await fetch(`http://127.0.0.1:${far.ports.plain}/sandbox/calls`);
      const { calls } = (await reply.json()) as { readonly calls: readonly SandboxCall[] };
      return calls.filter(({ shown }) => shown.merchant_transaction_id === id).length;
    },
    async link(roundTripMs) {
      const { port = 0 } = await far.ask({ open: roundTripMs });
      return {
        port,
        async lose(how) {
          await far.ask({ lose: how, port });
        },
        async close() {
          await far.ask({ close: port });
        },
      };
    },
    async slowWallet(late) {
      const { port = 0 } = await far.ask({ slow: late });
      return {
        port,
        async close() {
          await far.ask({ close: port });
        },
      };
    },
    async close() {
      far.stop();
      secretsManager.close();
      await table.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface SandboxCall {
  readonly shown: Readonly<Record<string, string>>;
}

/** The reserved customer whose changes are spoiled is honest to those that look, and the other way round. */
const inputOf = (operation: Operation, id: string) =>
  operation === "fetch-balance"
    ? { customerId: reservedCustomerId("timeout-before", "change") }
    : {
        fromCustomerId: reservedCustomerId("timeout-before", "read"),
        amount: "0.01",
        mpin: reservedMpin,
        merchantTransactionId: id,
      };

async function startFar(options: FarOptions) {
  const child = fork(join(import.meta.dirname, "far.ts"), [JSON.stringify(options)]);
  const [ports] = (await once(child, "message")) as [FarPorts];
  let count = 0;
  const waiting = new Map<number, (answer: FarAnswer) => void>();
  child.on("message", (answer: FarAnswer) => waiting.get(answer.id)?.(answer));
  type Told = FarCommand extends infer Each ? (Each extends unknown ? Omit<Each, "id"> : never) : never;
  return {
    ports,
    ask(command: Told): Promise<FarAnswer> {
      const id = ++count;
      return new Promise((resolve) => {
        waiting.set(id, (answer) => {
          waiting.delete(id);
          resolve(answer);
        });
        child.send({ id, ...command });
      });
    },
    stop: () => child.kill("SIGKILL"),
  };
}

async function bundled(folder: string) {
  const ours = await bundle(functions, { outdir: join(folder, "ours") });
  const others = kinds.filter((kind) => kind !== "ours");
  const entries = others.flatMap((kind) => operations.map((operation) => `${kind}/${operation}`));
  const root = join(import.meta.dirname, "peers");
  const { metafile } = await buildPeers(root, entries, folder);
  const codeOf = (name: string): Omit<Subject, "kind" | "operation"> => {
    const built = ours.functions.get(name);
    if (built === undefined) throw new Error(`${name} was not built`);
    const { layer } = ours;
    const entry = join(built.folder, "index.mjs");
    const shares = new Map([...built.shares, ["the signing layer", layer.bytes]]);
    return { entry, layers: [layer.folder], bytes: built.bytes + layer.bytes, shares };
  };
  const bytesOf = (entry: string) =>
    Object.entries(metafile.outputs).find(([path]) => path.endsWith(`${entry}/index.mjs`))?.[1].bytes ??
    Number.NaN;
  const subjects = operations.flatMap((operation) =>
    kinds.map((kind): Subject => {
      if (kind !== "ours") {
        const entry = join(folder, kind, operation, "index.mjs");
        return { kind, operation, entry, layers: [], bytes: bytesOf(`${kind}/${operation}`) };
      }
      return { kind, operation, ...codeOf(`aggrepay/${operation}`) };
    }),
  );
  return { subjects, reconciler: codeOf("reconcile") };
}

/** Milliseconds of CPU that a process has had, over all its threads. */
export function cpuMs({ pid }: LambdaProcess): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const nanoseconds = threads.map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]),
  );
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e6;
}
