import { fork } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { APIGatewayProxyEventV2, SQSEvent } from "aws-lambda";
import { afterAll, beforeAll, expect, test } from "vitest";
import { recordId } from "../../lib/records/identity.ts";
import { startQueues } from "../../local/queues.ts";
import { randomOf } from "../soak/random.ts";
import {
  asForm,
  asJson,
  type Notification,
  notificationOf,
  type Registration,
  registrationOf,
  webhookPath,
} from "../support/account-bindings.ts";
import { gatewaySecret, only, startedAround } from "../support/around.ts";
import { startCountingProxy } from "../support/counting-proxy.ts";
import type { Item } from "../support/dynamodb.ts";
import { certainForms, form, headersOf, json, type Sent } from "../support/notification-forms.ts";
import { started } from "../support/started.ts";
import { secretValues } from "../support/wallets.ts";

/**
 * A storm of notifications while DynamoDB is away, then Secrets Manager (of functions that have just started), then both, then
 * the queue too. The functions run in a process that is killed (SIGKILL) and started anew all the while.
 * STORM=10000 makes it as large as the storms of a bad day.
 */
const number = Number(process.env.STORM ?? 240);
const seed = Number(process.env.SEED ?? randomInt(2 ** 31));
const random = randomOf(String(seed), "storm");

const file = join(tmpdir(), `storm-${process.pid}-${seed}.sqlite`);
const queue = {
  name: "Notifications",
  arn: "arn:q",
  url: "q/Notifications",
  hiddenMs: 400,
  deadLetters: undefined,
};

const values = { gateway: gatewaySecret, nicepay: secretValues.nicepay };
const { table, store, vault, records, variables } = startedAround(["nicepay", "gateway"], only(values));
const { queues } = started({
  queues: () => startQueues({ queues: [queue], file, check: () => undefined, port: 0, hiddenMs: 400 }),
});
const { post } = started({ post: () => startCountingProxy(`http://127.0.0.1:${queues.port}`) });
let reading: SQSClient;

beforeAll(() => {
  reading = new SQSClient({
    region: "eu-central-1",
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
    endpoint: `http://127.0.0.1:${queues.port}`,
    useQueueUrlAsEndpoint: false,
  });
  Object.assign(process.env, {
    ...variables(),
    AWS_ENDPOINT_URL_SQS: post.url,
    NOTIFICATION_QUEUE_URL: queue.url,
    NICEPAY_ACCOUNT: "main",
    WEBHOOK_SOURCE_ADDRESSES: "103.20.51.33",
    PROVIDER_TIMEOUT_MS: "800",
    FUNCTION_TIMEOUT_MS: "8000",
    LEASE_MS: "9000",
    QUIET_PERIOD_MS: "1000",
  });
});
afterAll(async () => {
  reading?.destroy();
  await rm(file, { force: true });
});

/** A process of its own with the functions in it. What it was doing when it was killed has no answer. */
interface Functions {
  readonly webhook: (event: APIGatewayProxyEventV2) => Promise<unknown>;
  readonly consumer: (event: SQSEvent) => Promise<unknown>;
  /** SIGKILL: nothing is finished, nothing is closed. */
  kill(): Promise<void>;
}

let kills = 0;

/** Starts one that knows no secret and has no connection. */
async function startedFunctions(): Promise<Functions> {
  const child = fork(new URL("../support/notification-process.ts", import.meta.url), {
    execArgv: [],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const gone = once(child, "exit");
  const waiting = new Map<number, (answer: unknown) => void>();
  await once(child, "message");
  child.on("message", ({ id, answer }: { readonly id: number; readonly answer: unknown }) => {
    waiting.get(id)?.(answer);
    waiting.delete(id);
  });
  child.on("exit", () => {
    for (const settle of waiting.values()) settle(undefined);
    waiting.clear();
  });
  let sent = 0;
  const ask = (of: string) => (event: object) =>
    new Promise<unknown>((resolve) => {
      sent += 1;
      waiting.set(sent, resolve);
      child.send({ id: sent, of, event }, (error) => error && resolve(undefined));
    });
  return {
    webhook: ask("webhook"),
    consumer: ask("consumer"),
    async kill() {
      kills += 1;
      child.kill("SIGKILL");
      await gone;
    },
  };
}

/** The work, killed somewhere in the middle, and a new process; or the same one, where the draw lets it live. */
async function mayDie(
  functions: Functions,
  work: () => Promise<unknown>,
  chance: number,
): Promise<Functions> {
  const dies = random.chance(chance);
  const killed = dies ? sleep(random.next() * 40).then(() => functions.kill()) : undefined;
  await Promise.all([work(), killed]);
  return dies ? startedFunctions() : functions;
}

/** Each in another of the forms that are accepted; a million bytes each would be a storm of another kind. */
const forms: readonly ((fields: Notification) => Sent)[] = [
  (fields) => json(asJson(fields)),
  (fields) => form(asForm(fields)),
  (fields) => form(asForm(fields).replaceAll("%2B", "+")),
  (fields) => json(Buffer.from(asJson(fields), "latin1")),
  ...certainForms.flatMap(([what, sent]) => (what.includes("a million bytes") ? [] : [sent])),
];

/** The status of the answer; undefined where the process was killed before it answered. */
async function deliver(
  { webhook }: Functions,
  fields: Notification,
  at: number,
): Promise<number | undefined> {
  const sent = (forms[at % forms.length] as (typeof forms)[number])(fields);
  const http = { method: "POST", path: "/", protocol: "HTTP/1.1", sourceIp: "103.20.51.33", userAgent: "" };
  const event = {
    rawPath: webhookPath,
    headers: headersOf(sent),
    requestContext: { http, requestId: "r" },
    body: Buffer.from(sent.body).toString("base64"),
    isBase64Encoded: true,
  } as unknown as APIGatewayProxyEventV2;
  const answer = (await webhook(event)) as { readonly statusCode: number; readonly body: string } | undefined;
  if (!answer) return undefined;
  // It says what was wrong with the form, should one be refused.
  expect([200, 503], `${sent.type}: ${answer.body}`).toContain(answer.statusCode);
  return answer.statusCode;
}

/** One look into the queue, as Lambda's event source takes it. Gives how many messages it found. */
async function consume({ consumer }: Functions): Promise<number> {
  const asked = new ReceiveMessageCommand({ QueueUrl: queue.url, MaxNumberOfMessages: 10 });
  const { Messages: messages = [] } = await reading.send(asked);
  if (messages.length === 0) return 0;
  const event = {
    Records: messages.map(({ MessageId: messageId, Body: body }) => ({ messageId, body })),
  } as SQSEvent;
  const answer = (await consumer(event)) as
    | { readonly batchItemFailures: readonly { readonly itemIdentifier: string }[] }
    | undefined;
  // Whoever was killed deletes nothing, and the messages come again.
  if (!answer) return messages.length;
  const failed = new Set(answer.batchItemFailures.map((each) => each.itemIdentifier));
  const done = messages.filter(({ MessageId: id = "" }) => !failed.has(id));
  // Lambda's event source may be gone too, with the work done: the messages come again.
  if (done.length > 0 && !random.chance(0.1))
    await reading.send(
      new DeleteMessageBatchCommand({
        QueueUrl: queue.url,
        Entries: done.map(({ MessageId: Id, ReceiptHandle }) => ({ Id, ReceiptHandle })),
      }),
    );
  return messages.length;
}

async function registeredAs(index: number): Promise<Registration> {
  const registration = registrationOf(`STORM-${seed}-${index}`, {
    billingPhone: `+6281${String(index).padStart(9, "0")}`,
  });
  const { referenceNo, billingPhone, clientUserKey } = registration;
  await records.claim({
    id: recordId("nicepay", "main", { namespace: "binding", id: referenceNo }),
    provider: "nicepay",
    account: "main",
    operation: "register-account-binding",
    namespace: "binding",
    identity: referenceNo,
    caller: "anonymous",
    request: "f.x",
    isSameRequest: () => true,
    facts: JSON.stringify({ billingPhone, clientUserKey, mitraCd: "KDVI" }),
    customer: undefined,
    amount: undefined,
    host: "127.0.0.1",
    newOwner: () => "owner",
    now: Date.now(),
    leaseMs: 9000,
  });
  return registration;
}

const away = Number.MAX_SAFE_INTEGER;
const chanceOfDeath = 0.15;
const outages = [
  { what: "DynamoDB", isQueueAway: false, cold: false, set: () => store.refuse(away) },
  {
    what: "Secrets Manager, for functions that know nothing",
    isQueueAway: false,
    cold: true,
    set: () => vault.refuse(away),
  },
  {
    what: "both",
    isQueueAway: false,
    cold: true,
    set: () => [store, vault].map((each) => each.refuse(away)),
  },
  {
    what: "the queue too",
    isQueueAway: true,
    cold: true,
    set: () => [store, vault, post].map((each) => each.refuse(away)),
  },
];

test(
  `${number} notifications while one thing after another is away (SEED=${seed})`,
  async () => {
    console.log(`SEED=${seed}`);
    const all: Registration[] = [];
    for (let index = 0; index < number; index += 1) all.push(await registeredAs(index));
    const promised = new Set<string>();
    const unanswered = new Set<Registration>();
    let refused: Registration[] = [];
    let functions = await startedFunctions();
    const deliverAll = async (registrations: readonly Registration[], from: number) => {
      await Promise.all(
        registrations.map(async (registration, index) => {
          const fields = notificationOf(registration, {
            fields: { userToken: `token-${registration.referenceNo}` },
          });
          const status = await deliver(functions, fields, from + index);
          if (status === 200) promised.add(registration.referenceNo);
          else if (status === 503) refused.push(registration);
          else unanswered.add(registration);
        }),
      );
    };
    // It has served before.
    expect(await deliver(functions, notificationOf(await registeredAs(number)), 0)).toBe(200);
    const share = Math.ceil(number / outages.length);
    for (const [at, { isQueueAway, cold, set }] of outages.entries()) {
      if (cold) {
        await functions.kill();
        functions = await startedFunctions();
      }
      set();
      const mine = all.slice(at * share, (at + 1) * share);
      for (let from = 0; from < mine.length; from += 8) {
        functions = await mayDie(
          functions,
          () => deliverAll(mine.slice(from, from + 8), from),
          chanceOfDeath,
        );
        // Whoever looks into the queue meanwhile takes nothing out of it.
        functions = await mayDie(functions, () => consume(functions), chanceOfDeath / 2);
      }
      for (const each of [store, vault, post]) each.refuse(0);
      // Where the queue was out of reach nobody was told 200. Where it was in reach nobody was turned away, but for what a machine
      // that stands still now and then lets time out.
      const told = mine.filter(({ referenceNo }) => promised.has(referenceNo));
      if (isQueueAway) expect(told).toEqual([]);
      else expect(refused.length).toBeLessThanOrEqual(share / 100);
    }
    // The provider sends again what was not answered with 200.
    for (let again = [...refused, ...unanswered]; again.length > 0; again = [...refused, ...unanswered]) {
      refused = [];
      unanswered.clear();
      for (let from = 0; from < again.length; from += 8)
        functions = await mayDie(
          functions,
          () => deliverAll(again.slice(from, from + 8), from),
          chanceOfDeath,
        );
    }
    expect(promised.size).toBe(number);

    for (let empty = 0; empty < 3; ) {
      let found = 0;
      functions = await mayDie(
        functions,
        async () => {
          found = await consume(functions);
        },
        chanceOfDeath / 2,
      );
      if (found > 0) empty = 0;
      else {
        empty += 1;
        await sleep(450);
      }
    }
    expect(kills).toBeGreaterThan(number / 80);
    console.log(`${kills} processes were killed`);
    await functions.kill();
    const items = await table.scan();
    const bound = new Map(
      items
        .filter(({ namespace }: Item) => namespace?.S === "binding")
        .map((item) => [item.identity?.S, item] as const),
    );
    for (const { referenceNo } of all) {
      const history = bound.get(referenceNo)?.history?.L?.map(({ S = "" }) => S.split(" ")[0]);
      expect([referenceNo, history]).toEqual([referenceNo, ["dispatched", "succeeded"]]);
      expect(bound.get(referenceNo)?.binding?.M?.userToken?.S).toMatch(/^s\./);
    }
    // Nothing was taken for a disagreement: each was bound by the notification that was its own.
    expect(items.filter(({ namespace }) => namespace?.S === "notification")).toEqual([]);
  },
  number * 1_000,
);
