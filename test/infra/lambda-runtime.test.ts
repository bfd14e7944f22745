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

// What was taken out of the SDK must not be missed: real bundles, in processes of their own, against real servers.

const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "key", sessionToken: "session" };

let outdir: string;
let bundles: Bundles;

beforeAll(async () => {
  outdir = await mkdtemp(join(tmpdir(), "bundles-"));
  bundles = await bundle([{ name: "fixture/read" }, { name: "fixture/change" }], {
    outdir,
    root: join(import.meta.dirname, "fixture"),
  });
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
    env: {
      AWS_REGION: "ap-south-1",
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_SESSION_TOKEN: credentials.sessionToken,
      ...environment,
    },
  });
  return JSON.parse(stdout);
}

describe("Secrets Manager", () => {
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
      response
        .writeHead(status, { "content-type": "application/x-amz-json-1.1" })
        .end(JSON.stringify(answer));
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(() => server.close());

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
