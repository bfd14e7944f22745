import { execFile } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readPrincipals } from "../../local/iam/principals.ts";
import type { Credentials } from "../../local/iam/signature.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { fixtureEnv, newFolder, until } from "./fixture.ts";
import { type Draft, type Signing, sign } from "./signing.ts";

const invoke = (...paths: readonly string[]) => ({
  Effect: "Allow",
  Action: "execute-api:Invoke",
  Resource: paths.map((path) => `arn:aws:execute-api:ap-south-1:000000000000:local/$default/${path}`),
});

const checkout = {
  arn: "arn:aws:iam::000000000000:role/pay/checkout",
  accessKeyId: "ASIACHECKOUT",
  secretAccessKey: "checkout-secret-4a1f",
  sessionToken: "checkout-token-77+/=",
  policy: { Version: "2012-10-17", Statement: [invoke("*/echo", "GET/records*")] },
};
const pod = {
  ...checkout,
  arn: "arn:aws:sts::000000000000:assumed-role/checkout/pod-7",
  accessKeyId: "ASIAPOD",
};
const person = {
  arn: "arn:aws:iam::000000000000:user/asha",
  accessKeyId: "AKIAASHA",
  secretAccessKey: "asha-secret-9c2e",
  policy: {
    Version: "2012-10-17",
    Statement: [invoke("*"), { ...invoke("POST/records/*/resolve", "GET/records/locked"), Effect: "Deny" }],
  },
};

let gateway: Gateway;
let file: string;
beforeAll(async () => {
  file = join(newFolder("principals"), "principals.json");
  writeFileSync(file, JSON.stringify([checkout, pod, person]));
  const env = { ...fixtureEnv({ authorization: "AWS_IAM" }), AUTH: "iam", PRINCIPALS_FILE: file };
  gateway = await startGateway({ env });
});
afterAll(() => gateway.stop());

interface Echo {
  readonly event: {
    readonly body?: string;
    readonly requestContext: { readonly authorizer?: { readonly iam: object } };
  };
}

const json = { "content-type": "application/json" };

async function call(
  path: string,
  draft: Draft,
  signing: Signing,
  change: (request: RequestInit) => RequestInit = (same) => same,
) {
  const response = await fetch(gateway.url + path, change(await sign(gateway.url + path, draft, signing)));
  return { status: response.status, text: await response.text() };
}
const forbidden = { status: 403, text: '{"message":"Forbidden"}' };
const refused = async (sentence: string) => {
  const log = () => readFileSync(join(gateway.dataDir, "logs", "http-api.log"), "utf8");
  await until(() => log().includes(sentence) || undefined);
};

const echo: Draft = { method: "POST", headers: json, body: '{"amount":"1.00"}' };

describe("a request that is signed by a principal whose policy allows it", () => {
  test.each([
    [
      "a role",
      checkout,
      {
        accountId: "000000000000",
        callerId: expect.stringMatching(/^AROA[0-9A-F]{17}:local$/),
        userArn: "arn:aws:sts::000000000000:assumed-role/checkout/local",
      },
    ],
    ["a role's session", pod, { userArn: "arn:aws:sts::000000000000:assumed-role/checkout/pod-7" }],
    [
      "a user",
      person,
      {
        callerId: expect.stringMatching(/^AIDA[0-9A-F]{17}$/),
        userArn: "arn:aws:iam::000000000000:user/asha",
      },
    ],
  ])("reaches the function with its caller: %s", async (_, credentials, caller) => {
    const { status, text } = await call("/echo", echo, { credentials });
    expect(status).toBe(200);
    const { event }: Echo = JSON.parse(text);
    expect(event.body).toBe(echo.body);
    const { iam } = event.requestContext.authorizer ?? {};
    expect(iam).toMatchObject({ ...caller, accessKey: credentials.accessKeyId });
    expect(iam).toMatchObject({ cognitoIdentity: null, principalOrgId: null });
    expect(Object.keys(iam ?? {}).toSorted()).toEqual([
      "accessKey",
      "accountId",
      "callerId",
      "cognitoIdentity",
      "principalOrgId",
      "userArn",
      "userId",
    ]);
  });

  test("with a query, and with a path that is encoded", async () => {
    const { status } = await call("/records?state=a%20b&limit=3&at=1%2B1", {}, { credentials: checkout });
    expect(status).toBe(200);
    expect((await call("/records/a%20b", {}, { credentials: checkout })).status).toBe(200);
  });
});

describe("forbidden is", () => {
  test("a request without a signature", async () => {
    const response = await fetch(`${gateway.url}/echo`);
    expect([response.status, await response.text()]).toEqual([403, forbidden.text]);
    expect(response.headers.get("content-type")).toBe("application/json");
    await refused("GET /echo: Missing Authentication Token");
  });

  test.each<[string, Partial<Signing>, string]>([
    ["signed with another key", { credentials: { ...checkout, secretAccessKey: "x" } }, "does not match"],
    ["signed by nobody", { credentials: { ...checkout, accessKeyId: "x" } }, "security token"],
    ["signed with another's session", { credentials: { ...checkout, sessionToken: "x" } }, "security token"],
    ["signed for another region", { region: "eu-central-1" }, "valid region"],
    ["signed for another service", { service: "lambda" }, "correct service"],
  ])("what is %s", async (_, signing, sentence) => {
    expect(await call("/echo", echo, { credentials: checkout, ...signing })).toEqual(forbidden);
    await refused(sentence);
  });

  test.each([
    ["too long ago", -301_000, "Signature expired"],
    ["in the future", 310_000, "Signature not yet current"],
  ])("what is signed %s", async (_, away, sentence) => {
    const date = new Date(Date.now() + away);
    expect(await call("/echo", echo, { credentials: checkout, date })).toEqual(forbidden);
    await refused(sentence);
  });

  test("another body than the one that was signed", async () => {
    const tampered = (request: RequestInit) => ({ ...request, body: '{"amount":"9.00"}' });
    expect(await call("/echo", echo, { credentials: checkout }, tampered)).toEqual(forbidden);
  });

  test("another query or path than the one that was signed", async () => {
    const signed = await sign(`${gateway.url}/records?limit=3`, {}, { credentials: checkout });
    const statusOf = async (path: string) => (await fetch(gateway.url + path, signed)).status;
    expect(await statusOf("/records?limit=3")).toBe(200);
    for (const path of ["/records?limit=4", "/records?limit=3&a=1", "/records", "/records/latest?limit=3"])
      expect(await statusOf(path)).toBe(403);
  });

  test("a route that the policy does not allow, or denies", async () => {
    expect(await call("/environment", {}, { credentials: checkout })).toEqual(forbidden);
    await refused(
      "User: arn:aws:sts::000000000000:assumed-role/checkout/local is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:ap-south-1:000000000000:local/$default/GET/environment",
    );
    expect((await call("/environment", {}, { credentials: person })).status).toBe(200);
    expect(await call("/records/r1/resolve", { method: "POST" }, { credentials: person })).toEqual(forbidden);
    // However the path is written.
    expect(await call("/records/l%6Fcked", {}, { credentials: person })).toEqual(forbidden);
  });
});

test("an open route asks nobody, and is told of nobody", async () => {
  const draft = { method: "POST", headers: json, body: '{"statusCode":202}' };
  const response = await fetch(`${gateway.url}/answer`, draft);
  expect(response.status).toBe(202);
});

test("a route that is not there is not found, signed or not", async () => {
  expect((await fetch(`${gateway.url}/nowhere`)).status).toBe(404);
});

describe("curl", () => {
  const run = promisify(execFile);
  async function curl(
    path: string,
    { accessKeyId, secretAccessKey, sessionToken }: Credentials,
    ...more: readonly string[]
  ) {
    const { stdout } = await run("curl", [
      ...["-s", "-w", "\n%{http_code}", "--aws-sigv4", "aws:amz:ap-south-1:execute-api"],
      ...["--user", `${accessKeyId}:${secretAccessKey}`],
      ...(sessionToken === undefined ? [] : ["-H", `x-amz-security-token: ${sessionToken}`]),
      ...more,
      gateway.url + path,
    ]);
    const [text = "", status] = stdout.split(/\n(\d+)$/);
    return { status: Number(status), text };
  }

  test("signs as docs/deploying.md tells", async () => {
    const body = ["-H", "content-type: application/json", "-d", '{"amount":"1.00"}'];
    const { status, text } = await curl("/echo", checkout, ...body);
    expect(status).toBe(200);
    expect((JSON.parse(text) as Echo).event.body).toBe('{"amount":"1.00"}');
    expect((await curl("/records?limit=3&state=x", person)).status).toBe(200);
  });

  test("is refused with another key, without its token, and where the policy does not allow it", async () => {
    const body = ["-H", "content-type: application/json", "-d", "{}"];
    expect(await curl("/echo", { ...checkout, secretAccessKey: "x" }, ...body)).toEqual(forbidden);
    const { sessionToken: _, ...withoutToken } = checkout;
    expect(await curl("/echo", withoutToken, ...body)).toEqual(forbidden);
    expect(await curl("/environment", checkout)).toEqual(forbidden);
    expect(await curl("/records/r1/resolve", person, "-X", "POST")).toEqual(forbidden);
  });
});

test("no secret of a principal is printed or logged", () => {
  const log = readFileSync(join(gateway.dataDir, "logs", "http-api.log"), "utf8");
  for (const { secretAccessKey } of [checkout, person]) {
    expect(gateway.logs()).not.toContain(secretAccessKey);
    expect(log).not.toContain(secretAccessKey);
  }
  expect(log).not.toContain(checkout.sessionToken);
});

describe("without a file of principals", () => {
  test("two are made, with keys of this run alone, for their owner's eyes", async () => {
    const dataDir = newFolder("data");
    const env = { ...fixtureEnv({ authorization: "AWS_IAM" }), AUTH: "iam" };
    const made: string[] = [];
    for (let round = 0; round < 2; round += 1) {
      const own = await startGateway({ dataDir, env });
      const path = join(dataDir, "principals.json");
      expect(own.logs()).toMatch(
        new RegExp(`^ {2}principals +${path} +may-read, may-change: only they may call$`, "m"),
      );
      expect(statSync(path).mode & 0o777).toBe(0o600);
      const [look] = JSON.parse(readFileSync(path, "utf8"));
      const url = `${own.url}/records/r1`;
      expect((await fetch(url, await sign(url, {}, { credentials: look }))).status).toBe(200);
      expect(own.logs()).not.toContain(look.secretAccessKey);
      made.push(look.secretAccessKey);
      await own.stop();
    }
    expect(made[0]).not.toBe(made[1]);
  });
});

describe("a start that cannot succeed says why in a sentence", () => {
  const principals = (content: unknown) => {
    const path = join(newFolder("principals"), "principals.json");
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
    return { AUTH: "iam", PRINCIPALS_FILE: path };
  };
  test.each<[string, Readonly<Record<string, string>>, RegExp]>([
    ["another AUTH", { AUTH: "jwt" }, /AUTH must be open or iam, not "jwt"\./],
    ["a file of principals that nobody asks for", { PRINCIPALS_FILE: "/x" }, /set AUTH=iam with it\./],
    ["no JSON", principals('[{"secretAccessKey":"asha-secret-9c2e"'), /PRINCIPALS_FILE .* is not JSON\./],
  ])("%s", async (_, env, sentence) => {
    const failure = startGateway({ env: { ...fixtureEnv(), ...env } });
    await expect(failure).rejects.toThrow(sentence);
    await expect(failure).rejects.toThrow(/ended with 1/);
    await expect(failure).rejects.not.toThrow(/asha-secret/);
  });

  const { policy: _, ...withoutPolicy } = person;
  const conditional = { Statement: [{ ...invoke("*"), Condition: { DateGreaterThan: {} } }] };
  test.each<[string, unknown, RegExp]>([
    ["no list", person, /must be a list of principals\./],
    ["nobody", [], /must be a list of principals\./],
    ["a field too many", [{ ...person, secret: "x" }], /has in entry 0 a field that is none of arn,/],
    ["no secret", [checkout, { ...person, secretAccessKey: "" }], /has in entry 1 no secretAccessKey\./],
    ["an ARN of something else", [{ ...person, arn: "arn:aws:iam::1:group/x" }], /has in entry 0 an arn of/],
    ["one key twice", [person, person], /has an accessKeyId twice\./],
    ["no policy", [withoutPolicy], /A policy of arn:aws:iam::000000000000:user\/asha has no statements\./],
    ["an odd policy", [{ ...person, policy: conditional }], /user\/asha has the operator DateGreaterThan/],
  ])("a file of principals with %s", (_name, content, sentence) => {
    const path = principals(content).PRINCIPALS_FILE;
    expect(() => readPrincipals(path)).toThrow(sentence);
    expect(() => readPrincipals(path)).not.toThrow(/asha-secret|checkout-secret/);
  });

  test.each(["JWT", "CUSTOM"])("routes that ask for %s", async (authorization) => {
    const env = fixtureEnv({ authorization });
    await expect(startGateway({ env: { ...env, AUTH: "iam" } })).rejects.toThrow(
      `asks for ${authorization}, and with AUTH=iam the local host can verify AWS_IAM alone: leave AUTH out, or synthesize the stack with IAM.`,
    );
    const open = await startGateway({ env });
    expect((await fetch(`${open.url}/echo`)).status).toBe(200);
    await open.stop();
  });
});
