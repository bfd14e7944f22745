import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { eventOf } from "../bench/peers/event.ts";
import { pooled } from "../lib/pooled.ts";
import { unlistedRecords } from "../lib/records/write.ts";
import { type FaultName, faults, startAggrepaySandbox } from "../local/sandbox/aggrepay.ts";
import { startSecretsManager } from "../local/secrets-manager.ts";
import { type CallLine, secret as firstSecret, Wallet } from "../test/sandbox/running.ts";
import { type Random, randomOf } from "../test/soak/random.ts";
import { startTable } from "../test/support/dynamodb.ts";
import { type Fleet, type Member, openFleet } from "./fleet.ts";
import { type Facts, judge, type Told, type Verdict } from "./judge.ts";
import type { Identity, Plan } from "./plan.ts";
import { type Around, startProviderFront } from "./provider-front.ts";
import { ownerOf } from "./socket-owner.ts";
import { newStory } from "./story.ts";
import type { Answer, Code, Target } from "./targets.ts";

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
const awayMs = 2_500;
const frozenMs = 2_300;
const graceMs = 3_000;
const scheduleMs = 2_000;

export interface Outcome {
  readonly facts: Facts;
  readonly verdicts: readonly Verdict[];
  /** From the first request to the first final answer, of a caller that repeats. */
  readonly knownMs: number | undefined;
  /** Whether anything was planned for it but one request and its answer. */
  readonly isTroubled: boolean;
  /** Whether the provider keeps its id in another form. */
  readonly isAltered: boolean;
  readonly story: readonly string[];
}

export interface Workshop {
  readonly folder: string;
  readonly worker: string;
  readonly debit: Code;
  readonly reconcile: Code;
  /** Resolves when whoever runs beside this one is ready too; at once where nobody does. */
  readonly ready?: () => Promise<void>;
}

interface Rig {
  readonly plan: Plan;
  readonly target: Target;
  readonly times: Times;
  readonly fleet: Fleet;
  readonly customers: readonly string[];
  readonly story: ReturnType<typeof newStory>;
  arm(fault: FaultName, id: string, howOften: number): Promise<void>;
  forget(pid: number): void;
  rotate(): void;
}

/** One target through the whole plan, `callers` identities at a time, and what the judge says of each. */
export async function run(
  plan: Plan,
  target: Target,
  { folder, worker, debit, reconcile, ready }: Workshop,
  callers: number,
  given: Times = times,
): Promise<readonly Outcome[]> {
  const dataDir = join(folder, `data-${target.name}`);
  await mkdir(dataDir, { recursive: true });
  let accepted = [firstSecret];
  const sandbox = await startAggrepaySandbox({ dataDir, secrets: () => accepted });
  const wallet = new Wallet(sandbox.url);
  const customers = await openCustomers(wallet, plan.customers);
  const secretsManager = await startSecretsManager(
    [{ name: "aggrepay", arn: "aggrepay-arn", key: "aggrepay" }],
    { description: "", versions: () => versionsOf(accepted) },
  );
  const table = await startTable();
  const story = newStory();
  const byId = new Map(plan.identities.map((identity) => [identity.id, identity]));
  const front = await startProviderFront(
    sandbox.url,
    aroundOf(byId, story, () => fleet),
  );
  const lambdaOf = (name: string, code: Code) => ({
    ...{ name, arn: name, invokedArn: name, version: "$LATEST", role: undefined, ...code },
    ...{ exportName: "handler", folder: join(code.entry, ".."), memoryMb: 512, tableActions: [] },
    timeoutMs: given.function,
    environment: {
      AGGREPAY_ACCOUNT: "main",
      AGGREPAY_BASE_URL: front.url,
      AGGREPAY_SECRET_ID: "aggrepay-arn",
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url,
      BACK_OFF_MS: "1000,2000,5000",
      DOUBT_LIMIT_MS: String(given.doubtLimit),
      FUNCTION_TIMEOUT_MS: String(given.function),
      LEASE_MS: String(given.lease),
      PROVIDER_TIMEOUT_MS: String(given.provider),
      QUIET_PERIOD_MS: String(given.quiet),
      TABLE_NAME: table.name,
      ...target.environment,
    },
  });
  const fleetOf = (name: string, code: Code) =>
    openFleet({
      ...{ lambda: lambdaOf(name, code), worker, storeUrl: table.url, onLine: () => undefined },
      compileCache: join(dataDir, "compiled"),
    });
  const fleet: Fleet = fleetOf("debit-wallet", debit);
  const schedule = target.reconciles ? scheduled(fleetOf("reconcile", reconcile)) : undefined;
  const rig: Rig = {
    ...{ plan, target, times: given, fleet, customers, story },
    async arm(fault, id, howOften) {
      const armed = { fault, path: "debitwallet", times: howOften, match: { merchant_transaction_id: id } };
      await wallet.control("POST", "faults", armed);
    },
    forget: (pid) => front.forget((port) => ownerOf(port, [pid]) !== undefined),
    rotate() {
      const [newest = firstSecret] = accepted;
      const next = {
        apiKey: `${firstSecret.apiKey}-${accepted.length}-${newest.salt.length}`,
        salt: `${newest.salt}7`,
      };
      accepted = [next, newest];
      setTimeout(() => {
        accepted = [next];
      }, graceMs);
    },
  };

  try {
    await fleet.warm(callers, (place) =>
      eventOf(debitOf(customers[0], "1.00", `warm-up-${place}`), "warm-up"),
    );
    await ready?.();
    const asked = await pooled(
      plan.identities.map((identity, place) => ({ identity, place })),
      callers,
      ({ identity, place }) => {
        if (plan.rotations.includes(place)) rig.rotate();
        return carriedOut(rig, identity);
      },
    );
    if (target.reconciles) await untilNothingIsDue();
    await sleep(given.settle);
    const [effects, calls, items] = [await wallet.effects(), await wallet.calls(), await table.scan()];
    for (const call of calls) tellCall(call);
    return asked.map(({ identity, told, toldOther, knownMs }) => {
      const { trouble, caller } = identity;
      const moved = effects
        .filter(
          ({ merchantTransactionId, kind }) => kind === "debit" && merchantTransactionId === identity.id,
        )
        .map(({ transactionId }) => String(transactionId));
      const recorded = target.recordedOf(items, identity.id);
      const facts = { id: identity.id, moved, told, toldOther, recorded };
      const isTroubled = trouble.kind !== "none" || caller.isUnheard || caller.copies > 1;
      return {
        facts,
        verdicts: judge(facts),
        knownMs,
        isTroubled,
        isAltered: trouble.kind === "altered id",
        story: [...story.of(identity.id), endOf(facts)],
      };
    });
  } finally {
    schedule?.stop();
    fleet.close();
    front.close();
    secretsManager.close();
    await table.stop();
    await sandbox.close();
  }

  /** The sandbox's own log: independent of the front, and of whoever called. */
  function tellCall({ at, path, shown, fault, verdict, effect }: CallLine): void {
    const id = shown.merchant_transaction_id ?? "";
    if (!byId.has(id)) return;
    const what = path === "debitwallet" ? "a debit of it" : `a question about it (${path})`;
    const did = effect === null ? verdict : `${verdict}, movement ${effect} of the ledger`;
    const met = fault === null ? "" : `; ${fault}: ${spoiltBy(fault)}`;
    story.tell(id, `the provider receives ${what}: ${did}${met}`, at);
  }

  async function untilNothingIsDue(): Promise<void> {
    const until = Date.now() + given.drain;
    while (Date.now() < until) {
      const unfinished = await table.scan("unfinished");
      if (!unfinished.some(({ due }) => Number(due?.N) <= unlistedRecords.to)) return;
      await sleep(500);
    }
  }
}

const spoiltBy = (names: string): string =>
  names
    .split(" ")
    .map((name) => faults[name as FaultName])
    .join("; ");

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

/** What the plan does around the calls that move money: each at its identity's first. */
function aroundOf(byId: ReadonlyMap<string, Identity>, story: Rig["story"], fleet: () => Fleet): Around {
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

interface Asked {
  readonly identity: Identity;
  readonly told: readonly Told[];
  readonly toldOther: readonly Told[];
  readonly knownMs: number | undefined;
}

async function carriedOut(rig: Rig, identity: Identity): Promise<Asked> {
  const { trouble, caller, id } = identity;
  if (trouble.kind === "provider") await rig.arm(trouble.fault, id, trouble.times);
  if (trouble.kind === "altered id") {
    await rig.arm(trouble.form, id, 10);
    if (trouble.besides === "reply lost") await rig.arm("reset-after", id, 1);
  }
  const began = performance.now();
  let knownMs: number | undefined;
  const copies = await Promise.all(
    Array.from({ length: caller.copies }, async (_, copy) => {
      const told = await ask(rig, identity, `caller ${copy + 1}`, copy === 0);
      if (told.kind !== "not known") knownMs ??= performance.now() - began;
      return told;
    }),
  );
  const isKnown = copies.some(({ kind }) => kind !== "not known");
  const again = isKnown && caller.asksAgain ? [await ask(rig, identity, "the caller, later", false)] : [];
  const other =
    isKnown && caller.asksForOther
      ? [await ask(rig, { ...identity, amount: `9${identity.amount}` }, "the caller, by mistake", false)]
      : [];
  return {
    ...{ identity, told: [...copies, ...again], toldOther: other },
    knownMs: caller.isPatient ? knownMs : undefined,
  };
}

/** Repeats as the target's documentation tells, until it knows or its patience ends. */
async function ask(rig: Rig, identity: Identity, who: string, isFirst: boolean): Promise<Told> {
  const { target, story, times: given, plan } = rig;
  const { id, amount, caller } = identity;
  const random = randomOf(plan.seed, `${id} ${who}`);
  const until = performance.now() + given.patience;
  for (let attempt = 1; ; attempt += 1) {
    story.tell(id, `${who} asks for ${amount}`);
    const answer = await sent(rig, identity, isFirst && attempt === 1);
    const isHeard = !(caller.isUnheard && isFirst && attempt === 1);
    story.tell(id, `${who} ${isHeard ? "is answered" : "does not hear the answer"} ${shortOf(answer)}`);
    const told = isHeard ? target.finalOf(answer) : undefined;
    if (told !== undefined) return told;
    if (!caller.isPatient || performance.now() > until) {
      story.tell(id, `${who} asks no more`);
      const isOnly = isHeard && attempt === 1 && caller.copies === 1;
      return (isOnly ? target.surelyOf(answer) : undefined) ?? { kind: "not known" };
    }
    await sleep(pauseAfter(answer, attempt, random, given));
  }
}

/** After `Retry-After`; without one after 0.2, 0.4, 0.8 s and so on. Cut to what a run can wait, and spread. */
function pauseAfter({ retryAfterMs }: Answer, attempt: number, random: Random, given: Times): number {
  const wanted = retryAfterMs ?? 200 * 2 ** Math.min(attempt - 1, 10);
  return Math.min(wanted, given.longestPause) * (0.5 + random.next() / 2);
}

const shortOf = ({ status, body }: Answer): string => {
  const { code, result, record } = body;
  const transactionId = body.transactionId ?? result?.transactionId;
  return [status, code, transactionId && `transaction ${transactionId}`, record?.state && `(${record.state})`]
    .filter((part) => part !== undefined)
    .join(" ");
};

const debitOf = (fromCustomerId: string | undefined, amount: string, merchantTransactionId: string) => ({
  ...{ fromCustomerId, amount, mpin: "1234", merchantTransactionId },
});

/** One request through what API Gateway does: a function that dies or throws is a 500 without a code. */
async function sent(rig: Rig, identity: Identity, isFirst: boolean): Promise<Answer> {
  const { fleet, customers, story } = rig;
  const { id, amount, customer, trouble } = identity;
  const prepare = async (member: Member): Promise<void> => {
    const { pid = 0 } = member.process;
    if (trouble.kind === "frozen") {
      process.kill(pid, "SIGSTOP");
      await sleep(frozenMs / 2);
      rig.forget(pid);
      await sleep(frozenMs / 2);
      process.kill(pid, "SIGCONT");
      story.tell(
        id,
        `its process was frozen for ${frozenMs / 1000} s, and the provider forgot its connections`,
      );
    }
    if (trouble.kind === "store" && trouble.at === "the claim") {
      story.tell(id, `DynamoDB ${trouble.how} for ${awayMs / 1000} s, from the request on`);
      void member.store.away(trouble.how, awayMs);
    }
  };
  const outcome = await fleet.invoke(
    eventOf(debitOf(customers[customer], amount, id), id),
    isFirst ? prepare : undefined,
  );
  if (outcome.kind === "failed") {
    const isLate = outcome.error.errorType === "Sandbox.Timedout";
    return { status: isLate ? 503 : 500, body: {}, retryAfterMs: undefined };
  }
  const { statusCode, headers, body } = JSON.parse(outcome.payload);
  const seconds = headers?.["retry-after"];
  return {
    ...{ status: Number(statusCode), body: JSON.parse(body) },
    retryAfterMs: seconds === undefined ? undefined : Number(seconds) * 1000,
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

const endOf = ({ moved, recorded }: Facts): string =>
  `in the end the ledger has ${moved.length} of it (${moved.join(", ") || "none"}); its record: ${recorded}`;
