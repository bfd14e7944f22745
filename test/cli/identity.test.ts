import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Environment } from "../../cli/io.ts";
import { gw } from "../../cli/program.ts";
import { listening } from "../support/listening.ts";
import { started } from "../support/started.ts";

const folder = mkdtempSync(join(tmpdir(), "gw-identity-"));
let came: IncomingHttpHeaders[] = [];
const { server } = started({
  server: () =>
    listening((request, response) => {
      came.push(request.headers);
      const body = '{"result":[],"page":{"cursor":null}}';
      response.writeHead(200, { "content-type": "application/json" }).end(body);
    }),
});
afterAll(() => rmSync(folder, { recursive: true }));

/** How it ended, what it said on standard error, and who the calls said they were. */
async function asked(environment: Environment, ...args: readonly string[]) {
  came = [];
  const said: string[] = [];
  const code = await gw(["records", "--customer", "1", "--url", server.url, "--data-dir", folder, ...args], {
    out: () => undefined,
    err: (line) => void said.push(line),
    paint: (_style, text) => text,
    input: async () => "",
    environment,
  });
  return { code, said, authorization: came.map((headers) => headers.authorization) };
}

const principal = (name: string) => ({
  arn: `arn:aws:iam::000000000000:role/${name}`,
  accessKeyId: `ASIA${name.replaceAll("-", "").toUpperCase()}`,
  secretAccessKey: "secret-of-the-file",
  sessionToken: "token-of-the-file",
  policy: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] },
});

test("a local gateway is asked unsigned", async () => {
  expect(await asked({})).toEqual({ code: 0, said: [], authorization: [undefined] });
});

test("a token is sent as it is", async () => {
  expect((await asked({}, "--token", "abc.def")).authorization).toEqual(["Bearer abc.def"]);
});

test("with AUTH=iam the local gateway's own principal signs, the one that may change things", async () => {
  writeFileSync(
    join(folder, "principals.json"),
    JSON.stringify([principal("may-read"), principal("may-change")]),
  );
  const { code, authorization } = await asked({ AUTH: "iam" });
  expect(code).toBe(0);
  expect(authorization).toEqual([
    expect.stringMatching(
      /^AWS4-HMAC-SHA256 Credential=ASIAMAYCHANGE\/\d{8}\/ap-south-1\/execute-api\/aws4_request/,
    ),
  ]);
  expect(came[0]?.["x-amz-security-token"]).toBe("token-of-the-file");
  const file = join(folder, "others.json");
  writeFileSync(file, JSON.stringify([principal("shop")]));
  expect((await asked({ AUTH: "iam", PRINCIPALS_FILE: file })).authorization[0]).toContain("=ASIASHOP/");
});

test.each([
  ["two identities", {}, ["--token", "abc", "--profile", "shop"], /^--token is sent in place of a signature/],
  [
    "a profile that is not there",
    {},
    ["--profile", "none-such"],
    /^The credentials of the profile "none-such"/,
  ],
  [
    "no keys of the local gateway",
    { AUTH: "iam", PRINCIPALS_FILE: "/none" },
    [],
    /^PRINCIPALS_FILE \/none cannot be read/,
  ],
] as const)("%s: one line, and nothing is asked", async (_what, environment, args, sentence) => {
  const { code, said, authorization } = await asked(environment, ...args);
  expect({ code, authorization }).toEqual({ code: 2, authorization: [] });
  expect(said).toEqual([expect.stringMatching(sentence)]);
});
