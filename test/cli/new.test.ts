import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newCommand } from "../../cli/commands/new.ts";
import type { Io } from "../../cli/io.ts";
import { inputFieldsOf, resultFieldsOf } from "../../cli/new/answers.ts";
import { writeOperation, writeProvider } from "../../cli/new/write.ts";
import { runner } from "../../cli/run.ts";

const project = resolve(import.meta.dirname, "../..");
/** The sources that an operation is written into, and what they are compiled with. */
const copy = mkdtempSync(join(tmpdir(), "gw-new-"));

beforeAll(() => {
  const sources = [
    "functions",
    "lib",
    "local",
    "inspect",
    "cli",
    "README.md",
    "cdk.json",
    "package.json",
    "tsconfig.json",
  ];
  for (const path of [...sources, "docs/openapi.json", "docs/deploying.md"])
    cpSync(join(project, path), join(copy, path), { recursive: true });
  symlinkSync(join(project, "node_modules"), join(copy, "node_modules"));
  const lint = JSON.parse(readFileSync(join(project, "biome.json"), "utf8"));
  writeFileSync(join(copy, "biome.json"), JSON.stringify({ ...lint, vcs: undefined }));
});

afterAll(() => rmSync(copy, { recursive: true }));

const run = (name: string, ...args: readonly string[]) =>
  execFileSync(join(project, "node_modules/.bin", name), args, { cwd: copy, encoding: "utf8" });

const operations = [
  {
    provider: "aggrepay",
    name: "weigh-customer",
    path: "weighcustomer",
    changes: true,
    takes: "customerId,addressLine1?:addressLine,quirk?:description",
    gives: "blocked:done,balance:amount",
  },
  {
    provider: "aggrepay",
    name: "weigh-all",
    path: "weighall",
    changes: false,
    takes: "",
    gives: "total:count",
  },
  {
    provider: "payu",
    name: "weigh-limit",
    path: "/v1/limit",
    changes: false,
    takes: "urn,mobileNumber",
    gives: "limit:amount,note:text,open:flag,number:id",
  },
  {
    provider: "zenpay",
    name: "hold-funds",
    path: "/v1/hold",
    changes: true,
    takes: "customerId",
    gives: "held:done",
  },
];

const zenpay = {
  ...{ name: "zenpay", title: "ZenPay", about: "a prepaid wallet", source: "ZenPay API v1", changes: true },
  ...{ hosts: { dev: "https://test.zenpay.example", prod: undefined }, secret: ["apiKey", "signingKey"] },
};

test("a provider and operations that are written compile, pass lint, and stand once in each list", () => {
  const { files: ofProvider, judge: ofSignature } = writeProvider(zenpay, copy);
  expect(ofProvider).toContain("lib/providers/zenpay/facts.ts");
  expect(ofSignature.join()).toContain("test/vectors/zenpay.json");
  expect(() => writeProvider(zenpay, copy)).toThrow("lib/providers/zenpay is there already.");
  expect(readFileSync(join(copy, "lib/signing/zenpay.ts"), "utf8")).toContain("is not written yet");
  const { prod } = JSON.parse(readFileSync(join(copy, "cdk.json"), "utf8")).context;
  expect(prod).toMatchObject({ zenpayAccount: "main", zenpayBaseUrl: "none" });
  for (const { takes, gives, ...more } of operations) {
    const answers = { ...more, summary: "Does what nothing else does", source: "A document, section 1" };
    const { files, judge } = writeOperation(
      { ...answers, fields: inputFieldsOf(takes), results: resultFieldsOf(gives) },
      copy,
    );
    expect(files).toContain(`functions/${more.provider}/${more.name}.sample.ts`);
    expect(judge.join()).toContain(more.changes ? "test/faults/subjects.ts" : "data.informs");
  }
  const text = (file: string) => readFileSync(join(copy, file), "utf8");
  const lines = text("functions/operations.ts")
    .split("\n")
    .filter((line) => line.startsWith("export"));
  expect(lines).toEqual(lines.toSorted());
  for (const { provider, name } of operations) {
    expect(lines.filter((line) => line.includes(`"./${provider}/${name}.ts"`))).toHaveLength(1);
    expect(text("functions/samples.ts").split(`"./${provider}/${name}.sample.ts"`)).toHaveLength(2);
  }
  expect(text("functions/aggrepay/weigh-customer.ts")).toContain("address_line_1: input.addressLine1");
  expect(
    run(
      "biome",
      "ci",
      "functions",
      "local/sandbox",
      "lib/providers",
      "lib/signing",
      "cli/words.ts",
      "cdk.json",
    ),
  ).toContain("No fixes applied");
  const config = JSON.parse(text("tsconfig.json"));
  writeFileSync(
    join(copy, "tsconfig.json"),
    JSON.stringify({
      ...config,
      include: ["functions", "lib", "local/sandbox", "inspect/inspect.ts", "cli/words.ts"],
    }),
  );
  expect(run("tsc")).toBe("");
}, 90_000);

test("what is there already is not written over", () => {
  const answers = {
    provider: "aggrepay",
    name: "debit-wallet",
    path: "debitwallet",
    changes: true,
    summary: "x",
    source: "x",
  };
  const before = readFileSync(join(copy, "functions/aggrepay/debit-wallet.ts"), "utf8");
  expect(() => writeOperation({ ...answers, fields: [], results: resultFieldsOf("a:id") }, copy)).toThrow(
    "functions/aggrepay/debit-wallet.ts is there already.",
  );
  expect(readFileSync(join(copy, "functions/aggrepay/debit-wallet.ts"), "utf8")).toBe(before);
});

test.each([
  ["debit", '"debit" must be like aggrepay/block-customer.'],
  ["aggrepay/weigh --source x", "--summary, --result must be given"],
  ["provider acme --title Acme", "--source, --about, --hosts, --secret must be given"],
])("gw new %s says all that is missing", async (line, sentence) => {
  const told: string[] = [];
  const io = { out: () => undefined, err: (text: string) => void told.push(text) } as unknown as Io;
  const codes: number[] = [];
  await newCommand(runner(io, (code) => void codes.push(code))).parseAsync(line.split(" "), { from: "user" });
  expect(codes).toEqual([2]);
  expect(told.join()).toContain(sentence);
});

test.each([
  ["custmerId", 'lib/fields.ts has no "custmerId": did you mean customerId?'],
  ["a b", '"a b" must be like customerId, reason? or fromCustomerId:customerId.'],
  ["shop:subMerchant", 'lib/fields.ts has no "subMerchant": did you mean subMerchantId?'],
  ["x:oneOf", /^lib\/fields.ts has no "oneOf"/],
])("fields %s are refused", (text, sentence) => {
  expect(() => inputFieldsOf(text)).toThrow(sentence);
});

test.each(["", "balance", "balance:money", "Balance:id"])("a result of %j is refused", (text) => {
  expect(() => resultFieldsOf(text)).toThrow(/must (?:name|be)/);
});

test("an operation that would be written over a file, or does not pass lint, leaves everything as it was", () => {
  const answers = (name: string) => ({
    ...{ provider: "aggrepay", name, path: name, changes: false, summary: "Deletes a customer" },
    ...{ source: "none", fields: [], results: resultFieldsOf("deleted:done") },
  });
  const files = ["functions/operations.ts", "functions/samples.ts", "local/sandbox/aggrepay/wallet.ts"];
  const before = files.map((file) => readFileSync(join(copy, file), "utf8"));
  expect(() => writeOperation(answers("delete"), copy)).toThrow("does not pass lint");
  expect(() => writeOperation(answers("common"), copy)).toThrow("common.sample.ts is there already.");
  expect(() => writeOperation(answers("wallet"), copy)).toThrow("wallet.ts is there already.");
  expect(files.map((file) => readFileSync(join(copy, file), "utf8"))).toEqual(before);
  const made = [
    "functions/aggrepay/delete.ts",
    "local/sandbox/aggrepay/delete.ts",
    "functions/aggrepay/common.ts",
  ];
  expect(made.filter((file) => existsSync(join(copy, file)))).toEqual([]);
});
