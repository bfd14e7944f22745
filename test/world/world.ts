import { createHash } from "node:crypto";
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  TransactionCanceledException,
} from "@aws-sdk/client-dynamodb";
import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { type Config, type Environment, readConfig } from "../../lib/config.ts";
import { decoded } from "../../lib/content-coding.ts";
import { type Records, recordsIn } from "../../lib/records/store.ts";
import type { Runtime } from "../../lib/runtime.ts";
import { type Secrets, secretsFrom } from "../../lib/secrets/secrets.ts";
import type { Send } from "../../lib/transport.ts";
import { inThatForm } from "../faults/guards.ts";
import { type Keys, Provider, pathOf } from "../faults/provider.ts";
import { environment as surroundings, times } from "../faults/settings.ts";
import {
  type Command,
  type CommandInput,
  type Item,
  isReading,
  nameOf,
  type Output,
  partOf,
  writeName,
} from "../faults/store.ts";
import type { Client, Without } from "../faults/world.ts";
import { type Random, randomOf } from "../soak/random.ts";
import { noConnections } from "../support/no-connections.ts";
import type { Sent } from "./differential.ts";
import { type Inhabitant, inhabiting } from "./inhabitant.ts";
import { type Machine, type Point, Run, type Strike, type Waiting } from "./points.ts";
import { type Input, Store } from "./store.ts";
import { Timeline } from "./timeline.ts";

/** Some item as one write left it. */
export interface Version {
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly write: string;
  readonly by: Run;
  readonly item: Item;
}

export { times };

/**
 * What is on its way to the provider arrives within this time, or never: that is what the quiet period stands for. Bytes may wait in
 * a frozen process, then in the network, then at the provider, whose lists may be eight minutes behind.
 */
const onTheWayMs = 2 * times.minute;
/** What the provider says that it has not finished may take as long as this. */
const longestMs = 20 * times.hour;
const timeoutMs = Number(surroundings.FUNCTION_TIMEOUT_MS);

const environment: Environment = { ...surroundings, WEBHOOK_SOURCE_ADDRESSES: "203.0.113.7" };

const keyNamed = (text: string) => createHash("sha256").update(text).digest("base64");
/** Keys of the gateway by their ids, as many as a history may come to. */
export const gatewayKeys: ReadonlyMap<string, string> = new Map(
  ["f", "s"].flatMap((ring) =>
    Array.from({ length: 12 }, (_, number) => {
      const id = `${ring}-${number + 1}`;
      return [id, keyNamed(id)] as const;
    }),
  ),
);
const ringKey = (id: string) => ({ id, key: gatewayKeys.get(id) ?? keyNamed(id) });

const firstKeys: Keys = {
  apiKey: "api-key-1",
  salt: "salt-number-1",
  iMid: "IONPAYTEST",
  merchantKey: "merchant-key-1",
};

export type SecretName = "aggrepay" | "nicepay" | "gateway";
const replyLimit = 1024 * 1024;
const tableName = "records";

/** A gateway's whole world in one thread: one time, one provider, one table, one queue, and as many processes as it takes. */
export class World {
  readonly time = new Timeline(Date.UTC(2026, 0, 5, 6));
  readonly store = new Store(() => this.time.now);
  readonly provider: Provider;
  readonly config: Config;
  readonly versions: Version[] = [];
  readonly runs: Run[] = [];
  /** What waits to be let go on, in the order in which it came. */
  waiting: Waiting[] = [];
  /** Messages of the queue. */
  queue: string[] = [];
  /** Whose notification each message of the queue holds. */
  readonly enqueuedBy = new Map<string, Run>();
  /** Notifications that are kept for a person, in the order in which they came. */
  readonly strays: string[] = [];
  /** Records that a restore has lost, and when, by its place in the order. */
  readonly forgotten = new Map<string, number>();
  /** How often each secret was rotated: what waits while one is rotated twice is verified by nobody. */
  readonly rotated = new Map<SecretName, number>();
  /** Whether this deployment wants two persons who say that money did not move. */
  readonly needsTwo: boolean;
  /** Every line that was printed. */
  readonly printed: string[] = [];
  /** Where the provider is found from now on. */
  host: string | undefined;
  /** What the store said of a command that it could make nothing of. */
  misformed: string | undefined;
  /** Whether a secret was rotated: a reply may then be signed with a key that its reader does not know yet. */
  isRotated = false;
  /** Every command that reached the store, where somebody keeps them. */
  commands: Sent[] | undefined;
  /** For which record, and by whom, each request was sent that came to the provider, by its place in the order. */
  readonly senders = new Map<number, string>();
  readonly sentBy = new Map<number, Run>();
  /** Told each write as it comes about. */
  onWrite: (version: Version) => void = () => undefined;
  #secrets: { current: Record<string, object>; previous: Record<string, object> };
  #rotations = 1;
  #seq = 0;
  #machines = 0;
  #late: (() => void)[] = [];
  /** What is on its way to the provider, and what it has taken and not yet done. */
  #onItsWay = 0;
  #unfinished = 0;
  #issued: (() => void)[] = [];
  readonly #without: Without;
  readonly #random: Random;

  constructor(seed: number, without: Without = {}, more: Environment = {}) {
    this.#without = without;
    const config = readConfig({ ...environment, ...more, ...without.environment });
    this.config = without.config?.(config) ?? config;
    this.needsTwo = { ...environment, ...more }.SECOND_PERSON !== "off";
    this.#random = randomOf(String(seed), "chance of the processes");
    this.provider = new Provider(firstKeys, () => this.time.now, this.order);
    const { apiKey, salt, iMid, merchantKey } = firstKeys;
    this.#secrets = {
      current: {
        aggrepay: { apiKey, salt },
        nicepay: { iMid, merchantKey },
        gateway: { fingerprintKeys: [ringKey("f-1")], sealingKeys: [ringKey("s-1")] },
      },
      previous: {},
    };
  }

  get now(): number {
    return this.time.now;
  }

  /** The next place in the order of everything that happens. */
  readonly order = (): number => {
    this.#seq += 1;
    return this.#seq;
  };

  /** A process that has served nobody yet; its wall clock is so much ahead of the world's time. */
  machine(aheadMs = 0): Machine {
    this.#machines += 1;
    return { number: this.#machines, wallMs: aheadMs, monotonicMs: 0 };
  }

  /** Runs code as that process, which the host kills at its timeout unless it is frozen then. */
  start(name: string, machine: Machine, act: (deadline: number) => Promise<unknown>): Run {
    const run = new Run(name, machine, { seq: this.order(), at: this.now });
    this.runs.push(run);
    const cancel = this.time.after(timeoutMs, () => {
      if (!run.isFrozen) this.kill(run);
    });
    const end = (ending: "returned" | "threw", result: unknown) => {
      cancel();
      if (run.ending !== undefined) return;
      run.ending = ending;
      run.result = result;
    };
    const deadline = this.now + timeoutMs;
    inhabiting(this.#inhabitant(run), () => act(deadline)).then(
      (result) => end("returned", result),
      (error: unknown) => end("threw", error),
    );
    return run;
  }

  kill(run: Run): void {
    if (run.ending !== undefined) return;
    run.ending = "killed";
    this.waiting = this.waiting.filter((each) => each.run !== run);
  }

  freeze(run: Run): void {
    run.frozenSince ??= this.now;
    // Bytes that have left the product's hands arrive, whatever becomes of their process.
    const isOnItsWay = ({ run: of, point }: Waiting) => of === run && point.kind === "change";
    if (!this.waiting.some(isOnItsWay)) return;
    this.time.after(onTheWayMs, () => {
      this.thaw(run, undefined);
      const arriving = this.waiting.filter(isOnItsWay);
      this.waiting = this.waiting.filter((each) => !arriving.includes(each));
      for (const { go } of arriving) go(undefined);
    });
  }

  /** A frozen process goes on; one of its clocks may have stood still. */
  thaw(run: Run, stoodStill: "wall" | "monotonic" | undefined): void {
    if (run.frozenSince === undefined) return;
    const lostMs = this.now - run.frozenSince;
    if (stoodStill === "wall") run.machine.wallMs -= lostMs;
    if (stoodStill === "monotonic") run.machine.monotonicMs -= lostMs;
    run.thaw();
  }

  get frozen(): readonly Run[] {
    return this.runs.filter((run) => run.isFrozen && run.ending === undefined);
  }

  /** What may be let go on. */
  get ready(): readonly Waiting[] {
    return this.waiting.filter(({ run }) => !run.isFrozen);
  }

  /** Whether anything may still come about at the provider. */
  get isOnItsWay(): boolean {
    return this.#onItsWay > 0 || this.waiting.some(({ point }) => point.kind === "change");
  }

  /** Every write that was ever sent, as it may arrive once more. */
  get issued(): number {
    return this.#issued.length;
  }

  landAgain(index: number): void {
    this.#issued[index]?.();
  }

  get lateWrites(): number {
    return this.#late.length;
  }

  /** The oldest write that is late arrives. */
  landLate(): void {
    this.#late.shift()?.();
  }

  /** Something that the provider does later, or that a request does which is on its way. */
  readonly later = (act: () => Promise<unknown>): void => this.#soon(() => void act().catch(() => undefined));

  /** Something that the provider has not finished. It takes long only where its word of that was heard, and is kept. */
  readonly muchLater = (sent: number, act: () => Promise<unknown>): void => {
    this.#unfinished += 1;
    const finished = () => {
      this.#unfinished -= 1;
      void act().catch(() => undefined);
    };
    this.#soon(() => {
      const record = this.senders.get(sent);
      const isHeard = record !== undefined && this.latest(record)?.failure?.S?.includes("PENDING");
      if (isHeard) this.#after(this.#random.between(1_000, longestMs), finished);
      else finished();
    });
  };

  /** Whether the provider has not finished something. */
  get isUnfinished(): boolean {
    return this.#unfinished > 0;
  }

  #soon(act: () => void): void {
    this.#after(this.#random.between(1_000, onTheWayMs), act);
  }

  #after(milliseconds: number, act: () => void): void {
    this.#onItsWay += 1;
    this.time.after(milliseconds, () => {
      this.#onItsWay -= 1;
      act();
    });
  }

  latest(record: string): Item | undefined {
    return this.store.get(record);
  }

  /** A record is not in the backup that the table was restored from. */
  forget(record: string): void {
    const input = { TableName: tableName, Key: { pk: { S: record } } };
    this.commands?.push({ at: this.now, operation: "DeleteItem", input });
    this.store.call("DeleteItem", input);
    this.forgotten.set(record, this.order());
  }

  versionsOf(record: string): readonly Version[] {
    return this.versions.filter(({ item }) => item.pk?.S === record);
  }

  /** A new key, in force from now; what was in force becomes the previous one. */
  rotate(name: SecretName): void {
    this.isRotated = true;
    this.rotated.set(name, (this.rotated.get(name) ?? 0) + 1);
    const { current, previous } = this.#secrets;
    this.#rotations += 1;
    this.#secrets = {
      current: { ...current, [name]: this.#next(name, current[name] ?? {}) },
      previous: { ...previous, [name]: current[name] ?? {} },
    };
  }

  #next(name: SecretName, value: object): object {
    const count = this.#rotations;
    if (name === "gateway") {
      const { fingerprintKeys = [], sealingKeys = [] } = value as Record<string, readonly object[]>;
      return {
        fingerprintKeys: [ringKey(`f-${count}`), ...fingerprintKeys],
        sealingKeys: [ringKey(`s-${count}`), ...sealingKeys],
      };
    }
    const [first = firstKeys] = this.provider.keys;
    const isAggrepay = name === "aggrepay";
    const next = isAggrepay
      ? { ...first, salt: `salt-number-${count}` }
      : { ...first, merchantKey: `merchant-key-${count}` };
    this.provider.keys.unshift(next);
    const { apiKey, salt, iMid, merchantKey } = next;
    return isAggrepay ? { apiKey, salt } : { iMid, merchantKey };
  }

  /** Waits until it is let go on, and goes through what strikes it then. */
  async #pass<T>(run: Run, point: Point<T>): Promise<T> {
    const strike = await new Promise<Strike | undefined>((go) => {
      if (run.ending === undefined) this.waiting.push({ run, point, go });
    });
    run.passed.push({ point: `${point.kind} ${point.name}`, strike });
    const { act, lost, waitsMs } = point;
    const isWrite = point.kind === "write";
    const untold = async (): Promise<T> => {
      await new Promise<void>((resolve) => this.time.after(waitsMs, resolve));
      return lost();
    };
    switch (strike) {
      case "request lost":
        return untold();
      case "reply lost":
        quietly(act);
        return untold();
      case "repeated":
        quietly(act);
        return act();
      case "late":
        if (isWrite) this.#late.push(() => quietly(act));
        else this.#soon(() => quietly(act));
        return untold();
      case "lands again":
        this.#late.push(() => quietly(act));
        return act();
      case "in the way":
      case "throttled":
        return point.refused ? point.refused(strike) : act();
      case "killed after":
        quietly(act);
        this.kill(run);
        return new Promise(() => undefined);
      case "frozen after": {
        const acted = attempt(act);
        this.freeze(run);
        await run.thawed();
        return acted();
      }
      default:
        return act();
    }
  }

  #inhabitant(run: Run): Inhabitant {
    const { machine } = run;
    const { time } = this;
    const clock = {
      now: () => time.now + machine.wallMs,
      monotonic: () => time.now - Date.UTC(2026, 0, 1) + machine.monotonicMs,
    };
    const { host } = this;
    let id = 0;
    return {
      runtime: {
        config: host === undefined ? this.config : { ...this.config, baseUrl: () => new URL(host) },
        clock,
        secrets: this.#secretsOf(run, clock),
        send: this.#sendOf(run),
        connections: noConnections,
        uniqueId: () => `id-${run.machine.number}-${++id}`,
      },
      records: this.#recordsOf(run),
      after: (milliseconds, act) => time.after(milliseconds, act),
      enqueue: (text) =>
        this.#pass(run, {
          name: "enqueue",
          kind: "queue",
          waitsMs: 2_850,
          act: () => {
            this.queue.push(text);
            this.enqueuedBy.set(text, run);
          },
          lost: () => {
            throw new Error("no answer of the queue");
          },
        }),
      print: (text) => this.printed.push(text),
      random: () => this.#random.next(),
      bytes: (size) => Buffer.from(Array.from({ length: size }, () => this.#random.below(256))),
    };
  }

  readonly #known = new WeakMap<Machine, { secrets: Secrets; run: Run }>();

  /** What a process keeps between its invocations is what it knows of secrets. */
  #secretsOf(run: Run, clock: Runtime["clock"]): Secrets {
    const known = this.#known.get(run.machine);
    if (known) {
      known.run = run;
      return known.secrets;
    }
    const client = {
      send: async ({
        input,
      }: {
        readonly input: { readonly SecretId: string; readonly VersionStage: string };
      }) => {
        const stage = input.VersionStage === "AWSCURRENT" ? "current" : "previous";
        return this.#pass(now.run, {
          name: `${input.SecretId} ${stage}`,
          kind: "secret",
          waitsMs: 2_850,
          act: () => {
            const value = this.#secrets[stage][input.SecretId];
            if (!value)
              throw Object.assign(new Error("no such secret"), { name: "ResourceNotFoundException" });
            return { SecretString: JSON.stringify(this.#without.secret?.(input.SecretId, value) ?? value) };
          },
          lost: () => {
            throw new Error("no answer of Secrets Manager");
          },
        });
      },
    } as unknown as SecretsManagerClient;
    const pause = (milliseconds: number) =>
      new Promise<void>((resolve) => this.time.after(milliseconds, resolve));
    const now = { run, secrets: secretsFrom(client, (name) => name, clock, pause) };
    this.#known.set(run.machine, now);
    return now.secrets;
  }

  #sendOf(run: Run): Send {
    const send: Send = async (request, timing) => {
      const path = pathOf(request);
      const stands = await this.#pass(run, {
        name: path,
        kind: "connect",
        waitsMs: timing.connectMs,
        act: () => true,
        lost: () => false,
      });
      if (!stands) return { kind: "not_sent", why: "the connection could not be made" };
      if (!timing.mayStillSend()) return { kind: "not_sent", why: "no time was left to send" };
      const answered = await this.#pass(run, {
        name: path,
        kind: Provider.changes(request) ? "change" : "question",
        waitsMs: timing.replyMs,
        act: () => {
          // The provider gives what comes to it the next place in the order.
          this.senders.set(this.#seq + 1, run.about ?? "");
          this.sentBy.set(this.#seq + 1, run);
          const reply = this.provider.handle(request, this.later);
          if (Provider.changes(request)) run.wasToldBy = this.provider.said;
          return { reply };
        },
        lost: () => undefined,
      });
      const reply = answered?.reply;
      // Of a request that was struck that time has passed.
      if (answered && !reply) await new Promise<void>((resolve) => this.time.after(timing.replyMs, resolve));
      if (!reply) return { kind: "lost", why: "no whole reply came in time", timedOut: true };
      const { status, coding, retryAfter } = reply;
      const body = decoded(Buffer.from(reply.body), coding, replyLimit);
      if ("why" in body) return { kind: "lost", why: body.why, timedOut: false };
      return { kind: "reply", reply: { status, ...body, retryAfter } };
    };
    return this.#without.send?.(send, this) ?? send;
  }

  #recordsOf(run: Run): Records {
    const client = {
      send: (command: Command, options?: { readonly requestTimeout: number }): Promise<Output> => {
        const name = nameOf(command);
        const { input } = command;
        const isRead = isReading(name);
        if (name === "due" && !this.#hasRows(input)) return Promise.resolve({ Items: [] });
        const operation = command.constructor.name.replace(/Command$/, "");
        const act = () => this.#execute(run, name, operation, input);
        const copy = () => quietly(() => this.#execute(run, name, operation, withoutToken(input)));
        return this.#pass(run, {
          name,
          kind: isRead ? "read" : "write",
          // The SDK tries three times.
          waitsMs: 3 * (options?.requestTimeout ?? 950),
          act: () => {
            if (!isRead) this.#issued.push(copy);
            return act();
          },
          lost: () => {
            throw Object.assign(new Error("no answer of DynamoDB"), { name: "TimeoutError" });
          },
          refused: (strike) => (strike === "throttled" ? throttled() : inTheWay(input)),
        });
      },
    };
    const seen = this.#without.client?.(client as Client) ?? client;
    return recordsIn(tableName, seen as unknown as DynamoDBClient);
  }

  /** Most shards have no row, and asking for those is no point. */
  #hasRows({ ExpressionAttributeValues: values }: CommandInput): boolean {
    const shard = values?.[":shard"]?.N;
    return shard === undefined || [...this.store.items].some((item) => item.shard?.N === shard);
  }

  #execute(run: Run, name: string, operation: string, input: CommandInput): Output {
    const altered = this.#altered(name, input);
    this.commands?.push({ at: this.now, operation, input: altered });
    const keys = [input, ...(input.TransactItems ?? []).map(partOf)].map(({ Key }) => Key?.pk?.S ?? "");
    const before = keys.map((key) => this.store.get(key));
    const answer = this.#called(operation, altered as Input, input as Input);
    for (const [at, key] of keys.entries()) {
      const item = this.store.get(key);
      if (item && item !== before[at])
        this.#wrote({ seq: this.order(), at: this.now, write: name, by: run, item });
    }
    return answer;
  }

  /** A command that a guard's absence makes nothing of is of a form that the guard is not of: it stays as it is. */
  #called(operation: string, altered: Input, input: Input): Output {
    try {
      return this.store.call(operation, altered);
    } catch (error) {
      const isRefusal =
        error instanceof ConditionalCheckFailedException || error instanceof TransactionCanceledException;
      if (isRefusal) throw error;
      if (altered !== input) return this.#called(operation, input, input);
      this.misformed ??= `${operation}: ${error instanceof Error ? error.message : error}`;
      throw error;
    }
  }

  #wrote(version: Version): void {
    // A place, an anchor or a counter is no record.
    const { item } = version;
    if (item.state) this.versions.push(version);
    const id = item.pk?.S ?? "";
    if (item.namespace?.S === "notification" && !this.strays.includes(id)) this.strays.push(id);
    this.onWrite(version);
  }

  /** Without what a test takes away. */
  #altered(name: string, input: CommandInput): CommandInput {
    const { command } = this.#without;
    if (!command) return input;
    if (!input.TransactItems) return inThatForm(() => command(name, input), input);
    const items = input.TransactItems.map((item) => {
      const part = partOf(item);
      const altered = this.#altered(writeName(part), part);
      return "Update" in item ? { Update: altered } : { ConditionCheck: altered };
    });
    return { ...input, TransactItems: items };
  }
}

/** DynamoDB knows a copy of a transaction by its token for ten minutes: here a copy may come at any time. */
function withoutToken({ ClientRequestToken: _token, ...input }: CommandInput): CommandInput {
  return input;
}

function throttled(): never {
  throw Object.assign(new Error("too many requests"), { name: "ThrottlingException" });
}

/** DynamoDB's word for a write that meets a transaction on one of its items: nothing was written. */
function inTheWay({ TransactItems: items }: CommandInput): never {
  const message = "a transaction is under way";
  if (!items) throw Object.assign(new Error(message), { name: "TransactionConflictException" });
  const CancellationReasons = items.map((_, at) => ({ Code: at === 0 ? "TransactionConflict" : "None" }));
  throw new TransactionCanceledException({ message, $metadata: { attempts: 1 }, CancellationReasons });
}

/** What an act came to, to be told later. */
function attempt<T>(act: () => T): () => T {
  try {
    const result = act();
    return () => result;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

function quietly(act: () => unknown): void {
  try {
    act();
  } catch {
    // Nobody waits for the answer.
  }
}
