import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { awsClientConfig } from "../../lib/aws.ts";
import { Problem } from "../../lib/problem.ts";
import { currentRing, fingerprint, keyRing } from "../../lib/secrets/key-ring.ts";
import { part, type Secrets, secretsFrom, textsIn } from "../../lib/secrets/secrets.ts";
import type { Secrets as Values } from "../../local/secrets.ts";
import { type SecretsManager, startSecretsManager } from "../../local/secrets-manager.ts";
import { type CountingProxy, startCountingProxy } from "../support/counting-proxy.ts";
import { localCredentials } from "../support/dynamodb.ts";

const minute = 60_000;
const arn = "arn:aws:secretsmanager:eu-central-1:000000000000:secret:aggrepay-AbCdEf";

let manager: SecretsManager;
let proxy: CountingProxy;
let client: SecretsManagerClient;
let secrets: Secrets;
let now: number;
/** What Secrets Manager holds; a text is what it answers with as it is. */
let current: object | undefined;
let previous: object | undefined;

const values: Values = {
  description: "",
  versions: () =>
    current && {
      current: { id: "v2", value: current as { [name: string]: string } },
      previous: previous && { id: "v1", value: previous as { [name: string]: string } },
    },
};

beforeEach(async () => {
  now = Date.UTC(2025, 0, 1);
  current = { apiKey: "planted-api-key-5f0c", salt: "planted-salt-9d1e" };
  previous = undefined;
  manager = await startSecretsManager([{ name: "aggrepay", arn, key: "aggrepay" }], values);
  proxy = await startCountingProxy(manager.url);
  const env = { ...localCredentials, AWS_ENDPOINT_URL_SECRETS_MANAGER: proxy.url };
  client = new SecretsManagerClient(awsClientConfig(env, "SECRETS_MANAGER"));
  secrets = secretsFrom(client, () => arn, { now: () => now, monotonic: () => 0 });
});

afterEach(async () => {
  client.destroy();
  await proxy.stop();
  manager.close();
});

const calls = () => proxy.counts().GetSecretValue ?? 0;
const salt = async () => part(await secrets.current("aggrepay"), "salt").reveal();

async function problemOf(work: () => unknown): Promise<Problem> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error("no problem");
}

describe("the version in force", () => {
  test("is fetched once and kept for five minutes", async () => {
    expect(await salt()).toBe("planted-salt-9d1e");
    now += 5 * minute - 1;
    expect(await salt()).toBe("planted-salt-9d1e");
    expect(calls()).toBe(1);
    current = { apiKey: "new", salt: "new-salt" };
    now += 1;
    expect(await salt()).toBe("new-salt");
    expect(calls()).toBe(2);
  });

  test("is fetched once for 50 requests that find nothing in memory", async () => {
    const salts = await Promise.all(Array.from({ length: 50 }, salt));
    expect(new Set(salts)).toEqual(new Set(["planted-salt-9d1e"]));
    expect(calls()).toBe(1);
  });

  test("is fetched once for 50 requests that find it stale", async () => {
    await salt();
    now += 6 * minute;
    await Promise.all(Array.from({ length: 50 }, salt));
    expect(calls()).toBe(2);
  });

  test("outlives an outage of Secrets Manager, which is asked again every ten seconds", async () => {
    await salt();
    now += 6 * minute;
    proxy.refuse(1000);
    expect(await salt()).toBe("planted-salt-9d1e");
    const asked = calls();
    now += 9_999;
    expect(await salt()).toBe("planted-salt-9d1e");
    expect(calls()).toBe(asked);
    proxy.refuse(0);
    current = { apiKey: "new", salt: "new-salt" };
    now += 1;
    expect(await salt()).toBe("new-salt");
  });

  test("that was never fetched is not sent without, and 50 requests fail as one", async () => {
    proxy.refuse(1000);
    const problems = await Promise.all(Array.from({ length: 50 }, () => problemOf(salt)));
    expect(new Set(problems.map(({ code }) => code))).toEqual(new Set(["not-sent"]));
    // The SDK's three attempts, once.
    expect(calls()).toBe(3);
    proxy.refuse(0);
    expect(await salt()).toBe("planted-salt-9d1e");
  });

  test("that does not exist yet is a misconfiguration that names it, and is looked for again after ten seconds", async () => {
    current = undefined;
    const problem = await problemOf(salt);
    expect([problem.code, problem.status]).toEqual(["misconfigured", 502]);
    expect(problem.message).toContain('"aggrepay"');
    current = { apiKey: "new", salt: "new-salt" };
    now += 9_999;
    expect((await problemOf(salt)).code).toBe("misconfigured");
    expect(calls()).toBe(1);
    now += 1;
    expect(await salt()).toBe("new-salt");
    expect(calls()).toBe(2);
  });
});

describe("the version in force, read anew", () => {
  const refreshedSalt = async () => part(await secrets.refreshed("aggrepay"), "salt").reveal();
  const rotate = () => {
    previous = current;
    current = { apiKey: "new", salt: "new-salt" };
  };

  test("is what everybody has from then on", async () => {
    await salt();
    rotate();
    now += 500;
    expect(await salt()).toBe("planted-salt-9d1e");
    expect(await refreshedSalt()).toBe("new-salt");
    expect(await salt()).toBe("new-salt");
    expect(calls()).toBe(2);
    now += 5 * minute - 1;
    expect(await salt()).toBe("new-salt");
    expect(calls()).toBe(2);
  });

  test("is read twice a second at most, however often it is asked for", async () => {
    await salt();
    rotate();
    now += 499;
    expect(await refreshedSalt()).toBe("planted-salt-9d1e");
    expect(calls()).toBe(1);
    now += 1;
    expect(new Set(await Promise.all(Array.from({ length: 50 }, refreshedSalt)))).toEqual(
      new Set(["new-salt"]),
    );
    await refreshedSalt();
    expect(calls()).toBe(2);
    now += 500;
    await refreshedSalt();
    expect(calls()).toBe(3);
  });

  test("makes the one until now the one before it, whatever was known as that", async () => {
    expect(await secrets.previous("aggrepay")).toBeUndefined();
    await salt();
    rotate();
    now += 500;
    await refreshedSalt();
    const before = await secrets.previous("aggrepay");
    expect(before && part(before, "salt").reveal()).toBe("planted-salt-9d1e");
    expect(calls()).toBe(3);
  });

  test("that says the same leaves the one before it", async () => {
    previous = { apiKey: "old", salt: "old-salt" };
    await secrets.previous("aggrepay");
    await salt();
    now += 500;
    await refreshedSalt();
    const before = await secrets.previous("aggrepay");
    expect(before && part(before, "salt").reveal()).toBe("old-salt");
  });

  test("since a moment: what was read before it will not do, and is waited for", async () => {
    const before = secrets.moment();
    await salt();
    expect(await secrets.refreshed("aggrepay", before)).toBeDefined();
    expect(calls()).toBe(1);
    rotate();
    expect(part(await secrets.refreshed("aggrepay", secrets.moment()), "salt").reveal()).toBe("new-salt");
    expect(calls()).toBe(2);
  });

  test("since a moment, in an outage: what was read before it is not given for it", async () => {
    await salt();
    proxy.refuse(1000);
    const since = secrets.moment();
    expect((await problemOf(() => secrets.refreshed("aggrepay", since))).code).toBe("not-sent");
    expect(await salt()).toBe("planted-salt-9d1e");
  });

  test("during an outage is the one that is known", async () => {
    await salt();
    now += 500;
    proxy.refuse(1000);
    expect(await refreshedSalt()).toBe("planted-salt-9d1e");
    expect(await salt()).toBe("planted-salt-9d1e");
  });

  test("where none is known, and none can be had, is told like any other", async () => {
    proxy.refuse(1000);
    expect((await problemOf(refreshedSalt)).code).toBe("not-sent");
    proxy.refuse(0);
    current = undefined;
    expect((await problemOf(refreshedSalt)).code).toBe("misconfigured");
    current = { apiKey: "new", salt: "new-salt" };
    now += 500;
    expect(await refreshedSalt()).toBe("new-salt");
  });
});

describe("the texts of a secret", () => {
  test("are all that are long enough to be one", () => {
    const json = {
      apiKey: "planted",
      short: "hmac",
      six: "sixsix",
      number: 123_456_789,
      list: ["planted-too"],
    };
    const texts = textsIn({ name: "aggrepay", json }).map((each) => each.reveal());
    expect(texts).toEqual(["planted", "sixsix"]);
  });
});

describe("the version before it", () => {
  test("is there during a rotation, and asked for apart from the one in force", async () => {
    expect(await secrets.previous("aggrepay")).toBeUndefined();
    now += 6 * minute;
    previous = { apiKey: "old", salt: "old-salt" };
    const before = await secrets.previous("aggrepay");
    expect(before && part(before, "salt").reveal()).toBe("old-salt");
    expect(await salt()).toBe("planted-salt-9d1e");
  });

  test("is not asked for again while it is known not to be there, which is ten seconds", async () => {
    await Promise.all([secrets.previous("aggrepay"), secrets.previous("aggrepay")]);
    now += 9_999;
    await secrets.previous("aggrepay");
    expect(calls()).toBe(1);
    now += 1;
    await secrets.previous("aggrepay");
    expect(calls()).toBe(2);
  });
});

describe("a malformed secret", () => {
  test.each([
    ["has no such key", { apiKey: "planted-api-key-5f0c" }],
    ["holds something else under it", { apiKey: "planted-api-key-5f0c", salt: 91_735_108 }],
    ["holds nothing under it", { apiKey: "planted-api-key-5f0c", salt: "" }],
    ["has white space around it", { apiKey: "planted-api-key-5f0c", salt: " planted-salt-9d1e\n" }],
  ])("that %s is told by the name of the key alone", async (_what, value) => {
    current = value;
    const problem = await problemOf(salt);
    expect([problem.code, problem.status]).toEqual(["misconfigured", 502]);
    expect(problem.message).toMatch(/"aggrepay".*"salt"|"salt".*"aggrepay"/);
    expectNothingPlanted(problem);
  });

  test.each([
    '{"apiKey":"planted-api-key-5f0c","salt":planted-salt-9d1e}',
    '"planted-salt-9d1e"',
    '["planted-salt-9d1e"]',
    "null",
    "",
  ])("that is no JSON object is told without a word of it: %s", async (text) => {
    const answer = { send: async () => ({ SecretString: text }) };
    const broken = secretsFrom(answer as unknown as SecretsManagerClient, () => arn, {
      now: () => now,
      monotonic: () => 0,
    });
    const problem = await problemOf(() => broken.current("aggrepay"));
    expect(problem.code).toBe("misconfigured");
    expect(problem.message).toContain('"aggrepay"');
    expectNothingPlanted(problem);
  });
});

function expectNothingPlanted(problem: Problem): void {
  const told = [problem.message, problem.stack, String(problem.cause), JSON.stringify(problem.body("urn:x"))];
  expect(told.join("\n")).not.toMatch(/planted|91735108|\\n"/);
}

describe("a ring of keys", () => {
  const key = (fill: string) => Buffer.alloc(32, fill).toString("base64");
  const ringOf = (fingerprintKeys: unknown) =>
    keyRing({ name: "gateway", json: { fingerprintKeys } }, "fingerprintKeys");

  test("makes fingerprints with its first key, and knows the others by their ids", () => {
    const ring = ringOf([
      { id: "k2", key: key("2") },
      { id: "k1", key: key("1") },
    ]);
    expect(fingerprint(ring, "text")).toMatch(/^k2\.[\w-]{43}$/);
    expect(fingerprint(ring, "text", "k1")).toMatch(/^k1\./);
    expect(fingerprint(ring, "text", "k0")).toBeUndefined();
    expect(fingerprint(ring, "text")).not.toBe(fingerprint(ring, "text ", "k2"));
  });

  /** As the deployment generates it; what comes of it was computed with OpenSSL (`openssl kdf HKDF`, `openssl dgst -mac`). */
  const generatedKey = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCdEfGhIjKlMnOpQrStUvWxYz01";
  const generated = (json: object, name: "fingerprintKeys" | "sealingKeys" = "fingerprintKeys") =>
    keyRing({ name: "gateway", json: { generatedKey, ...json } }, name);
  const fingerprintMade = "generated.GJJN9joQbBNu1rWuzq-bhY2kgoR-uE8O82wViGUHhvw";

  test("begins with a key that comes of the generated one, another in each ring", () => {
    expect(fingerprint(generated({}), "text")).toBe(fingerprintMade);
    const [sealing, ...more] = generated({}, "sealingKeys").keys;
    expect(more).toEqual([]);
    expect(sealing?.key.reveal()).toBe("JCb67i5gkNntRvE+pspCRMMlb7LVjpCTqjpXM8/yvbI=");
  });

  test("keeps the generated key behind those that people put in front", () => {
    const ring = generated({ fingerprintKeys: [{ id: "k1", key: key("1") }] });
    expect(fingerprint(ring, "text")).toMatch(/^k1\./);
    expect(fingerprint(ring, "text", "generated")).toBe(fingerprintMade);
  });

  test("is read anew where it is wrong: somebody may be mending it", async () => {
    const holding = (json: object) => async () => ({ name: "gateway" as const, json });
    const mended = { current: holding({}), refreshed: holding({ generatedKey }) };
    expect((await currentRing(mended, "sealingKeys")).keys).toHaveLength(1);
    const broken = { current: holding({}), refreshed: holding({}) };
    const problem = await problemOf(() => currentRing(broken, "sealingKeys"));
    expect(problem.code).toBe("misconfigured");
  });

  test("leaves the generated key's id to that key", async () => {
    const problem = await problemOf(() =>
      generated({ fingerprintKeys: [{ id: "generated", key: key("1") }] }),
    );
    expect(problem.code).toBe("misconfigured");
    expect(problem.message).toContain('"generated"');
  });

  test.each([
    ["short", "planted-salt-9d1e"],
    ["no text", 12],
  ])("does not begin with a generated key that is %s", async (_what, value) => {
    const problem = await problemOf(() => generated({ generatedKey: value }));
    expect(problem.code).toBe("misconfigured");
    expect(problem.message).toMatch(/"generatedKey"|"gateway"/);
    expect(problem.message).not.toContain("planted");
  });

  test.each([
    ["is missing", undefined],
    ["is empty", []],
    ["is no list", { id: "k1" }],
    ["holds a text", ["planted-salt-9d1e-planted-salt-9d1e-planted"]],
    ["holds a key without id", [{ key: key("1") }]],
    ["holds an id without key", [{ id: "k1" }]],
    [
      "holds an id twice",
      [
        { id: "k1", key: key("1") },
        { id: "k2", key: key("2") },
        { id: "k1", key: key("3") },
      ],
    ],
    ["holds a short key", [{ id: "k1", key: Buffer.from("planted-salt-9d1e").toString("base64") }]],
  ])("that %s is a misconfiguration, told without its keys", async (_what, value) => {
    const problem = await problemOf(() => ringOf(value));
    expect(problem.code).toBe("misconfigured");
    expect(problem.message).toContain('"gateway"');
    expect(problem.message).not.toMatch(/planted|cGxhbnRlZ/);
  });
});
