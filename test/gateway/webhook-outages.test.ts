import { randomUUID } from "node:crypto";
import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { handler as getHandler } from "../../functions/account-bindings/get.ts";
import { handler } from "../../functions/nicepay/account-binding-webhook.ts";
import type { LambdaHandler } from "../../lib/operation/handler.ts";
import { recordId } from "../../lib/records/identity.ts";
import { runtime } from "../../lib/runtime.ts";
import { systemClock } from "../../lib/time.ts";
import {
  asForm,
  asJson,
  freshReference,
  type Notification,
  notificationOf,
  type Registration,
  registrationOf,
  type Type,
  types,
  userTokenOf,
  webhookPath,
} from "../support/account-bindings.ts";
import { gatewaySecret, ring, startedAround } from "../support/around.ts";
import { valuesOf } from "../support/emf.ts";
import { secretValues } from "../support/wallets.ts";

/**
 * The two functions as Lambda calls them, in this process, with proxies before DynamoDB and Secrets Manager that fail as
 * they are told.
 */
type Values = { readonly [name: string]: string };
/** What Secrets Manager holds for NICEPAY; each has an id of its own. */
let current: Values = secretValues.nicepay;
let previous: Values | undefined;

const { table, store, vault, records, variables } = startedAround(["nicepay", "gateway"], (name) =>
  name === "gateway"
    ? { current: { id: "g", value: gatewaySecret }, previous: undefined }
    : {
        current: { id: JSON.stringify(current), value: current },
        previous: previous && { id: JSON.stringify(previous), value: previous },
      },
);
beforeAll(() => {
  Object.assign(process.env, {
    ...variables(),
    // Nothing listens there: the queue is away too.
    AWS_ENDPOINT_URL_SQS: "http://127.0.0.1:9",
    NOTIFICATION_QUEUE_URL: "q/Notifications",
    NICEPAY_ACCOUNT: "main",
    WEBHOOK_SOURCE_ADDRESSES: "103.20.51.33",
    PROVIDER_TIMEOUT_MS: "800",
    FUNCTION_TIMEOUT_MS: "8000",
    LEASE_MS: "9000",
    QUIET_PERIOD_MS: "1000",
  });
});

/** Time as the function sees it; what is cached for minutes ages when it is set forward. */
let now = Date.UTC(2025, 0, 1);
const lines: string[] = [];
beforeEach(() => {
  // Past every cache of the test before.
  now += 3_600_000;
  current = secretValues.nicepay;
  previous = undefined;
  vi.spyOn(systemClock, "now").mockImplementation(() => now);
  vi.spyOn(process.stdout, "write").mockImplementation((line) => {
    lines.push(String(line).trimEnd());
    return true;
  });
});
afterEach(() => {
  store.refuse(0);
  vault.refuse(0);
  vi.restoreAllMocks();
});

const age = (milliseconds: number) => {
  now += milliseconds;
};

let requests = 0;
async function invoke(lambda: LambdaHandler, event: Partial<APIGatewayProxyEventV2>) {
  requests += 1;
  const http = { method: "POST", path: "/", protocol: "HTTP/1.1", sourceIp: "103.20.51.33", userAgent: "" };
  const whole = {
    headers: {},
    requestContext: { http, requestId: `r-${requests}` },
    isBase64Encoded: false,
    ...event,
  } as APIGatewayProxyEventV2;
  const context = { getRemainingTimeInMillis: () => 8000 } as Context;
  const answer = (await lambda(whole, context)) as {
    statusCode: number;
    headers: Readonly<Record<string, string>>;
    body: string;
  };
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: JSON.parse(answer.body) as { readonly code?: string; readonly result?: object },
  };
}

/** Many notifications in one body. */
const deliverList = (all: readonly Notification[]) =>
  invoke(handler, {
    rawPath: webhookPath,
    headers: { "content-type": types.json },
    body: `[${all.map(asJson).join(",")}]`,
  });

function deliver(fields: Notification, type: Type = "json") {
  const body = type === "json" ? asJson(fields) : asForm(fields);
  // API Gateway gives what it does not take for text in base64.
  const encoded = type === "form";
  return invoke(handler, {
    rawPath: webhookPath,
    headers: { "content-type": types[type] },
    body: encoded ? Buffer.from(body).toString("base64") : body,
    isBase64Encoded: encoded,
  });
}

/** A registration whose reply has not been recorded yet. */
async function dispatched(): Promise<Registration> {
  const registration = registrationOf(freshReference());
  const { referenceNo, billingPhone, clientUserKey } = registration;
  const { kind } = await records.claim({
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
    now,
    leaseMs: 9000,
  });
  expect(kind).toBe("won");
  return registration;
}

const given = async ({ referenceNo }: Registration) =>
  (await invoke(getHandler, { pathParameters: { referenceNo } })).body.result;

/** As where the key is lost that it was sealed with. */
async function loseSealOf({ referenceNo }: Registration): Promise<void> {
  const item = await table.item(recordId("nicepay", "main", { namespace: "binding", id: referenceNo }));
  if (!item?.binding?.M) throw new Error("not bound");
  await table.put({ ...item, binding: { M: { ...item.binding.M, userToken: { S: "lost.x" } } } });
}

async function expectBound(registration: Registration): Promise<void> {
  const { referenceNo } = registration;
  expect(await given(registration)).toMatchObject({ bound: true, userToken: userTokenOf(referenceNo) });
}

function expectAskedAgain(answer: Awaited<ReturnType<typeof deliver>>): void {
  expect(answer.status).toBe(503);
  expect(answer.headers["retry-after"]).toMatch(/^[1-9]\d*$/);
  expect(answer.headers["cache-control"]).toBe("no-store");
}

test("an error of ours that nobody expected asks for the notification again, and is counted as such", async () => {
  const notification = notificationOf(await dispatched());
  vi.spyOn(runtime().secrets, "current").mockRejectedValue(new TypeError("ours"));
  lines.length = 0;
  expectAskedAgain(await deliver(notification));
  const [line = "{}", ...more] = lines;
  expect(more).toEqual([]);
  expect(JSON.parse(line)).toMatchObject({ code: "not-sent", error: "TypeError" });
  expect(valuesOf(JSON.parse(line))).toEqual({
    "WebhookReceived provider=nicepay": 1,
    "WebhookRefused provider=nicepay": 1,
    "WebhookRefused provider=nicepay reason=503": 1,
    "Unexpected function=nicepay/account-binding-webhook": 1,
    "Setbacks function=nicepay/account-binding-webhook": 1,
  });
});

describe("a body of many notifications", () => {
  afterEach(() => store.delay(0));

  test("is taken in by several at once: one after another would be longer than the provider waits", async () => {
    const registrations: Registration[] = [];
    while (registrations.length < 50) registrations.push(await dispatched());
    // 100 calls of this length are 8 s, and 6 s are given to all.
    store.delay(80);
    expect((await deliverList(registrations.map((each) => notificationOf(each)))).status).toBe(200);
    store.delay(0);
    for (const each of registrations) await expectBound(each);
  });

  test("binds the first of two tokens of one registration, and keeps the other as a stray", async () => {
    const registration = await dispatched();
    const other = { fields: { userToken: "planted+another" } };
    const all = [notificationOf(registration), notificationOf(registration, other)];
    expect((await deliverList(all)).status).toBe(200);
    await expectBound(registration);
    const strays = (await table.scan()).filter(
      ({ namespace, identity }) =>
        namespace?.S === "notification" && identity?.S === registration.referenceNo,
    );
    expect(strays).toHaveLength(1);
  });

  test("is taken in as far as it can be, wherever it fails", async () => {
    const broken: Registration[] = [];
    while (broken.length < 10) broken.push(await dispatched());
    expect((await deliverList(broken.map((each) => notificationOf(each)))).status).toBe(200);
    const registration = await dispatched();
    for (const each of broken) await loseSealOf(each);
    const all = [...broken, registration].map((each) => notificationOf(each));
    expectAskedAgain(await deliverList(all));
    await expectBound(registration);
  });

  test("that fit no registration is kept, and again needs no write", async () => {
    const all = Array.from({ length: 30 }, () => registrationOf(freshReference()));
    const body = all.map((each) => notificationOf(each));
    expect((await deliverList(body)).status).toBe(200);
    const before = await table.scan();
    const kept = new Set(
      before.filter((each) => each.namespace?.S === "notification").map((each) => each.identity?.S),
    );
    expect(all.filter(({ referenceNo }) => !kept.has(referenceNo))).toEqual([]);
    store.forget();
    expect((await deliverList(body)).status).toBe(200);
    expect(Object.keys(store.counts())).toEqual(["GetItem"]);
    expect(await table.scan()).toEqual(before);
  });
});

describe("DynamoDB is away", () => {
  test.each<Type>(["json", "form"])("a notification as %s is asked for again, then kept", async (type) => {
    const registration = await dispatched();
    const before = await table.scan();
    const notification = notificationOf(registration);
    store.refuse(Number.MAX_SAFE_INTEGER);
    lines.length = 0;
    expectAskedAgain(await deliver(notification, type));
    expect(lines.filter((line) => line.includes('"WebhookRefused":1'))).toHaveLength(1);
    expect(lines.join()).toContain('"reason":"503"');
    expect(await table.scan()).toEqual(before);
    store.refuse(0);
    expect((await deliver(notification, type)).status).toBe(200);
    await expectBound(registration);
  });

  test("what fits no registration is asked for again, too", async () => {
    const registration = registrationOf(freshReference());
    store.refuse(Number.MAX_SAFE_INTEGER);
    expectAskedAgain(await deliver(notificationOf(registration)));
    store.refuse(0);
    expect((await deliver(notificationOf(registration))).status).toBe(200);
  });

  test("a forgery is refused all the same", async () => {
    const registration = await dispatched();
    store.refuse(Number.MAX_SAFE_INTEGER);
    const forged = notificationOf(registration, { merchantKey: "another" });
    expect((await deliver(forged)).status).toBe(401);
  });

  test("and comes back in the middle", async () => {
    for (const refusals of [1, 2, 3, 4]) {
      const registration = await dispatched();
      store.refuse(refusals);
      const { status } = await deliver(notificationOf(registration));
      expect([200, 503]).toContain(status);
      store.refuse(0);
      if (status === 503) expect((await deliver(notificationOf(registration))).status).toBe(200);
      await expectBound(registration);
    }
  });

  test("only its answers are: the binding is written once", async () => {
    for (const losses of [1, 2, 3, 4, 5]) {
      const registration = await dispatched();
      store.loseAnswers(losses);
      const { status } = await deliver(notificationOf(registration));
      expect([200, 503]).toContain(status);
      store.loseAnswers(0);
      const { referenceNo } = registration;
      const id = recordId("nicepay", "main", { namespace: "binding", id: referenceNo });
      const first = (await table.item(id))?.binding;
      age(1_000);
      expect((await deliver(notificationOf(registration))).status).toBe(200);
      if (first) expect((await table.item(id))?.binding).toEqual(first);
      await expectBound(registration);
    }
  });
});

describe("Secrets Manager is away", () => {
  test("a function that knows its secrets goes on", async () => {
    const known = await dispatched();
    expect((await deliver(notificationOf(known))).status).toBe(200);
    const registration = await dispatched();
    vault.refuse(Number.MAX_SAFE_INTEGER);
    age(24 * 3_600_000);
    expect((await deliver(notificationOf(registration))).status).toBe(200);
    await expectBound(registration);
  });
});

describe("the keys rotate", () => {
  const newKey = (): Values => ({ ...secretValues.nicepay, merchantKey: `planted-key-${randomUUID()}` });
  /** New for each test: what the function has in its memory from another test must not help it. */
  let next: Values;
  let last: Values;
  const never = newKey();
  const under = (registration: Registration, { merchantKey = "" }: Values) =>
    notificationOf(registration, { merchantKey });
  const rotate = (to: Values) => {
    previous = current;
    current = to;
  };
  beforeEach(async () => {
    [next, last] = [newKey(), newKey()];
    // The function knows what is in force.
    expect((await deliver(notificationOf(await dispatched()))).status).toBe(200);
    age(3_000);
  });

  test("the new key is accepted at once, and the old one still", async () => {
    const [one, two, three] = [await dispatched(), await dispatched(), await dispatched()];
    rotate(next);
    expect((await deliver(under(one, secretValues.nicepay))).status).toBe(200);
    expect((await deliver(under(two, next))).status).toBe(200);
    expect((await deliver(under(three, secretValues.nicepay))).status).toBe(200);
    for (const registration of [one, two, three]) await expectBound(registration);
    expect((await deliver(under(await dispatched(), never))).status).toBe(401);
  });

  test("the old key is accepted by a function that found the new one by itself", async () => {
    const registration = await dispatched();
    rotate(next);
    age(5 * 60_000);
    expect((await deliver(under(registration, secretValues.nicepay))).status).toBe(200);
    expect((await deliver(under(await dispatched(), next))).status).toBe(200);
  });

  test("right after a forgery made the function look: the new key loses no notification", async () => {
    const registration = await dispatched();
    expect((await deliver(under(registration, never))).status).toBe(401);
    rotate(next);
    // Secrets Manager may not be asked again so soon; then what cannot be judged yet must come again.
    const { status } = await deliver(under(registration, next));
    expect([200, 503]).toContain(status);
    age(3_000);
    expect((await deliver(under(registration, next))).status).toBe(200);
    await expectBound(registration);
  });

  test("twice within minutes: the key before the last is accepted", async () => {
    // The function has the key before in its memory, from when it needed it.
    rotate(next);
    age(5 * 60_000);
    expect((await deliver(under(await dispatched(), next))).status).toBe(200);
    age(4 * 60_000);
    expect((await deliver(under(await dispatched(), secretValues.nicepay))).status).toBe(200);
    rotate(last);
    age(2 * 60_000);
    const registration = await dispatched();
    expect((await deliver(under(registration, last))).status).toBe(200);
    expect((await deliver(under(await dispatched(), next))).status).toBe(200);
  });

  test.each<readonly [string, Values]>([
    ["holds no key", {}],
    ["holds a key that cannot be used", { iMid: "IONPAYTEST", merchantKey: " x" }],
  ])("and the version before %s: a forgery is a forgery, and the new key is accepted", async (_what, value) => {
    previous = value;
    const registration = await dispatched();
    expect((await deliver(under(registration, never))).status).toBe(401);
    current = next;
    age(3_000);
    expect((await deliver(under(registration, next))).status).toBe(200);
    await expectBound(registration);
  });
});

test("a key that is gone from the ring is our fault, and the notification is asked for again", async () => {
  const registration = await dispatched();
  expect((await deliver(notificationOf(registration))).status).toBe(200);
  const { sealingKeys } = gatewaySecret;
  gatewaySecret.sealingKeys = ring("other");
  try {
    age(3_600_000);
    expectAskedAgain(await deliver(notificationOf(registration)));
    const { referenceNo } = registration;
    const answer = await invoke(getHandler, { pathParameters: { referenceNo } });
    expect([answer.status, answer.body.code]).toEqual([502, "misconfigured"]);
    expect(JSON.stringify(answer.body)).toContain('\\"s\\"');
  } finally {
    gatewaySecret.sealingKeys = sealingKeys;
  }
  age(3_600_000);
  expect((await deliver(notificationOf(registration))).status).toBe(200);
  await expectBound(registration);
});

test("nothing that was printed holds a user token or a key", () => {
  expect(lines.length).toBeGreaterThan(3);
  expect(lines.join("\n")).not.toMatch(/planted|33F49GnC/);
});
