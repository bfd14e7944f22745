import { createHash } from "node:crypto";
import { type DynamoDBClient, TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { Config, Environment } from "../../lib/config.ts";
import { readConfig } from "../../lib/config.ts";
import { decoded } from "../../lib/content-coding.ts";
import { runChange } from "../../lib/operation/attempt.ts";
import type { Settling } from "../../lib/operation/change-spec.ts";
import { decide, type Saying } from "../../lib/operation/decision.ts";
import type { FunctionDefinition } from "../../lib/operation/definition.ts";
import type { Answer } from "../../lib/operation/handler.ts";
import { type Received, receiveNotification } from "../../lib/operation/notification.ts";
import { incomingOf, messageOf } from "../../lib/operation/queued.ts";
import { reconcile } from "../../lib/operation/reconcile.ts";
import { secondPersonIn } from "../../lib/operation/second-person.ts";
import { readNotification } from "../../lib/providers/nicepay/notification.ts";
import { recordsIn } from "../../lib/records/store.ts";
import type { Runtime } from "../../lib/runtime.ts";
import { secretsFrom } from "../../lib/secrets/secrets.ts";
import type { Send } from "../../lib/transport.ts";
import { noConnections } from "../support/no-connections.ts";
import { inThatForm } from "./guards.ts";
import { type Fault, type Plan, Run, type Surroundings } from "./points.ts";
import { before, type Effect, effectName, type Keys, Provider, pathOf } from "./provider.ts";
import { environment, times } from "./settings.ts";
import {
  type Command,
  type CommandInput,
  type Engine,
  type Item,
  isReading,
  nameOf,
  type Output,
  partOf,
  type Table,
  tableInMemory,
  tableName,
  writeName,
} from "./store.ts";
import { type AnyChange, changes, type Subject } from "./subjects.ts";

/** Some item as it was after one write. */
export interface Version {
  readonly seq: number;
  readonly write: string;
  readonly by: Run<unknown>;
  readonly item: Item;
}

/** What a caller was told, and when. */
export interface Told {
  readonly seq: number;
  readonly run: Run<Answer>;
  readonly subject: Subject;
}

/** What a person said of a record, and whether it was the truth. */
export interface Said {
  readonly run: Run<Answer>;
  readonly saying: Saying;
  readonly isHonest: boolean;
}

/** What a test takes away from the product: each is a guard that some schedule needs. */
export interface Without {
  /** Changes the commands that the store writes. */
  readonly command?: (name: string, input: CommandInput) => CommandInput;
  /** Changes an operation. */
  readonly operation?: (operation: AnyChange) => AnyChange;
  /** Changes how requests are sent. */
  readonly send?: (send: Send, world: Pick<World, "provider" | "later">) => Send;
  readonly environment?: Environment;
  /** Changes how much time a caller's function believes to have. */
  readonly remainingMs?: (milliseconds: number) => number;
  readonly config?: (config: Config) => Config;
  /** Takes a notification as if its address were on the list. */
  readonly addresses?: true;
  /** Takes a message out of the queue, whatever became of it. */
  readonly queue?: true;
  /** Changes a secret as it is read. */
  readonly secret?: (name: string, value: object) => object;
  /** Changes what DynamoDB answers; for what the code concludes from a failed condition or a lost answer. */
  readonly client?: (client: Client) => Client;
}

export interface Client {
  send(command: Command): Promise<Output>;
}

type Plans = Plan | readonly Plan[];

export { times };

const newKey = (text: string) => createHash("sha256").update(text).digest("base64");
const firstKeys: Keys = {
  apiKey: "api-key-1",
  salt: "salt-number-1",
  iMid: "IONPAYTEST",
  merchantKey: "merchant-key-1",
};

let worlds = 0;

/** A gateway's whole world: one wall clock, one provider, one table, and as many processes as a test starts. */
export class World {
  now = Date.UTC(2026, 0, 5, 6);
  readonly provider: Provider;
  readonly versions: Version[] = [];
  readonly told: Told[] = [];
  readonly said: Said[] = [];
  readonly runs: Run<unknown>[] = [];
  /** How many writes a guard was taken out of. */
  altered = 0;
  /** The callers' requests by the record that is theirs. */
  readonly subjects = new Map<string, Subject[]>();
  readonly config: Config;
  secrets: { current: Record<string, object>; previous: Record<string, object> };
  /** Records whose reading fails every time. */
  readonly unreadable = new Set<string>();
  /** Whether notifications come from an address that is not on the list. */
  fromElsewhere = false;
  /** The queue of notifications: as many messages as wait in it. */
  readonly queue: string[] = [];
  /** Whether Secrets Manager takes questions and answers none. */
  secretsHang = false;
  /** Where the provider is to be found from now on. */
  host: string | undefined;
  /** Set by a scheduler that decides who goes on. */
  gate: ((run: Run<unknown>, point: string) => Promise<Fault | undefined>) | undefined;
  #seq = 0;
  /** Requests that nobody waits for any more and that have not arrived. */
  #lateSends = 0;
  /** The first keys are those of number 1. */
  #rotations = 1;
  #underWay = 0;
  #late: (() => Promise<unknown>)[] = [];
  /** Every write that ever left its process. */
  #issued: (() => Promise<unknown>)[] = [];
  #writing: Promise<unknown> = Promise.resolve();
  readonly #shards = new Set<string>();
  readonly #engine: Table;
  readonly #without: Without;
  readonly #number = ++worlds;

  /** @param engine Where the records are; without one, in a table of the world's own */
  constructor(engine: Engine | undefined, without: Without = {}) {
    this.#engine = engine ?? tableInMemory(() => this.now);
    this.#without = without;
    const config = readConfig({ ...environment, ...without.environment });
    this.config = without.config?.(config) ?? config;
    this.provider = new Provider(firstKeys, () => this.now, this.order);
    const { apiKey, salt, iMid, merchantKey } = firstKeys;
    const ring = (prefix: string) => [{ id: `${prefix}1`, key: newKey(`${prefix}1`) }];
    this.secrets = {
      current: {
        aggrepay: { apiKey, salt },
        nicepay: { iMid, merchantKey },
        gateway: { fingerprintKeys: ring("f"), sealingKeys: ring("s") },
      },
      previous: {},
    };
  }

  /** The next place in the order of everything that happens. */
  readonly order = (): number => {
    this.#seq += 1;
    return this.#seq;
  };

  /** A caller's request, in a process of its own. */
  call(subject: Subject, plan?: Plans, process = new Process(this)): Run<Answer> {
    const run = this.#run<Answer>(`caller of ${subject.name}`, plan);
    const seen = this.subjects.get(subject.record) ?? [];
    if (!seen.includes(subject)) this.subjects.set(subject.record, [...seen, subject]);
    const operation = this.#without.operation?.(subject.operation) ?? subject.operation;
    const runtime = process.runtime(run);
    // The host's clock says when the function ends, whatever the process takes for the time.
    const deadline = this.now + this.config.functionTimeoutMs;
    const left = this.#without.remainingMs ?? ((milliseconds: number) => milliseconds);
    const request = {
      input: subject.input,
      caller: subject.caller,
      person: subject.caller,
      idempotencyKey: subject.key,
      remainingMs: () => left(deadline - runtime.clock.now()),
      takenAt: undefined,
      note: () => undefined,
    };
    run.start(async () => {
      try {
        return await runChange(operation, request, runtime, this.#records(run));
      } finally {
        this.told.push({ seq: this.order(), run, subject });
      }
    });
    return run;
  }

  reconciler(plan?: Plans, process = new Process(this)): Run<void> {
    const run = this.#run<void>("reconciler", plan);
    const runtime = process.runtime(run);
    const deadline = runtime.clock.now() + this.config.functionTimeoutMs;
    const mine = changes.map((change) => this.#without.operation?.(change) ?? change);
    const settling: (FunctionDefinition & Settling)[] = mine;
    return run.start(() =>
      reconcile(settling, runtime, this.#records(run), { remainingMs: () => deadline - runtime.clock.now() }),
    );
  }

  /** The provider's push for a registration; undefined where it has none to push. */
  notification(
    referenceNo: string,
    plan?: Plans,
    more?: Readonly<Record<string, string>>,
    process = new Process(this),
  ): Run<Received> | undefined {
    const fields = this.provider.notification(referenceNo, more);
    if (!fields) return undefined;
    const run = this.#run<Received>(`notification of ${referenceNo}`, plan);
    const body = Buffer.from(JSON.stringify(fields));
    const runtime = process.runtime(run);
    const isListed = this.#without.addresses ?? !this.fromElsewhere;
    return run.start(async () =>
      receiveNotification(
        { readings: readNotification(body, undefined), isListed },
        runtime,
        this.#records(run),
      ),
    );
  }

  /** What the webhook does with a push that it cannot take in now. */
  async waits(referenceNo: string, more?: Readonly<Record<string, string>>): Promise<void> {
    const body = Buffer.from(JSON.stringify(this.provider.notification(referenceNo, more)));
    const run = this.#run<void>(`queueing of ${referenceNo}`, undefined);
    const runtime = new Process(this).runtime(run);
    const isListed = !this.fromElsewhere;
    await run.start(async () => {
      this.queue.push(await messageOf({ body, contentEncoding: undefined, isListed }, runtime.secrets));
    }).stopped;
  }

  /** The oldest message of the queue is taken in; it is gone where that went well, and waits on where it did not. */
  takesFromQueue(plan?: Plans): Run<Received> {
    const [message = ""] = this.queue;
    const run = this.#run<Received>("queue", plan);
    const runtime = new Process(this).runtime(run);
    return run.start(async () => {
      if (this.#without.queue) this.queue.shift();
      const { body, contentEncoding, isListed } = await incomingOf(message, runtime.secrets);
      const delivery = { readings: readNotification(body, contentEncoding), isListed };
      const received = await receiveNotification(delivery, runtime, this.#records(run));
      if (!this.#without.queue) this.queue.shift();
      return received;
    });
  }

  /** A person settles a record by hand. No two say it with the same reason, but one that repeats it. */
  person(by: string, saying: Saying, isHonest = true, plan?: Plans): Run<Answer> {
    const run = this.#run<Answer>(by, plan);
    this.said.push({ run, saying, isHonest });
    const { clock } = new Process(this).runtime(run);
    const secondPerson = secondPersonIn(this.config);
    const asked = { caller: by, person: by, note: () => undefined, secondPerson };
    return run.start(() => decide(saying, asked, clock, this.#records(run)));
  }

  /** Whether anything may still come about: its bytes are on their way, or the provider has taken it and not yet made it. */
  isOnItsWay(): boolean {
    const isSending = ({ ending, points }: Run<unknown>) =>
      ending === undefined && points.at(-1)?.startsWith("send ");
    return this.provider.pending + this.#lateSends > 0 || this.runs.some(isSending);
  }

  /** Time passes for everybody. */
  advance(milliseconds: number): void {
    this.now += Math.ceil(milliseconds);
  }

  later = (act: () => Promise<unknown>): void => {
    this.#late.push(act);
  };

  #lateSend(act: () => Promise<unknown>): () => Promise<unknown> {
    this.#lateSends += 1;
    return async () => {
      this.#lateSends -= 1;
      return act();
    };
  }

  /** What the gateway made the provider do for one identity; what was there before is not of its doing. */
  effects(of: string): readonly Effect[] {
    return this.provider.done(of).filter(({ sent }) => sent !== before);
  }

  /** What was late arrives, and what was frozen goes on. */
  async catchUp(): Promise<void> {
    const late = this.#late;
    this.#late = [];
    for (const act of late) await act().catch(() => undefined);
    for (const run of this.runs.filter(({ isFrozen }) => isFrozen)) {
      run.thaw();
      await run.stopped;
    }
  }

  /** A copy of every write that was ever issued arrives, or of one that is chosen. */
  async landAgain(chosen?: (writes: number) => number): Promise<void> {
    const issued = chosen ? this.#issued.slice(chosen(this.#issued.length)).slice(0, 1) : this.#issued;
    for (const write of issued) await write().catch(() => undefined);
  }

  /** An item is lost, as in a restore to an earlier moment. */
  async forget(id: string): Promise<void> {
    await this.#engine.call("DeleteItem", { TableName: tableName, Key: { pk: { S: id } } });
  }

  /** The same, without waiting for them. */
  thaw(): void {
    const late = this.#late;
    this.#late = [];
    for (const act of late) act().catch(() => undefined);
    for (const run of this.runs) run.thaw();
  }

  /** When nobody is under way: everybody has ended, stands still, or waits at a gate. */
  async rest(): Promise<void> {
    do {
      await new Promise((resolve) => setImmediate(resolve));
      await this.#writing;
      // Whoever was answered may write again.
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.#underWay > 0);
  }

  get isCaughtUp(): boolean {
    return this.#late.length === 0 && this.runs.every((run) => run.ending !== undefined);
  }

  latest(id: string): Version | undefined {
    return this.versions.findLast(({ item }) => item.pk?.S === id);
  }

  /** The states that a record has been in, one after another. */
  states(id: string): readonly string[] {
    const all = this.versions.filter(({ item }) => item.pk?.S === id).map(({ item }) => item.state?.S ?? "");
    return all.filter((state, at) => state !== all[at - 1]);
  }

  get ids(): readonly string[] {
    return [...new Set(this.versions.map(({ item }) => item.pk?.S ?? ""))];
  }

  /** Whether the index of the unfinished has that item, asked of the index itself. */
  async isListed(item: Item): Promise<boolean> {
    if (!item.shard || !item.due) return false;
    const { Items: items = [] } = await this.#engine.call("Query", {
      TableName: tableName,
      IndexName: "unfinished",
      KeyConditionExpression: "#shard = :shard AND #due = :due",
      ExpressionAttributeNames: { "#shard": "shard", "#due": "due" },
      ExpressionAttributeValues: { ":shard": item.shard, ":due": item.due },
    });
    return items.some(({ pk }) => pk?.S === item.pk?.S);
  }

  /** A new key of the provider and of the gateway, in force from now; what was in force becomes the previous one. */
  rotate(name: "aggrepay" | "nicepay" | "gateway"): void {
    const { current } = this.secrets;
    this.secrets = {
      current: { ...current, [name]: this.#next(name, current[name] ?? {}) },
      previous: { ...this.secrets.previous, [name]: current[name] ?? {} },
    };
  }

  #next(name: string, value: object): object {
    this.#rotations += 1;
    const count = this.#rotations;
    if (name === "gateway") {
      const { fingerprintKeys, sealingKeys } = value as Record<string, readonly object[]>;
      const key = (prefix: string) => ({ id: `${prefix}-${count}`, key: newKey(`${prefix}-${count}`) });
      return {
        fingerprintKeys: [key("f"), ...(fingerprintKeys ?? [])],
        sealingKeys: [key("s"), ...(sealingKeys ?? [])],
      };
    }
    const [first = firstKeys] = this.provider.keys;
    const next: Keys =
      name === "aggrepay"
        ? { ...first, salt: `salt-number-${count}` }
        : { ...first, merchantKey: `merchant-key-${count}` };
    this.provider.keys.unshift(next);
    const { apiKey, salt, iMid, merchantKey } = next;
    return name === "aggrepay" ? { apiKey, salt } : { iMid, merchantKey };
  }

  #run<Result>(name: string, plan: Plans | undefined): Run<Result> {
    const surroundings: Surroundings = {
      before: async (run, point) => {
        this.advance(3);
        return this.gate?.(run, point);
      },
      later: (act, point) => this.later(point.startsWith("send ") ? this.#lateSend(act) : act),
      order: this.order,
    };
    const run = new Run<Result>(name, plan === undefined ? [] : [plan].flat(), surroundings);
    this.runs.push(run as Run<unknown>);
    return run;
  }

  #records(run: Run<unknown>) {
    const client: Client = {
      send: (command) => {
        const name = nameOf(command);
        const isWrite = !isReading(name);
        const execute = () => this.#execute(name, command, run);
        const act = () => {
          if (isWrite) this.#issued.push(execute);
          return execute();
        };
        if (name === "due" && !this.#shards.has(this.#shardIn(command.input)))
          return Promise.resolve({ Items: [] });
        const lost = (): Output => {
          throw Object.assign(new Error("no answer of DynamoDB"), { name: "TimeoutError" });
        };
        return run.pass(name, act, lost, isWrite, () => inTheWay(command.input));
      },
    };
    const seen = this.#without.client?.(client) ?? client;
    return recordsIn(tableName, seen as unknown as DynamoDBClient);
  }

  /** Each world has shards of its own in the one table, so that worlds can run beside one another. */
  #shardIn(input: CommandInput): string {
    return `${this.#number * 100 + Number(input.ExpressionAttributeValues?.[":shard"]?.N ?? 0)}`;
  }

  /** As with shards: no world's customers have records of another one. A record that was read names its own already. */
  #customerIn(customer: string): string {
    const here = `#${this.#number}.`;
    return customer.includes(here) ? customer : customer.replace("#", here);
  }

  /** One write at a time, so that the versions are in the order in which they came about. */
  #execute(name: string, command: Command, run: Run<unknown>): Promise<Output> {
    const altered = this.#altered(name, command.input);
    const { input } = command;
    const call = async (): Promise<Output> => {
      if (name === "get" && this.unreadable.has(input.Key?.pk?.S ?? ""))
        throw new Error("the item cannot be read");
      const output = await this.#engine.call(command.constructor.name.replace(/Command$/, ""), altered);
      for (const item of output.Attributes ? [output.Attributes] : await this.#transacted(input)) {
        if (item.shard?.N !== undefined) this.#shards.add(item.shard.N);
        this.versions.push({ seq: this.order(), write: name, by: run, item });
      }
      return output;
    };
    this.#underWay += 1;
    const done = this.#writing.then(call, call).finally(() => {
      this.#underWay -= 1;
    });
    this.#writing = done.catch(() => undefined);
    return done;
  }

  /** As it is written here: in this world's shards, of its customers, and without what a test takes away. */
  #altered(name: string, input: CommandInput): CommandInput {
    if (input.TransactItems) {
      // DynamoDB would know a copy by its token for ten minutes: here a copy may come at any time.
      const { ClientRequestToken: _token, ...rest } = input;
      const items = input.TransactItems.map((item) => {
        const part = partOf(item);
        const altered = this.#altered(writeName(part), part);
        return "Update" in item ? { Update: altered } : { ConditionCheck: altered };
      });
      return { ...rest, TransactItems: items };
    }
    const values = input.ExpressionAttributeValues;
    const { ":shard": shard, ":customer": customer } = values ?? {};
    const ours = {
      ...input,
      ...(values && {
        ExpressionAttributeValues: {
          ...values,
          ...(shard && { ":shard": { N: this.#shardIn(input) } }),
          ...(customer?.S && { ":customer": { S: this.#customerIn(customer.S) } }),
        },
      }),
    };
    const altered = inThatForm(() => this.#without.command?.(name, ours) ?? ours, ours);
    if (altered !== ours) this.altered += 1;
    return altered;
  }

  /** The records that a transaction wrote; it returns none. */
  async #transacted({ TransactItems: items = [] }: CommandInput): Promise<readonly Item[]> {
    const written = items.flatMap((item) => {
      const { Key: key } = partOf(item);
      return key && "Update" in item ? [key] : [];
    });
    const read = written.map((key) =>
      this.#engine.call("GetItem", { TableName: tableName, Key: key, ConsistentRead: true }),
    );
    const found = (await Promise.all(read)).flatMap(({ Item: item }) => (item?.state ? [item] : []));
    return found;
  }

  /** What a process sees of the world. */
  runtimeOf(run: Run<unknown>, process: Process): Runtime {
    const clock = {
      now: () => this.now - process.wallLost,
      monotonic: () => this.now - process.monotonicLost,
    };
    const send: Send = async (request, timing) => {
      const path = pathOf(request);
      const stands = await run.pass(
        `connect ${path}`,
        async () => true,
        () => false,
        false,
      );
      if (!stands) return { kind: "not_sent", why: "the connection could not be made" };
      if (!timing.mayStillSend()) return { kind: "not_sent", why: "no time was left to send" };
      const act = async () => this.provider.handle(request, this.later);
      const reply = await run.pass(`send ${path}`, act, () => undefined, false);
      if (reply) {
        const { status, coding, retryAfter } = reply;
        const body = decoded(Buffer.from(reply.body), coding, replyLimit);
        if ("why" in body) return { kind: "lost", why: body.why, timedOut: false };
        return { kind: "reply", reply: { status, ...body, retryAfter } };
      }
      this.advance(timing.replyMs);
      return { kind: "lost", why: "no whole reply came in time", timedOut: true };
    };
    const { host } = this;
    let id = 0;
    return {
      config: host === undefined ? this.config : { ...this.config, baseUrl: () => new URL(host) },
      clock,
      secrets: secretsFrom(
        process.secretsClient,
        (name) => name,
        clock,
        async (ms) => this.advance(ms),
      ),
      send: this.#without.send?.(send, this) ?? send,
      connections: noConnections,
      uniqueId: () => `id-${++id}`,
    };
  }

  secretOf(name: string, stage: "current" | "previous"): object | undefined {
    const value = this.secrets[stage][name];
    return value && (this.#without.secret?.(name, value) ?? value);
  }
}

const replyLimit = 1024 * 1024;

/** A process of the host. Its clocks may have stood still while it was frozen; what it read of secrets it remembers. */
export class Process {
  wallLost = 0;
  monotonicLost = 0;
  readonly #world: World;
  #run: Run<unknown> | undefined;
  #runtime: Runtime | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  /** The same process may serve one request after another. */
  runtime(run: Run<unknown>): Runtime {
    this.#run = run;
    const made = this.#world.runtimeOf(run, this);
    // What a process keeps between its requests is what it knows of secrets.
    this.#runtime = { ...made, secrets: this.#runtime?.secrets ?? made.secrets };
    return this.#runtime;
  }

  readonly secretsClient = {
    send: async ({
      input,
    }: {
      readonly input: { readonly SecretId: string; readonly VersionStage: string };
    }) => {
      if (this.#world.secretsHang) return new Promise(() => undefined);
      const stage = input.VersionStage === "AWSCURRENT" ? "current" : "previous";
      const act = async () => {
        const value = this.#world.secretOf(input.SecretId, stage);
        if (value) return { SecretString: JSON.stringify(value) };
        throw Object.assign(new Error("no such secret"), { name: "ResourceNotFoundException" });
      };
      const lost = (): never => {
        throw new Error("no answer of Secrets Manager");
      };
      return this.#run?.pass(`secret ${input.SecretId} ${stage}`, act, lost, false);
    },
  } as unknown as SecretsManagerClient;
}

/** The effect that a request is for, by its provider's name for it. */
export const effectOf = ({ operation, input }: Subject, world: World): string => {
  const call = operation.sends(input, { config: world.config, now: world.now, uniqueId: () => "" }) as {
    readonly path?: string;
    readonly fields?: Record<string, string>;
    readonly referenceNo?: string;
  };
  const isNicepay = call.referenceNo !== undefined;
  return effectName(
    isNicepay ? "userAccountBinding" : (call.path ?? ""),
    isNicepay ? { referenceNo: call.referenceNo ?? "" } : (call.fields ?? {}),
  );
};

/** DynamoDB's word for a write that meets a transaction on one of its items: nothing was written. */
function inTheWay({ TransactItems: items }: CommandInput): never {
  const message = "a transaction is under way";
  if (!items) throw Object.assign(new Error(message), { name: "TransactionConflictException" });
  const CancellationReasons = items.map((_, at) => ({ Code: at === 0 ? "TransactionConflict" : "None" }));
  throw new TransactionCanceledException({ message, $metadata: { attempts: 1 }, CancellationReasons });
}
