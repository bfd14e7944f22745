import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { functions } from "../../functions/index.ts";
import { routesOf } from "../../lib/operation/definition.ts";
import { providerNames, providers } from "../../lib/providers/index.ts";
import { itemsOf } from "../support/dynamodb.ts";
import { startGateway } from "../support/gateway.ts";
import { bareEnvironment } from "../support/processes.ts";
import { walletOf } from "../support/sandbox-gateway.ts";
import { started } from "../support/started.ts";

/** Counted from the registry: an operation that comes must not break this test. */
const protectedRoutes = functions.filter(({ access }) => access !== "open").flatMap(routesOf).length;

/** Providers without a question that needs nobody's data. */
const unasked = providerNames.filter((name) => providers[name].question === undefined);

const { gateway } = started({ gateway: () => startGateway({ env: { SCHEDULE_MS: "0" } }) });

/** As `npm run smoke` runs it, with nothing in its environment that could sign. */
const smoke = (...args: readonly string[]) => smokeIn({}, "--url", gateway.url, ...args);

function smokeIn(
  { typed = "", ...env }: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly out: string }> {
  const file = resolve(import.meta.dirname, "../../ops/smoke/smoke.ts");
  return new Promise((found) => {
    const child = execFile(
      process.execPath,
      [file, ...args],
      { env: { ...bareEnvironment(), ...env } },
      (_error, stdout, stderr) => found({ code: child.exitCode ?? -1, out: stdout + stderr }),
    );
    // It may have ended without reading what is typed.
    child.stdin?.on("error", () => undefined).end(typed);
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

const records = async () => (await itemsOf(gateway)).length;

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
    'failed   aggrepay answers: 502 misconfigured: AggrePay refused the gateway\'s api key (secret "aggrepay", version ',
  );
  expect(code).toBe(1);
});

describe("with --ids-kept", () => {
  const wallet = walletOf(() => gateway);
  let customer: string;
  beforeAll(async () => {
    customer = await wallet.newCustomer();
  });
  /** The lines of this step, with the id that was tried. */
  async function measured(debit?: string, reversal?: string) {
    const before = (await wallet.effects()).length;
    const of = { from_customer_id: customer };
    if (debit) await wallet.arm(debit, "debitwallet", of);
    if (reversal) await wallet.arm(reversal, "debitreversal", {});
    const { code, out } = await smokeIn(
      { typed: `${customer}\n`, SMOKE_MPIN: "1234" },
      ...["--url", gateway.url, "--ids-kept", "--customer", customer],
    );
    expect(out).not.toContain("1234");
    const effects = (await wallet.effects()).slice(before);
    const lines = out.split("\n");
    const from = lines.findIndex((line) => line.includes("is a test customer"));
    return {
      code,
      lines: lines.slice(from),
      effects: effects.map(({ kind }) => kind),
      id: effects[0]?.merchantTransactionId ?? "",
    };
  }

  test("ids that are kept give the greatest length", async () => {
    const { code, lines, effects, id } = await measured();
    expect(lines.slice(0, 6)).toEqual([
      expect.stringMatching(/ok {7}is a test customer: its latest record was sent to 127\.0\.0\.1:\d+$/),
      expect.stringMatching(/^ok {7}debits 1\.00 under an id of 64 characters: transaction \d+$/),
      "ok       keeps the debit's id: all 64 characters, listed and found byte for byte",
      expect.stringMatching(/^ok {7}reverses the debit: transaction \d+$/),
      "ok       keeps the reversal's id: all 73 characters, listed and found byte for byte",
      "ok       aggrepayIdsKept: set it to 73",
    ]);
    expect([code, effects]).toEqual([0, ["debit", "reversal"]]);
    expect(new Set(`${id}_REVERSAL`).size).toBe(65);
  });

  test("a debit's id that is cut gives what is left of it, and its reversal is a person's", async () => {
    const { code, lines, effects } = await measured("id-cut");
    expect(lines).toContain(
      "warning  keeps the debit's id: the first 50 of 64 characters, listed and found byte for byte",
    );
    expect(lines.join("\n")).toMatch(
      /failed {3}reverses the debit: 504 outcome-unknown: .* Transaction \d+ stands; see what became of it/,
    );
    expect(lines).toContain("ok       aggrepayIdsKept: set it to 50");
    expect([code, effects]).toEqual([1, ["debit"]]);
  });

  test("a reversal's id that is cut lowers what the debit's gave", async () => {
    const { code, lines, effects } = await measured(undefined, "id-cut");
    expect(lines).toContain(
      "warning  keeps the reversal's id: the first 50 of 73 characters, listed and found byte for byte",
    );
    expect(lines).toContain("ok       aggrepayIdsKept: set it to 50");
    expect([code, effects]).toEqual([0, ["debit", "reversal"]]);
  });

  test("an id that is cut to fewer than may be set leaves it unset", async () => {
    const { code, lines } = await measured("id-cut-short");
    expect(lines).toContain(
      "failed   aggrepayIdsKept: stays none: 15 characters are kept, and 20 is the least that it may be set to",
    );
    expect(code).toBe(1);
  });

  test.each([
    "id-lower",
    "id-stripped",
    "id-prefixed",
    "id-suffixed",
    "id-hashed",
  ])("%s: a debit's id in another form leaves it unset, and both forms are shown", async (form) => {
    const { code, lines, id } = await measured(form);
    const shown = lines.find((line) => line.includes("keeps the debit's id"));
    expect(shown).toMatch(/^failed {3}keeps the debit's id: in another form: sent \S+, shown \S+$/);
    expect(shown).toContain(`sent ${id}, shown `);
    expect(lines).toContain("failed   aggrepayIdsKept: stays none: the debit's id is not shown to be kept");
    expect(code).toBe(1);
  });

  test("a reversal's id in another form leaves the reversals unproven", async () => {
    const { code, lines } = await measured(undefined, "id-lower");
    expect(lines.join("\n")).toMatch(
      /failed {3}keeps the reversal's id: in another form: sent \S+_REVERSAL, shown/,
    );
    expect(lines).toContain(
      "warning  aggrepayIdsKept: may be set to 64, which leaves the ids of reversals unproven",
    );
    expect(code).toBe(1);
  });

  test("nothing is debited when nobody types", async () => {
    const before = await wallet.effects();
    const { code, out } = await smokeIn(
      { SMOKE_MPIN: "1234" },
      ...["--url", gateway.url, "--ids-kept", "--customer", customer],
    );
    expect(out).toContain("the customer's id was not typed again. Nothing was debited");
    expect(code).toBe(1);
    expect(await wallet.effects()).toEqual(before);
  });
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

test("with AUTH=iam it passes with the permissions that docs/deploying.md names, and not without", async () => {
  const allowed = [
    "GET/v1/records*",
    "POST/v1/aggrepay/fetch-balance",
    "POST/v1/aggrepay/get-sub-merchants",
    "POST/v1/payu/check-status",
    "POST/v1/wibmo/encrypt",
    "POST/v1/dreamzwallet/get-secret-key",
  ];
  const page = await readFile(resolve(import.meta.dirname, "../../docs/deploying.md"), "utf8");
  for (const path of allowed) expect(page).toContain(`\`${path}\``);
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
      ...unasked.map((name) => expect.stringMatching(new RegExp(`^skipped {2}${name} answers`))),
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
