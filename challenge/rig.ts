import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { unlistedRecords } from "../lib/records/write.ts";
import { type FaultName, startAggrepaySandbox } from "../local/sandbox/aggrepay.ts";
import { startSecretsManager } from "../local/secrets-manager.ts";
import { type CallLine, secret as firstSecret, type LedgerLine, Wallet } from "../test/sandbox/running.ts";
import { type Item, startTable, type TestTable } from "../test/support/dynamodb.ts";
import { type Fleet, type Member, openFleet } from "./fleet.ts";
import type { Identity, Plan } from "./plan.ts";
import { type Around, startProviderFront } from "./provider-front.ts";
import { ownerOf } from "./socket-owner.ts";
import { newStory, type Story } from "./story.ts";
import type { Code, Target } from "./targets.ts";

/** Milliseconds. The same for all targets: the deployed ones, shorter, in the order that the gateway's own check asks for. */
export interface Times {
  readonly provider: number;
  readonly function: number;
  readonly lease: number;
  readonly quiet: number;
  /** How long a patient caller repeats, and the longest of its pauses. */
  readonly patience: number;
  readonly longestPause: number;
  /** How long schedules may go on settling after the last caller has ended. */
  readonly drain: number;
  /** How old a doubt becomes before it is listed for a person. */
  readonly doubtLimit: number;
  /** What a late effect takes, and a little more, before the ledger is read. */
  readonly settle: number;
}

export const times: Times = {
  ...{ provider: 1_500, function: 6_000, lease: 7_000, quiet: 4_000 },
  ...{ patience: 30_000, longestPause: 1_500, drain: 60_000, doubtLimit: 40_000 },
  settle: 2_500,
};

/** How long DynamoDB is away, a process is frozen, and the secret of before is still taken after a rotation. */
export const awayMs = 2_500;
export const frozenMs = 2_300;
const graceMs = 3_000;
const scheduleMs = 2_000;

export interface Workshop {
  readonly folder: string;
  readonly worker: string;
  readonly debit: Code;
  readonly reconcile: Code;
  /** Resolves when whoever runs beside this one is ready too; at once where nobody does. */
  readonly ready?: () => Promise<void>;
}

/** All that stands around one target: its processes, its table, its secret, and a provider of its own. */
export interface Rig {
  readonly plan: Plan;
  readonly target: Target;
  readonly times: Times;
  readonly fleet: Fleet;
  readonly customers: readonly string[];
  readonly story: Story;
  arm(fault: FaultName, id: string, howOften: number): Promise<void>;
  /** The provider's side forgets the connections of that process. */
  forget(pid: number): void;
  rotate(): void;
  /** Resolves when schedules have nothing to do, or have had their time, and late effects have come. */
  settled(): Promise<void>;
  /** What the provider's ledger and log have, and the target's own table. */
  look(): Promise<Look>;
  close(): Promise<void>;
}

export interface Look {
  readonly effects: readonly LedgerLine[];
  readonly calls: readonly CallLine[];
  readonly items: readonly Item[];
}

/** Everything but the callers. */
export async function openRig(plan: Plan, target: Target, workshop: Workshop, given: Times): Promise<Rig> {
  const { folder, worker, debit, reconcile } = workshop;
  const dataDir = join(folder, `data-${target.name}`);
  await mkdir(dataDir, { recursive: true });
  const secrets = rotating();
  const sandbox = await startAggrepaySandbox({ dataDir, secrets: secrets.accepted });
  const wallet = new Wallet(sandbox.url);
  const customers = await openCustomers(wallet, plan.customers);
  const secretsManager = await startSecretsManager(
    [{ name: "aggrepay", arn: "aggrepay-arn", key: "aggrepay" }],
    { description: "", versions: () => versionsOf(secrets.accepted()) },
  );
  const table = await startTable();
  const story = newStory();
  const byId = new Map(plan.identities.map((identity) => [identity.id, identity]));
  const front = await startProviderFront(
    sandbox.url,
    aroundOf(byId, story, () => fleet),
  );
  const places = { provider: front.url, secrets: secretsManager.url, table: table.name };
  const fleetOf = (name: string, code: Code) =>
    openFleet({
      lambda: lambdaOf(name, code, { ...environmentOf(given, places), ...target.environment }, given),
      ...{ worker, storeUrl: table.url, onLine: () => undefined, compileCache: join(dataDir, "compiled") },
    });
  const fleet: Fleet = fleetOf("debit-wallet", debit);
  const schedule = target.reconciles ? scheduled(fleetOf("reconcile", reconcile)) : undefined;
  return {
    ...{ plan, target, times: given, fleet, customers, story, rotate: secrets.rotate },
    async arm(fault, id, howOften) {
      const armed = { fault, path: "debitwallet", times: howOften, match: { merchant_transaction_id: id } };
      await wallet.control("POST", "faults", armed);
    },
    forget: (pid) => front.forget((port) => ownerOf(port, [pid]) !== undefined),
    async settled() {
      if (schedule) await untilNothingIsDue(table, given.drain);
      await sleep(given.settle);
    },
    look: async () => ({
      ...{ effects: await wallet.effects(), calls: await wallet.calls(), items: await table.scan() },
    }),
    async close() {
      schedule?.stop();
      fleet.close();
      front.close();
      secretsManager.close();
      await table.stop();
      await sandbox.close();
    },
  };
}

const lambdaOf = (name: string, code: Code, environment: Readonly<Record<string, string>>, given: Times) => ({
  ...{ name, arn: name, invokedArn: name, version: "$LATEST", role: undefined, ...code, environment },
  ...{ exportName: "handler", folder: join(code.entry, ".."), memoryMb: 512, tableActions: [] },
  timeoutMs: given.function,
});

const environmentOf = (
  given: Times,
  { provider, secrets, table }: Readonly<Record<"provider" | "secrets" | "table", string>>,
) => ({
  AGGREPAY_ACCOUNT: "main",
  AGGREPAY_BASE_URL: provider,
  AGGREPAY_SECRET_ID: "aggrepay-arn",
  AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets,
  BACK_OFF_MS: "1000,2000,5000",
  DOUBT_LIMIT_MS: String(given.doubtLimit),
  FUNCTION_TIMEOUT_MS: String(given.function),
  LEASE_MS: String(given.lease),
  PROVIDER_TIMEOUT_MS: String(given.provider),
  QUIET_PERIOD_MS: String(given.quiet),
  TABLE_NAME: table,
});

/** The secrets that the provider takes, the newest first. */
function rotating() {
  let accepted = [firstSecret];
  let count = 0;
  return {
    accepted: () => accepted,
    rotate() {
      const [newest = firstSecret] = accepted;
      count += 1;
      const next = { apiKey: `${firstSecret.apiKey}-${count}`, salt: `${firstSecret.salt}-${count}` };
      accepted = [next, newest];
      setTimeout(() => {
        accepted = [next];
      }, graceMs);
    },
  };
}

const versionsOf = ([current, previous]: readonly { readonly apiKey: string; readonly salt: string }[]) => {
  if (current === undefined) throw new Error("there is no secret");
  const versionOf = (value: typeof current) => ({ id: value.salt, value: { ...value } });
  return { current: versionOf(current), previous: previous && versionOf(previous) };
};

async function openCustomers(wallet: Wallet, count: number): Promise<readonly string[]> {
  const customers: string[] = [];
  for (let each = 0; each < count; each += 1) {
    const id = await wallet.register();
    await wallet.credit(id, "50000.00", `opening-${each}`);
    customers.push(id);
  }
  return customers;
}

async function untilNothingIsDue(table: TestTable, longestMs: number): Promise<void> {
  const until = Date.now() + longestMs;
  while (Date.now() < until) {
    const unfinished = await table.scan("unfinished");
    if (!unfinished.some(({ due }) => Number(due?.N) <= unlistedRecords.to)) return;
    await sleep(500);
  }
}

/** What the plan does around the calls that move money: each at its identity's first. */
function aroundOf(byId: ReadonlyMap<string, Identity>, story: Story, fleet: () => Fleet): Around {
  const memberOn = (port: number): Member | undefined => {
    const pid = ownerOf(port, fleet().pids());
    return pid === undefined ? undefined : fleet().memberOf(pid);
  };
  const kill = (id: string, port: number, when: string) => {
    memberOn(port)?.process.kill();
    story.tell(id, `SIGKILL of the process that sent it, ${when}`);
    return "ended" as const;
  };
  return {
    before({ id, number, port }) {
      const trouble = byId.get(id)?.trouble;
      if (number > 1 || trouble?.kind !== "killed" || trouble.at !== "before the effect") return undefined;
      return kill(id, port, "before the provider has seen the debit");
    },
    after({ id, number, port }) {
      const trouble = byId.get(id)?.trouble;
      if (number > 1 || trouble === undefined) return undefined;
      const isKilled =
        (trouble.kind === "killed" && trouble.at === "after the effect") ||
        (trouble.kind === "altered id" && trouble.besides === "killed after the effect");
      if (isKilled) return kill(id, port, "when the provider had done it and before its answer arrived");
      if (trouble.kind === "store" && trouble.at === "the record") {
        story.tell(id, `DynamoDB ${trouble.how} for ${awayMs / 1000} s, from the provider's yes on`);
        void memberOn(port)?.store.away(trouble.how, awayMs);
      }
      return undefined;
    },
  };
}

/** As EventBridge would: again and again, one run at a time. */
function scheduled(fleet: Fleet): { stop(): void } {
  let isOver = false;
  void (async () => {
    while (!isOver) {
      // A run that fails is followed by the next.
      await fleet.invoke("{}").catch(() => undefined);
      await sleep(scheduleMs);
    }
  })();
  return {
    stop() {
      isOver = true;
      fleet.close();
    },
  };
}
