import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { operationNames, requestOf } from "../../inspect/command/made.ts";
import { run } from "../../inspect/command/run.ts";
import { inspect } from "../../inspect/inspect.ts";
import type { ProviderName } from "../../lib/secrets/names.ts";
import { sandboxSecrets } from "../../local/sandbox/index.ts";
import { startSecretsManager } from "../../local/secrets-manager.ts";
import { sampled } from "../support/samples.ts";

const scratch = mkdtempSync(join(tmpdir(), "inspect-"));
afterAll(() => rmSync(scratch, { recursive: true }));

async function ran(args: readonly string[], question: unknown = {}) {
  const printed: Record<"out" | "err", string[]> = { out: [], err: [] };
  const code = await run(
    args,
    { out: (text) => void printed.out.push(text), err: (text) => void printed.err.push(text) },
    () => Promise.resolve(typeof question === "string" ? question : JSON.stringify(question)),
  );
  return { code, out: printed.out.join(""), err: printed.err.join("") };
}

const debit = {
  operation: "aggrepay/debit-wallet",
  input: { fromCustomerId: "546693304", amount: "4", mpin: "4711", merchantTransactionId: "T-1" },
};

describe("every operation that calls a provider", () => {
  const names = sampled.map(({ operation }) => operation.name);

  test("can be inspected", () => expect([...operationNames].toSorted()).toEqual(names.toSorted()));

  test.each(sampled)("$operation.name agrees with the code that signs it", async ({ operation, sample }) => {
    const provider = operation.provider.name as ProviderName;
    const secret = sandboxSecrets[provider];
    const { input } = sample.full("T-1");
    const isDeactivation = operation.name === "nicepay/deactivate-account-binding";
    const given = isDeactivation ? { ...input, userToken: "user-token-1" } : input;
    const message = requestOf(operation.name, given as Readonly<Record<string, unknown>>, secret, 0);
    const secrets = [{ label: "sandbox", json: secret }] as const;
    const found = await inspect({ provider, operation: operation.name, secrets, message });
    expect(found).toMatchObject({ verdict: "agrees", findings: [] });
  });
});

describe("the command", () => {
  test("shows what is signed, without a secret", async () => {
    const { code, out } = await ran(["sign"], debit);
    expect(code).toBe(0);
    expect(out).toContain("|4|[api_key, 15 characters, sandbox]|546693304|T-1|[mpin, 4 characters]");
    expect(out).not.toMatch(/4711|sandbox-salt|sandbox-api-key/);
  });

  test("says which piece differs, and ends with 1", async () => {
    const message = requestOf(
      debit.operation,
      { ...debit.input, amount: "4.00" },
      sandboxSecrets.aggrepay,
      0,
    );
    const { code, out } = await ran(["verify"], { ...debit, theirs: message });
    expect([code, out]).toEqual([
      1,
      expect.stringContaining('number form: In the other message, "amount" has 2 decimals.'),
    ]);
  });

  test("agrees with another party's request of PayU, whose date it takes", async () => {
    const input = { verifyClientTxnId: "ABCDEFGHIJ", clientTxnId: "ABCDEFGHIJ" };
    const theirs = requestOf("payu/check-status", input, sandboxSecrets.payu, 1_790_000_000_000);
    const { code, out } = await ran(["verify", "--json"], { operation: "payu/check-status", input, theirs });
    expect([code, JSON.parse(out)]).toEqual([0, expect.objectContaining({ verdict: "agrees" })]);
  });

  test("reads the secret from a file, with the version before", async () => {
    const file = join(scratch, "secrets.json");
    const old = { apiKey: "key-1", salt: "old-salt-1" };
    writeFileSync(
      file,
      JSON.stringify({ aggrepay: { current: { apiKey: "key-1", salt: "new-salt" }, previous: old } }),
    );
    const theirs = requestOf(debit.operation, debit.input, old, 0);
    const { code, out } = await ran(["verify", "--secrets-file", file], { ...debit, theirs });
    expect([code, out]).toEqual([
      1,
      expect.stringContaining("secret version: It is signed with the secret's version previous"),
    ]);
  });

  test("reads the secret from Secrets Manager, with the version before", async () => {
    const value = { apiKey: "key-1", salt: "new-salt" };
    const old = { apiKey: "key-1", salt: "old-salt-1" };
    const version = (id: string, json: Record<string, string>) => ({ id, value: json });
    const versions = { current: version("2".repeat(36), value), previous: version("1".repeat(36), old) };
    const known = [{ name: "aggrepay", arn: "arn:secret", key: "aggrepay" }];
    const manager = await startSecretsManager(known, { versions: () => versions, description: "a test's" });
    try {
      process.env.AWS_ACCESS_KEY_ID ??= "test";
      process.env.AWS_SECRET_ACCESS_KEY ??= "test";
      const theirs = requestOf(debit.operation, debit.input, old, 0);
      const source = ["--secret-id", "arn:secret", "--endpoint-url", manager.url, "--region", "ap-south-1"];
      const { out, err } = await ran(["verify", ...source], { ...debit, theirs });
      expect(err).toBe("");
      expect(out).toMatch(/version AWSPREVIOUS 1{36}, and AWSCURRENT 2{36} is in force/);
    } finally {
      manager.close();
    }
  });

  test.each([
    ["no verb", [], debit],
    ["an unknown option", ["sign", "--salt", "my-own-salt"], debit],
    ["no JSON", ["sign"], "salt=my-own-salt"],
    ["an unknown provider", ["sign"], { provider: "my-own-salt" }],
    ["an unknown operation", ["sign"], { operation: "aggrepay/nothing", input: {} }],
    ["a refused input", ["sign"], { ...debit, input: { ...debit.input, amount: "my-own-salt" } }],
    ["a secret without a part", ["sign"], { ...debit, secret: { apiKey: "my-own-salt" } }],
    ["a secret with white space", ["sign"], { ...debit, secret: { apiKey: "k", salt: "my-own-salt " } }],
    ["nothing to verify with", ["verify"], debit],
    ["a message that is empty", ["verify"], { provider: "aggrepay", message: " " }],
    ["a body that is broken", ["verify"], { provider: "aggrepay", message: '{"salt": my-own-salt}' }],
    [
      "a notification of AggrePay",
      ["verify"],
      { provider: "aggrepay", kind: "notification", message: "a=b" },
    ],
  ])("refuses %s in one sentence without a value, and ends with 2", async (_what, args, question) => {
    const { code, out, err } = await ran(args, question);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(/^[^\n]+[.]\n$/);
    expect(err).not.toContain("my-own-salt");
  });

  test("says how it is used", async () => {
    expect(await ran(["--help"])).toMatchObject({ code: 0, out: expect.stringMatching(/^Usage: /), err: "" });
  });
});
