import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Bundles, bundle, projectRoot, signingLayerPath } from "../../infra/bundle.ts";
import { addresses } from "./fixture/lib/addresses.ts";

// What was taken out of the SDK must not be missed: real bundles, in processes of their own, against real servers.

const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "key", sessionToken: "session" };

/** What Lambda itself puts into the environment of every function. */
const lambda = {
  AWS_REGION: "ap-south-1",
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  AWS_SESSION_TOKEN: credentials.sessionToken,
};

let outdir: string;
let bundles: Bundles;

beforeAll(async () => {
  outdir = await mkdtemp(join(tmpdir(), "bundles-"));
  const names = ["fixture/read", "fixture/change", "fixture/endpoints"];
  bundles = await bundle(
    names.map((name) => ({ name })),
    { outdir, root: join(import.meta.dirname, "fixture") },
  );
});

afterAll(() => rm(outdir, { recursive: true, force: true }));

/** Runs a function once, in a new process with nothing in its environment but what Lambda would put there. */
async function invoke(name: string, environment: Record<string, string>): Promise<unknown> {
  const folder = bundles.functions.get(name)?.folder;
  const script = `
    import { registerHooks } from "node:module";
    import { pathToFileURL } from "node:url";
    registerHooks({
      resolve: (specifier, context, next) =>
        next(specifier === ${JSON.stringify(signingLayerPath)}
          ? pathToFileURL(${JSON.stringify(join(bundles.layer.folder, "nodejs/signing.mjs"))}).href
          : specifier, context),
    });
    const { handler } = await import(pathToFileURL(${JSON.stringify(`${folder}/index.mjs`)}).href);
    const failed = (error) => ({ failed: String(error) });
    console.log(JSON.stringify(await handler({}, {}).catch(failed)));`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
    env: { ...lambda, ...environment },
  });
  return JSON.parse(stdout);
}

/** Some of every partition, and one that nobody has heard of. */
const regions = [
  ...["ap-south-1", "ap-southeast-3", "us-east-1", "eu-central-1", "mx-central-1"],
  ...["cn-north-1", "cn-northwest-1", "us-gov-west-1", "us-gov-east-1"],
  ...["us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1", "us-isof-south-1", "eusc-de-east-1"],
  "aa-new-1",
];

test.each(regions)("in %s both services are where the whole SDK finds them", async (region) => {
  const whole = await addresses({ ...lambda, AWS_REGION: region });
  expect(whole).toHaveLength(2);
  expect(await invoke("fixture/endpoints", { AWS_REGION: region })).toEqual(whole);
});

test("a stand-in's address is taken as it is", async () => {
  const dynamo = "http://127.0.0.1:8000";
  const secrets = "http://127.0.0.1:8001";
  expect(
    await invoke("fixture/endpoints", {
      AWS_ENDPOINT_URL_DYNAMODB: dynamo,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets,
    }),
  ).toEqual([dynamo, secrets]);
});

type Answer = readonly [status: number, body: unknown];
let server: Server;
let endpoint: string;
let answers: Answer[];
let requests: { headers: Record<string, unknown>; body: string }[];

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    requests.push({ headers: request.headers, body });
    const [status, answer] = answers.shift() ?? [500, {}];
    response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(answer));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => server.close());

describe("Secrets Manager", () => {
  const read = (...given: Answer[]): Promise<unknown> => {
    answers = given;
    requests = [];
    return invoke("fixture/read", { AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoint });
  };

  const secret: Answer = [
    200,
    { ARN: "arn", Name: "secret", SecretString: "value", CreatedDate: 1700000000.5 },
  ];

  test("gives a secret to a signed request", async () => {
    expect(await read(secret)).toEqual({
      secret: "value",
      created: "2023-11-14T22:13:20.500Z",
      signed: "signed text",
      warmed: true,
    });
    expect(requests).toHaveLength(1);
    expect(requests[0]?.body).toBe('{"SecretId":"secret"}');
    expect(requests[0]?.headers).toMatchObject({
      "x-amz-target": "secretsmanager.GetSecretValue",
      "x-amz-security-token": "session",
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/ap-south-1\/secretsmanager\/aws4_request, SignedHeaders=/,
      ),
    });
  });

  test("is asked again after throttling and after a server's error", async () => {
    const throttled: Answer = [400, { __type: "ThrottlingException", message: "Rate exceeded" }];
    expect(await read(throttled, [503, {}], secret)).toMatchObject({ secret: "value" });
    expect(requests).toHaveLength(3);
  });

  test("is not asked a fourth time", async () => {
    const down: Answer = [500, { __type: "InternalServiceError" }];
    expect(await read(down, down, down, secret)).toMatchObject({ error: "InternalServiceError" });
    expect(requests).toHaveLength(3);
  });

  test.each([
    ["ResourceNotFoundException", "ResourceNotFoundException"],
    ["com.amazonaws.secretsmanager#DecryptionFailure", "DecryptionFailure"],
    ["AccessDeniedException", "AccessDeniedException"],
  ])("says %s in the error's name, once", async (type, name) => {
    expect(await read([400, { __type: type, Message: "no" }], secret)).toMatchObject({ error: name });
    expect(requests).toHaveLength(1);
  });
});

describe("DynamoDB that refuses", () => {
  // None of these but the first has a class of its own in a bundle; what is done about them must not depend on it.
  test.each([
    ["ConditionalCheckFailedException", 400, 1],
    ["ResourceNotFoundException", 400, 1],
    ["ValidationException", 400, 1],
    ["AccessDeniedException", 400, 1],
    ["ProvisionedThroughputExceededException", 400, 3],
    ["ThrottlingException", 400, 3],
    ["RequestLimitExceeded", 400, 3],
    ["InternalServerError", 500, 3],
  ])("says %s with status %i, and is asked %i times", async (name, status, times) => {
    answers = Array.from({ length: 4 }, () => [
      status,
      { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: "no" },
    ]);
    requests = [];
    expect(await invoke("fixture/change", { AWS_ENDPOINT_URL_DYNAMODB: endpoint })).toEqual({
      failed: `${name}: no`,
    });
    expect(requests).toHaveLength(times);
  });
});

const dynoxide = process.env.DYNOXIDE_BIN ?? join(projectRoot, "node_modules/@dynoxide/linux-x64/dynoxide");

describe.skipIf(!existsSync(dynoxide))("DynamoDB", () => {
  let engine: ChildProcess;
  let endpoint: string;

  beforeAll(async () => {
    const port = await freePort();
    engine = spawn(dynoxide, ["serve", "--port", String(port)], { stdio: "ignore" });
    endpoint = `http://127.0.0.1:${port}`;
    const client = new DynamoDBClient({ endpoint, region: "ap-south-1", credentials });
    const create = new CreateTableCommand({
      TableName: "records",
      AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
      BillingMode: "PAY_PER_REQUEST",
    });
    while (!(await client.send(create).catch(() => undefined))) await sleep(20);
  });

  afterAll(() => engine.kill());

  test("takes a conditional write once and shows the item to the second", async () => {
    const item = { pk: { S: "one" }, state: { S: "dispatched" }, shard: { N: "7" } };
    expect(await invoke("fixture/change", { AWS_ENDPOINT_URL_DYNAMODB: endpoint })).toEqual({
      claimed: item,
      refused: item,
      read: item,
      listed: [item],
    });
  });
});

async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}
