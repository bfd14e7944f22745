import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

const run = promisify(execFile);
const project = resolve(import.meta.dirname, "../..");
const bin = (name: string) => join(project, "node_modules/.bin", name);

/** An empty folder with the packed client in it, and nothing but what the package says that it needs. */
const folder = mkdtempSync(join(tmpdir(), "client-packed-"));
const installed = join(folder, "node_modules/@wallet-gateway/client");
let server: Server;
let url: string;

beforeAll(async () => {
  const source = join(folder, "source/client");
  cpSync(join(project, "client"), source, { recursive: true, filter: (from) => !from.endsWith("dist") });
  cpSync(join(project, "tsconfig.json"), join(folder, "source/tsconfig.json"));
  const linked = { ...process.env, PATH: `${join(project, "node_modules/.bin")}:${process.env.PATH}` };
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  cpSync(join(project, "node_modules/aws4fetch"), join(folder, "node_modules/aws4fetch"), {
    recursive: true,
  });
  cpSync(join(project, "node_modules/@types/node"), join(folder, "node_modules/@types/node"), {
    recursive: true,
  });
  cpSync(join(project, "node_modules/undici-types"), join(folder, "node_modules/undici-types"), {
    recursive: true,
  });
  const { stdout } = await run(
    "npm",
    ["pack", "--json", "--ignore-scripts=false", "--pack-destination", folder],
    { cwd: source, env: linked },
  );
  const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf("["))) as [{ readonly filename: string }];
  mkdirSync(installed, { recursive: true });
  await run("tar", ["-xzf", join(folder, filename), "-C", installed, "--strip-components", "1"]);
  rmSync(join(folder, "source"), { recursive: true });
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  server = createServer((_, response) => {
    response
      .setHeader("content-type", "application/json")
      .end('{"result":{"balance":"41.0","customerId":null}}');
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

test("the packed client holds JavaScript and types, and depends on what signs alone", () => {
  const { dependencies } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
  expect(Object.keys(dependencies)).toEqual(["aws4fetch"]);
  for (const file of ["index.d.ts", "contract.d.ts", "index.js"])
    expect(readFileSync(join(installed, "dist", file), "utf8")).toContain("export");
});

test("it is called from plain JavaScript", async () => {
  writeFileSync(
    join(folder, "call.js"),
    `import { createClient } from "@wallet-gateway/client";
     const client = createClient({ url: ${JSON.stringify(url)}, auth: { kind: "none" } });
     console.log((await client.aggrepayFetchBalance({ customerId: "1" })).result.balance);`,
  );
  expect((await run(process.execPath, ["call.js"], { cwd: folder })).stdout).toBe("41.0\n");
});

test("its types take right requests, and refuse wrong ones", async () => {
  const compiled = async (body: string) => {
    const head = `import { createClient } from "@wallet-gateway/client";
      const client = createClient({ url: "", auth: { kind: "none" } });\n`;
    writeFileSync(join(folder, "check.ts"), `${head}export const answer = ${body};\n`);
    const options = ["--noEmit", "--strict", "--module", "nodenext", "--types", "node", "check.ts"];
    return run(bin("tsc"), options, { cwd: folder }).then(
      () => "",
      ({ stdout }: { readonly stdout: string }) => stdout,
    );
  };
  const debit = '{ fromCustomerId: "1", amount: "1.00", mpin: "1234", merchantTransactionId: "a" }';
  expect(
    await compiled(`(await client.aggrepayDebitWallet(${debit})).result.transactionId satisfies string`),
  ).toBe("");
  expect(await compiled('client.aggrepayDebitWallet({ fromCustomerId: "1", amount: 1 })')).toMatch(
    /TS2345|TS2322|TS2739/,
  );
});
