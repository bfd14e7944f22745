import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Gateway } from "../support/gateway.ts";
import { sign } from "./signing.ts";

/** A cloud assembly with functions that misbehave on request, so that these tests need none of the gateway's own. */

const handlers = {
  Echo: `export const handler = async (event, context) => ({
    statusCode: 200,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      event, remaining: context.getRemainingTimeInMillis(), id: context.awsRequestId, pid: process.pid, arn: context.invokedFunctionArn,
    }),
  });`,
  Environment: `export const handler = async () => ({ env: process.env, argv: process.argv.length, cwd: process.cwd() });`,
  /** Answers with whatever it is sent. */
  Answer: `export const handler = async ({ body }) => JSON.parse(body);`,
  Crash: `import { appendFileSync } from "node:fs";
  export const handler = async ({ queryStringParameters: { how, file } }) => {
    if (file) appendFileSync(file, "invoked\\n");
    if (how === "exit") process.exit(3);
    if (how === "kill") process.kill(process.pid, "SIGKILL");
    if (how === "throw") throw new RangeError("as asked");
    if (how === "uncaught") { setTimeout(() => { throw new Error("later"); }); await new Promise(() => {}); }
    if (how === "hang") await new Promise(() => {});
    if (how === "spin") for (;;);
    if (how === "answer-and-exit") setImmediate(() => process.exit(0));
    return { pid: process.pid };
  };`,
  Broken: `throw new Error("cannot be loaded");`,
  Callback: `export const handler = (event, context, callback) => callback(null, {});`,
  /** Says that it runs and waits to be let go, so that tests know how many run at once. */
  Gate: `import { existsSync, writeFileSync } from "node:fs";
  export const handler = async ({ queryStringParameters: { folder } }, { awsRequestId }) => {
    writeFileSync(folder + "/running-" + awsRequestId, String(process.pid));
    while (!existsSync(folder + "/go")) await new Promise((resolve) => setTimeout(resolve, 5));
    return { pid: process.pid };
  };`,
  Layered: `import { name } from "/opt/nodejs/shared.mjs";
  const later = await import("/opt/nodejs/shared.mjs");
  let calls = 0;
  export const handler = async (event, { invokedFunctionArn: arn, functionVersion: version }) =>
    ({ name, same: later.name === name, calls: ++calls, arn, version });`,
  Tick: `console.log(JSON.stringify({ level: "INFO", message: "tick loaded" }));
  export const handler = async (event) => { console.log(JSON.stringify({ level: "INFO", tick: event })); };`,
} as const;

type Name = keyof typeof handlers;

const routes: Readonly<Record<string, Name>> = {
  "POST /echo": "Echo",
  "GET /echo": "Echo",
  "GET /records": "Echo",
  "GET /records/{id}": "Echo",
  "GET /records/latest": "Echo",
  "POST /records/{id}/resolve": "Echo",
  "ANY /any/{proxy+}": "Echo",
  "GET /environment": "Environment",
  "POST /answer": "Answer",
  "GET /crash": "Crash",
  "GET /broken": "Broken",
  "GET /callback": "Callback",
  "GET /gate": "Gate",
  "GET /layered": "Layered",
};

/** Called by their alias `live`; the others by themselves. */
const aliased: readonly Name[] = ["Layered", "Tick"];

export const tableProperties = {
  AttributeDefinitions: [
    { AttributeName: "pk", AttributeType: "S" },
    { AttributeName: "shard", AttributeType: "N" },
  ],
  KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
  BillingMode: "PAY_PER_REQUEST",
  GlobalSecondaryIndexes: [
    {
      IndexName: "unfinished",
      KeySchema: [{ AttributeName: "shard", KeyType: "HASH" }],
      Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: ["state", "amount"] },
    },
  ],
  TimeToLiveSpecification: { AttributeName: "expires", Enabled: true },
  SSESpecification: { SSEEnabled: true },
};

/** The template's variables of the function Environment, before and after. */
export const declared = {
  given: {
    PLAIN: "as it is",
    QUIET_PERIOD_MS: "900000",
    AGGREPAY_BASE_URL: "https://provider.example",
    TABLE_NAME: { Ref: "Records12345678" },
    AGGREPAY_SECRET_ID: { Ref: "SecretAggrepay" },
    JOINED: { "Fn::Join": ["-", ["a", { Ref: "AWS::Region" }]] },
    SUBSTITUTED: { "Fn::Sub": "$" + "{Records12345678.Arn}/index/*" },
    ABSENT: { Ref: "AWS::NoValue" },
  },
  resolved: {
    PLAIN: "as it is",
    TABLE_NAME: "Records",
    AGGREPAY_SECRET_ID: "arn:aws:secretsmanager:ap-south-1:000000000000:secret:SecretAggrepay-000000",
    JOINED: "a-ap-south-1",
    SUBSTITUTED: "arn:aws:dynamodb:ap-south-1:000000000000:table/Records/index/*",
  },
};

export interface FixtureOptions {
  readonly table?: object;
  readonly environment?: object;
  readonly timeoutSeconds?: number;
  /** What every route asks of its callers, but for `POST /answer`, which is open. */
  readonly authorization?: string;
  /** Resources besides. */
  readonly more?: object;
}

/** Writes the assembly to a new folder. */
export function fixtureAssembly({
  table = tableProperties,
  environment,
  timeoutSeconds = 20,
  authorization = "NONE",
  more = {},
}: FixtureOptions = {}) {
  const folder = newFolder("assembly");
  const files: Record<string, object> = {};
  const asset = (id: string, path: string, text: string) => {
    mkdirSync(join(folder, `asset.${id}`, path, ".."), { recursive: true });
    writeFileSync(join(folder, `asset.${id}`, path), text);
    files[id] = { source: { path: `asset.${id}` }, destinations: { here: { objectKey: `${id}.zip` } } };
    return { S3Bucket: "assets", S3Key: `${id}.zip` };
  };

  const resources: Record<string, object> = {
    Records12345678: { Type: "AWS::DynamoDB::Table", Properties: table },
    Api: { Type: "AWS::ApiGatewayV2::Api", Properties: {} },
    SecretAggrepay: { Type: "AWS::SecretsManager::Secret", Properties: {} },
    SecretGateway: { Type: "AWS::SecretsManager::Secret", Properties: { Name: "ours/gateway" } },
    Shared: {
      Type: "AWS::Lambda::LayerVersion",
      Properties: { Content: asset("layer", "nodejs/shared.mjs", `export const name = "from the layer";`) },
    },
    EveryMinute: {
      Type: "AWS::Events::Rule",
      Properties: { ScheduleExpression: "rate(1 minute)", Targets: [{ Arn: { Ref: "TickLive" } }] },
    },
  };
  const called = (name: Name) =>
    aliased.includes(name) ? { Ref: `${name}Live` } : { "Fn::GetAtt": [name, "Arn"] };
  for (const name of new Set([...Object.values(routes), "Tick"] as const)) {
    const Principal = name === "Tick" ? "events.amazonaws.com" : "apigateway.amazonaws.com";
    resources[`${name}Permission`] = {
      Type: "AWS::Lambda::Permission",
      Properties: { Action: "lambda:InvokeFunction", FunctionName: called(name), Principal },
    };
  }
  for (const name of aliased) {
    resources[`${name}Version`] = {
      Type: "AWS::Lambda::Version",
      Properties: { FunctionName: { Ref: name } },
    };
    resources[`${name}Live`] = {
      Type: "AWS::Lambda::Alias",
      Properties: {
        Name: "live",
        FunctionName: { Ref: name },
        FunctionVersion: { "Fn::GetAtt": [`${name}Version`, "Version"] },
      },
    };
  }
  for (const [name, source] of Object.entries(handlers)) {
    resources[name] = {
      Type: "AWS::Lambda::Function",
      Properties: {
        Code: asset(name, "index.mjs", source),
        Handler: "index.handler",
        MemorySize: 256,
        Timeout: name === "Crash" ? 1 : timeoutSeconds,
        Layers: [{ Ref: "Shared" }],
        Environment: {
          Variables: environment ?? { ...declared.given, GATEWAY_SECRET_ID: { Ref: "SecretGateway" } },
        },
      },
    };
  }
  for (const [index, [key, name]] of Object.entries(routes).entries()) {
    resources[`Integration${index}`] = {
      Type: "AWS::ApiGatewayV2::Integration",
      Properties: { IntegrationUri: called(name) },
    };
    resources[`Route${index}`] = {
      Type: "AWS::ApiGatewayV2::Route",
      Properties: {
        ApiId: { Ref: "Api" },
        RouteKey: key,
        AuthorizationType: key === "POST /answer" ? "NONE" : authorization,
        Target: { "Fn::Join": ["", ["integrations/", { Ref: `Integration${index}` }]] },
      },
    };
  }
  const write = (name: string, content: object) => writeFileSync(join(folder, name), JSON.stringify(content));
  write("fixture.template.json", { Resources: { ...resources, ...more } });
  write("fixture.assets.json", { files });
  write("manifest.json", {
    artifacts: {
      fixture: { type: "aws:cloudformation:stack", properties: { templateFile: "fixture.template.json" } },
      "fixture.assets": { type: "cdk:asset-manifest", properties: { file: "fixture.assets.json" } },
    },
  });
  return folder;
}

/** What makes startGateway serve the fixture, with no sandbox. */
export const fixtureEnv = (options?: FixtureOptions): Readonly<Record<string, string>> => ({
  ASSEMBLY_DIR: fixtureAssembly(options),
  AGGREPAY_BASE_URL: "http://127.0.0.1:9",
  SCHEDULE_MS: "0",
});

interface Template {
  readonly Resources: Record<string, { readonly Type: string; readonly Properties: Record<string, unknown> }>;
}

/** A copy of the gateway's own assembly, its template changed. */
export function changedAssembly(change: (resources: Template["Resources"]) => void): string {
  const folder = newFolder("changed-assembly");
  cpSync(process.env.ASSEMBLY_DIR ?? "", folder, { recursive: true });
  const [file = ""] = readdirSync(folder).filter((name) => name.endsWith(".template.json"));
  const template: Template = JSON.parse(readFileSync(join(folder, file), "utf8"));
  change(template.Resources);
  writeFileSync(join(folder, file), JSON.stringify(template));
  return folder;
}

/** An empty folder that lasts until all tests are over. */
export const newFolder = (name: string): string =>
  mkdtempSync(join(process.env.TEST_DIR ?? tmpdir(), `${name}-`));

/** Waits for what must come; the test's own timeout is the limit. */
export async function until<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(10);
  }
}

/** One call to a local store by nobody in particular: its signature is none. */
export async function aws(url: string, target: string, input: object) {
  const authorization =
    "AWS4-HMAC-SHA256 Credential=local/20250101/ap-south-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0";
  return call(url, {
    method: "POST",
    headers: { ...json(target), "x-amz-date": "20250101T000000Z", authorization },
    body: JSON.stringify(input),
  });
}

/** One call to the table by the person who runs the gateway. */
export async function asPerson(
  { dynamoUrl, dynamoCredentials: credentials }: Pick<Gateway, "dynamoUrl" | "dynamoCredentials">,
  operation: string,
  input: object,
) {
  const draft = {
    method: "POST",
    headers: json(`DynamoDB_20120810.${operation}`),
    body: JSON.stringify(input),
  };
  return call(dynamoUrl, await sign(dynamoUrl, draft, { credentials, service: "dynamodb" }));
}

const json = (target: string) => ({ "content-type": "application/x-amz-json-1.0", "x-amz-target": target });

async function call(url: string, init: RequestInit) {
  const response = await fetch(url, init);
  const body: unknown = await response.json();
  return { status: response.status, body };
}
