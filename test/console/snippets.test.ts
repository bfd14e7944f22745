import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Call, type Language, languages, snippetOf } from "../../console/page/snippets.ts";

const run = promisify(execFile);

/** How a copied call is run, where its language is installed. */
const runners: Readonly<Record<Language, (text: string, folder: string) => Promise<unknown>>> = {
  curl: (text) => run("sh", ["-c", text]),
  Node: (text) => run(process.execPath, ["--input-type=module", "-e", text]),
  Python: (text) => run("python3", ["-c", text]),
  async Java(text, folder) {
    const file = join(folder, "Call.java");
    await writeFile(file, text);
    await run("java", [file]);
  },
};
const commands: Readonly<Record<Language, string>> = {
  curl: "curl",
  Node: process.execPath,
  Python: "python3",
  Java: "java",
};

const isThere = async (command: string): Promise<boolean> => {
  try {
    await run(command, [command === "java" ? "-version" : "--version"]);
    return true;
  } catch {
    return false;
  }
};
const there = new Map(
  await Promise.all(
    languages.map(async (language) => [language, await isThere(commands[language])] as const),
  ),
);

let server: Server;
let url = "";
let folder = "";
let heard: { readonly line: string; readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "snippets-"));
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    heard.push({ line: `${request.method} ${request.url}`, headers: request.headers, body });
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

beforeEach(() => {
  heard = [];
});

/** What shells and languages read as something else. */
const hard = { description: `O'Malley's "order" $HOME \`id\` \\n \\ é 漢 😀 %20 {} !`, amount: "4.00" };

describe.each(languages)("a call copied as %s", (language) => {
  test.skipIf(!there.get(language))("sends the very body and headers", async () => {
    const call: Call = {
      method: "POST",
      url: `${url}/v1/aggrepay/debit-wallet`,
      headers: { "content-type": "application/json", "idempotency-key": "it's-1" },
      body: JSON.stringify(hard),
      signed: false,
    };
    await runners[language](snippetOf(language, call), folder);
    expect(heard.map(({ line, body }) => [line, JSON.parse(body)])).toEqual([
      ["POST /v1/aggrepay/debit-wallet", hard],
    ]);
    expect(heard[0]?.headers).toMatchObject({
      "content-type": "application/json",
      "idempotency-key": "it's-1",
    });
  });

  // Java's compiler takes long, and its way to a GET is the same.
  test.skipIf(!there.get(language) || language === "Java")("only looks where it is a GET", async () => {
    const call = {
      method: "GET",
      url: `${url}/v1/records?state=in_doubt&limit=5`,
      headers: {},
      signed: false,
    };
    await runners[language](snippetOf(language, call), folder);
    expect(heard.map(({ line, body }) => [line, body])).toEqual([
      ["GET /v1/records?state=in_doubt&limit=5", ""],
    ]);
  });

  test("signs for a deployed gateway, and holds no key", () => {
    const text = snippetOf(language, { method: "GET", url, headers: {}, signed: true });
    expect(text).toMatch(/sigv4|AwsClient|SigV4Auth|AwsV4HttpSigner/);
    expect(text).toContain("execute-api");
    expect(text).not.toMatch(/AKIA|secret_?key\s*[:=]\s*["']/i);
  });
});
