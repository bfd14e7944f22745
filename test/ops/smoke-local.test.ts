import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { clientAt, scanAll } from "../support/dynamodb.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";

let gateway: Gateway;

beforeAll(async () => {
  gateway = await startGateway({ env: { SCHEDULE_MS: "0" } });
});

afterAll(() => gateway?.stop());

/** As `npm run smoke` runs it, with nothing in its environment that could sign. */
function smoke(...args: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
  const file = resolve(import.meta.dirname, "../../ops/smoke/smoke.ts");
  return new Promise((found) => {
    const child = execFile(
      process.execPath,
      [file, "--url", gateway.url, ...args],
      { env: { PATH: process.env.PATH } },
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
  const client = clientAt(gateway.dynamoUrl);
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
    "warning  refuses whoever does not sign: open: this gateway asks nobody who calls",
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
});
