import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { sandboxSecrets } from "../../local/sandbox/index.ts";
import { openSecrets } from "../../local/secrets.ts";
import { type SecretsManager, startSecretsManager } from "../../local/secrets-manager.ts";
import { aws, newFolder } from "./fixture.ts";

const arn = (name: string) => `arn:aws:secretsmanager:ap-south-1:000000000000:secret:${name}-000000`;
const known = ["aggrepay", "gateway", "payu", "other"].map((key) => ({
  key,
  name: `ours/${key}`,
  arn: arn(`ours/${key}`),
}));

let server: SecretsManager | undefined;
afterEach(() => server?.close());

async function serve(secretsFile?: object) {
  const folder = newFolder("secrets");
  const file = join(folder, "secrets.json");
  const reports: string[] = [];
  const write = (content: object | string) =>
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  if (secretsFile !== undefined) write(secretsFile);
  const secrets = openSecrets({
    file: secretsFile && file,
    gatewayFile: join(folder, "gateway-secret.json"),
    report: (sentence) => reports.push(sentence),
  });
  server = await startSecretsManager(known, secrets);
  const { url } = server;
  const get = async (input: object) =>
    (await aws(url, "secretsmanager.GetSecretValue", input)).body as Answer;
  const value = async (input: object) => JSON.parse((await get(input)).SecretString ?? "null");
  return { folder, file, write, reports, get, value, url };
}

interface Answer {
  readonly __type?: string;
  readonly Message?: string;
  readonly ARN?: string;
  readonly Name?: string;
  readonly VersionId?: string;
  readonly VersionStages?: readonly string[];
  readonly SecretString?: string;
}

const aggrepay = { SecretId: "ours/aggrepay" };
const previous = { ...aggrepay, VersionStage: "AWSPREVIOUS" };

test("without a file the sandbox's secret is given, by name and by ARN", async () => {
  const { get, value } = await serve();
  expect(await value(aggrepay)).toEqual(sandboxSecrets.aggrepay);
  const answer = await get({ SecretId: arn("ours/aggrepay") });
  expect(answer).toMatchObject({
    ARN: arn("ours/aggrepay"),
    Name: "ours/aggrepay",
    VersionStages: ["AWSCURRENT"],
  });
  expect(await value({ ...aggrepay, VersionId: answer.VersionId })).toEqual(sandboxSecrets.aggrepay);
});

test.each(
  Object.entries(sandboxSecrets),
)("the sandbox of %s gets the secret that it accepts", async (key, secret) => {
  const value = openSecrets({
    file: undefined,
    gatewayFile: join(newFolder("secrets"), "gateway-secret.json"),
    report: () => {},
  }).versions(key)?.current.value;
  expect(value).toEqual(secret);
});

test("the gateway's key is made once and stays", async () => {
  const { folder, value } = await serve();
  const first = await value({ SecretId: "ours/gateway" });
  expect(first).toEqual({ generatedKey: expect.stringMatching(/^[A-Za-z0-9]{64}$/) });
  const again = openSecrets({
    file: undefined,
    gatewayFile: join(folder, "gateway-secret.json"),
    report: () => {},
  });
  expect(again.versions("gateway")?.current.value).toEqual(first);
});

test("what is not there is refused in AWS's words", async () => {
  const { get, url } = await serve();
  expect(await get({ SecretId: "unknown" })).toEqual({
    __type: "ResourceNotFoundException",
    Message: "Secrets Manager can't find the specified secret.",
  });
  expect(await get({ SecretId: "ours/other" })).toEqual({
    __type: "ResourceNotFoundException",
    Message: "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
  });
  expect((await get(previous)).Message).toContain("staging label: AWSPREVIOUS");
  expect((await get({ ...aggrepay, VersionId: "nope" })).Message).toContain("VersionId: nope");
  expect((await get({})).__type).toBe("InvalidParameterException");
  expect((await aws(url, "secretsmanager.PutSecretValue", {})).status).toBe(400);
});

test("a change of the file is a rotation: the old value is the previous one", async () => {
  const { write, get, value } = await serve({ aggrepay: { apiKey: "1" } });
  const before = await get(aggrepay);
  write({ aggrepay: { apiKey: "2" } });
  expect(await value(aggrepay)).toEqual({ apiKey: "2" });
  expect(await value(previous)).toEqual({ apiKey: "1" });
  expect((await get(previous)).VersionId).toBe(before.VersionId);
  // A change of something else is not a rotation of this.
  write({ aggrepay: { apiKey: "2" }, payu: { salt: "s" } });
  expect(await value(previous)).toEqual({ apiKey: "1" });
  expect(await value({ SecretId: "ours/payu" })).toEqual({ salt: "s" });
});

test("a file may say both versions itself", async () => {
  const { write, value } = await serve({ aggrepay: { current: { apiKey: "2" }, previous: { apiKey: "1" } } });
  expect([await value(aggrepay), await value(previous)]).toEqual([{ apiKey: "2" }, { apiKey: "1" }]);
  write({ aggrepay: { current: { apiKey: "4" }, previous: { apiKey: "3" } } });
  expect([await value(aggrepay), await value(previous)]).toEqual([{ apiKey: "4" }, { apiKey: "3" }]);
});

test("a file never falls back to the sandbox's secret, and leaves the gateway's own alone", async () => {
  const { get, value } = await serve({});
  expect((await get(aggrepay)).__type).toBe("ResourceNotFoundException");
  expect(await value({ SecretId: "ours/gateway" })).toHaveProperty("generatedKey");
});

test("a file that is broken or gone for a moment leaves what was valid, and no secret is reported", async () => {
  const { file, write, value, reports } = await serve({ aggrepay: { apiKey: "first-secret" } });
  write('{"aggrepay": {"apiKey": "second-secret"');
  expect(await value(aggrepay)).toEqual({ apiKey: "first-secret" });
  rmSync(file);
  expect(await value(aggrepay)).toEqual({ apiKey: "first-secret" });
  expect(reports.join()).toMatch(/is not JSON.*ENOENT/);
  expect(reports.join()).not.toContain('secret"');
  write({ aggrepay: { apiKey: "third" } });
  expect(await value(previous)).toEqual({ apiKey: "first-secret" });
});

test.each([
  { current: { aggrepay: {} }, previous: {} },
  { previous: {}, aggrepay: {} },
])("two versions are given for each key, not for the whole file: %j", async (file) => {
  await expect(serve(file)).rejects.toThrow(/two versions stand under the key of each provider/);
});
