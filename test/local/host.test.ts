import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { type Gateway, type GatewayOptions, startGateway } from "../support/gateway.ts";
import { bareEnvironment, processesOf } from "../support/processes.ts";
import { asPerson, fixtureEnv, newFolder, tableProperties, until } from "./fixture.ts";

const running: Gateway[] = [];
async function start(options: GatewayOptions): Promise<Gateway> {
  const gateway = await startGateway(options);
  running.push(gateway);
  return gateway;
}
afterEach(async () => {
  for (const gateway of running.splice(0)) await gateway.stop();
});

const nothingLeft = (dataDir: string) => until(() => processesOf(dataDir).length === 0 || undefined);

const put = (gateway: Gateway, pk: string) =>
  asPerson(gateway, "PutItem", { TableName: "Records", Item: { pk: { S: pk }, shard: { N: "1" } } });
const read = async (gateway: Gateway, pk: string) =>
  (await asPerson(gateway, "GetItem", { TableName: "Records", Key: { pk: { S: pk } } })).body;

describe("kill -9 of the host", () => {
  test("ends every process, in whatever it was, and the next start finds all that was written", async () => {
    const dataDir = newFolder("data");
    const env = fixtureEnv();
    const first = await start({ dataDir, env });
    const folder = newFolder("gate");
    const lost = Promise.allSettled([
      fetch(`${first.url}/gate?folder=${folder}`),
      // Computes without a pause, so it cannot notice anything by itself.
      fetch(`${first.url}/crash?how=spin&file=${join(folder, "spins")}`),
    ]);
    await fetch(`${first.url}/echo`);
    await until(() => (processesOf(dataDir).length >= 5 && fileExists(join(folder, "spins"))) || undefined);
    expect((await put(first, "before")).status).toBe(200);
    await first.kill();
    await nothingLeft(dataDir);
    await lost;

    const second = await start({ dataDir, env });
    expect(await read(second, "before")).toMatchObject({ Item: { pk: { S: "before" } } });
    expect((await fetch(`${second.url}/echo`)).status).toBe(200);
  });

  test("in the middle of a start leaves nothing that blocks the next", async () => {
    const dataDir = newFolder("data");
    const env = fixtureEnv();
    for (const delay of [40, 80, 120, 160]) {
      const child = execFile(process.execPath, [resolve("local/start.ts")], {
        env: { ...bareEnvironment(), ...env, DATA_DIR: dataDir, PORT: "0" },
      });
      await new Promise((next) => setTimeout(next, delay));
      child.kill("SIGKILL");
    }
    await start({ dataDir, env });
  });
});

describe("the database", () => {
  test("keeps what it acknowledged and comes back on its port when it is killed", async () => {
    const gateway = await start({ env: fixtureEnv() });
    const database = () =>
      processesOf(gateway.dataDir).find(({ command }) => /^\S*dynoxide serve/.test(command));
    for (let round = 0; round < 5; round++) {
      const acknowledged: string[] = [];
      let killed = false;
      const writer = (async () => {
        for (let item = 0; !killed; item++) {
          const key = `${round}-${item}`;
          if ((await put(gateway, key)).status === 200) acknowledged.push(key);
        }
      })().catch(() => undefined);
      await until(() => acknowledged.length >= 10 || undefined);
      process.kill((await until(database)).pid, "SIGKILL");
      killed = true;
      await writer;
      await until(async () => (await read(gateway, "x").catch(() => undefined)) && true);
      for (const key of acknowledged) {
        expect(await read(gateway, key)).toMatchObject({ Item: { pk: { S: key } } });
      }
    }
    expect(gateway.logs()).toContain("it is started again");
  });

  test("comes back, and only once, when the shell that tethers it is killed", async () => {
    const gateway = await start({ env: fixtureEnv() });
    const databases = () =>
      processesOf(gateway.dataDir).filter(({ command }) => /^\S*dynoxide serve/.test(command));
    const [before] = databases();
    const shell = processesOf(gateway.dataDir).find(
      ({ command, parent }) => /^\/bin\/sh/.test(command) && parent === gateway.pid,
    );
    process.kill(shell?.pid ?? 0, "SIGKILL");
    await until(() => {
      const [now, ...others] = databases();
      return (others.length === 0 && now !== undefined && now.pid !== before?.pid) || undefined;
    });
    await until(
      async () => (await put(gateway, "after").catch(() => undefined))?.status === 200 || undefined,
    );
  });

  test("has the template's table, indexes included", async () => {
    const gateway = await start({ env: fixtureEnv() });
    const { body } = await asPerson(gateway, "DescribeTable", { TableName: "Records" });
    expect(body).toMatchObject({
      Table: {
        KeySchema: tableProperties.KeySchema,
        GlobalSecondaryIndexes: [{ IndexName: "unfinished", Projection: { ProjectionType: "INCLUDE" } }],
      },
    });
  });

  test("of another template is refused with what to do", async () => {
    const dataDir = newFolder("data");
    await (await start({ dataDir, env: fixtureEnv() })).kill();
    const { GlobalSecondaryIndexes: _, ...withoutIndex } = tableProperties;
    const refused = start({ dataDir, env: fixtureEnv({ table: withoutIndex }) });
    await expect(refused).rejects.toThrow(
      /ended with 1: .*index unfinished: .* absent in the template.*Move that file away/s,
    );
    await nothingLeft(dataDir);
  });
});

describe("a start that cannot succeed says why in a sentence", () => {
  test.each([
    [{ PORT: "http" }, /PORT must be a whole number from 0 to 65535, not "http"\./],
    [{ AGGREPAY_BASE_URL: "provider" }, /AGGREPAY_BASE_URL must be like/],
    [{ AGGREPAY_BASE_URL: "https://provider/path" }, /replaces scheme and host only/],
    [{ MAX_PROCESSES: "0" }, /MAX_PROCESSES must be a whole number from 1/],
    [{ SECRETS_FILE: "/nowhere/secrets.json" }, /SECRETS_FILE \/nowhere\/secrets\.json cannot be read/],
    [{ ASSEMBLY_DIR: "/nowhere" }, /\/nowhere\/manifest\.json cannot be read/],
    [{ AGGREPAY_UTC_OFFSET: "+07:00" }, /No function of ASSEMBLY_DIR .* has AGGREPAY_UTC_OFFSET: choose/],
    [{ DYNOXIDE_BIN: "/bin/false" }, /\/bin\/false cannot serve .*dynamodb\.sqlite/],
    [{ DYNOXIDE_BIN: "/nowhere/dynoxide" }, /DYNOXIDE_BIN \/nowhere\/dynoxide does not exist/],
    [{ DATA_DIR: "/dev/null/data" }, /DATA_DIR \/dev\/null\/data cannot be used/],
  ])("%j", async (env, sentence) => {
    const failure = start({ env: { ...fixtureEnv(), ...env } });
    await expect(failure).rejects.toThrow(sentence);
    await expect(failure).rejects.toThrow(/ended with 1/);
    await expect(failure).rejects.not.toThrow(/ {4}at /);
  });

  test.each([
    [
      { PROVIDER_TIMEOUT_MS: "24001" },
      "Echo would not run: PROVIDER_TIMEOUT_MS 24001 must leave 4000 ms of FUNCTION_TIMEOUT_MS 28000, to connect and to record.",
    ],
    [
      { FUNCTION_TIMEOUT_MS: "10000" },
      "Echo would not run: PROVIDER_TIMEOUT_MS 20000 must leave 4000 ms of FUNCTION_TIMEOUT_MS 10000, to connect and to record.",
    ],
    [
      { LEASE_MS: "28000" },
      "Echo would not run: LEASE_MS 28000 must be longer than FUNCTION_TIMEOUT_MS 28000.",
    ],
  ])("%j, which contradicts the template's times", async (times, sentence) => {
    const environment = { PROVIDER_TIMEOUT_MS: "20000", FUNCTION_TIMEOUT_MS: "28000", LEASE_MS: "33000" };
    const failure = start({ env: { ...fixtureEnv({ environment }), ...times } });
    await expect(failure).rejects.toThrow(sentence);
  });

  test("a port in use", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((listening) => server.once("listening", listening));
    const { port } = server.address() as AddressInfo;
    await expect(start({ env: { ...fixtureEnv(), PORT: String(port) } })).rejects.toThrow(
      new RegExp(`Port ${port} is in use`),
    );
    server.close();
  });

  test("a data directory in use", async () => {
    const first = await start({ env: fixtureEnv() });
    const second = start({ dataDir: first.dataDir, env: fixtureEnv() });
    await expect(second).rejects.toThrow(
      new RegExp(`in use by another running gateway \\(process ${first.pid}\\)`),
    );
    expect((await fetch(`${first.url}/echo`)).status).toBe(200);
  });
});

describe("a stop", () => {
  test.each(["SIGINT", "SIGTERM"] as const)("by %s ends with 0 and leaves no process", async (signal) => {
    const dataDir = newFolder("data");
    const gateway = await startGateway({ dataDir, env: fixtureEnv() });
    await fetch(`${gateway.url}/echo`);
    await gateway.kill(signal);
    await nothingLeft(dataDir);
  });

  test("lets what is in flight answer", async () => {
    const gateway = await startGateway({ env: fixtureEnv() });
    const folder = newFolder("gate");
    const answer = fetch(`${gateway.url}/gate?folder=${folder}`);
    await until(
      () => processesOf(gateway.dataDir).some(({ command }) => command.includes("asset.Gate")) || undefined,
    );
    const stopped = gateway.stop();
    writeFileSync(join(folder, "go"), "");
    expect((await answer).status).toBe(200);
    await stopped;
  });

  test("does not wait for ever", async () => {
    const gateway = await startGateway({ env: fixtureEnv() });
    const answer = fetch(`${gateway.url}/gate?folder=${newFolder("gate")}`).catch(() => undefined);
    await until(
      () => processesOf(gateway.dataDir).some(({ command }) => command.includes("asset.Gate")) || undefined,
    );
    await gateway.stop();
    await answer;
  });
});

test("a scheduled function runs, with EventBridge's event", async () => {
  const gateway = await start({ env: { ...fixtureEnv(), SCHEDULE_MS: "20" } });
  await until(() => gateway.logs().includes('"detail-type":"Scheduled Event"') || undefined);
  expect(gateway.logs()).toContain("every 0.02 s (deployed: rate(1 minute))");
  expect(readFileSync(join(gateway.dataDir, "logs", "Tick.log"), "utf8")).toContain("aws.events");
});

describe("the sandboxes", () => {
  const portsOf = (gateway: Gateway) =>
    new Map(
      Array.from(
        gateway.logs().matchAll(/^ {2}(\S+) +http:\/\/127\.0\.0\.1:(\d+) +sandbox$/gm),
        ([, name = "", port]) => [name, Number(port)],
      ),
    );

  test("are where they were when the gateway starts again, or say that they cannot be", async () => {
    const dataDir = newFolder("data");
    const env = fixtureEnv();
    const first = await start({ dataDir, env });
    const before = portsOf(first);
    expect([...before.keys()]).toEqual(["PayU", "Wibmo", "DreamzWallet", "NICEPAY"]);
    expect(statSync(join(dataDir, "sandbox-ports.json")).mode & 0o777).toBe(0o600);
    await first.kill();

    const second = await start({ dataDir, env });
    expect(portsOf(second)).toEqual(before);
    expect(second.logs()).not.toContain("is taken");
    await second.stop();

    const other = createServer().listen(before.get("Wibmo"), "127.0.0.1");
    await once(other, "listening");
    const third = await start({ dataDir, env });
    const after = portsOf(third);
    expect(after.get("Wibmo")).not.toBe(before.get("Wibmo"));
    expect({ ...Object.fromEntries(after), Wibmo: 0 }).toEqual({ ...Object.fromEntries(before), Wibmo: 0 });
    expect(third.logs()).toContain(`Port ${before.get("Wibmo")} of Wibmo's sandbox is taken`);
    await third.stop();
    other.close();

    const fourth = await start({ dataDir, env });
    expect(portsOf(fourth)).toEqual(after);
  });

  test("start on new ports where the file that remembers them is spoilt", async () => {
    const dataDir = newFolder("data");
    writeFileSync(join(dataDir, "sandbox-ports.json"), '{"payu": "http", "wibmo": 0,');
    const gateway = await start({ dataDir, env: fixtureEnv() });
    expect(JSON.parse(readFileSync(join(dataDir, "sandbox-ports.json"), "utf8"))).toEqual({
      payu: portsOf(gateway).get("PayU"),
      wibmo: portsOf(gateway).get("Wibmo"),
      dreamzwallet: portsOf(gateway).get("DreamzWallet"),
      nicepay: portsOf(gateway).get("NICEPAY"),
    });
  });
});

test("the data directory is its owner's alone", async () => {
  const dataDir = join(newFolder("parent"), "data");
  const gateway = await start({ dataDir, env: fixtureEnv() });
  expect(statSync(dataDir).mode & 0o777).toBe(0o700);
  expect(statSync(join(gateway.dataDir, "gateway-secret.json")).mode & 0o777).toBe(0o600);
});

function fileExists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
