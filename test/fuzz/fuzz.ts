/**
 * `npm run fuzz -- --inputs 100000 --seed 7`: the running gateway, as `npm start` runs it, is sent requests that are nearly
 * right, replies of providers that are nearly right, and notifications that are nearly right. Two fifths of the inputs are
 * requests (one each), two fifths replies (a right request, perhaps repeated, whose provider's every reply is spoiled, the
 * inquiries and the scheduled reconciler's included), one fifth notifications (with their registration, most of the time).
 *
 * One input in five goes over HTTP to the bundles in their processes; the others to the same handlers in this process, which
 * is several times faster. Both use one database, the same secrets and one peer.
 *
 * Found are: functions that fail, exceptions that are no problem, answers that are no problem details, planted secrets in
 * answers, logs and records, records that no answer spoke of, and changes that reached a provider without a claim. Each
 * finding is made as small as it gets and printed with what it takes to see it again. Exits with 1 if there is any.
 */
import { readdirSync, readFileSync, statfsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { readAssembly } from "../../local/assembly.ts";
import { openSecrets } from "../../local/secrets.ts";
import { startSecretsManager } from "../../local/secrets-manager.ts";
import { synthesize } from "../../local/synthesize.ts";
import { patientClientOf, scanAll, variablesOf } from "../support/dynamodb.ts";
import { startGateway } from "../support/gateway.ts";
import { recordIdsIn, wrongInTable } from "./claims.ts";
import { loadHandlers } from "./handlers.ts";
import { type Draft, exchange } from "./http.ts";
import { type Input, inputOf } from "./inputs.ts";
import { type Finding, faultsInLogs, isOverload, type LoggedFault, requestIdOf, wrongIn } from "./judge.ts";
import { type Kind, kinds, readOptions } from "./options.ts";
import { startFuzzPeer } from "./peer.ts";
import { secretValues } from "./world.ts";

interface Found extends Finding {
  readonly kind: Kind | "all";
  readonly index: number;
}

/** A finding of the same class is looked into this often. */
const perClass = 3;
/** Log lines arrive a moment after the answer. */
const logDelayMs = 150;

const options = readOptions(process.argv.slice(2));
const { seed } = options;
const folder = await mkdtemp(join(quickFolder(), "fuzz-"));
console.log(`seed ${seed}, ${options.inputs} inputs, ${options.workers} at a time; data in ${folder}`);
const [peer] = await Promise.all([
  startFuzzPeer(),
  synthesize(resolve(import.meta.dirname, "../.."), join(folder, "assembly"), { nicepayUserDetail: "on" }),
  writeFile(join(folder, "secrets.json"), JSON.stringify(secretValues)),
]);
const origins = ["AGGREPAY", "PAYU", "WIBMO", "DREAMZWALLET", "NICEPAY"].map((name) => [
  `${name}_BASE_URL`,
  peer.url,
]);
/** Doubt is asked about twice, and then is a person's, or the reconciler would have all the time there is. */
const variables = {
  ...Object.fromEntries(origins),
  ...{ PROVIDER_TIMEOUT_MS: "500", FUNCTION_TIMEOUT_MS: "8000", LEASE_MS: "8500", QUIET_PERIOD_MS: "1000" },
  ...{ BACK_OFF_MS: "3000", DOUBT_LIMIT_MS: "5000", WIBMO_CUSTOMER_RECORD: "on", NICEPAY_USER_DETAIL: "on" },
  ...{ CALLBACK_HOSTS: "*" },
  ...{ WEBHOOK_SOURCE_ADDRESSES: "0.0.0.0/0,::/0" },
};
const gateway = await startGateway({
  dataDir: join(folder, "data"),
  env: {
    ...variables,
    SECRETS_FILE: join(folder, "secrets.json"),
    ASSEMBLY_DIR: join(folder, "assembly"),
    MAX_PROCESSES: "80",
    MAX_PROCESSES_PER_FUNCTION: "2",
    SCHEDULE_MS: "2000",
    LOG: "0",
  },
});

const application = readAssembly(join(folder, "assembly"));
// The gateway's own asks whose role calls, and handlers in this process have none.
const secretsManager = await startSecretsManager(
  application.secrets,
  openSecrets({
    file: join(folder, "secrets.json"),
    gatewayFile: join(folder, "data", "gateway-secret.json"),
    report: (sentence) => console.error(sentence),
  }),
);

const found: Found[] = [];
const statuses = new Map<string, number>();
const sent = new Map<Kind, number>();
const inputsOf = new Map<string, { readonly kind: Kind; readonly index: number }>();
const told = new Set<string>();
/** Records that were in doubt when an answer spoke of them; by now some of them wait for a person. */
const doubtful: string[] = [];
const inProcess: LoggedFault[] = [];
let overHttp = 0;
let overloads = 0;
const handlers = await loadHandlers({
  env: {
    ...Object.assign({}, ...application.functions.map((each) => each.environment)),
    ...{ ...variables, WEBHOOK_BASE_URL: gateway.url },
    ...variablesOf(gateway),
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url,
  },
  timeoutMs: Number(variables.FUNCTION_TIMEOUT_MS),
  onLine: (line) => {
    if (isOverload(line)) overloads += 1;
    inProcess.push(...faultsInLogs([line]));
  },
});
const strayErrors = ["unhandledRejection", "uncaughtException"] as const;
for (const event of strayErrors)
  process.on(event, (error: unknown) =>
    found.push({ what: event, detail: String((error as Error)?.stack ?? error), kind: "all", index: -1 }),
  );

/** Inputs that are tried again have ids that no input has. */
let asLast = 900_000;
const begun = performance.now();

if (options.only) await runAll([options.only]);
else await runAll(Array.from({ length: options.inputs }, (_, index) => ({ kind: kindOf(index), index })));
const seconds = (performance.now() - begun) / 1000;
// The reconciler has its say on what is left.
await sleep(options.only ? 1_000 : 8_000);
// From here on an error is this script's own, and ends it.
for (const event of strayErrors) process.removeAllListeners(event);
const lines = logLines();
overloads += lines.filter(isOverload).length;
for (const fault of [...faultsInLogs(lines), ...inProcess]) {
  const input = fault.requestId === undefined ? undefined : inputsOf.get(fault.requestId);
  found.push({ ...fault, kind: input?.kind ?? "all", index: input?.index ?? -1 });
}
for (const finding of wrongInTable(await items(), told, peer.changes, overloads))
  found.push({ ...finding, kind: "all", index: -1 });

console.log(summary());
const classes = Map.groupBy(found, ({ what, kind }) => `${kind}: ${what}`);
for (const [name, all] of classes) {
  console.log(`\n${name}: ${all.length}`);
  for (const finding of all.slice(0, options.only ? all.length : perClass)) await explain(finding);
}
secretsManager.close();
await gateway.stop();
await peer.close();
await rm(folder, { recursive: true, force: true });
process.exit(found.length === 0 ? 0 : 1);

/** In memory, where there is room: nothing here has to outlive anything. */
function quickFolder(): string {
  try {
    const { bavail, bsize } = statfsSync("/dev/shm");
    return bavail * bsize > 4 * 2 ** 30 ? "/dev/shm" : tmpdir();
  } catch {
    return tmpdir();
  }
}

function kindOf(index: number): Kind {
  return (["requests", "replies", "requests", "replies", "notifications"] as const)[index % 5] ?? "requests";
}

async function runAll(inputs: readonly { readonly kind: Kind; readonly index: number }[]): Promise<void> {
  const waiting = inputs.values();
  const work = async () => {
    for (const { kind, index } of waiting) {
      const input = inputOf(seed, kind, index);
      for (const finding of await run(input)) found.push({ ...finding, kind, index });
      sent.set(kind, (sent.get(kind) ?? 0) + 1);
    }
  };
  const progress = setInterval(() => {
    const done = [...sent.values()].reduce((sum, count) => sum + count, 0);
    console.log(
      `${done} inputs in ${((performance.now() - begun) / 1000).toFixed(0)} s, ${found.length} findings`,
    );
  }, 20_000);
  await Promise.all(Array.from({ length: options.workers }, work));
  clearInterval(progress);
}

/** What the functions have printed, each line after its function's name. */
function logLines(): readonly string[] {
  const logs = join(folder, "data", "logs");
  return readdirSync(logs).flatMap((file) =>
    readFileSync(join(logs, file), "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => `${file.slice(0, file.indexOf("."))}: ${line}`),
  );
}

/** Sends all that belongs to an input, in order, and judges the answers; `ids` are filled with those of its requests. */
async function run(
  input: Input,
  without: ReadonlySet<string> = new Set(),
  ids: Set<string> = new Set(),
): Promise<readonly Finding[]> {
  const { kind, index, as, drafts, spoilsReplies } = input;
  if (spoilsReplies) peer.plan(as, { seed, index, without });
  const findings: Finding[] = [];
  for (const drafted of drafts) {
    const about = doubtful[Math.floor(((index * 0.618) % 1) * doubtful.length)] ?? "A".repeat(43);
    const draft = { ...drafted, path: drafted.path.replace(":doubtful", about) };
    const isOverHttp = Math.floor(index / 5) % 5 === 0;
    if (isOverHttp) overHttp += 1;
    const answer = await (isOverHttp ? exchange(gateway.url, draft) : handlers.exchange(draft));
    const id = requestIdOf(answer);
    if (id !== undefined) inputsOf.set(id, { kind, index });
    if (id !== undefined) ids.add(id);
    for (const record of recordIdsIn(answer)) {
      told.add(record);
      if (answer?.status === 504) doubtful.push(record);
    }
    const key = `${kind} ${answer?.status ?? "none"}`;
    statuses.set(key, (statuses.get(key) ?? 0) + 1);
    findings.push(...wrongIn(answer, draft));
  }
  return findings;
}

async function items() {
  const client = patientClientOf(gateway);
  const { TableNames: [table = ""] = [] } = await client.send(new ListTablesCommand({}));
  return scanAll(client, table);
}

/** Leaves out step after step, as long as the finding stays, and prints what is left. */
async function explain({ what, detail, kind, index }: Found): Promise<void> {
  console.log(`  ${detail.slice(0, 600)}`);
  if (kind === "all") return;
  const replySteps = [
    ...["refuses", "echoes", "odd", "odder", "oddest", "dress", "doubles", "breaks", "breaks more"],
  ];
  const steps = [
    ...inputOf(seed, kind, index).steps,
    ...(kind === "replies" ? [...replySteps, "status", "headers", "large", "wire"] : []),
  ];
  const needed = new Set(steps);
  for (const step of steps) {
    const without = new Set(steps.filter((each) => each === step || !needed.has(each)));
    if (await shows(what, kind, index, without)) needed.delete(step);
  }
  const smallest = inputOf(seed, kind, index, new Set(steps.filter((step) => !needed.has(step))));
  console.log(`  again: npm run fuzz -- --seed ${seed} --only ${kind}:${index}`);
  console.log(`  needed: ${[...needed].join(", ") || "no step"}`);
  for (const draft of smallest.drafts) console.log(`  ${shown(draft)}`);
}

/** Under a number of its own, so that no record of before answers. */
async function shows(
  what: string,
  kind: Kind,
  index: number,
  without: ReadonlySet<string>,
): Promise<boolean> {
  asLast += 1;
  const ids = new Set<string>();
  const findings = await run(inputOf(seed, kind, index, without, asLast), without, ids);
  await sleep(logDelayMs);
  const logged = [...faultsInLogs(logLines()), ...inProcess].filter(({ requestId = "" }) =>
    ids.has(requestId),
  );
  return [...findings, ...logged].some((finding) => finding.what === what);
}

function shown({ method, path, headers, body }: Draft): string {
  return `${method} ${path} ${JSON.stringify(headers)} ${JSON.stringify(body.toString("utf8").slice(0, 700))}`;
}

function summary(): string {
  const list = (counts: ReadonlyMap<string, number>) =>
    [...counts]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, count]) => `${name} ${count}`)
      .join(", ");
  const total = (counts: ReadonlyMap<string, number>) =>
    [...counts.values()].reduce((sum, count) => sum + count, 0);
  const inputs = total(sent);
  const rows = [
    ["seed", seed],
    ["inputs", `${inputs} in ${seconds.toFixed(0)} s, ${(inputs / seconds).toFixed(0)} a second`],
    ["by kind", kinds.map((kind) => `${kind} ${sent.get(kind) ?? 0}`).join(", ")],
    [
      "calls",
      `${overHttp} over HTTP to function processes, ${total(statuses) - overHttp} to handlers in this process`,
    ],
    ["answers", list(statuses)],
    ["changes sent", list(peer.changes)],
    ["replies spoiled", list(peer.spoiled)],
    ["database too slow", String(overloads)],
    ["findings", String(found.length)],
  ] as const;
  return `\n${rows.map(([name, value]) => `${name.padEnd(18)}${value}`).join("\n")}`;
}
