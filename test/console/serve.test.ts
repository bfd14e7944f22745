import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type Served, serve, serveConsole } from "../../console/serve.ts";

/** A gateway that answers what it is told to, and keeps what it was asked. */
let gateway: Server;
let console: Served;
let asked: { readonly line: string; readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
let answer = { status: 200, body: '{"result":[]}' };
let base = "";
let key = "";

beforeAll(async () => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret-of-the-profile");
  vi.stubEnv("AWS_REGION", "ap-south-1");
  gateway = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    asked.push({
      line: `${request.method} ${request.url}`,
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    });
    response.writeHead(answer.status, { "content-type": "application/json" }).end(answer.body);
  }).listen(0, "127.0.0.1");
  await once(gateway, "listening");
  const url = new URL(`http://127.0.0.1:${(gateway.address() as AddressInfo).port}`);
  console = await serveConsole({ url, identity: { profile: undefined, region: undefined }, port: 0 });
  const [, address = "", own = ""] = /^(.*)\/#key=(.*)$/.exec(console.address) ?? [];
  base = address;
  key = own;
});

afterAll(async () => {
  await console.close();
  gateway.close();
  vi.unstubAllEnvs();
});

beforeEach(() => {
  asked = [];
  answer = { status: 200, body: '{"result":[]}' };
});

const ask = (path: string, init: RequestInit = {}, headers: Record<string, string> = {}) =>
  fetch(base + path, { ...init, headers: { "x-console-key": key, ...headers } });

describe("the console of a deployed gateway", () => {
  test("signs the page's calls, query and body included", async () => {
    const reply = await ask("/console/gateway/v1/records?state=in_doubt&limit=5");
    expect([reply.status, await reply.json()]).toEqual([200, { result: [] }]);
    await ask("/console/gateway/v1/records/resolve", {
      method: "POST",
      body: '{"ids":["a"],"outcome":"declined"}',
    });
    expect(asked.map(({ line }) => line)).toEqual([
      "GET /v1/records?state=in_doubt&limit=5",
      "POST /v1/records/resolve",
    ]);
    expect(asked[1]?.body).toBe('{"ids":["a"],"outcome":"declined"}');
    for (const { headers } of asked) {
      expect(headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE\/.*\/execute-api\//);
      expect(headers).not.toHaveProperty("x-console-key");
    }
  });

  test.each([
    ["no key", {}],
    ["another start's key", { "x-console-key": "A".repeat(43) }],
    ["a part of the key", { "x-console-key": "A" }],
  ])("answers no data to who has %s", async (_, headers) => {
    for (const path of ["/console/gateway/v1/records?state=in_doubt", "/console/setup", "/console/runbook"]) {
      const reply = await fetch(base + path, { headers });
      expect([path, reply.status]).toEqual([path, 403]);
    }
    expect(asked).toEqual([]);
  });

  test.each([
    ["another origin", { origin: "http://127.0.0.1:1" }, 403],
    ["another site", { "sec-fetch-site": "cross-site" }, 403],
  ])("answers no page of %s, though it has the key", async (_, headers, status) => {
    expect((await ask("/console/gateway/v1/records?state=in_doubt", {}, headers)).status).toBe(status);
    expect((await ask("/", {}, headers)).status).toBe(status);
    expect(asked).toEqual([]);
  });

  test.each([
    ["POST", "/v1/aggrepay/debit-wallet"],
    ["POST", "/v1/aggrepay/change-mpin"],
    ["GET", "/v1/account-bindings/link-1"],
    ["POST", "/v1/dreamzwallet/get-secret-key"],
  ])("does not call %s %s: it moves no money and is given no secret", async (method, path) => {
    const reply = await ask(`/console/gateway${path}`, { method, ...(method === "POST" && { body: "{}" }) });
    expect(reply.status).toBe(403);
    expect(await reply.json()).toEqual({
      message: expect.stringContaining("looks at records, and settles them"),
    });
    expect(asked).toEqual([]);
  });

  test.each([
    "/v1/records/../aggrepay/debit-wallet",
    "/v1/nothing",
    "/webhooks/nicepay/account-binding",
  ])("knows no %s", async (path) => {
    const reply = await ask(`/console/gateway${path.replace("..", "%2e%2e")}`, {
      method: "POST",
      body: "{}",
    });
    expect(reply.status).toBeGreaterThanOrEqual(403);
    expect(asked).toEqual([]);
  });

  test("a query inside an id stays in the id", async () => {
    await ask("/console/gateway/v1/records/a%3Fstate=in_doubt");
    expect(asked.map(({ line }) => line)).toEqual(["GET /v1/records/a%3Fstate%3Din_doubt"]);
  });

  test("says whose keys were refused, and for what", async () => {
    answer = { status: 403, body: '{"message":"Forbidden"}' };
    const reply = await ask("/console/gateway/v1/records?state=in_doubt");
    expect([reply.status, await reply.json()]).toEqual([
      403,
      { message: "the environment's keys may not call GET /v1/records: the gateway answered 403." },
    ]);
  });

  test("sends a token in place of a signature, where that is the identity", async () => {
    const url = new URL(`http://127.0.0.1:${(gateway.address() as AddressInfo).port}`);
    const other = await serveConsole({ url, identity: { token: "abc.def" }, port: 0 });
    const [, address = "", own = ""] = /^(.*)\/#key=(.*)$/.exec(other.address) ?? [];
    const setup = await fetch(`${address}/console/setup`, { headers: { "x-console-key": own } });
    await fetch(`${address}/console/gateway/v1/records?state=in_doubt`, {
      headers: { "x-console-key": own },
    });
    expect(asked.map(({ headers }) => headers.authorization)).toEqual(["Bearer abc.def"]);
    expect(await setup.text()).not.toContain("abc.def");
    await other.close();
  });

  test("keeps the profile's secret to itself", async () => {
    const texts = await Promise.all(
      ["/", "/console/app.js", "/console/setup"].map(async (path) => (await ask(path)).text()),
    );
    expect(texts.join()).not.toContain("secret-of-the-profile");
    expect(texts[0]).not.toContain(key);
  });

  test("lets nothing into the page but its own script and style", async () => {
    const policy = (await fetch(`${base}/`)).headers.get("content-security-policy");
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
  });
});

describe("its options", () => {
  test.each([
    [[], "--url is missing"],
    [["--url", "abc"], "is no http address"],
    [["--url", "https://gateway.example/v1"], "must be scheme and host only"],
    [["--url", "http://gateway.example"], "must be https"],
    [["--url", "https://gateway.example", "--port", "x"], "is no port"],
    [["--url", "https://gateway.example", "--port", "70000"], "is no port"],
    [["--colour", "red"], "--colour"],
  ])("%j: one sentence, and 2", async (args, sentence) => {
    const said: string[] = [];
    const output = { out: (text: string) => said.push(text), err: (text: string) => said.push(text) };
    expect(await serve(args, output)).toBe(2);
    expect(said.join("")).toContain(sentence);
  });

  test("a port that is taken ends it with 1", async () => {
    const said: string[] = [];
    const output = { out: () => undefined, err: (text: string) => said.push(text) };
    const { port } = gateway.address() as AddressInfo;
    expect(await serve(["--url", "http://127.0.0.1:1", "--port", String(port)], output)).toBe(1);
    expect(said.join("")).toContain("EADDRINUSE");
  });

  test("help helps", async () => {
    const said: string[] = [];
    const output = { out: (text: string) => said.push(text), err: () => undefined };
    expect(await serve(["--help"], output)).toBe(0);
    expect(said.join("")).toContain("--profile");
  });
});
