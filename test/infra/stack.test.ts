import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { afterAll, describe, expect, test } from "vitest";
import { functions } from "../../functions/index.ts";
import type { Bundle, Bundles } from "../../infra/bundle.ts";
import { readConfig, type Stage } from "../../infra/config.ts";
import { WalletGateway } from "../../infra/stack.ts";
import { type FunctionDefinition, secretIdVariable } from "../../lib/operation/definition.ts";

/** Every kind of definition, also those that no function of today is. */
const kinds: readonly FunctionDefinition[] = [
  {
    name: "kinds/list",
    route: { method: "GET", path: "/v1/kinds/{id}" },
    summary: "Reads the table and its indexes, and no secret",
    secrets: [],
    tableActions: ["GetItem", "Query"],
  },
  {
    name: "kinds/read",
    route: { method: "POST", path: "/v1/kinds/read" },
    summary: "Reads a secret and no table",
    secrets: ["aggrepay"],
    tableActions: [],
  },
];
const definitions = [...functions, ...kinds];

const scratch = mkdtempSync(join(tmpdir(), "stack-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const template = synthesize("dev");

function synthesize(stage: Stage): Template {
  const config = readConfig((name) => (name === "stage" ? stage : undefined));
  const app = new App({ outdir: join(scratch, stage) });
  return Template.fromStack(
    new WalletGateway(app, "WalletGateway", { config, definitions, bundles: empty() }),
  );
}

/** The stack looks at no code, so none is bundled. */
function empty(): Bundles {
  const folder = mkdtempSync(join(scratch, "bundle-"));
  writeFileSync(join(folder, "index.mjs"), "");
  const bundle: Bundle = { folder, bytes: 0, inputs: [] };
  return { functions: new Map(definitions.map(({ name }) => [name, bundle])), layer: bundle };
}

interface Ref {
  readonly Ref: string;
}
interface Attribute {
  readonly "Fn::GetAtt": readonly [id: string, name: string];
}
interface Join<Parts extends readonly unknown[]> {
  readonly "Fn::Join": readonly [separator: string, Parts];
}
/** What the tests follow from one resource to another; the rest is compared as a whole. */
interface Properties {
  readonly "AWS::ApiGatewayV2::Route": {
    readonly RouteKey: string;
    readonly AuthorizationType: string;
    readonly Target: Join<[string, Ref]>;
  };
  readonly "AWS::ApiGatewayV2::Integration": { readonly IntegrationUri: Attribute };
  readonly "AWS::Lambda::Function": {
    readonly Role: Attribute;
    readonly LoggingConfig: { readonly LogGroup: Ref };
    readonly Environment: { readonly Variables: Readonly<Record<string, unknown>> };
  };
  readonly "AWS::Lambda::Permission": {
    readonly FunctionName: Attribute;
    readonly SourceArn: Join<unknown[]>;
  };
  readonly "AWS::DynamoDB::Table": object;
  readonly "AWS::IAM::Role": object;
  readonly "AWS::KMS::Key": { readonly EnableKeyRotation: boolean };
  readonly "AWS::Lambda::LayerVersion": object;
  readonly "AWS::Logs::LogGroup": object;
  readonly "AWS::SecretsManager::Secret": object;
}

/** Properties of every resource of a type, by logical id. */
const all = <Type extends keyof Properties>(type: Type): ReadonlyMap<string, Properties[Type]> =>
  new Map(Object.entries(template.findResources(type)).map(([id, { Properties }]) => [id, Properties]));

function only<Type extends keyof Properties>(type: Type): [id: string, properties: Properties[Type]] {
  const [found, ...more] = all(type);
  if (found === undefined || more.length > 0) throw new Error(`The stack has not exactly one ${type}`);
  return found;
}

function find<Type extends keyof Properties>(type: Type, id: string): Properties[Type] {
  const found = all(type).get(id);
  if (found === undefined) throw new Error(`The stack has no ${type} ${id}`);
  return found;
}

const [tableId, table] = only("AWS::DynamoDB::Table");
const [keyId, key] = only("AWS::KMS::Key");
const arn = (id: string) => ({ "Fn::GetAtt": [id, "Arn"] });
const ref = (id: string) => ({ Ref: id });
const secretRefs = { aggrepay: ref("SecretAggrepay"), gateway: ref("SecretGateway") };

/** A function's resources, found from its route as a caller would. */
function deployed({ route: { method, path } }: FunctionDefinition) {
  const [route] = [...all("AWS::ApiGatewayV2::Route").values()].filter(
    ({ RouteKey }) => RouteKey === `${method} ${path}`,
  );
  if (route === undefined) throw new Error(`${method} ${path} has no route`);
  const integration = find("AWS::ApiGatewayV2::Integration", route.Target["Fn::Join"][1][1].Ref);
  const [functionId] = integration.IntegrationUri["Fn::GetAtt"];
  const lambda = find("AWS::Lambda::Function", functionId);
  const role = find("AWS::IAM::Role", lambda.Role["Fn::GetAtt"][0]);
  const logGroupId = lambda.LoggingConfig.LogGroup.Ref;
  return { route, integration, functionId, lambda, role, logGroupId };
}

describe.each(definitions)("$name", (definition) => {
  const { route, integration, functionId, lambda, role, logGroupId } = deployed(definition);
  const { name, summary, secrets, tableActions } = definition;
  const reads = tableActions.length === 0;

  test("has a route for callers whom IAM lets through", () => {
    expect(route.AuthorizationType).toBe("AWS_IAM");
    expect(integration).toMatchObject({ IntegrationType: "AWS_PROXY", PayloadFormatVersion: "2.0" });
    const callers = [...all("AWS::Lambda::Permission").values()].filter(
      ({ FunctionName }) => FunctionName["Fn::GetAtt"][0] === functionId,
    );
    expect(callers.map(({ SourceArn }) => SourceArn["Fn::Join"][1].at(-1))).toEqual([
      `/*/*${definition.route.path}`,
    ]);
  });

  test("has a function of its own", () => {
    expect(lambda).toMatchObject({
      Description: summary,
      Runtime: "nodejs24.x",
      Architectures: ["arm64"],
      Handler: "index.handler",
      Timeout: 28,
      LoggingConfig: { LogFormat: "JSON" },
      Layers: [ref(only("AWS::Lambda::LayerVersion")[0])],
    });
    expect(definitions.filter((other) => deployed(other).functionId === functionId)).toEqual([definition]);
  });

  test("logs to a group of its own that forgets", () => {
    expect(find("AWS::Logs::LogGroup", logGroupId)).toEqual({ RetentionInDays: 30 });
    expect(definitions.filter((other) => deployed(other).logGroupId === logGroupId)).toEqual([definition]);
  });

  test("is told what it needs and nothing more", () => {
    expect(lambda.Environment.Variables).toEqual({
      AGGREPAY_BASE_URL: "https://testwallet.aggrepaypayments.com",
      AGGREPAY_ACCOUNT: "main",
      PROVIDER_TIMEOUT_MS: "20000",
      FUNCTION_TIMEOUT_MS: "28000",
      LEASE_MS: "33000",
      QUIET_PERIOD_MS: "900000",
      ...Object.fromEntries(secrets.map((secret) => [secretIdVariable(secret), secretRefs[secret]])),
      ...(!reads && { TABLE_NAME: ref(tableId) }),
    });
  });

  test("may do what it needs and nothing more", () => {
    expect(role).toEqual({
      Description: `WalletGateway: ${name}`,
      AssumeRolePolicyDocument: {
        Version: "2012-10-17",
        Statement: [
          { Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "lambda.amazonaws.com" } },
        ],
      },
      Policies: [
        {
          PolicyName: "uses",
          PolicyDocument: {
            Version: "2012-10-17",
            Statement: [
              allow(["logs:CreateLogStream", "logs:PutLogEvents"], [arn(logGroupId)]),
              ...secretStatements(definition),
              ...tableStatements(definition),
            ],
          },
        },
      ],
    });
  });
});

const allow = (actions: string[], resources: unknown[]) => ({
  Effect: "Allow",
  Action: oneOrAll(actions),
  Resource: oneOrAll(resources),
});

const oneOrAll = (list: unknown[]) => (list.length === 1 ? list[0] : list);

const decrypt = (service: string, context: Record<string, unknown>) => ({
  ...allow(["kms:Decrypt"], [arn(keyId)]),
  Condition: {
    StringEquals: {
      "kms:ViaService": { "Fn::Join": ["", [`${service}.`, ref("AWS::Region"), ".amazonaws.com"]] },
      ...context,
    },
  },
});

function secretStatements({ secrets }: FunctionDefinition) {
  const ids = secrets.map((secret) => secretRefs[secret]);
  if (ids.length === 0) return [];
  return [
    allow(["secretsmanager:GetSecretValue"], ids),
    decrypt("secretsmanager", { "kms:EncryptionContext:SecretARN": ids }),
  ];
}

function tableStatements({ tableActions }: FunctionDefinition) {
  if (tableActions.length === 0) return [];
  const actions = tableActions.map((action) => `dynamodb:${action}`);
  const indexes = ["unfinished", "customer-records"].map((index) => ({
    "Fn::Join": ["", [arn(tableId), `/index/${index}`]],
  }));
  return [
    allow(actions, [arn(tableId)]),
    decrypt("dynamodb", { "kms:EncryptionContext:aws:dynamodb:tableName": ref(tableId) }),
    ...(tableActions.includes("Query") ? [allow(["dynamodb:Query"], indexes)] : []),
  ];
}

test("nothing is there besides", () => {
  const counts: Record<string, number> = {};
  const resources: Readonly<Record<string, { readonly Type: string }>> = template.toJSON().Resources;
  for (const { Type } of Object.values(resources)) counts[Type] = (counts[Type] ?? 0) + 1;
  const each = definitions.length;
  expect(counts).toEqual({
    "AWS::ApiGatewayV2::Api": 1,
    "AWS::ApiGatewayV2::Integration": each,
    "AWS::ApiGatewayV2::Route": each,
    "AWS::ApiGatewayV2::Stage": 1,
    "AWS::DynamoDB::Table": 1,
    "AWS::IAM::Role": each,
    "AWS::KMS::Key": 1,
    "AWS::Lambda::Function": each,
    "AWS::Lambda::LayerVersion": 1,
    "AWS::Lambda::Permission": each,
    "AWS::Logs::LogGroup": each + 1,
    "AWS::SecretsManager::Secret": 2,
  });
});

test("the records are in one table with two indexes", () => {
  expect(table).toEqual({
    KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
    AttributeDefinitions: [
      { AttributeName: "pk", AttributeType: "S" },
      { AttributeName: "shard", AttributeType: "N" },
      { AttributeName: "due", AttributeType: "N" },
      { AttributeName: "customer", AttributeType: "S" },
      { AttributeName: "createdAt", AttributeType: "N" },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: "unfinished",
        KeySchema: [
          { AttributeName: "shard", KeyType: "HASH" },
          { AttributeName: "due", KeyType: "RANGE" },
        ],
        Projection: { ProjectionType: "KEYS_ONLY" },
      },
      {
        IndexName: "customer-records",
        KeySchema: [
          { AttributeName: "customer", KeyType: "HASH" },
          { AttributeName: "createdAt", KeyType: "RANGE" },
        ],
        Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: ["state", "amount", "operation"] },
      },
    ],
    BillingMode: "PAY_PER_REQUEST",
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    SSESpecification: { SSEEnabled: true, SSEType: "KMS", KMSMasterKeyId: arn(keyId) },
    StreamSpecification: { StreamViewType: "NEW_AND_OLD_IMAGES" },
    TimeToLiveSpecification: { AttributeName: "expires", Enabled: true },
    DeletionProtectionEnabled: false,
  });
  expect(key.EnableKeyRotation).toBe(true);
});

test("secrets are created empty, under the same key", () => {
  expect([...all("AWS::SecretsManager::Secret").values()]).toEqual(
    ["aggrepay", "gateway"].map(() => ({ Description: expect.any(String), KmsKeyId: arn(keyId) })),
  );
});

test("calls are throttled and logged", () => {
  template.hasResourceProperties("AWS::ApiGatewayV2::Stage", {
    DefaultRouteSettings: { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 },
    AccessLogSettings: { DestinationArn: arn("AccessLogD598EBE9") },
  });
});

test("production keeps what cannot be made again", () => {
  const production = synthesize("prod");
  const kept = { DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" };
  for (const type of [
    "AWS::DynamoDB::Table",
    "AWS::KMS::Key",
    "AWS::SecretsManager::Secret",
    "AWS::Logs::LogGroup",
  ]) {
    production.allResources(type, kept);
  }
  production.hasResourceProperties("AWS::DynamoDB::Table", { DeletionProtectionEnabled: true });
});
