import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Client,
  type ClientOptions,
  createClient,
  GatewayProblem,
  IdentityReused,
  InvalidRequest,
  NotKnownYet,
  RefusedByApiGateway,
  WrongCredential,
} from "../../client/src/index.ts";
import { fresh } from "../support/aggrepay-gateway.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { walletOf } from "../support/sandbox-gateway.ts";

/** A caller with a key of its own, before a gateway that asks who calls. */
const caller = {
  arn: "arn:aws:iam::000000000000:role/checkout",
  accessKeyId: "ASIACHECKOUT",
  secretAccessKey: "checkout-secret-4a1f",
  sessionToken: "checkout-token-77+/=",
  policy: {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Action: "execute-api:Invoke",
        Resource: "arn:aws:execute-api:ap-south-1:000000000000:local/$default/*",
      },
    ],
  },
};
const iam = (credentials: object = {}): ClientOptions["auth"] => ({
  kind: "iam",
  region: "ap-south-1",
  credentials: () => ({ ...caller, ...credentials }),
});

let gateway: Gateway;
let folder: string;
let start: () => Promise<Gateway>;
const wallet = walletOf(() => gateway);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "client-"));
  const principals = join(folder, "principals.json");
  await writeFile(principals, JSON.stringify([caller]));
  const times = {
    PROVIDER_TIMEOUT_MS: "2000",
    FUNCTION_TIMEOUT_MS: "7000",
    LEASE_MS: "7500",
    QUIET_PERIOD_MS: "500",
    SCHEDULE_MS: "0",
  };
  const env = { ...times, AUTH: "iam", PRINCIPALS_FILE: principals, PORT: String(await quietPort()) };
  start = () => startGateway({ env, dataDir: join(folder, "data") });
  gateway = await start();
});
afterAll(async () => {
  await gateway?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The same after a restart: signatures are for one host. */
const quietPort = () =>
  new Promise<number>((found) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => found(typeof address === "object" ? (address?.port ?? 0) : 0));
    });
  });

/** What happens to requests on their way, one after another; what is not told passes. */
type OnTheWay = (send: () => Promise<Response>) => Promise<Response>;
/** An answer of API Gateway's own. */
const message = (status: number, text: string) =>
  new Response(JSON.stringify({ message: text }), {
    status,
    headers: { "content-type": "application/json", "apigw-requestid": "KxY4jhW2Bcw=" },
  });
/** API Gateway's throttle: the function was never asked. */
const throttled: OnTheWay = async () => message(429, "Too Many Requests");
/** The function did all of it, and API Gateway had given up. */
const tooLate: OnTheWay = async (send) => {
  await send();
  return message(503, "Service Unavailable");
};
/** Credentials that ended while their caller waited. */
const expired: OnTheWay = async () => message(403, "The security token included in the request is expired");
const replyLost: OnTheWay = async (send) => {
  await send();
  throw new TypeError("fetch failed", { cause: new Error("ECONNRESET") });
};

/** What something on the way answers instead of the gateway, without having passed the request on. */
const instead =
  (status: number, text: string | null): OnTheWay =>
  async () =>
    new Response(text, { status, headers: { "content-type": "application/json" } });
/** What a firewall or a proxy answers in place of a reply that it blocks: the request was passed on. */
const blocked =
  (status: number, text: string, keepsHeaders = false): OnTheWay =>
  async (send) => {
    const headers = new Headers((await send()).headers);
    headers.delete("content-length");
    return new Response(text, { status, headers: keepsHeaders ? headers : {} });
  };
const forbidden = '{"message":"Forbidden"}';
const succeeded = (identity: string, more: object = {}) =>
  JSON.stringify({
    result: { transactionId: "887420489" },
    record: { operation: "aggrepay/debit-wallet", identity, state: "succeeded", attempt: 1, ...more },
  });
const ownProblem = (code: string, record?: object) =>
  JSON.stringify({ type: `urn:wallet-gateway:problem:${code}`, code, retry: "after-fix", record });

/** A client whose waits are short, and are told. */
function clientOf(way: OnTheWay[] = [], more: Partial<ClientOptions> = {}) {
  const waits: number[] = [];
  const requests: { readonly body: string; readonly key: string | null }[] = [];
  const client: Client = createClient({
    url: gateway.url,
    auth: iam(),
    sleep: async (milliseconds) => {
      waits.push(milliseconds);
      await pause(Math.min(milliseconds, 250));
    },
    fetch: (input, init) => {
      requests.push({ body: String(init?.body), key: new Headers(init?.headers).get("idempotency-key") });
      const send = () => fetch(input, init);
      return way.shift()?.(send) ?? send();
    },
    ...more,
  });
  return { client, waits, requests };
}

const debit = (merchantTransactionId: string, more: object = {}) => ({
  ...{ fromCustomerId: "991000017", amount: "1.00", mpin: "1234", merchantTransactionId },
  ...more,
});
const effectsOf = (merchantTransactionId: string) => wallet.effects({ merchantTransactionId });

describe("a debit ends with the truth, and moves money once", () => {
  test.each<[string, OnTheWay[], string]>([
    ["whose reply is lost on its way to the caller", [replyLost, replyLost], ""],
    ["that meets API Gateway's 429", [throttled, throttled], ""],
    ["that API Gateway gives up on with 503, although it is carried out", [tooLate], ""],
    ["whose reply is lost, and whose credentials then are refused", [replyLost, expired], ""],
    ["whose provider cuts the connection", [], ".sandbox.reset-after"],
    ["that meets all of them", [throttled, tooLate, replyLost], ".sandbox.reset-after"],
  ])("%s", async (_what, way, fault) => {
    const id = fresh("client") + fault;
    const most = Math.max(1, way.length);
    const { client, requests } = clientOf(way);
    const answer = await client.aggrepayDebitWallet(debit(id));
    expect(answer.result.transactionId).toMatch(/^\d+$/);
    expect(answer.record).toMatchObject({ identity: id, state: "succeeded", attempt: 1 });
    expect(requests.length).toBeGreaterThan(most);
    expect(new Set(requests.map(({ body }) => body)).size).toBe(1);
    expect(await effectsOf(id)).toHaveLength(1);
  });

  test.each<[string, (id: string) => OnTheWay]>([
    ["401", () => instead(401, '{"message":"Unauthorized"}')],
    ["404 in HTML", () => instead(404, "<html>")],
    ["408", () => instead(408, "")],
    ["413", () => instead(413, '{"message":"Request Too Long"}')],
    ["a firewall's own code", () => instead(403, '{"code":"WAF_BLOCK","retry":"x","message":"blocked"}')],
    ["the gateway's refusal of this repeat alone", () => instead(403, ownProblem("access-denied"))],
    ["another record's problem", () => instead(422, ownProblem("declined", { identity: "another" }))],
    ["200 without a body", () => instead(200, "")],
    ["200 {}", () => instead(200, "{}")],
    ["200 null", () => instead(200, "null")],
    ["200 []", () => instead(200, "[]")],
    ["200 of something else", () => instead(200, '{"message":"ok"}')],
    ["200 with a result alone", () => instead(200, '{"result":{"transactionId":"1"}}')],
    ["202", () => instead(202, '{"accepted":true}')],
    ["204", () => instead(204, null)],
    ["another order's 200", () => instead(200, succeeded("another"))],
    ["another operation's 200", (id) => instead(200, succeeded(id, { operation: "aggrepay/credit-wallet" }))],
    ["200 of a record in doubt", (id) => instead(200, succeeded(id, { state: "in_doubt" }))],
  ])("whose reply is lost, and whose repeat then is answered by something on the way: %s", async (_, way) => {
    const id = fresh("client");
    const { client, requests } = clientOf([replyLost, way(id)]);
    const { result, record } = await client.aggrepayDebitWallet(debit(id));
    const [effect, ...others] = await effectsOf(id);
    expect([result.transactionId, record.identity, others]).toEqual([String(effect?.transactionId), id, []]);
    expect(requests).toHaveLength(3);
  });

  test.each<[string, OnTheWay]>([
    ["403 of a firewall", blocked(403, "<html>")],
    ["403 with the words of API Gateway", blocked(403, forbidden)],
    ["the same under the headers of the reply", blocked(403, forbidden, true)],
    ...[400, 401, 404, 413, 422, 451].map((status): [string, OnTheWay] => [
      `${status}`,
      blocked(status, '{"message":"No"}'),
    ]),
    ["429 of a proxy", blocked(429, '{"message":"Too Many Requests"}')],
  ])("whose first reply something on the way blocks: %s", async (_, way) => {
    const id = fresh("client");
    const { client, requests } = clientOf([way]);
    const { result, replayed } = await client.aggrepayDebitWallet(debit(id));
    const [effect, ...others] = await effectsOf(id);
    expect([result.transactionId, replayed, others]).toEqual([String(effect?.transactionId), true, []]);
    expect(requests).toHaveLength(2);
    expect(new Set(requests.map(({ body }) => body)).size).toBe(1);
  });

  test("and is not known, after a few requests, where something on the way refuses them all", async () => {
    const id = fresh("client");
    const { client, requests } = clientOf(Array(9).fill(blocked(403, "<html>")));
    await expect(client.aggrepayDebitWallet(debit(id))).rejects.toMatchObject({
      name: NotKnownYet.name,
      mayBeDone: true,
      message: expect.stringContaining("likely: the credentials are wrong, or a firewall blocks"),
      cause: { name: "NotOfTheGateway", status: 403 },
    });
    expect(requests).toHaveLength(5);
    expect(await effectsOf(id)).toHaveLength(1);
  });

  test("a read that something on the way refuses is refused", async () => {
    const { client, requests } = clientOf([instead(403, "<html>")]);
    await expect(client.recordsList({ state: "in_doubt" })).rejects.toBeInstanceOf(RefusedByApiGateway);
    expect(requests).toHaveLength(1);
  });

  test("and is not known where nothing but that answers", async () => {
    const { client } = clientOf(Array(9).fill(instead(200, "{}")), { patienceMs: 1 });
    await expect(client.aggrepayDebitWallet(debit(fresh("client")))).rejects.toMatchObject({
      name: NotKnownYet.name,
      mayBeDone: true,
      cause: { name: "NotOfTheGateway", status: 200 },
    });
    const { client: refused } = clientOf(Array(9).fill(throttled), { patienceMs: 1 });
    await expect(refused.aggrepayDebitWallet(debit(fresh("client")))).rejects.toMatchObject({
      mayBeDone: false,
    });
  });

  test("whose gateway is killed while it is on its way, and comes back", async () => {
    const id = `${fresh("client")}.sandbox.slow`;
    const { client } = clientOf();
    const ended = client.aggrepayDebitWallet(debit(id));
    while ((await effectsOf(id)).length === 0) await pause(20);
    await gateway.kill();
    await pause(500);
    gateway = await start();
    const answer = await ended;
    expect(answer).toMatchObject({ record: { identity: id, state: "succeeded" }, replayed: true });
    expect(await effectsOf(id)).toHaveLength(1);
  });
});

describe("waits", () => {
  test("are what Retry-After says, and grow from about a second where nothing says how long", async () => {
    const { client, waits } = clientOf([throttled, throttled, throttled]);
    const id = `${fresh("c")}.sandbox.once.http-429`;
    await client.aggrepayDebitWallet(debit(id));
    const [first = 0, second = 0, third = 0, said] = waits;
    expect([
      first >= 500,
      first <= 1000,
      second >= 1000,
      second <= 2000,
      third >= 2000,
      third <= 4000,
    ]).toEqual(Array(6).fill(true));
    // What the sandbox asks for; a fourth wait of the client's own would be longer.
    expect(said).toBe(1000);
  });

  test("end with patience: nothing is known, and the key that was made is given to go on with", async () => {
    const { client, requests } = clientOf(Array(9).fill(replyLost), { patienceMs: 2500 });
    const error = await client
      .aggrepayCustomerOtp({ customerId: "991000017" })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NotKnownYet);
    const { idempotencyKey, attempts } = error as NotKnownYet;
    expect(attempts).toBeGreaterThan(1);
    expect(new Set(requests.map(({ key }) => key))).toEqual(new Set([idempotencyKey]));
    const later = await clientOf().client.aggrepayCustomerOtp(
      { customerId: "991000017" },
      { idempotencyKey: idempotencyKey ?? "" },
    );
    expect(later).toMatchObject({ result: { otpSent: true }, replayed: true });
  });

  test("end when the caller says so", async () => {
    const stop = new AbortController();
    const { client } = clientOf(Array(9).fill(throttled));
    const ended = client.aggrepayDebitWallet(debit(fresh("client")), {
      signal: stop.signal,
      onRepeat: () => stop.abort(new Error("enough")),
    });
    await expect(ended).rejects.toThrow("enough");
  });
});

describe("what is final is thrown at once", () => {
  test.each<[string, object, new (...given: never[]) => GatewayProblem, string]>([
    ["a field that is wrong", { amount: "0" }, InvalidRequest, "after-fix"],
    ["a wrong MPIN", { mpin: "9999" }, WrongCredential, "after-fix"],
  ])("%s", async (_what, more, expected, retry) => {
    const { client, requests } = clientOf();
    const error = await client
      .aggrepayDebitWallet(debit(fresh("client"), more))
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(expected);
    expect(error).toBeInstanceOf(GatewayProblem);
    expect(error).toMatchObject({ retry, name: expected.name });
    expect(requests).toHaveLength(1);
  });

  test("a refusal after a throttle, which passed nothing on", async () => {
    const { client, requests } = clientOf([throttled, expired]);
    await expect(client.aggrepayDebitWallet(debit(fresh("client")))).rejects.toBeInstanceOf(
      RefusedByApiGateway,
    );
    expect(requests).toHaveLength(2);
  });

  test("another request under the same identity", async () => {
    const id = fresh("client");
    const { client } = clientOf();
    await client.aggrepayDebitWallet(debit(id));
    await expect(client.aggrepayDebitWallet(debit(id, { amount: "2.00" }))).rejects.toBeInstanceOf(
      IdentityReused,
    );
  });

  test("a signature that is wrong, which API Gateway itself refuses", async () => {
    const { client, requests } = clientOf([], { auth: iam({ secretAccessKey: "another" }) });
    const refused = { name: RefusedByApiGateway.name, status: 403 };
    await expect(client.aggrepayFetchBalance({ customerId: "991000017" })).rejects.toMatchObject(refused);
    await expect(client.aggrepayDebitWallet(debit(fresh("client")))).rejects.toMatchObject(refused);
    expect(requests).toHaveLength(2);
  });

  test("credentials that fail before anything was sent", async () => {
    const auth = {
      kind: "iam",
      region: "ap-south-1",
      credentials: () => Promise.reject(new Error("no role")),
    } as const;
    const { client, requests } = clientOf([], { auth });
    await expect(client.aggrepayDebitWallet(debit(fresh("client")))).rejects.toThrow("no role");
    expect(requests).toEqual([]);
  });
});

describe("other operations", () => {
  test("fields are put into path and query, and all that is looked at is typed", async () => {
    const id = fresh("client");
    const { client } = clientOf();
    const { record } = await client.aggrepayDebitWallet(debit(id));
    const { result } = await client.recordsList({ merchantTransactionId: id });
    expect(result.map((each) => each.id)).toEqual([record.id]);
    expect((await client.recordsGet({ id: record.id })).record).toMatchObject({
      identity: id,
      amount: "1.00",
    });
    await expect(client.recordsGet({ id: "nothing & nobody" })).rejects.toMatchObject({ code: "not-found" });
  });

  test("a number of a reversal, a key, and a switch are what the answer is known by", async () => {
    const { client } = clientOf();
    const id = fresh("client");
    await client.aggrepayDebitWallet(debit(id));
    const { record } = await client.aggrepayDebitReversal({ merchantTransactionId: id });
    expect(record).toMatchObject({ identity: id, reversal: 1 });
    const key = { idempotencyKey: '"quoted"' };
    expect(await client.aggrepayCustomerOtp({ customerId: "991000017" }, key)).toMatchObject({
      record: { identity: "quoted" },
    });
    const status = await client.aggrepayCustomerStatus({ customerId: "991000017" });
    expect(status.result).toBeDefined();
    expect(status.record).toBeUndefined();
  });

  test("what is no answer of the gateway to a read is an error", async () => {
    const { client } = clientOf(Array(9).fill(instead(200, "{}")), { patienceMs: 1 });
    await expect(client.recordsList({ state: "in_doubt" })).rejects.toMatchObject({
      cause: { name: "NotOfTheGateway" },
    });
  });

  test("a token is sent as a bearer token, asked for each time", async () => {
    const sent: (string | null)[] = [];
    let asked = 0;
    const { client } = clientOf([], {
      auth: {
        kind: "token",
        token: () => {
          asked += 1;
          return `token-${asked}`;
        },
      },
      fetch: async (_, init) => {
        sent.push(new Headers(init?.headers).get("authorization"));
        return sent.length < 3
          ? message(503, "Service Unavailable")
          : Response.json({ result: { balance: "1.0" } });
      },
    });
    await client.aggrepayFetchBalance({ customerId: "1" });
    expect(sent).toEqual(["Bearer token-1", "Bearer token-2", "Bearer token-3"]);
  });
});
