import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { functions } from "../../functions/index.ts";
import { clientOf, scanAll } from "../support/dynamodb.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";

/** Counted from the registry: an operation that comes must not break this test. */
const protectedRoutes = functions.filter(({ route, access }) => route && access !== "open").length;

let gateway: Gateway;

beforeAll(async () => {
  gateway = await startGateway({ env: { SCHEDULE_MS: "0" } });
});

afterAll(() => gateway?.stop());

/** As `npm run smoke` runs it, with nothing in its environment that could sign. */
const smoke = (...args: readonly string[]) => smokeIn({}, "--url", gateway.url, ...args);

function smokeIn(
  env: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly out: string }> {
  const file = resolve(import.meta.dirname, "../../ops/smoke/smoke.ts");
  return new Promise((found) => {
    const child = execFile(
      process.execPath,
      [file, ...args],
      { env: { PATH: process.env.PATH, ...env } },
      (_error, stdout, stderr) => found({ code: child.exitCode ?? -1, out: stdout + stderr }),
    );
  });
}

const sandboxes = ["AggrePay", "PayU", "Wibmo", "DreamzWallet", "NICEPAY"];

async function called(): Promise<Readonly<Record<string, readonly string[]>>> {
  const shown = sandboxes.map(async (name) => {
    const url = new RegExp(`^ {2}${name} +(\\S+) +sandbox$`, "m").exec(gateway.logs())?.[1];
    const { calls } = (await (await fetch(`${url}/sandbox/calls`)).json()) as {
      readonly calls: readonly { readonly path: string; readonly signed: boolean }[];
    };
    return [name, calls.map(({ path, signed }) => (signed ? path : `${path} unsigned`))] as const;
  });
  return Object.fromEntries(await Promise.all(shown));
}

async function records(): Promise<number> {
  const client = clientOf(gateway);
  try {
    const { TableNames: [table = ""] = [] } = await client.send(new ListTablesCommand({}));
    return (await scanAll(client, table)).length;
  } finally {
    client.destroy();
  }
}

const nobody = Object.fromEntries(sandboxes.map((name) => [name, []]));

test("the local host passes, open as it is, and no provider hears of it", async () => {
  const { code, out } = await smoke();
  expect(out.split("\n").filter((line) => !line.startsWith("ok"))).toEqual([
    "warning  refuses whoever does not say who calls: open: this gateway asks nobody who calls",
    "",
    `${gateway.url} is as it should be.`,
    "",
  ]);
  expect(out).toContain(
    "ok       nicepay/account-binding-webhook refuses a false signature: 401 access-denied",
  );
  expect(code).toBe(0);
  expect(await called()).toEqual(nobody);
  expect(await records()).toBe(0);
});

test("with --ask each provider is asked once, signed, and nothing is recorded", async () => {
  const { code, out } = await smoke("--ask");
  expect(out).not.toContain("failed");
  expect(code).toBe(0);
  expect(await called()).toEqual({
    ...nobody,
    AggrePay: ["getsubmerchants"],
    PayU: [expect.stringMatching(/check-status$/)],
    Wibmo: [expect.stringMatching(/encrypt$/)],
    DreamzWallet: [expect.stringMatching(/getSecretKey$/)],
  });
  expect(await records()).toBe(0);
});

test("with --ask a provider that refuses our key fails it", async () => {
  const armed = await fetch(`${gateway.sandboxUrl}/sandbox/faults`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ fault: "unauthorized", path: "getsubmerchants", times: 2 }),
  });
  expect(armed.status).toBeLessThan(300);
  const { code, out } = await smoke("--ask", "--provider", "aggrepay");
  expect(out).toContain(
    "failed   aggrepay answers: 502 misconfigured: AggrePay refused the gateway's api key.",
  );
  expect(code).toBe(1);
});

test("a function that the environment has left without its configuration fails it", async () => {
  const broken = await startGateway({
    env: { SCHEDULE_MS: "0", WEBHOOK_SOURCE_ADDRESSES: "somewhere" },
    dataDir: join(gateway.dataDir, "broken"),
  });
  try {
    const { code, out } = await smoke("--url", broken.url);
    expect(code).toBe(1);
    expect(out).toContain(
      "failed   nicepay/account-binding-webhook refuses a false signature: 503 misconfigured",
    );
  } finally {
    await broken.stop();
  }
}, 120_000);

test("with AUTH=iam it passes with the permissions that the README names, and not without", async () => {
  const allowed = [
    "GET/v1/records*",
    "POST/v1/aggrepay/fetch-balance",
    "POST/v1/aggrepay/get-sub-merchants",
    "POST/v1/payu/check-status",
    "POST/v1/wibmo/encrypt",
    "POST/v1/dreamzwallet/get-secret-key",
  ];
  const readme = await readFile(resolve(import.meta.dirname, "../../README.md"), "utf8");
  for (const path of allowed) expect(readme).toContain(`\`${path}\``);
  const principal = (name: string, paths: readonly string[]) => ({
    arn: `arn:aws:iam::000000000000:user/${name}`,
    accessKeyId: `AKIA${name.toUpperCase()}`,
    secretAccessKey: `${name}-secret-5d0b`,
    policy: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: "execute-api:Invoke",
          Resource: paths.map((path) => `arn:aws:execute-api:ap-south-1:000000000000:local/$default/${path}`),
        },
      ],
    },
  });
  const may = principal("may", allowed);
  const mayNot = principal("maynot", allowed.slice(1));
  const dataDir = join(gateway.dataDir, "iam");
  const file = join(gateway.dataDir, "principals.json");
  await writeFile(file, JSON.stringify([may, mayNot]), { mode: 0o600 });
  const closed = await startGateway({
    env: { SCHEDULE_MS: "0", AUTH: "iam", PRINCIPALS_FILE: file },
    dataDir,
  });
  const as = ({ accessKeyId, secretAccessKey }: typeof may) =>
    smokeIn(
      { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_REGION: "ap-south-1" },
      "--url",
      closed.url,
      "--ask",
    );
  try {
    const { code, out } = await as(may);
    expect(out.split("\n").filter((line) => !line.startsWith("ok"))).toEqual([
      expect.stringMatching(/^skipped {2}nicepay answers/),
      "",
      `${closed.url} is as it should be.`,
      "",
    ]);
    expect(out).toContain(
      `ok       refuses whoever does not say who calls: all ${protectedRoutes} protected routes`,
    );
    expect(code).toBe(0);
    const refused = await as(mayNot);
    expect(refused.out).toContain("failed   lists records: 403 of API Gateway");
    expect(refused.code).toBe(1);
  } finally {
    await closed.stop();
  }
}, 120_000);
