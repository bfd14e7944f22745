import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { blockedPorts, freeEngineAddress } from "../../local/engine-address.ts";
import { startGateway } from "../support/gateway.ts";
import { processesOf } from "../support/processes.ts";
import { started } from "../support/started.ts";
import { asPerson, aws, fixtureEnv } from "./fixture.ts";

/** The database believes everybody, so where it listens is told to the front alone. */

describe("where the database listens", () => {
  test("is an address of this machine alone at a port that no browser connects to", async () => {
    const addresses = await Promise.all(Array.from({ length: 20 }, () => freeEngineAddress()));
    for (const { host, port } of addresses) {
      expect(host).toMatch(/^127\.(?:[1-9]\d{0,2})\.(?:[1-9]\d{0,2})\.(?:[1-9]\d{0,2})$/);
      expect(blockedPorts).toContain(port);
    }
    expect(new Set(addresses.map(({ host }) => host)).size).toBeGreaterThan(1);
  });

  test.each([...blockedPorts])("port %i is one that fetch refuses", async (port) => {
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({
      cause: { message: "bad port" },
    });
  });
});

describe("a gateway", () => {
  const { gateway } = started({ gateway: () => startGateway({ env: fixtureEnv() }) });

  /** As `ps` shows it: what a web page cannot ask for. */
  const engine = () => {
    const found = processesOf(gateway.dataDir).find(({ command }) => /^\S*dynoxide serve/.test(command));
    const [, host = "", port = ""] = /--host (\S+) --port (\d+)/.exec(found?.command ?? "") ?? [];
    return { host, port: Number(port) };
  };

  test("tells nobody where its database is: neither on the terminal nor in a file", () => {
    const { host, port } = engine();
    expect(blockedPorts).toContain(port);
    expect(host).not.toBe("127.0.0.1");
    expect(gateway.dynamoUrl).not.toContain(host);
    expect(gateway.logs()).not.toContain(host);
    const files = readdirSync(gateway.dataDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    expect(files.map((file) => file.replace(gateway.dataDir, ""))).toContain("/logs/dynamodb.log");
    for (const file of files) expect(readFileSync(file, "latin1").includes(host)).toBe(false);
  });

  test("believes a signature at the address that it prints, and nothing else", async () => {
    const input = { TableName: "Records", Key: { pk: { S: "x" } } };
    expect((await asPerson(gateway, "GetItem", input)).status).toBe(200);
    const unsigned = await fetch(gateway.dynamoUrl, {
      method: "POST",
      headers: { "x-amz-target": "DynamoDB_20120810.GetItem", "content-type": "application/x-amz-json-1.0" },
      body: JSON.stringify(input),
    });
    expect(await unsigned.json()).toMatchObject({
      __type: expect.stringContaining("MissingAuthenticationToken"),
    });
    expect(await aws(gateway.dynamoUrl, "DynamoDB_20120810.GetItem", input)).toMatchObject({
      status: 400,
      body: { __type: expect.stringContaining("#") },
    });
    const forged = { ...gateway.dynamoCredentials, secretAccessKey: "guessed" };
    expect(await asPerson({ ...gateway, dynamoCredentials: forged }, "GetItem", input)).toMatchObject({
      status: 400,
      body: { __type: expect.stringContaining("InvalidSignature") },
    });
  });

  test("gives a person's keys no secret", async () => {
    const { dynamoCredentials, secretsUrl: dynamoUrl } = gateway;
    expect(await asPerson({ dynamoUrl, dynamoCredentials }, "GetSecretValue", {})).toMatchObject({
      status: 400,
    });
  });
});

test("an address that is taken is not given, and where there is no other than 127.0.0.1 its ports are tried", async () => {
  const tried: string[] = [];
  const last = blockedPorts.at(-1);
  const found = await freeEngineAddress(async ({ host, port }) => {
    tried.push(`${host}:${port}`);
    return host === "127.0.0.1" && port === last;
  });
  expect(found).toEqual({ host: "127.0.0.1", port: last });
  expect(tried.filter((each) => !each.startsWith("127.0.0.1:"))).toHaveLength(8);
  await expect(freeEngineAddress(async () => false)).rejects.toThrow(
    "DynamoDB needs one of these ports, and all are taken",
  );
});
