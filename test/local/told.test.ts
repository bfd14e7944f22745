import { execFile, execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { shown, sparingly, whyNotFound } from "../../local/explain.ts";
import { during } from "../../local/progress.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { bareEnvironment } from "../support/processes.ts";
import { fixtureEnv, newFolder, until } from "./fixture.ts";

/** What `npm start` tells whoever runs it: that it works, what it waits for, and why a request was refused. */

interface Ended {
  readonly code: number | null;
  readonly out: string;
}

const run = (script: string, env: Readonly<Record<string, string>>): Promise<Ended> =>
  new Promise((done) => {
    const child = execFile(
      process.execPath,
      [resolve(script)],
      { env: { ...bareEnvironment(), ...env } },
      (_, out, err) => done({ code: child.exitCode, out: out + err }),
    );
  });

describe("a DATA_DIR", () => {
  test("whose file system hangs ends the start with a sentence, after it has said what it waits for", async () => {
    const DATA_DIR = newFolder("hanging");
    // Opening a pipe that nobody reads does not return: the kernel holds whoever does it, as a network drive does that is away.
    execFileSync("mkfifo", [join(DATA_DIR, "reached")]);
    const { code, out } = await run("local/start.ts", { ...fixtureEnv(), DATA_DIR, PORT: "0" });
    expect(out).toMatch(/^Starting the stack that is in .*, with data in /);
    expect(out).toContain(`Still waiting for the file system of DATA_DIR ${DATA_DIR} (`);
    expect(out).toContain(`DATA_DIR ${DATA_DIR} does not answer: its file system has not made a folder`);
    expect(code).toBe(1);
  }, 60_000);

  test("that cannot be made ends it with the reason", async () => {
    const file = join(newFolder("file"), "a-file");
    writeFileSync(file, "");
    const DATA_DIR = join(file, "data");
    const { code, out } = await run("local/start.ts", { ...fixtureEnv(), DATA_DIR, PORT: "0" });
    expect(out).toMatch(new RegExp(`DATA_DIR ${DATA_DIR} cannot be used: .*Not a directory`));
    expect(code).toBe(1);
  });

  test("is this user's alone, what an earlier version left open included", async () => {
    const dataDir = join(newFolder("modes"), "data");
    mkdirSync(join(dataDir, "logs"), { recursive: true, mode: 0o755 });
    for (const name of ["aggrepay-sandbox.jsonl", "not-ours.txt"]) writeFileSync(join(dataDir, name), "");
    chmodSync(join(dataDir, "aggrepay-sandbox.jsonl"), 0o644);
    chmodSync(join(dataDir, "not-ours.txt"), 0o644);
    const gateway = await startGateway({ dataDir, env: { SCHEDULE_MS: "0" } });
    await fetch(`${gateway.url}/v1/records?customerId=991000017`);
    const open = readdirSync(dataDir, { recursive: true, withFileTypes: true })
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => (statSync(path).mode & 0o077) !== 0);
    await gateway.stop();
    expect(open).toEqual([join(dataDir, "not-ours.txt")]);
  });
});

describe("the terminal", () => {
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await startGateway({ env: { AUTH: "iam", SCHEDULE_MS: "0", LOG: "0" } });
  });
  afterAll(() => gateway.stop());

  const told = (sentence: string) => until(() => gateway.logs().includes(sentence) || undefined);

  test("explains a 404, and the answer does not", async () => {
    const response = await fetch(`${gateway.url}/v1/aggrepay/debit-walet`, { method: "POST" });
    expect([response.status, await response.json()]).toEqual([404, { message: "Not Found" }]);
    await told(
      "404 POST /v1/aggrepay/debit-walet: there is no such route. The nearest is POST /v1/aggrepay/debit-wallet.",
    );
    expect((await fetch(`${gateway.url}/v1/aggrepay/debit-wallet`)).status).toBe(404);
    await told("404 GET /v1/aggrepay/debit-wallet: this path takes POST.");
  });

  test("explains a 403, and the answer does not", async () => {
    const response = await fetch(`${gateway.url}/v1/records/x`);
    expect([response.status, await response.json()]).toEqual([403, { message: "Forbidden" }]);
    await told("403 GET /v1/records/{id}: Missing Authentication Token");
  });

  test("explains what pages are refused for", async () => {
    await fetch(`${gateway.url}/v1/records/y`, { headers: { origin: "http://evil.example" } });
    await told("403 GET /v1/records/y: Origin must be this address itself");
  });

  test("shows how the demo goes, which signs", async () => {
    const demo = await run("local/demo.ts", { AUTH: "iam", DATA_DIR: gateway.dataDir, URL: gateway.url });
    expect(demo.out).toMatch(/All \d+ steps went as expected\./);
    expect(demo.code).toBe(0);
  });

  test("and how it does not, unsigned or without keys", async () => {
    const unsigned = await run("local/demo.ts", { DATA_DIR: gateway.dataDir, URL: gateway.url });
    expect([unsigned.code, unsigned.out]).toEqual([1, expect.stringContaining("AUTH=iam npm run demo")]);
    const keyless = await run("local/demo.ts", {
      AUTH: "iam",
      DATA_DIR: newFolder("none"),
      URL: gateway.url,
    });
    expect([keyless.code, keyless.out]).toEqual([1, expect.stringContaining("cannot be read")]);
  });
});

describe("a sentence", () => {
  const keys = ["POST /v1/a/debit-wallet", "GET /v1/records/{id}", "GET /v1/records"];

  test.each([
    ["PUT", "/v1/records/7", "404 PUT /v1/records/7: this path takes GET."],
    ["GET", "/v1/record", "404 GET /v1/record: there is no such route. The nearest is GET /v1/records."],
    ["GET", "/", "404 GET /: there is no such route. The nearest is GET /v1/records."],
    ["GET", "/v1/records/", "404 GET /v1/records/: there is no such route. The nearest is GET /v1/records."],
  ])("for %s %s", (method, path, sentence) => {
    expect(whyNotFound(method, path, keys)).toBe(sentence);
  });

  test("obeys no control character of a caller's, and has an end", () => {
    expect(shown("a\u001b[2J\nb\u009b\u2028")).toBe("a\\u001b[2J\\nb??");
    expect(shown("x".repeat(500))).toHaveLength(203);
    expect(whyNotFound("GET", "/x".repeat(100_000), keys)).toMatch(/nearest is/);
  });

  test("is told once in ten seconds, and not many of them", () => {
    let now = 0;
    const heard: string[] = [];
    const tell = sparingly(
      (sentence) => heard.push(sentence),
      () => now,
    );
    for (let at = 0; at < 3; at += 1) tell("same");
    expect(heard).toEqual(["same"]);
    for (let at = 0; at < 100; at += 1) tell(String(at));
    expect(heard).toHaveLength(21);
    expect(heard.at(-1)).toMatch(/not told one by one/);
    now = 10_000;
    tell("same");
    expect(heard.at(-1)).toBe("same");
  });

  test("is not said of a step that is quick, and a step that fails fails", async () => {
    const heard: string[] = [];
    expect(await during("it", Promise.resolve(7), (sentence) => heard.push(sentence))).toBe(7);
    await expect(during("it", Promise.reject(new Error("no")), () => undefined)).rejects.toThrow("no");
    expect(heard).toEqual([]);
  });
});
