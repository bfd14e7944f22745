import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readAssembly } from "../../local/assembly.ts";
import { intrinsics } from "../../local/intrinsics.ts";
import type { JsonObject } from "../../local/json.ts";
import { fixtureAssembly } from "./fixture.ts";

/** Placeholders are written #{Name} here: the linter takes the real ones for template strings gone wrong. */
const placeholders = (text: string) => text.replaceAll("#{", "$" + "{");
const sub = (text: string) => ({ "Fn::Sub": placeholders(text) });

describe("an expression", () => {
  const template = {
    Parameters: { Stage: { Default: "dev" }, Asked: {} },
    Resources: {
      Table12AB34CD: { Type: "AWS::DynamoDB::Table", Properties: {} },
      Named: { Type: "AWS::DynamoDB::Table", Properties: { TableName: sub("#{Stage}-records") } },
      Twin11111111: { Type: "AWS::Lambda::Function", Properties: {} },
      Twin22222222: { Type: "AWS::Lambda::Function", Properties: {} },
      Version: { Type: "AWS::Lambda::Version", Properties: { FunctionName: { Ref: "Twin22222222" } } },
      Live: {
        Type: "AWS::Lambda::Alias",
        Properties: { Name: "live", FunctionName: { Ref: "Twin22222222" } },
      },
      LiveByArn: {
        Type: "AWS::Lambda::Alias",
        Properties: { Name: "live", FunctionName: { "Fn::GetAtt": ["Twin22222222", "Arn"] } },
      },
      Role87654321: { Type: "AWS::IAM::Role", Properties: {} },
      Placed: { Type: "AWS::IAM::Role", Properties: { RoleName: "debit", Path: "/pay/" } },
      Managed: { Type: "AWS::IAM::ManagedPolicy", Properties: {} },
      Key12345678: { Type: "AWS::KMS::Key", Properties: {} },
    },
  };
  const { text } = intrinsics(template, "Stack");

  test.each<[JsonObject, string | undefined]>([
    [{ Ref: "Table12AB34CD" }, "Table"],
    [{ Ref: "Named" }, "dev-records"],
    [{ Ref: "Twin11111111" }, "Twin11111111"],
    [{ Ref: "Stage" }, "dev"],
    [{ Ref: "AWS::StackName" }, "Stack"],
    [{ Ref: "AWS::NoValue" }, undefined],
    [{ "Fn::GetAtt": ["Named", "Arn"] }, "arn:aws:dynamodb:ap-south-1:000000000000:table/dev-records"],
    [{ "Fn::GetAtt": "Twin22222222.Arn" }, "arn:aws:lambda:ap-south-1:000000000000:function:Twin22222222"],
    [{ Ref: "Version" }, "arn:aws:lambda:ap-south-1:000000000000:function:Twin22222222:1"],
    [{ "Fn::GetAtt": ["Version", "Version"] }, "1"],
    [{ Ref: "Live" }, "arn:aws:lambda:ap-south-1:000000000000:function:Twin22222222:live"],
    [{ Ref: "LiveByArn" }, "arn:aws:lambda:ap-south-1:000000000000:function:Twin22222222:live"],
    [
      { "Fn::GetAtt": ["Live", "AliasArn"] },
      "arn:aws:lambda:ap-south-1:000000000000:function:Twin22222222:live",
    ],
    [{ "Fn::GetAtt": ["Role87654321", "Arn"] }, "arn:aws:iam::000000000000:role/Role"],
    [{ Ref: "Role87654321" }, "Role"],
    [{ "Fn::GetAtt": ["Placed", "Arn"] }, "arn:aws:iam::000000000000:role/pay/debit"],
    [{ Ref: "Managed" }, "arn:aws:iam::000000000000:policy/Managed"],
    [{ "Fn::GetAtt": ["Key12345678", "Arn"] }, "arn:aws:kms:ap-south-1:000000000000:key/Key"],
    [
      { "Fn::Join": [":", ["a", { Ref: "AWS::AccountId" }, { "Fn::Join": ["", ["b", "c"]] }]] },
      "a:000000000000:bc",
    ],
    [
      sub("#{!Literal} #{AWS::Region} #{Named.Arn}"),
      placeholders("#{Literal} ap-south-1 arn:aws:dynamodb:ap-south-1:000000000000:table/dev-records"),
    ],
    [{ "Fn::Sub": [placeholders("#{x}!"), { x: { Ref: "Stage" } }] }, "dev!"],
  ])("%j is %s", (expression, value) => {
    expect(text(expression)).toBe(value);
  });

  test.each<[JsonObject, RegExp]>([
    [{ "Fn::ImportValue": "x" }, /cannot resolve Fn::ImportValue of stack Stack/],
    [{ Ref: "Nothing" }, /refers to Nothing, which its template does not have/],
    [{ "Fn::GetAtt": ["Nothing", "Arn"] }, /refers to Nothing/],
    [{ Ref: "Asked" }, /Parameter Asked of stack Stack has no default/],
  ])("%j is refused", (expression, sentence) => {
    expect(() => text(expression)).toThrow(sentence);
  });
});

/** The fixture's assembly with its template or its manifest changed. */
function changed(
  file: string,
  change: (content: { [name: string]: { [name: string]: unknown } }) => void,
): string {
  const folder = fixtureAssembly();
  const path = join(folder, file);
  const content = JSON.parse(readFileSync(path, "utf8"));
  change(content);
  writeFileSync(path, JSON.stringify(content));
  return folder;
}
const changedResources = (resources: object) =>
  changed("fixture.template.json", (template) => Object.assign(template.Resources ?? {}, resources));

/** A function that has a role. */
const acting = {
  Acting: {
    Type: "AWS::Lambda::Function",
    Properties: {
      Code: { S3Key: "Echo.zip" },
      Handler: "index.handler",
      Role: { "Fn::GetAtt": ["Role", "Arn"] },
    },
  },
};

describe("an assembly", () => {
  test("gives functions with code, layers and limits, routes, schedules, tables and secrets", () => {
    const folder = fixtureAssembly();
    const { functions, routes, schedules, tables, secrets } = readAssembly(folder);
    expect(functions.find(({ name }) => name === "Echo")).toMatchObject({
      entry: join(folder, "asset.Echo", "index.mjs"),
      exportName: "handler",
      layers: [join(folder, "asset.layer")],
      memoryMb: 256,
      timeoutMs: 20_000,
      tableActions: [],
    });
    expect(routes).toContainEqual({
      key: "POST /records/{id}/resolve",
      functionName: "Echo",
      authorization: "NONE",
    });
    expect(schedules).toMatchObject([
      { functionName: "Tick", expression: "rate(1 minute)", input: undefined },
    ]);
    expect(tables.map(({ name }) => name)).toEqual(["Records"]);
    expect(secrets.map(({ key, name }) => [key, name])).toEqual([
      ["aggrepay", "SecretAggrepay"],
      ["gateway", "ours/gateway"],
    ]);
  });

  const clock = (target: object) =>
    changedResources({
      Workers: {
        Type: "AWS::Events::Rule",
        Properties: {
          ScheduleExpression: "rate(1 minute)",
          Targets: [{ Arn: { Ref: "TickLive" }, ...target }, { Arn: { Ref: "TickLive" } }],
        },
      },
      WorkersMay: {
        Type: "AWS::Lambda::Permission",
        Properties: {
          Action: "lambda:InvokeFunction",
          FunctionName: { Ref: "TickLive" },
          Principal: "events.amazonaws.com",
          SourceArn: { "Fn::GetAtt": ["Workers", "Arn"] },
        },
      },
    });

  test("gives what a rule says to each of its targets", () => {
    const { schedules } = readAssembly(clock({ Input: '{"shards":{"from":0,"to":16}}' }));
    expect(schedules.filter(({ name }) => name === "Workers").map(({ input }) => input)).toEqual([
      '{"shards":{"from":0,"to":16}}',
      undefined,
    ]);
  });

  test.each([
    { InputPath: "$.detail" },
    { InputTransformer: { InputTemplate: "{}" } },
  ])("is refused where a rule changes its event: %j", (target) => {
    expect(() => readAssembly(clock(target))).toThrow("changes its event");
  });

  test("gives a function the policies of its role: inline, attached, managed", () => {
    const statement = (Action: unknown) => ({
      PolicyDocument: { Statement: [{ Effect: "Allow", Action, Resource: "*" }] },
    });
    const folder = changedResources({
      ...acting,
      Role: {
        Type: "AWS::IAM::Role",
        Properties: {
          Policies: [statement(["dynamodb:GetItem", "secretsmanager:GetSecretValue"])],
          ManagedPolicyArns: [{ Ref: "Managed" }],
        },
      },
      Attached: {
        Type: "AWS::IAM::Policy",
        Properties: { Roles: [{ Ref: "Role" }], ...statement("dynamodb:UpdateItem") },
      },
      Managed: { Type: "AWS::IAM::ManagedPolicy", Properties: statement("dynamodb:Query") },
      Single: {
        Type: "AWS::IAM::RolePolicy",
        Properties: { RoleName: { Ref: "Role" }, ...statement("dynamodb:PutItem") },
      },
      Elsewhere: {
        Type: "AWS::IAM::Policy",
        Properties: { Roles: [{ Ref: "Other" }], ...statement("dynamodb:Scan") },
      },
      Other: { Type: "AWS::IAM::Role", Properties: { ManagedPolicyArns: ["arn:aws:iam::aws:policy/Admin"] } },
    });
    const found = readAssembly(folder).functions.find(({ name }) => name === "Acting");
    expect(found?.tableActions.toSorted()).toEqual([
      ...["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"],
    ]);
    expect(found?.role).toMatchObject({ name: "Role", arn: "arn:aws:iam::000000000000:role/Role" });
    expect([found?.memoryMb, found?.timeoutMs]).toEqual([128, 3000]);
  });

  test.each<[object, RegExp]>([
    [{ Role: undefined }, /refers to Role/],
    [
      { Role: { Type: "AWS::IAM::Role", Properties: { PermissionsBoundary: "arn" } } },
      /Role Role has a permissions boundary/,
    ],
    [
      {
        Role: {
          Type: "AWS::IAM::Role",
          Properties: {
            ManagedPolicyArns: ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"],
          },
        },
      },
      /Role Role has arn:aws:iam::aws:policy\/service-role\/AWSLambdaBasicExecutionRole, whose statements/,
    ],
    [
      { SecretAggrepay: { Type: "AWS::SecretsManager::Secret", Properties: { KmsKeyId: "alias/other" } } },
      /SecretAggrepay is under key alias\/other, which the template does not have/,
    ],
    [
      { Records12345678: { Type: "AWS::DynamoDB::Table", Properties: { ResourcePolicy: {} } } },
      /Table Records12345678 has a resource policy/,
    ],
  ])("whose permissions are not all there is refused: %j", (resources, sentence) => {
    const role = { Role: { Type: "AWS::IAM::Role", Properties: {} } };
    expect(() => readAssembly(changedResources({ ...acting, ...role, ...resources }))).toThrow(sentence);
  });

  test("gives the keys and the policies of secrets", () => {
    const everyone = { Effect: "Deny", Principal: "*", Action: "secretsmanager:*", Resource: "*" };
    const folder = changedResources({
      Key: {
        Type: "AWS::KMS::Key",
        Properties: { KeyPolicy: { Statement: [{ ...everyone, Action: "kms:*" }] } },
      },
      SecretAggrepay: {
        Type: "AWS::SecretsManager::Secret",
        Properties: { KmsKeyId: { "Fn::GetAtt": ["Key", "Arn"] } },
      },
      Closed: {
        Type: "AWS::SecretsManager::ResourcePolicy",
        Properties: { SecretId: { Ref: "SecretGateway" }, ResourcePolicy: { Statement: everyone } },
      },
    });
    const { keys, secretPolicies } = readAssembly(folder);
    const secret = (name: string) => `arn:aws:secretsmanager:ap-south-1:000000000000:secret:${name}-000000`;
    expect([...keys.keys()]).toEqual([secret("SecretAggrepay")]);
    expect(keys.get(secret("SecretAggrepay"))).toMatchObject({
      arn: "arn:aws:kms:ap-south-1:000000000000:key/Key",
      policy: [{ effect: "Deny" }],
    });
    expect([...secretPolicies.keys()]).toEqual([secret("ours/gateway")]);
  });

  test("may name the function by the ARN of its invocation", () => {
    const uri =
      "arn:#{AWS::Partition}:apigateway:#{AWS::Region}:lambda:path/2015-03-31/functions/#{Echo.Arn}/invocations";
    const folder = changedResources({
      Integration0: { Type: "AWS::ApiGatewayV2::Integration", Properties: { IntegrationUri: sub(uri) } },
    });
    expect(readAssembly(folder).routes[0]?.functionName).toBe("Echo");
  });

  test.each<[object, RegExp]>([
    [
      { Echo: { Type: "AWS::Lambda::Function", Properties: { Code: { S3Key: "no.zip" } } } },
      /does not hold the code of Echo/,
    ],
    [
      {
        Echo: {
          Type: "AWS::Lambda::Function",
          Properties: { Code: { S3Key: "Echo.zip" }, Handler: "main.run" },
        },
      },
      /handler main\.run, and .* has no such file/,
    ],
    [
      { Route0: { Type: "AWS::ApiGatewayV2::Route", Properties: { RouteKey: "GET /", Target: "x" } } },
      /leads to x/,
    ],
  ])("that does not fit together is refused: %j", (resources, sentence) => {
    expect(() => readAssembly(changedResources(resources))).toThrow(sentence);
  });

  const permission = (name: string, more: object = {}) => ({
    [`${name}Permission`]: {
      Type: "AWS::Lambda::Permission",
      Properties: {
        FunctionName: { Ref: name },
        Principal: "apigateway.amazonaws.com",
        SourceArn: sub("arn:aws:execute-api:#{AWS::Region}:#{AWS::AccountId}:#{Api}/*/*/*"),
        ...more,
      },
    },
  });
  test.each<[string, object]>([
    ["its function by name", permission("Environment")],
    [
      "its function by ARN",
      permission("Environment", { FunctionName: { "Fn::GetAtt": ["Environment", "Arn"] } }),
    ],
    [
      "its function for this route",
      permission("Environment", {
        SourceArn: sub("arn:aws:execute-api:#{AWS::Region}:#{AWS::AccountId}:#{Api}/*/GET/environment"),
      }),
    ],
    ["its alias", permission("Layered", { FunctionName: { Ref: "LayeredLive" } })],
  ])("that lets the API invoke %s is served", (_, resources) => {
    expect(readAssembly(changedResources(resources)).routes).not.toEqual([]);
  });

  test.each<[string, object, string]>([
    [
      "a function for another route",
      permission("Environment", {
        SourceArn: sub("arn:aws:execute-api:#{AWS::Region}:#{AWS::AccountId}:#{Api}/*/*/other"),
      }),
      "apigateway.amazonaws.com invoke arn:aws:lambda:ap-south-1:000000000000:function:Environment for arn:aws:execute-api:ap-south-1:000000000000:Api/$default/GET/environment.",
    ],
    ["a function, but not its alias", permission("Layered"), "function:Layered:live for"],
    [
      "an alias, but not the function",
      permission("Environment", { FunctionName: sub("#{Environment.Arn}:live") }),
      "function:Environment for",
    ],
    [
      "a function, but as another service",
      permission("Environment", { Principal: "events.amazonaws.com" }),
      "apigateway.amazonaws.com invoke",
    ],
    [
      "a rule's function",
      permission("Tick", { FunctionName: { Ref: "TickLive" } }),
      "events.amazonaws.com invoke",
    ],
  ])("that lets the API invoke %s is refused", (_, resources, sentence) => {
    expect(() => readAssembly(changedResources(resources))).toThrow(sentence);
  });

  /** The integration of `GET /environment`, under a role. */
  const underRole = (statement: object, service = "apigateway.amazonaws.com", trust: object = {}) => ({
    Integration7: {
      Type: "AWS::ApiGatewayV2::Integration",
      Properties: {
        IntegrationUri: { "Fn::GetAtt": ["Environment", "Arn"] },
        CredentialsArn: { "Fn::GetAtt": ["Calling", "Arn"] },
      },
    },
    EnvironmentPermission: {
      Type: "AWS::Lambda::LayerVersion",
      Properties: { Content: { S3Key: "layer.zip" } },
    },
    Calling: {
      Type: "AWS::IAM::Role",
      Properties: {
        AssumeRolePolicyDocument: {
          Statement: [
            { Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: service }, ...trust },
          ],
        },
        Policies: [{ PolicyDocument: { Statement: [{ Effect: "Allow", ...statement }] } }],
      },
    },
  });
  const invoke = (name: string) => ({ Action: "lambda:InvokeFunction", Resource: sub(`#{${name}.Arn}`) });

  test("whose API invokes a function under a role is served, without a policy on the function", () => {
    const { routes } = readAssembly(changedResources(underRole(invoke("Environment"))));
    expect(routes).toContainEqual({
      key: "GET /environment",
      functionName: "Environment",
      authorization: "NONE",
    });
  });

  test.each<[string, object, RegExp]>([
    [
      "may invoke another function",
      underRole(invoke("Echo")),
      /Role Calling does not let apigateway\S+ invoke/,
    ],
    [
      "may do something else with it",
      underRole({ ...invoke("Environment"), Action: "lambda:GetFunction" }),
      /Role Calling does not let apigateway\S+ invoke arn:\S+:function:Environment\./,
    ],
    [
      "is another service's",
      underRole(invoke("Environment"), "lambda.amazonaws.com"),
      /Role Calling does not let apigateway.amazonaws.com act as it/,
    ],
    [
      "is API Gateway's under a condition that is not known here",
      underRole(invoke("Environment"), "apigateway.amazonaws.com", {
        Condition: { StringEquals: { "aws:SourceAccount": "1" } },
      }),
      /act as it/,
    ],
  ])("whose API would invoke a function under a role that %s is refused", (_, resources, sentence) => {
    expect(() => readAssembly(changedResources(resources))).toThrow(sentence);
  });

  test("of two stacks is refused", () => {
    const folder = changed("manifest.json", ({ artifacts }) => {
      if (artifacts !== undefined) artifacts.other = artifacts.fixture;
    });
    expect(() => readAssembly(folder)).toThrow(/has 2 stacks; the local host serves one/);
  });
});
