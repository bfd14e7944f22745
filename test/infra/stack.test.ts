import { describe, expect, test } from "vitest";
import { functions } from "../../functions/index.ts";
import { readConfig } from "../../infra/config.ts";
import { deployedBy } from "../../infra/switches.ts";
import {
  type FunctionDefinition,
  routesOf,
  type SecretName,
  secretIdVariable,
} from "../../lib/operation/definition.ts";
import { providerNames, providers } from "../../lib/providers/index.ts";
import { synthesized } from "./synthesized.ts";

/** Every kind of definition, also those that no function of today is. */
const kinds: readonly FunctionDefinition[] = [
  {
    name: "kinds/list",
    route: { method: "GET", path: "/v1/kinds" },
    access: "look",
    summary: "Reads the indexes, and neither the table by key nor a secret",
    variables: [],
    secrets: [],
    tableActions: ["Query"],
  },
  {
    name: "kinds/read",
    route: { method: "POST", path: "/webhooks/kinds/read" },
    access: "open",
    summary: "Reads a secret and no table, for anybody",
    variables: ["PAYU_BASE_URL", "WEBHOOK_BASE_URL", "AGGREPAY_UTC_OFFSET"],
    secrets: ["aggrepay"],
    tableActions: [],
  },
  {
    name: "kinds/tidy",
    schedule: { everyMinutes: 10 },
    access: "clock",
    summary: "Runs by the clock and reads nothing",
    variables: [],
    secrets: [],
    tableActions: [],
  },
];
/** With all that may be switched on, so that nothing of the registry goes untested. */
const switchedOn = { nicepayUserDetail: "on" };
const switchedConfig = readConfig((name) => (name === "nicepayUserDetail" ? "on" : undefined));
const registered = [...functions, ...kinds];
const definitions = deployedBy(registered, switchedConfig);

const template = synthesized(switchedOn, registered);

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
  readonly "AWS::ApiGateway::Method": {
    readonly ResourceId: Ref;
    readonly HttpMethod: string;
    readonly AuthorizationType: string;
    readonly Integration: {
      readonly Type: string;
      readonly Uri: Join<readonly (string | Ref)[]>;
      readonly Credentials: Attribute;
    };
  };
  readonly "AWS::ApiGateway::Resource": { readonly ParentId: Ref | Attribute; readonly PathPart: string };
  readonly "AWS::ApiGateway::RestApi": object;
  readonly "AWS::ApiGateway::Stage": object;
  readonly "AWS::ApiGatewayV2::Api": object;
  readonly "AWS::ApiGatewayV2::Route": {
    readonly RouteKey: string;
    readonly AuthorizationType: string;
    readonly Target: Join<[string, Ref]>;
  };
  readonly "AWS::Events::Rule": {
    readonly Description: string;
    readonly Targets: readonly { readonly Arn: Ref }[];
  };
  readonly "AWS::Lambda::EventSourceMapping": {
    readonly FunctionName: Ref;
    readonly EventSourceArn: Attribute;
  };
  readonly "AWS::SQS::Queue": { readonly RedrivePolicy?: object };
  readonly "AWS::Lambda::EventInvokeConfig": { readonly FunctionName: Ref };
  readonly "AWS::ApiGatewayV2::Integration": {
    readonly IntegrationUri: Ref;
    readonly CredentialsArn: Attribute;
  };
  readonly "AWS::Lambda::Alias": { readonly FunctionName: Ref; readonly FunctionVersion: Attribute };
  readonly "AWS::Lambda::Version": { readonly FunctionName: Ref };
  readonly "AWS::Lambda::Function": {
    readonly Role: Attribute;
    readonly LoggingConfig: { readonly LogGroup: Ref };
    readonly Environment: { readonly Variables: Readonly<Record<string, unknown>> };
  };
  readonly "AWS::Lambda::Permission": {
    readonly FunctionName: Ref;
    readonly Principal: string;
    readonly SourceArn: Join<unknown[]> | Attribute;
  };
  readonly "AWS::DynamoDB::Table": object;
  readonly "AWS::IAM::Role": {
    readonly Policies: readonly {
      readonly PolicyDocument: { readonly Statement: readonly { readonly Resource: readonly Ref[] }[] };
    }[];
  };
  readonly "AWS::KMS::Key": { readonly EnableKeyRotation: boolean; readonly Description: string };
  readonly "AWS::Lambda::LayerVersion": object;
  readonly "AWS::Logs::LogGroup": object;
  readonly "AWS::SNS::Topic": object;
  readonly "AWS::SecretsManager::Secret": { readonly Description: string };
  readonly "AWS::SecretsManager::ResourcePolicy": { readonly SecretId: Ref };
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
const [keyId = "", keyProperties] =
  [...all("AWS::KMS::Key")].find(([, { Description }]) => Description.startsWith("Records")) ?? [];
const arn = (id: string) => ({ "Fn::GetAtt": [id, "Arn"] });
const ref = (id: string) => ({ Ref: id });
const secretNames = [...providerNames, "gateway", "webhook"] as const;
const secretRefs = Object.fromEntries(
  secretNames.map((name) => [name, ref(`Secret${name.charAt(0).toUpperCase()}${name.slice(1)}`)]),
) as Readonly<Record<SecretName, Ref>>;
/** Events are delivered to a merchant only where that is chosen. */
const deployedSecrets = Object.fromEntries(Object.entries(secretRefs).filter(([name]) => name !== "webhook"));

const [apiRoleId = "", apiRole] = [...all("AWS::IAM::Role")].find(([id]) => id.startsWith("ApiRole")) ?? [];
const invokedByApi = apiRole?.Policies[0]?.PolicyDocument.Statement[0]?.Resource ?? [];

/** `aggrepay/debit-wallet` is AggrepayDebitWallet. */
const idOf = (name: string): string =>
  name
    .split(/[/-]/)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join("");

/** The queue that has a dead-letter queue: of notifications. */
const [queueId = ""] = [...all("AWS::SQS::Queue")].find(([, { RedrivePolicy }]) => RedrivePolicy) ?? [];

/** Of a resource of the REST API, with the stage before it. */
function pathOf(resource: Ref | Attribute): string {
  if (!("Ref" in resource)) return "/webhooks";
  const { ParentId, PathPart } = find("AWS::ApiGateway::Resource", resource.Ref);
  return `${pathOf(ParentId)}/${PathPart}`;
}

/** What leads to a function, found as a caller, the clock or a queue would. */
function entrance({ access, route: wanted, takesFrom, summary }: FunctionDefinition) {
  if (takesFrom) {
    const [id, mapping] = only("AWS::Lambda::EventSourceMapping");
    return { id, mapping, aliasId: mapping.FunctionName.Ref };
  }
  if (wanted === undefined) {
    const [[id, rule] = [], ...more] = [...all("AWS::Events::Rule")].filter(
      ([, { Description }]) => Description === summary,
    );
    if (id === undefined || rule === undefined || more.length > 0)
      throw new Error(`${summary}: not one rule`);
    return { id, rule, aliasId: rule.Targets[0]?.Arn.Ref ?? "" };
  }
  if (access === "open") {
    const [method, ...more] = [...all("AWS::ApiGateway::Method").values()].filter(
      ({ HttpMethod, ResourceId }) =>
        `${HttpMethod} ${pathOf(ResourceId)}` === `${wanted.method} ${wanted.path}`,
    );
    if (method === undefined || more.length > 0) throw new Error(`${wanted.path} has not one method`);
    const [alias] = method.Integration.Uri["Fn::Join"][1].flatMap((part) =>
      typeof part === "object" && all("AWS::Lambda::Alias").has(part.Ref) ? [part.Ref] : [],
    );
    return { method, aliasId: alias ?? "" };
  }
  const [route, ...more] = [...all("AWS::ApiGatewayV2::Route").values()].filter(
    ({ RouteKey }) => RouteKey === `${wanted.method} ${wanted.path}`,
  );
  if (route === undefined || more.length > 0) throw new Error(`${wanted.path} has not one route`);
  const integration = find("AWS::ApiGatewayV2::Integration", route.Target["Fn::Join"][1][1].Ref);
  return { route, integration, aliasId: integration.IntegrationUri.Ref };
}

function deployed(definition: FunctionDefinition) {
  const { aliasId } = entrance(definition);
  const alias = find("AWS::Lambda::Alias", aliasId);
  const functionId = alias.FunctionName.Ref;
  const lambda = find("AWS::Lambda::Function", functionId);
  const role = find("AWS::IAM::Role", lambda.Role["Fn::GetAtt"][0]);
  const logGroupId = lambda.LoggingConfig.LogGroup.Ref;
  const callers = [...all("AWS::Lambda::Permission").values()].filter(
    ({ FunctionName }) => FunctionName.Ref === aliasId,
  );
  return { aliasId, alias, functionId, lambda, role, logGroupId, callers };
}

describe.each(definitions.filter(({ route }) => route !== undefined))("$name", (definition) => {
  const { route, integration, method } = entrance(definition);

  test("has a route for those that may call it", () => {
    if (definition.access === "open") {
      expect(method).toMatchObject({ AuthorizationType: "NONE", Integration: { Type: "AWS_PROXY" } });
      return;
    }
    expect(route?.AuthorizationType).toBe("AWS_IAM");
    expect(integration).toMatchObject({ IntegrationType: "AWS_PROXY", PayloadFormatVersion: "2.0" });
  });

  test("is called by the API alone, under its role", () => {
    const { aliasId, callers } = deployed(definition);
    expect(callers).toEqual([]);
    expect(integration?.CredentialsArn ?? method?.Integration.Credentials).toEqual(arn(apiRoleId));
    expect(invokedByApi).toContainEqual(ref(aliasId));
  });
});

test("the API's role may invoke what has a route, and no more", () => {
  const routed = definitions.filter(({ route }) => route !== undefined);
  expect(find("AWS::IAM::Role", apiRoleId)).toEqual({
    Description: "WalletGateway: invokes the functions that have routes",
    AssumeRolePolicyDocument: {
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "apigateway.amazonaws.com" } },
      ],
    },
    Policies: [
      {
        PolicyName: "uses",
        PolicyDocument: {
          Version: "2012-10-17",
          Statement: [{ Effect: "Allow", Action: "lambda:InvokeFunction", Resource: invokedByApi }],
        },
      },
    ],
  });
  expect(new Set(invokedByApi.map(({ Ref }) => Ref))).toEqual(
    new Set(routed.map((definition) => deployed(definition).aliasId)),
  );
});

describe.each(definitions.filter(({ schedule }) => schedule !== undefined))("$name", (definition) => {
  const minutes = definition.schedule?.everyMinutes;

  test("is run by the clock alone, and no run is repeated", () => {
    const { id = "", rule, aliasId } = entrance(definition);
    const { functionId } = deployed(definition);
    expect(rule).toEqual({
      Description: definition.summary,
      ScheduleExpression: minutes === 1 ? "rate(1 minute)" : `rate(${minutes} minutes)`,
      State: "ENABLED",
      Targets: [
        {
          Id: "Target0",
          Arn: ref(aliasId),
          Input: '{"shards":{"from":0,"to":64}}',
          RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
        },
      ],
    });
    expect(
      [...all("AWS::Lambda::EventInvokeConfig").values()].filter(
        ({ FunctionName }) => FunctionName.Ref === functionId,
      ),
    ).toEqual([
      {
        FunctionName: ref(functionId),
        MaximumEventAgeInSeconds: 60,
        MaximumRetryAttempts: 0,
        // The last part of the alias's ARN.
        Qualifier: { "Fn::Select": [7, { "Fn::Split": [":", ref(aliasId)] }] },
      },
    ]);
    expect(deployed(definition).callers).toEqual([
      {
        Action: "lambda:InvokeFunction",
        FunctionName: ref(aliasId),
        Principal: "events.amazonaws.com",
        SourceArn: arn(id),
      },
    ]);
  });
});

test("in production four workers share the records in doubt, each shard with one of them", () => {
  const prod = synthesized({ stage: "prod" });
  const rules = Object.values(prod.findResources("AWS::Events::Rule")).map(({ Properties }) => Properties);
  const [rule] = rules.filter(({ ScheduleExpression }) => ScheduleExpression === "rate(1 minute)");
  const inputs = rule?.Targets.map(({ Input }: { readonly Input: string }) => JSON.parse(Input));
  expect(inputs).toEqual([0, 16, 32, 48].map((from) => ({ shards: { from, to: from + 16 } })));
  expect(new Set(rule?.Targets.map(({ Arn }: { readonly Arn: object }) => JSON.stringify(Arn))).size).toBe(1);
});

describe.each(definitions.filter(({ takesFrom }) => takesFrom !== undefined))("$name", (definition) => {
  test("is invoked with messages of its queue alone, and of a batch only what failed comes again", () => {
    const { mapping, aliasId } = entrance(definition);
    expect(mapping).toEqual({
      BatchSize: 10,
      EventSourceArn: arn(queueId),
      FunctionName: ref(aliasId),
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      ScalingConfig: { MaximumConcurrency: 2 },
    });
    expect(deployed(definition).callers).toEqual([]);
  });
});

test("notifications wait under the stack's key, for 14 days and then 14 more with what could not be taken in", () => {
  const queues = all("AWS::SQS::Queue");
  const mine = [...queues].filter(([id]) => /Notifications/.test(id));
  expect(mine).toHaveLength(2);
  for (const [, queue] of mine)
    expect(queue).toMatchObject({ KmsMasterKeyId: arn(keyId), MessageRetentionPeriod: 1_209_600 });
  const dead = mine.find(([id]) => id !== queueId)?.[0] ?? "";
  expect(queues.get(queueId)).toMatchObject({
    RedrivePolicy: { deadLetterTargetArn: arn(dead), maxReceiveCount: 1000 },
    VisibilityTimeout: 168,
  });
});

test("one route is open: the webhook's", () => {
  expect(functions.filter(({ access }) => access === "open").map(({ route }) => route?.path)).toEqual([
    "/webhooks/nicepay/account-binding",
  ]);
});

/** Values of what functions may name; what is not among them is left to the function. */
const chosen = {
  ...switchedConfig.variables,
  WEBHOOK_BASE_URL: {
    "Fn::Join": [
      "",
      [
        "https://",
        ref(only("AWS::ApiGateway::RestApi")[0]),
        ".execute-api.",
        ref("AWS::Region"),
        ".",
        ref("AWS::URLSuffix"),
      ],
    ],
  },
};

describe.each(definitions)("$name", (definition) => {
  const { alias, functionId, lambda, role, logGroupId } = deployed(definition);
  const { name, summary, variables, secrets, tableActions, putsInto, schedule } = definition;

  test("has a function of its own", () => {
    expect(lambda).toMatchObject({
      Description: summary,
      Runtime: "nodejs24.x",
      Architectures: ["arm64"],
      Handler: "index.handler",
      Timeout: schedule ? schedule.everyMinutes * 60 - 5 : 28,
      LoggingConfig: { LogFormat: "JSON" },
      Layers: [ref(only("AWS::Lambda::LayerVersion")[0])],
    });
    expect(definitions.filter((other) => deployed(other).functionId === functionId)).toEqual([definition]);
  });

  test("is called as the version that is live", () => {
    const version = find("AWS::Lambda::Version", alias.FunctionVersion["Fn::GetAtt"][0]);
    expect(version.FunctionName).toEqual(ref(functionId));
    expect(alias).toMatchObject({ Name: "live" });
  });

  test("has an alarm of its own for when it fails", () => {
    const own = Object.entries(template.findResources("AWS::CloudWatch::Alarm")).filter(([id]) =>
      new RegExp(`^${idOf(name)}ErrorsAlarm[0-9A-F]{8}$`).test(id),
    );
    const metric = (Metric: object) => ({
      MetricStat: { Metric, Period: 60, Stat: "Sum" },
      ReturnData: false,
    });
    expect(own.map(([, { Properties }]) => Properties)).toEqual([
      {
        AlarmDescription: expect.stringContaining(name),
        AlarmActions: [ref(only("AWS::SNS::Topic")[0])],
        OKActions: [ref(only("AWS::SNS::Topic")[0])],
        ComparisonOperator: "GreaterThanOrEqualToThreshold",
        Threshold: 1,
        EvaluationPeriods: 3,
        DatapointsToAlarm: 1,
        TreatMissingData: "notBreaching",
        Metrics: [
          { Id: "expr_1", Label: "Errors", Expression: "SUM([FILL(m0, 0), FILL(m1, 0)])", ReturnData: true },
          {
            Id: "m0",
            ...metric({
              Namespace: "AWS/Lambda",
              MetricName: "Errors",
              Dimensions: [
                { Name: "FunctionName", Value: ref(functionId) },
                { Name: "Resource", Value: { "Fn::Join": ["", [ref(functionId), ":live"]] } },
              ],
            }),
          },
          {
            Id: "m1",
            ...metric({
              Namespace: "WalletGateway",
              MetricName: "Unexpected",
              Dimensions: [{ Name: "function", Value: name }],
            }),
          },
        ],
      },
    ]);
  });

  test("logs to a group of its own that forgets", () => {
    expect(find("AWS::Logs::LogGroup", logGroupId)).toEqual({ RetentionInDays: 30, KmsKeyId: arn(keyId) });
    expect(definitions.filter((other) => deployed(other).logGroupId === logGroupId)).toEqual([definition]);
  });

  test("is told what it needs and nothing more", () => {
    const given = Object.entries(chosen).filter(([variable]) => variables.includes(variable));
    expect(lambda.Environment.Variables).toEqual({
      METRICS_NAMESPACE: "WalletGateway",
      PROVIDER_TIMEOUT_MS: "20000",
      FUNCTION_TIMEOUT_MS: "28000",
      LEASE_MS: "33000",
      QUIET_PERIOD_MS: "900000",
      BINDING_WAIT_MS: "1800000",
      DOUBT_LIMIT_MS: "86400000",
      BACK_OFF_MS: "60000,120000,300000,900000,3600000",
      ...Object.fromEntries(given),
      ...Object.fromEntries(secrets.map((secret) => [secretIdVariable(secret), secretRefs[secret]])),
      ...(tableActions.length > 0 && { TABLE_NAME: ref(tableId) }),
      ...(putsInto && { NOTIFICATION_QUEUE_URL: ref(queueId) }),
      ...(schedule && { INQUIRY_TIMEOUT_MS: "5000" }),
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
              ...queueStatements(definition),
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

const key = (service: string, actions: string[], context: Record<string, unknown> = {}) => ({
  ...allow(actions, [arn(keyId)]),
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
    allow(
      ["secretsmanager:GetSecretValue"],
      ids.toSorted((one, other) => (one.Ref < other.Ref ? -1 : 1)),
    ),
    key("secretsmanager", ["kms:Decrypt"], { "kms:EncryptionContext:SecretARN": ids }),
  ];
}

function tableStatements({ tableActions, schedule, keysBeginWith, queries }: FunctionDefinition) {
  if (tableActions.length === 0) return [];
  const byKey = tableActions
    .filter((action) => action !== "Query")
    .map((action) => `dynamodb:${action}`)
    .toSorted();
  const indexes = queries ?? (schedule ? ["unfinished"] : ["customer-records", "unfinished"]);
  const toWrite = [
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
  ];
  return [
    ...(byKey.length > 0
      ? [{ ...allow(byKey, [arn(tableId)]), ...(keysBeginWith && beginning(keysBeginWith)) }]
      : []),
    ...(tableActions.includes("Query")
      ? [
          allow(
            ["dynamodb:Query"],
            indexes.map((index) => ({ "Fn::Join": ["", [arn(tableId), `/index/${index}`]] })),
          ),
        ]
      : []),
    key("dynamodb", [
      "kms:Decrypt",
      "kms:DescribeKey",
      ...(tableActions.includes("UpdateItem") ? toWrite : []),
    ]),
  ];
}

const queueStatements = ({ putsInto, takesFrom }: FunctionDefinition) => [
  ...(putsInto
    ? [allow(["sqs:SendMessage"], [arn(queueId)]), key("sqs", ["kms:Decrypt", "kms:GenerateDataKey"])]
    : []),
  ...(takesFrom
    ? [
        allow(["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"], [arn(queueId)]),
        key("sqs", ["kms:Decrypt"]),
      ]
    : []),
];

const beginning = (prefixes: readonly string[]) => ({
  Condition: {
    "ForAllValues:StringLike": { "dynamodb:LeadingKeys": prefixes.map((prefix) => `${prefix}*`) },
    Null: { "dynamodb:LeadingKeys": "false" },
  },
});

function countsOf({ Resources }: { Resources: Readonly<Record<string, { readonly Type: string }>> }) {
  const counts: Record<string, number> = {};
  for (const { Type } of Object.values(Resources)) counts[Type] = (counts[Type] ?? 0) + 1;
  return counts;
}

test("nothing is there besides", () => {
  const each = definitions.length;
  const openRoutes = definitions.filter(({ access }) => access === "open").length;
  const routes = definitions.filter(({ route }) => route !== undefined).length - openRoutes;
  const schedules = definitions.filter(({ schedule }) => schedule !== undefined).length;
  expect(countsOf(template.toJSON() as Parameters<typeof countsOf>[0])).toEqual({
    "AWS::ApiGateway::Account": 1,
    "AWS::ApiGateway::Deployment": 1,
    "AWS::ApiGateway::Method": openRoutes,
    "AWS::ApiGateway::Resource": 2 * openRoutes,
    "AWS::ApiGateway::RestApi": 1,
    "AWS::ApiGateway::Stage": 1,
    "AWS::ApiGatewayV2::Api": 1,
    "AWS::ApiGatewayV2::Integration": routes,
    "AWS::ApiGatewayV2::Route": definitions.filter(({ access }) => access !== "open").flatMap(routesOf)
      .length,
    "AWS::ApiGatewayV2::Stage": 1,
    // Each function's, each clock's, each provider's, and 19 of the whole.
    "AWS::CloudWatch::Alarm": each + schedules + providerNames.length + 19,
    "AWS::CloudWatch::Dashboard": 1,
    "AWS::DynamoDB::Table": 1,
    "AWS::Events::EventBus": 1,
    // Each clock's, the key's, and that of records that wait.
    "AWS::Events::Rule": schedules + 2,
    // Each function's, the pipe's, the API's, and that under which REST APIs log.
    "AWS::IAM::Role": each + 3,
    // The records', and the alarms'.
    "AWS::KMS::Key": 2,
    "AWS::Lambda::Alias": each,
    "AWS::Lambda::EventInvokeConfig": schedules,
    "AWS::Lambda::EventSourceMapping": 1,
    "AWS::Lambda::Function": each,
    "AWS::Lambda::LayerVersion": 1,
    "AWS::Lambda::Permission": schedules,
    "AWS::Lambda::Version": each,
    // Each function's and each API's.
    "AWS::Logs::LogGroup": each + 2,
    "AWS::Logs::MetricFilter": 1,
    "AWS::Pipes::Pipe": 1,
    "AWS::SNS::Topic": 1,
    "AWS::SNS::TopicPolicy": 1,
    "AWS::SQS::Queue": 3,
    "AWS::SQS::QueuePolicy": 3,
    "AWS::SecretsManager::ResourcePolicy": Object.keys(deployedSecrets).length,
    "AWS::SecretsManager::Secret": Object.keys(deployedSecrets).length,
  });
});

test("the whole of production is held to the 500 resources that a stack may have, also with fixed addresses", () => {
  const { Resources } = synthesized({ stage: "prod" }).toJSON() as { readonly Resources: object };
  const count = Object.keys(Resources).length;
  // An operation takes 10, fixed addresses 32.
  const left = 500 - 32 - count;
  console.log(`resources in production: ${count} of 500, room for ${Math.floor(left / 10)} more operations`);
  expect(left).toBeGreaterThanOrEqual(0);
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
    StreamSpecification: { StreamViewType: "NEW_IMAGE" },
    TimeToLiveSpecification: { AttributeName: "expires", Enabled: true },
    DeletionProtectionEnabled: false,
  });
  expect(keyProperties?.EnableKeyRotation).toBe(true);
});

test.each(
  providerNames.map((name) => [name, providers[name].secret.needed] as const),
)("the secret %s is created empty, under the same key, and says what belongs into it", (name, keys) => {
  const id = secretRefs[name].Ref;
  const secret = find("AWS::SecretsManager::Secret", id);
  expect(secret).toEqual({ Description: expect.any(String), KmsKeyId: arn(keyId) });
  // Secrets Manager takes no more.
  expect(secret.Description.length).toBeLessThanOrEqual(2048);
  expect(Object.keys(exampleIn(secret.Description))).toEqual(keys);
  template.hasOutput(`${id.replace("Secret", "")}SecretArn`, { Value: ref(id) });
});

test("the gateway's secret begins with a generated key, and nothing about that key ever changes", () => {
  const { Description, ...secret } = find("AWS::SecretsManager::Secret", "SecretGateway");
  expect(secret).toEqual({
    KmsKeyId: arn(keyId),
    // CloudFormation writes a new key over the old as soon as one of these differs; records name the old one.
    GenerateSecretString: {
      SecretStringTemplate: "{}",
      GenerateStringKey: "generatedKey",
      PasswordLength: 64,
      ExcludePunctuation: true,
    },
  });
  expect(Object.keys(exampleIn(Description))).toEqual(["generatedKey", "fingerprintKeys", "sealingKeys"]);
});

test.each(
  Object.entries(deployedSecrets),
)("the secret %s is read by its functions and by nobody else", (name, id) => {
  const users = definitions.filter(({ secrets }) => secrets.includes(name as SecretName));
  const roles = users.map((definition) => arn(deployed(definition).lambda.Role["Fn::GetAtt"][0]));
  const policies = [...all("AWS::SecretsManager::ResourcePolicy").values()].filter(
    ({ SecretId }) => SecretId.Ref === id.Ref,
  );
  expect(policies).toEqual([
    {
      SecretId: id,
      BlockPublicPolicy: true,
      ResourcePolicy: {
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Deny",
            Principal: { AWS: "*" },
            Action: "secretsmanager:GetSecretValue",
            Resource: "*",
            Condition: { ArnNotEquals: { "aws:PrincipalArn": roles } },
          },
        ],
      },
    },
  ]);
});

test("who rotates the key rings may read them, and no other secret", () => {
  const reader = "arn:aws:iam::123456789012:role/key-rotation";
  const policies = synthesized({ keyRingReaders: reader }).findResources(
    "AWS::SecretsManager::ResourcePolicy",
  );
  const readers = (id: string): readonly unknown[] =>
    policies[id]?.Properties.ResourcePolicy.Statement[0].Condition.ArnNotEquals["aws:PrincipalArn"];
  expect(readers("SecretGatewayPolicy")).toContain(reader);
  expect(readers("SecretNicepayPolicy")).toHaveLength(4);
  expect(readers("SecretNicepayPolicy")).not.toContain(reader);
});

/** The first JSON object of a text. */
function exampleIn(text: string): object {
  const start = text.indexOf("{");
  for (let end = text.indexOf("}"); end > 0; end = text.indexOf("}", end + 1)) {
    try {
      return JSON.parse(text.slice(start, end + 1));
    } catch {
      // It goes on after this brace.
    }
  }
  throw new Error(`no example in: ${text}`);
}

test("calls are throttled and logged", () => {
  template.hasResourceProperties("AWS::ApiGatewayV2::Stage", {
    DefaultRouteSettings: { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 },
    AccessLogSettings: { DestinationArn: arn("AccessLogD598EBE9") },
  });
});

test("every log group is under the key, which CloudWatch Logs may use for the groups of this stack alone", () => {
  template.allResourcesProperties("AWS::Logs::LogGroup", { KmsKeyId: arn(keyId) });
  const [, own] = Object.entries(template.findResources("AWS::KMS::Key")).find(([id]) => id === keyId) ?? [];
  const region = ref("AWS::Region");
  expect(own?.Properties.KeyPolicy.Statement).toContainEqual({
    Sid: "LogsOfThisStack",
    Effect: "Allow",
    Principal: { Service: { "Fn::Join": ["", ["logs.", region, ".amazonaws.com"]] } },
    Action: ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
    Resource: "*",
    Condition: {
      ArnLike: {
        "kms:EncryptionContext:aws:logs:arn": {
          "Fn::Join": [
            "",
            [
              "arn:",
              ref("AWS::Partition"),
              ":logs:",
              region,
              ":",
              ref("AWS::AccountId"),
              ":log-group:WalletGateway-*",
            ],
          ],
        },
      },
    },
  });
});

test("what the open internet reaches is held to the keys of bindings", () => {
  const reached = functions.filter(
    ({ access, tableActions }) => access === "open" && tableActions.length > 0,
  );
  expect(reached.map(({ name }) => name)).toContain("nicepay/account-binding-webhook");
  for (const { keysBeginWith } of reached) expect(keysBeginWith).toEqual(["binding."]);
});

test("production keeps what cannot be made again", () => {
  const production = synthesized({ stage: "prod" });
  // But not what a deployment made that was then taken back.
  const kept = { DeletionPolicy: "RetainExceptOnCreate", UpdateReplacePolicy: "Retain" };
  for (const type of ["AWS::DynamoDB::Table", "AWS::SecretsManager::Secret", "AWS::Logs::LogGroup"]) {
    production.allResources(type, kept);
  }
  production.hasResource("AWS::KMS::Key", {
    ...kept,
    Properties: { Description: keyProperties?.Description },
  });
  production.hasResourceProperties("AWS::DynamoDB::Table", { DeletionProtectionEnabled: true });
});

test("what was chosen is what functions are told", () => {
  const own = synthesized({
    stage: "prod",
    wibmoBaseUrl: "https://wibmo.example",
    webhookBaseUrl: "https://hooks.example",
    aggrepayUtcOffset: "+05:30",
    doubtLimitMs: "3600000",
  });
  for (const variables of [
    { WIBMO_BASE_URL: "https://wibmo.example", DOUBT_LIMIT_MS: "3600000" },
    { WEBHOOK_BASE_URL: "https://hooks.example" },
    { AGGREPAY_BASE_URL: "https://aggwallet.aggrepaypayments.com", AGGREPAY_UTC_OFFSET: "+05:30" },
  ])
    own.hasResourceProperties("AWS::Lambda::Function", { Environment: { Variables: variables } });
});
