import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { functions } from "../../functions/index.ts";
import { routesOf } from "../../lib/operation/definition.ts";
import { checks } from "../../ops/smoke/checks.ts";
import type { Finding } from "../../ops/smoke/finding.ts";
import { openGateway } from "../../ops/smoke/gateway.ts";
import { liveHost } from "../../ops/smoke/ids-kept.ts";
import { longestId } from "../../ops/smoke/longest-id.ts";
import { regionOf } from "../../ops/smoke/signer.ts";
import { smoke } from "../../ops/smoke/smoke.ts";
import { type Came, type Deployed, platforms, problemReply, startDeployed } from "./deployed.ts";

const key = { accessKeyId: "AKIAPLANTED0001", secretAccessKey: "planted-secret-7c1e", region: "ap-south-1" };
const token = "planted-session-token-44b2";
const mpin = "482913";
/** What a gateway with `auth=jwt` takes in place of a signature. */
const jwt = "eyJhbGciOiJSUzI1NiJ9.planted-91d3.c2ln_-";

/** Counted from the registry: an operation that comes must not break this test. */
const protectedRoutes = functions.filter(({ access }) => access !== "open").flatMap(routesOf).length;

let deployed: Deployed;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "smoke-"));
  deployed = await startDeployed(key, jwt);
  const profile = `[merchant]\naws_access_key_id = ${key.accessKeyId}\naws_secret_access_key = ${key.secretAccessKey}\n`;
  await writeFile(join(folder, "credentials"), `${profile}aws_session_token = ${token}\n`);
  await writeFile(join(folder, "config"), "[profile merchant]\nregion = ap-south-1\n[profile placeless]\n");
});

beforeEach(() => {
  // Nothing that happens to be set where the tests run may sign.
  for (const name of Object.keys(process.env).filter((each) => each.startsWith("AWS_")))
    vi.stubEnv(name, undefined);
  vi.stubEnv("SMOKE_TOKEN", undefined);
  vi.stubEnv("SMOKE_MPIN", undefined);
  typed = "";
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", join(folder, "credentials"));
  vi.stubEnv("AWS_CONFIG_FILE", join(folder, "config"));
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
  deployed.misbehave(() => undefined);
});

afterEach(() => {
  vi.unstubAllEnvs();
});

afterAll(async () => {
  await deployed?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What the person at the terminal types. */
let typed = "";

async function run(...args: readonly string[]) {
  let [out, err] = ["", ""];
  const code = await smoke(args, process.env, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    ask: async (question) => {
      out += question;
      return typed;
    },
  });
  for (const secret of [key.accessKeyId, key.secretAccessKey, token, jwt, mpin]) {
    expect(out).not.toContain(secret);
    expect(err).not.toContain(secret);
  }
  return { code, out, err };
}

async function findingsOf(...args: Parameters<typeof checks>): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for await (const finding of checks(...args)) findings.push(finding);
  return findings;
}

const merchant = (...more: readonly string[]) => run("--url", deployed.url, "--profile", "merchant", ...more);

describe("a gateway as it should be", () => {
  test("passes, by signed requests that it verifies", async () => {
    const { code, out, err } = await merchant();
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out.trimEnd().split("\n")).toEqual([
      `ok       refuses whoever does not say who calls: all ${protectedRoutes} protected routes`,
      "ok       lists records: read",
      "ok       waits for a person: none",
      "ok       knows no record that is not there: 404 not-found",
      "ok       refuses an invalid request: 400 invalid-request, before anything is sent",
      "ok       knows no other route: 404 of API Gateway",
      "ok       nicepay/account-binding-webhook refuses a false signature: 403 access-denied: only the provider's addresses",
      "",
      `${deployed.url} is as it should be.`,
    ]);
  });

  test("has its webhook behind an API of its own, whose policy refuses whoever is not the provider", async () => {
    deployed.misbehave(({ route }) =>
      route === webhook
        ? {
            status: 403,
            body: {
              Message: "User: anonymous is not authorized to perform: execute-api:Invoke on resource: arn",
            },
          }
        : undefined,
    );
    const { code, out } = await merchant();
    deployed.misbehave(() => undefined);
    expect(code).toBe(0);
    expect(out).toContain(
      "refuses a false signature: 403 of the API's policy: only the provider's addresses",
    );
  });

  test("is asked for its webhook where --webhook-url says, and for nothing else there", async () => {
    const { code, out } = await run(
      "--url",
      deployed.url,
      "--profile",
      "merchant",
      "--webhook-url",
      "http://127.0.0.1:9",
    );
    expect(code).toBe(1);
    expect(out).toContain("failed   nicepay/account-binding-webhook refuses a false signature: no answer");
    expect(out).toContain("ok       knows no other route");
  });

  test("is asked without a signature on every protected route, and signed for the rest", async () => {
    await merchant();
    const protectedRoutes = functions
      .filter(({ access }) => access !== "open")
      .flatMap(routesOf)
      .map(({ method, path }) => `${method} ${path}`);
    const unsigned = deployed.came.filter(({ signed }) => !signed);
    expect(unsigned.map(({ route }) => route)).toEqual([
      ...protectedRoutes,
      "POST /webhooks/nicepay/account-binding",
    ]);
    expect(unsigned.every((each) => each.token === undefined)).toBe(true);
    const signed = deployed.came.filter((each) => each.signed);
    expect(signed.map(({ route, token: session }) => [route, session])).toEqual([
      ["GET /v1/records", token],
      ["GET /v1/records/{id}", token],
      ["POST /v1/aggrepay/fetch-balance", token],
      [undefined, token],
    ]);
  });

  test("with --ask has each provider asked once", async () => {
    const { code, out } = await merchant("--ask");
    expect(code).toBe(0);
    expect(out).toContain("ok       aggrepay answers: 200: key and salt are right");
    expect(out).toContain("ok       payu answers: 422 declined: it answered with a code of its own");
    expect(out).toContain("ok       wibmo answers: 200: the api key was accepted");
    expect(out).toContain("ok       dreamzwallet answers: 404 not-found: it knows no such customer");
    expect(out).toContain("skipped  nicepay answers: it has no call that needs nobody's data");
    expect(deployed.came.slice(-4).map(({ route, signed }) => [route, signed])).toEqual([
      ["POST /v1/aggrepay/get-sub-merchants", true],
      ["POST /v1/dreamzwallet/get-secret-key", true],
      ["POST /v1/payu/check-status", true],
      ["POST /v1/wibmo/encrypt", true],
    ]);
  });

  test("with --provider has that one asked alone", async () => {
    const { code } = await merchant("--ask", "--provider", "wibmo");
    expect(code).toBe(0);
    expect(
      deployed.came.filter(({ route }) => route?.startsWith("POST /v1/") === true).slice(-1),
    ).toMatchObject([{ route: "POST /v1/wibmo/encrypt", signed: true }]);
    expect(
      deployed.came.filter(({ route, signed }) => signed && route === "POST /v1/payu/check-status"),
    ).toEqual([]);
  });

  test("passes with the credentials of the environment", async () => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", key.accessKeyId);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", key.secretAccessKey);
    vi.stubEnv("AWS_REGION", key.region);
    expect(await run("--url", deployed.url)).toMatchObject({ code: 0 });
  });

  test("passes with a token, for one that asks for tokens", async () => {
    vi.stubEnv("SMOKE_TOKEN", jwt);
    // Whatever could sign is left alone.
    vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIAOTHER");
    const { code, out, err } = await run("--url", deployed.url, "--ask", "--provider", "payu");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain(
      `ok       refuses whoever does not say who calls: all ${protectedRoutes} protected routes`,
    );
    expect(out).toContain("ok       payu answers");
    expect(deployed.came.filter(({ signed }) => signed)).toHaveLength(5);
    expect(deployed.came.filter(({ token: session }) => session !== undefined)).toEqual([]);
  });

  test("is warned about, and passes, where records wait for a person", async () => {
    const page = (cursor: string | null) => ({
      status: 200,
      body: { result: [{ id: "a" }], page: { cursor } },
    });
    deployed.misbehave(({ route, signed }) =>
      signed && route === "GET /v1/records" ? page("1.a") : undefined,
    );
    const { code, out } = await merchant();
    expect(code).toBe(0);
    expect(out).toContain("warning  waits for a person: more than one record: GET /v1/records?state=needs");
    deployed.misbehave(({ route, signed }) =>
      signed && route === "GET /v1/records" ? page(null) : undefined,
    );
    expect((await merchant()).out).toContain("warning  waits for a person: one record:");
  });
});

interface Fault {
  readonly what: string;
  readonly args?: readonly string[];
  readonly how: (came: Came) => ReturnType<Parameters<Deployed["misbehave"]>[0]>;
  readonly line: string;
}

const signedAt = (route: string | undefined, reply: ReturnType<Fault["how"]>) => (came: Came) =>
  came.signed && came.route === route ? reply : undefined;
const unsignedAt = (route: string, reply: ReturnType<Fault["how"]>) => (came: Came) =>
  !came.signed && came.route === route ? reply : undefined;
const webhook = "POST /webhooks/nicepay/account-binding";
const asked = ["--ask"];

const faults: readonly Fault[] = [
  {
    what: "a protected route that is open",
    how: unsignedAt("POST /v1/aggrepay/debit-wallet", problemReply("unacceptable-body")),
    line: "failed   refuses whoever does not say who calls: POST /v1/aggrepay/debit-wallet: open",
  },
  {
    what: "a protected route that gives a record to anyone",
    how: unsignedAt("GET /v1/records/{id}", { status: 200, body: {} }),
    line: "failed   refuses whoever does not say who calls: GET /v1/records/{id}: open",
  },
  {
    what: "a function's own 403 in place of API Gateway's",
    how: unsignedAt("GET /v1/records", problemReply("access-denied")),
    line: "failed   refuses whoever does not say who calls: GET /v1/records: open",
  },
  {
    what: "a route that was not deployed",
    how: ({ route }) => (route === "POST /v1/wibmo/encrypt" ? platforms(404, "Not Found") : undefined),
    line: "failed   refuses whoever does not say who calls: POST /v1/wibmo/encrypt: not deployed",
  },
  {
    what: "a throttle that answers before IAM",
    how: unsignedAt("GET /v1/records", platforms(429, "Too Many Requests")),
    line: "failed   refuses whoever does not say who calls: GET /v1/records: 429 of API Gateway",
  },
  {
    what: "a caller that may not list",
    how: signedAt("GET /v1/records", platforms(403, "Forbidden")),
    line: "failed   lists records: 403 of API Gateway: the caller may not call this route (execute-api:Invoke",
  },
  {
    what: "a table that cannot be read",
    how: signedAt("GET /v1/records", problemReply("not-sent", { detail: "The records cannot be read." })),
    line: "failed   lists records: 503 not-sent: The records cannot be read.",
  },
  {
    what: "a list in another form",
    how: signedAt("GET /v1/records", { status: 200, body: { records: [] } }),
    line: "failed   lists records: 200 application/json, not in the gateway's form",
  },
  {
    what: "a record that nobody has made",
    how: signedAt("GET /v1/records/{id}", { status: 200, body: { record: {} } }),
    line: "failed   knows no record that is not there: 200",
  },
  {
    what: "a 404 in another form",
    how: signedAt("GET /v1/records/{id}", platforms(404, "Not Found")),
    line: "failed   knows no record that is not there: 404 of API Gateway",
  },
  {
    what: "an empty request that is taken for valid",
    how: signedAt("POST /v1/aggrepay/fetch-balance", { status: 200, body: { result: {} } }),
    line: "failed   refuses an invalid request: 200",
  },
  {
    what: "a function that ends",
    how: signedAt("POST /v1/aggrepay/fetch-balance", platforms(500, "Internal Server Error")),
    line: "failed   refuses an invalid request: 500 of API Gateway",
  },
  {
    what: "a default route",
    how: signedAt(undefined, { status: 200, body: {} }),
    line: "failed   knows no other route: 200",
  },
  {
    what: "a webhook that asks who calls",
    how: ({ route }) => (route === webhook ? platforms(403, "Forbidden") : undefined),
    line: "failed   nicepay/account-binding-webhook refuses a false signature: it asks who calls",
  },
  {
    what: "a webhook that is elsewhere",
    how: ({ route }) => (route === webhook ? platforms(404, "Not Found") : undefined),
    line: "failed   nicepay/account-binding-webhook refuses a false signature: it is not there: give the stack's WebhookUrl with --webhook-url",
  },
  {
    what: "a webhook that takes anything in",
    how: ({ route }) => (route === webhook ? { status: 200, body: { received: true } } : undefined),
    line: "failed   nicepay/account-binding-webhook refuses a false signature: a notification with a false signature was taken in",
  },
  {
    what: "a webhook without its secret",
    how: ({ route }) => (route === webhook ? problemReply("misconfigured", { status: 503 }) : undefined),
    line: "failed   nicepay/account-binding-webhook refuses a false signature: 503 misconfigured: It is so.",
  },
  {
    what: "a secret that is empty",
    args: asked,
    how: signedAt(
      "POST /v1/payu/check-status",
      problemReply("misconfigured", { detail: 'The secret "payu" holds no value yet.' }),
    ),
    line: 'failed   payu answers: 502 misconfigured: The secret "payu" holds no value yet.',
  },
  {
    what: "a not-found that is the gateway's own word",
    args: asked,
    how: signedAt("POST /v1/dreamzwallet/get-secret-key", problemReply("not-found")),
    line: "failed   dreamzwallet answers: 404 not-found",
  },
  {
    what: "a provider that cannot be reached",
    args: asked,
    how: signedAt("POST /v1/aggrepay/get-sub-merchants", problemReply("not-sent")),
    line: "failed   aggrepay answers: 503 not-sent",
  },
  {
    what: "a connection that is cut",
    how: signedAt("GET /v1/records", "cut"),
    line: "failed   lists records: no answer: the connection failed (UND_ERR_SOCKET)",
  },
];

describe("each check can fail", () => {
  test.each(faults)("$what", async ({ args = [], how, line }) => {
    deployed.misbehave(how);
    const { code, out } = await merchant(...args);
    expect(code).toBe(1);
    const failures = out.split("\n").filter((each) => each.startsWith("failed"));
    expect(failures).toHaveLength(1);
    expect(failures[0]?.slice(0, line.length)).toBe(line);
    expect(out).toContain("\n1 failed.\n");
  });

  test("a gateway that is silent", async () => {
    deployed.misbehave(() => "silence");
    const gateway = await openGateway(new URL(deployed.url), undefined, { ownMs: 50, providerMs: 100 });
    const findings = await findingsOf(gateway, { functions, open: false, ask: ["payu"] });
    expect(findings.map(({ verdict }) => verdict)).toEqual(Array(7).fill("failed"));
    expect(findings.at(0)?.why).toBe("no answer within 0.05 s");
    expect(findings.at(-1)?.why).toBe("no answer within 0.1 s");
  });

  test("a gateway that asks nobody who calls, unless that is meant", async () => {
    const firstRoute = "GET /v1/account-bindings/{referenceNo}";
    deployed.misbehave(({ route }) => (route === firstRoute ? problemReply("unacceptable-body") : undefined));
    const gateway = await openGateway(new URL(deployed.url), undefined);
    const first = async (open: boolean) => (await findingsOf(gateway, { functions, open, ask: [] })).at(0);
    const why = "open: this gateway asks nobody who calls";
    expect(await first(false)).toMatchObject({ verdict: "failed", why });
    expect(deployed.came.filter(({ route }) => route?.startsWith("POST /v1/aggrepay/"))).toHaveLength(1);
    expect(await first(true)).toMatchObject({ verdict: "warning", why });
  });

  test("another key", async () => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIAOTHER");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "other");
    const { code, out } = await run("--url", deployed.url, "--region", key.region);
    expect(code).toBe(1);
    expect(out).toContain("failed   lists records: 403 of API Gateway");
  });

  test("a token that is refused", async () => {
    vi.stubEnv("SMOKE_TOKEN", "another");
    deployed.misbehave(({ signed }) => (signed ? undefined : platforms(401, "Unauthorized")));
    const { code, out } = await run("--url", deployed.url);
    expect(code).toBe(1);
    expect(out).toContain("failed   lists records: 401 of API Gateway: the token is not accepted");
  });

  test("another Region than the gateway's", async () => {
    const { code, out } = await merchant("--region", "eu-west-1");
    expect(code).toBe(1);
    expect(out).toContain("failed   lists records: 403 of API Gateway");
  });
});

test("what a refusal quotes of the signed request is not printed", async () => {
  const quoted = `The Canonical String should have been 'GET x-amz-security-token:${token} ${key.accessKeyId}'`;
  deployed.misbehave(({ signed }) => (signed ? platforms(403, quoted) : undefined));
  const { code, out } = await merchant("--ask");
  expect(code).toBe(1);
  expect(out).not.toContain("Canonical");
});

test("the Region is where the URL says", () => {
  expect(regionOf(new URL("https://a1b2.execute-api.ap-south-1.amazonaws.com"))).toBe("ap-south-1");
  expect(regionOf(new URL("https://a1b2.execute-api.cn-north-1.amazonaws.com.cn"))).toBe("cn-north-1");
  expect(regionOf(new URL("https://wallets.shop.example"))).toBeUndefined();
  expect(regionOf(new URL("https://a1b2.execute-api.eu-west-1.amazonaws.com.evil.example"))).toBeUndefined();
});

describe("how ids are kept", () => {
  const customer = "771000017";
  const measure = (...more: readonly string[]) => {
    vi.stubEnv("SMOKE_MPIN", mpin);
    return merchant("--ids-kept", "--customer", customer, ...more);
  };
  const changes = () => deployed.came.filter(({ route }) => /debit-wallet|debit-reversal/.test(route ?? ""));
  const signedChanges = () => changes().filter(({ signed }) => signed);
  const record = "r".repeat(43);
  /** A gateway whose customer's latest record was sent to that host, and what else it answers. */
  const sentTo =
    (host: string, more: Readonly<Record<string, ReturnType<Fault["how"]>>> = {}): Fault["how"] =>
    ({ route = "", signed, target }) => {
      if (!signed) return undefined;
      if (route === "GET /v1/records" && target.includes("customerId"))
        return { status: 200, body: { result: [{ id: record }], page: { cursor: null } } };
      if (route === "GET /v1/records/{id}" && target.includes(record))
        return { status: 200, body: { record: { id: record, host } } };
      return more[route];
    };

  test("nothing is debited for a customer whose records were sent to the live host", async () => {
    typed = customer;
    deployed.misbehave(sentTo(liveHost));
    const { code, out } = await measure();
    expect(code).toBe(1);
    expect(out).toContain(`failed   is a test customer: no: its latest record was sent to ${liveHost}`);
    expect(signedChanges()).toEqual([]);
    // The host is a fact of the stack's, which this command does not load.
    const template = await readFile(resolve(import.meta.dirname, "../infra/template.prod.txt"), "utf8");
    expect(template).toContain(`"AGGREPAY_BASE_URL":"https://${liveHost}"`);
  });

  test.each(["", "771000018", "yes"])("nothing is debited when %j is typed", async (answer) => {
    typed = answer;
    deployed.misbehave(sentTo("testwallet.example"));
    const { code, out } = await measure();
    expect(code).toBe(1);
    expect(out).toContain(`debited from customer ${customer} of AggrePay's test system (testwallet.example)`);
    expect(out).toContain("failed   is a test customer: the customer's id was not typed again.");
    expect(signedChanges()).toEqual([]);
  });

  test("nothing is debited through a gateway that is not as it should be", async () => {
    typed = customer;
    deployed.misbehave(signedAt(undefined, { status: 200, body: {} }));
    expect(await measure()).toMatchObject({ code: 1, out: expect.not.stringContaining("test customer") });
    expect(signedChanges()).toEqual([]);
  });

  test("an id that is refused, since it was measured before", async () => {
    typed = customer;
    const detail = "must have at most 31 characters: the provider is known to keep 40 of an id";
    const refusal = problemReply("invalid-request", { errors: [{ pointer: "/m", detail }] });
    deployed.misbehave(sentTo("testwallet.example", { "POST /v1/aggrepay/debit-wallet": refusal }));
    const { code, out } = await measure();
    expect(code).toBe(1);
    expect(out).toContain(`(${detail}: deploy with aggrepayIdsKept none to measure it anew)`);
    expect(out).toContain("failed   aggrepayIdsKept: not measured; see what became of it");
    expect(signedChanges()).toHaveLength(1);
  });

  test("a debit in doubt is not sent again, and its record is named", async () => {
    typed = customer;
    const doubt = problemReply("outcome-unknown", { record: { id: record } });
    deployed.misbehave(sentTo("testwallet.example", { "POST /v1/aggrepay/debit-wallet": doubt }));
    const { out } = await measure();
    expect(out).toContain(
      `failed   debits 1.00 under an id of 64 characters: 504 outcome-unknown: It is so. Record ${record}.`,
    );
    expect(signedChanges()).toHaveLength(1);
  });

  test("the id that is tried has every character in 73, and each kind in the first 20", () => {
    const ids = Array.from({ length: 50 }, () => longestId());
    expect(new Set(ids).size).toBe(50);
    for (const id of ids) {
      expect(id).toMatch(/^[A-Za-z0-9._-]{64}$/);
      expect(new Set(`${id}_REVERSAL`).size).toBe(65);
      for (const kind of [/[A-Z]/, /[a-z]/, /\d/, /\./, /_/, /-/]) expect(id.slice(0, 20)).toMatch(kind);
    }
  });
});

describe("options", () => {
  test.each([
    [[], "--url is missing."],
    [["--url", "shop"], '--url "shop" is no http address.'],
    [["--url", "https://a.example/v1"], "must be scheme and host only"],
    [["--url", "http://wallets.shop.example"], "must be https: only a loopback address may be http."],
    [["--url", "https://a.example", "--provider", "payu"], "--provider says whom to --ask: give both."],
    [
      ["--url", "https://a.example", "--ask", "--provider", "paypal"],
      '--provider "paypal" is none of aggrepay',
    ],
    [["--url", "https://a.example", "--key", "x"], "Unknown option '--key'"],
    [
      ["--url", "https://a.example", "--customer", "7"],
      "--customer says whom to debit for --ids-kept: give both.",
    ],
    [["--url", "https://a.example", "--ids-kept"], "--ids-kept debits a test customer: give --customer."],
    [["--url", "https://a.example", "--ids-kept", "--customer", "7"], "SMOKE_MPIN is missing"],
  ])("%j end with 2", async (args, sentence) => {
    const { code, out, err } = await run(...args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(sentence);
    expect(err).toContain("--help");
  });

  test("a profile that is not there ends with 2", async () => {
    const { code, err } = await run("--url", "https://a.example", "--profile", "nobody");
    expect(code).toBe(2);
    expect(err).toContain('The credentials of the profile "nobody" cannot be had');
  });

  test("a Region that nobody says ends with 2", async () => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", key.accessKeyId);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", key.secretAccessKey);
    const { code, err } = await run("--url", "https://wallets.shop.example");
    expect(code).toBe(2);
    expect(err).toContain("wallets.shop.example does not say its Region");
  });

  test("a token beside what signs ends with 2", async () => {
    vi.stubEnv("SMOKE_TOKEN", jwt);
    const { code, err } = await run("--url", "https://a.example", "--profile", "merchant");
    expect(code).toBe(2);
    expect(err).toContain("SMOKE_TOKEN is sent in place of a signature");
  });

  test.each([
    "planted 1",
    "planted-1\nx: y",
    "Bearer planted-1",
  ])("%j is no token and ends with 2", async (given) => {
    vi.stubEnv("SMOKE_TOKEN", given);
    const { code, err } = await run("--url", "https://a.example");
    expect(code).toBe(2);
    expect(err).toContain("SMOKE_TOKEN is no bearer token.");
    expect(err).not.toContain("planted");
  });

  test("--help says all of them", async () => {
    const { code, out } = await run("--help");
    expect(code).toBe(0);
    for (const name of [
      "--url",
      "--profile",
      "--region",
      "--ask",
      "--provider",
      "--open",
      "--ids-kept",
      "--customer",
      "SMOKE_MPIN",
      "SMOKE_TOKEN",
    ])
      expect(out).toContain(name);
  });
});
