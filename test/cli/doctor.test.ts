import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { nodeVersion } from "../../cli/doctor/machine.ts";
import { connected, gatewaySaid } from "../../cli/doctor/reach.ts";
import type { Environment } from "../../cli/io.ts";
import { gw } from "../../cli/program.ts";
import { providers } from "../../lib/providers/index.ts";
import type { Finding } from "../../ops/smoke/finding.ts";
import { listening } from "../support/listening.ts";
import { started } from "../support/started.ts";

interface Told {
  readonly status?: number;
  readonly body: string;
}

/** What the server tells, by the action or path that it is asked for; every request that came. */
let told: Readonly<Record<string, Told>> = {};
const came: IncomingMessage[] = [];
const folder = mkdtempSync(join(tmpdir(), "gw-doctor-"));

/** It plays AWS and a gateway: `GET /v1/records` is answered with an empty list. */
const { server } = started({
  server: () =>
    listening(async (request, response) => {
      let body = "";
      for await (const part of request) body += part;
      came.push(request);
      const action = new URLSearchParams(body).get("Action") ?? request.url ?? "";
      const { status = 200, body: text } = told[action] ?? { body: '{"result":[]}' };
      response.writeHead(status, { "content-type": "application/json" }).end(text);
    }),
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What the environment has besides. */
let environment: Environment = {};

async function doctor(...args: readonly string[]) {
  const printed: string[] = [];
  const code = await gw(["doctor", "--json", "--url", server.url, "--data-dir", folder, ...args], {
    out: (line) => void printed.push(line),
    err: () => undefined,
    paint: (_style, text) => text,
    input: async () => "",
    environment: { AWS_ENDPOINT_URL: server.url, AWS_CONFIG_FILE: "/dev/null", ...environment },
  });
  const findings: readonly Finding[] = JSON.parse(printed.join());
  const of = (check: string) => findings.filter((each) => each.check.startsWith(check));
  return { code, of };
}

const keys = join(folder, "credentials");
writeFileSync(keys, "[shop]\naws_access_key_id = AKIASHOP\naws_secret_access_key = shop-secret\n");

async function inAccount(...args: readonly string[]) {
  process.env.AWS_SHARED_CREDENTIALS_FILE = keys;
  try {
    return await doctor("--profile", "shop", "--region", "eu-central-1", ...args);
  } finally {
    delete process.env.AWS_SHARED_CREDENTIALS_FILE;
  }
}

const identity = { body: "<Arn>arn:aws:iam::1:user/asha</Arn>" };
const settings = (limit: number) => ({
  body: JSON.stringify({ AccountLimit: { ConcurrentExecutions: limit } }),
});
const stackIs = (status: string) => ({ body: `<StackStatus>${status}</StackStatus>` });

test("an account, its stack and its quota, each call signed for its service", async () => {
  told = {
    GetCallerIdentity: identity,
    DescribeStacks: stackIs("UPDATE_COMPLETE"),
    "/2016-08-19/account-settings": settings(1000),
  };
  came.length = 0;
  const { code, of } = await inAccount("--stack", "WalletGateway-prod");
  expect(code).toBe(0);
  expect(of("AWS identity")).toMatchObject([{ verdict: "ok", why: "arn:aws:iam::1:user/asha" }]);
  expect(of("stack WalletGateway-prod")).toMatchObject([{ verdict: "ok", why: "UPDATE_COMPLETE" }]);
  expect(of("Lambda quota")).toMatchObject([{ verdict: "ok" }]);
  const scopes = came.map(
    ({ headers }) => /Credential=AKIASHOP\/\d{8}\/([^,]+)/.exec(headers.authorization ?? "")?.[1],
  );
  expect(new Set(scopes)).toEqual(
    new Set(
      ["execute-api", "sts", "cloudformation", "lambda"].map(
        (service) => `eu-central-1/${service}/aws4_request`,
      ),
    ),
  );
});

test.each([
  [
    "a stack that is rolled back",
    { DescribeStacks: stackIs("UPDATE_ROLLBACK_COMPLETE") },
    "stack",
    "failed",
    1,
  ],
  ["a stack that is at work", { DescribeStacks: stackIs("UPDATE_IN_PROGRESS") }, "stack", "warning", 0],
  [
    "no such stack",
    { DescribeStacks: { status: 400, body: "<Code>ValidationError</Code>" } },
    "stack",
    "failed",
    1,
  ],
  ["a small account", { "/2016-08-19/account-settings": settings(10) }, "Lambda quota", "warning", 0],
  [
    "a quota that may not be read",
    { "/2016-08-19/account-settings": { status: 403, body: "{}" } },
    "Lambda quota",
    "warning",
    0,
  ],
  [
    "a false key",
    { GetCallerIdentity: { status: 403, body: "<Code>InvalidClientTokenId</Code>" } },
    "AWS identity",
    "failed",
    1,
  ],
] as const)("%s", async (_what, more, check, verdict, ends) => {
  told = {
    GetCallerIdentity: identity,
    DescribeStacks: stackIs("CREATE_COMPLETE"),
    "/2016-08-19/account-settings": settings(1000),
    ...more,
  };
  const { code, of } = await inAccount("--stack", "S");
  expect(of(check)).toMatchObject([{ verdict }]);
  expect(code).toBe(ends);
});

const right = { apiKey: "k", salt: "s" };

test.each([
  ["right", { aggrepay: right }, "ok", /has the parts/],
  ["both versions", { aggrepay: { current: right, previous: right } }, "ok", /has the parts/],
  ["a part missing", { aggrepay: { apiKey: "k" } }, "failed", /^salt must be a text/],
  [
    "a part under another name",
    { aggrepay: { ...right, apikey: "k" } },
    "failed",
    /^apikey is no part of it: did you mean apiKey\?$/,
  ],
  [
    "a line end after it",
    { aggrepay: { ...right, salt: "secret-salt\n" } },
    "failed",
    /^salt begins or ends with white space$/,
  ],
  ["no object", { aggrepay: "secret-salt" }, "failed", /^must be an object/],
  [
    "a choice that is none",
    { payu: { signatureScheme: "secret-salt" } },
    "failed",
    /signatureScheme must be hmac or body-digest/,
  ],
] as const)("a secret: %s", async (_what, content, verdict, why) => {
  told = {};
  const file = join(folder, "secrets.json");
  writeFileSync(file, JSON.stringify(content));
  const { code, of } = await doctor("--secrets", file);
  const [name = ""] = Object.keys(content);
  expect(of(`secret ${name}`)).toEqual([
    { check: `secret ${name}`, verdict, why: expect.stringMatching(why) },
  ]);
  expect(of("secret")).toHaveLength(Object.keys(providers).length);
  expect(JSON.stringify(of("secret"))).not.toContain("secret-salt");
  expect(code).toBe(verdict === "failed" ? 1 : 0);
});

const signingSecret = `whsec_${"A".repeat(44)}`;

test.each([
  ["is missing", {}, "failed", /^MERCHANT_WEBHOOK_URL is set, and the file has no "webhook": /],
  ["is right", { webhook: { signingSecret } }, "ok", /has the parts/],
  ["has two versions", { webhook: { current: { signingSecret }, previous: { signingSecret } } }, "ok", /has/],
  ["has another name", { webhook: { secret: signingSecret } }, "failed", /^signingSecret must be a text/],
  [
    "cannot sign",
    { webhook: { signingSecret: "whsec_secret-salt" } },
    "failed",
    /^signingSecret is not "whsec_"/,
  ],
] as const)("the secret of events to a merchant's URL %s", async (_what, content, verdict, why) => {
  told = {};
  const file = join(folder, "webhook.json");
  writeFileSync(file, JSON.stringify(content));
  const { of } = await doctor("--secrets", file);
  expect(of("secret webhook")).toHaveLength(Object.keys(content).length);
  environment = { MERCHANT_WEBHOOK_URL: "http://127.0.0.1:4000/events" };
  const found = (await doctor("--secrets", file)).of("secret webhook");
  environment = {};
  expect(found).toEqual([{ check: "secret webhook", verdict, why: expect.stringMatching(why) }]);
  expect(JSON.stringify(found)).not.toContain("secret-salt");
});

test("two versions of the whole file are none", async () => {
  const file = join(folder, "versions.json");
  writeFileSync(file, JSON.stringify({ current: { aggrepay: right }, previous: {} }));
  expect((await doctor("--secrets", file)).of("secret")).toEqual([
    { check: "secrets", verdict: "failed", why: expect.stringContaining("under the key of each provider") },
  ]);
});

test("a file of secrets that is none", async () => {
  const file = join(folder, "broken.json");
  writeFileSync(file, '{"aggrepay": secret-salt');
  for (const each of [file, join(folder, "none")])
    expect((await doctor("--secrets", each)).of("secrets")).toHaveLength(1);
});

test.each([
  [0, "ok"],
  [-60_000, "warning"],
  [60_000, "warning"],
  [300_000, "failed"],
] as const)("a clock that is %i ms ahead is %s", (aheadMs, verdict) => {
  const date = "Sun, 29 Nov 2026 10:00:00 GMT";
  const reply = { status: 200, type: "application/json", headers: { date }, body: { result: [] } };
  expect(gatewaySaid(reply, Date.parse(date) + aheadMs)).toMatchObject([
    { verdict: "ok" },
    { check: "clock", verdict },
  ]);
});

test.each([
  [{ status: 403, body: { message: "Forbidden" } }, "warning"],
  [{ status: 500, body: { message: "Internal Server Error" } }, "failed"],
] as const)("a gateway that answers %j", ({ status, body }, verdict) => {
  expect(gatewaySaid({ status, body, type: "application/json", headers: {} }, 0)).toMatchObject([
    { verdict },
  ]);
});

test("a host is connected to, or the reason is told", async () => {
  expect(await connected(new URL(server.url))).toBeUndefined();
  expect(await connected(new URL("http://127.0.0.1:1024"))).toBe("ECONNREFUSED");
  // What speaks no TLS is no https host.
  expect(await connected(new URL(server.url.replace("http:", "https:")))).toMatch(/SSL/);
});

test("an older Node is named", () => {
  expect(nodeVersion("v22.18.0").verdict).toBe("failed");
  expect(nodeVersion("v24.0.0").verdict).toBe("ok");
});
