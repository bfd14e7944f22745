import { randomInt } from "node:crypto";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { APIGatewayProxyEventV2, Context, SQSEvent } from "aws-lambda";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { recordId } from "../../lib/records/identity.ts";
import { type Records, recordsIn } from "../../lib/records/store.ts";
import { type Queues, startQueues } from "../../local/queues.ts";
import { type SecretsManager, startSecretsManager } from "../../local/secrets-manager.ts";
import {
  asForm,
  asJson,
  type Notification,
  notificationOf,
  type Registration,
  registrationOf,
  types,
  webhookPath,
} from "../support/account-bindings.ts";
import { type CountingProxy, startCountingProxy } from "../support/counting-proxy.ts";
import { type Item, localCredentials, startTable, type TestTable } from "../support/dynamodb.ts";
import { secretValues } from "../support/wallets.ts";

/**
 * A storm of notifications while DynamoDB is away, then Secrets Manager (of functions that have just started), then both, then
 * the queue too. Functions are killed and started all the while: a new copy of their modules knows nothing of the one before.
 * STORM=10000 makes it as large as the storms of a bad day.
 */
const number = Number(process.env.STORM ?? 240);
const seed = Number(process.env.SEED ?? randomInt(2 ** 31));

let table: TestTable;
let store: CountingProxy;
let manager: SecretsManager;
let vault: CountingProxy;
let queues: Queues;
let post: CountingProxy;
let records: Records;
let reading: SQSClient;
const file = join(tmpdir(), `storm-${process.pid}-${seed}.sqlite`);
const queue = {
  name: "Notifications",
  arn: "arn:q",
  url: "q/Notifications",
  hiddenMs: 400,
  deadLetters: undefined,
};

beforeAll(async () => {
  table = await startTable();
  store = await startCountingProxy(table.url);
  const secret = (key: string) => ({ name: key, arn: `arn:${key}`, key });
  const ring = (id: string) => [{ id, key: Buffer.alloc(32, id).toString("base64") }];
  const gateway = { fingerprintKeys: ring("f"), sealingKeys: ring("s") };
  manager = await startSecretsManager([secret("nicepay"), secret("gateway")], {
    description: "",
    versions: (key) => ({
      current: { id: key, value: key === "gateway" ? gateway : secretValues.nicepay },
      previous: undefined,
    }),
  });
  vault = await startCountingProxy(manager.url);
  queues = await startQueues({ queues: [queue], file, check: () => undefined, port: 0, hiddenMs: 400 });
  post = await startCountingProxy(`http://127.0.0.1:${queues.port}`);
  reading = new SQSClient({
    region: "eu-central-1",
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
    endpoint: `http://127.0.0.1:${queues.port}`,
    useQueueUrlAsEndpoint: false,
  });
  records = recordsIn(table.name, table.client);
  Object.assign(process.env, {
    ...localCredentials,
    AWS_ENDPOINT_URL_DYNAMODB: store.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: vault.url,
    AWS_ENDPOINT_URL_SQS: post.url,
    NOTIFICATION_QUEUE_URL: queue.url,
    TABLE_NAME: table.name,
    NICEPAY_SECRET_ID: "arn:nicepay",
    GATEWAY_SECRET_ID: "arn:gateway",
    NICEPAY_ACCOUNT: "main",
    PROVIDER_TIMEOUT_MS: "800",
    FUNCTION_TIMEOUT_MS: "8000",
    LEASE_MS: "9000",
    QUIET_PERIOD_MS: "1000",
  });
});
beforeEach(() => {
  vi.spyOn(process.stdout, "write").mockImplementation(() => true);
});
afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
  reading?.destroy();
  await Promise.all([store?.stop(), vault?.stop(), post?.stop()]);
  manager?.close();
  queues?.close();
  await table?.stop();
  await rm(file, { force: true });
});

interface Functions {
  readonly webhook: (event: APIGatewayProxyEventV2, context: Context) => Promise<unknown>;
  readonly consumer: (
    event: SQSEvent,
    context: Context,
  ) => Promise<{ batchItemFailures: { itemIdentifier: string }[] }>;
}

/** A process that has just started: it knows no secret and has no connection. */
async function started(): Promise<Functions> {
  vi.resetModules();
  const [webhook, consumer] = await Promise.all([
    import("../../functions/nicepay/account-binding-webhook.ts"),
    import("../../functions/nicepay/account-binding-queue.ts"),
  ]);
  return { webhook: webhook.handler, consumer: consumer.handler };
}

const context = { getRemainingTimeInMillis: () => 8000, awsRequestId: "r" } as Context;

/** Each in another of the forms that are accepted. */
const forms: readonly ((fields: Notification) => { readonly type: string; readonly body: Buffer })[] = [
  (fields) => ({ type: types.json, body: Buffer.from(asJson(fields)) }),
  (fields) => ({ type: types.form, body: Buffer.from(asForm(fields)) }),
  (fields) => ({ type: "text/plain; charset=utf8", body: Buffer.from(`\ufeff${asJson(fields)}`) }),
  (fields) => ({ type: types.form, body: Buffer.from(asForm(fields).replaceAll("%2B", "+")) }),
  (fields) => ({ type: types.json, body: Buffer.from(asJson(fields), "latin1") }),
  (fields) => ({
    type: "multipart/form-data; boundary=----form-9f",
    body: Buffer.from(
      `${Object.entries(fields)
        .map(
          ([name, value]) =>
            `------form-9f\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
        )
        .join("")}------form-9f--\r\n`,
    ),
  }),
];

async function deliver({ webhook }: Functions, fields: Notification, form: number): Promise<number> {
  const { type, body } = (forms[form % forms.length] as (typeof forms)[number])(fields);
  const http = { method: "POST", path: "/", protocol: "HTTP/1.1", sourceIp: "103.20.51.33", userAgent: "" };
  const event = {
    rawPath: webhookPath,
    headers: { "content-type": type },
    requestContext: { http, requestId: "r" },
    body: body.toString("base64"),
    isBase64Encoded: true,
  } as unknown as APIGatewayProxyEventV2;
  const answer = (await webhook(event, context)) as { readonly statusCode: number; readonly body: string };
  // It says what was wrong with the form, should one be refused.
  expect([200, 503], `${type}: ${answer.body}`).toContain(answer.statusCode);
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
  const failed = new Set(
    (await consumer(event, context)).batchItemFailures.map((each) => each.itemIdentifier),
  );
  const done = messages.filter(({ MessageId: id = "" }) => !failed.has(id));
  // A process that was killed here has done its work, and its messages come again.
  if (done.length > 0 && Math.random() > 0.1)
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
const outages = [
  { what: "DynamoDB", cold: false, set: () => store.refuse(away) },
  { what: "Secrets Manager, for functions that know nothing", cold: true, set: () => vault.refuse(away) },
  { what: "both", cold: true, set: () => [store, vault].map((each) => each.refuse(away)) },
  {
    what: "the queue too",
    cold: true,
    set: () => [store, vault, post].map((each) => each.refuse(away)),
  },
];

test(`${number} notifications while one thing after another is away (SEED=${seed})`, async () => {
  console.log(`SEED=${seed}`);
  const all: Registration[] = [];
  for (let index = 0; index < number; index += 1) all.push(await registeredAs(index));
  const promised = new Set<string>();
  const refused: Registration[] = [];
  let functions = await started();
  // It has served before.
  expect(await deliver(functions, notificationOf(await registeredAs(number)), 0)).toBe(200);
  const share = Math.ceil(number / outages.length);
  for (const [at, { cold, set }] of outages.entries()) {
    if (cold) functions = await started();
    set();
    const mine = all.slice(at * share, (at + 1) * share);
    for (let from = 0; from < mine.length; from += 8) {
      await Promise.all(
        mine.slice(from, from + 8).map(async (registration, index) => {
          const fields = notificationOf(registration, {
            fields: { userToken: `token-${registration.referenceNo}` },
          });
          const status = await deliver(functions, fields, from + index);
          if (status === 200) promised.add(registration.referenceNo);
          else refused.push(registration);
        }),
      );
      // Killed in the middle, and whoever looks into the queue meanwhile takes nothing out of it.
      if (cold) functions = await started();
      await consume(functions);
    }
    for (const each of [store, vault, post]) each.refuse(0);
  }
  // Where the queue was in reach nobody was turned away, and where it was not nobody was told 200.
  expect(promised.size).toBe(share * (outages.length - 1));
  for (let from = 0; from < refused.length; from += 8)
    await Promise.all(
      refused.slice(from, from + 8).map(async (registration, index) => {
        const fields = notificationOf(registration, {
          fields: { userToken: `token-${registration.referenceNo}` },
        });
        expect(await deliver(functions, fields, index)).toBe(200);
      }),
    );

  for (let empty = 0; empty < 3; ) {
    if (Math.random() < 0.05) functions = await started();
    if ((await consume(functions)) > 0) empty = 0;
    else {
      empty += 1;
      await sleep(450);
    }
  }
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
}, 1_800_000);
