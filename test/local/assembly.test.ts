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
    expect(schedules).toMatchObject([{ functionName: "Tick", expression: "rate(1 minute)" }]);
    expect(tables.map(({ name }) => name)).toEqual(["Records"]);
    expect(secrets.map(({ key, name }) => [key, name])).toEqual([
      ["aggrepay", "SecretAggrepay"],
      ["gateway", "ours/gateway"],
    ]);
  });

  test("tells what a role may do with a table, by its own policies and by those attached to it", () => {
    const statement = (Action: unknown) => ({
      PolicyDocument: { Statement: [{ Effect: "Allow", Action, Resource: "*" }] },
    });
    const folder = changedResources({
      Role: {
        Type: "AWS::IAM::Role",
        Properties: { Policies: [statement(["dynamodb:GetItem", "secretsmanager:GetSecretValue"])] },
      },
      Attached: {
        Type: "AWS::IAM::Policy",
        Properties: { Roles: [{ Ref: "Role" }], ...statement("dynamodb:UpdateItem") },
      },
      Acting: {
        Type: "AWS::Lambda::Function",
        Properties: {
          Code: { S3Key: "Echo.zip" },
          Handler: "index.handler",
          Role: { "Fn::GetAtt": ["Role", "Arn"] },
        },
      },
    });
    const acting = readAssembly(folder).functions.find(({ name }) => name === "Acting");
    expect(acting?.tableActions.toSorted()).toEqual(["dynamodb:GetItem", "dynamodb:UpdateItem"]);
    expect([acting?.memoryMb, acting?.timeoutMs]).toEqual([128, 3000]);
  });

  test("may name the function by the ARN of its invocation", () => {
    const uri =
      "arn:#{AWS::Partition}:apigateway:#{AWS::Region}:lambda:path/2015-03-31/functions/#{Echo.Arn}/invocations";
    const folder = changedResources({
      Integration0: {
        Type: "AWS::ApiGatewayV2::Integration",
        Properties: { IntegrationUri: sub(uri) },
      },
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

  test("of two stacks is refused", () => {
    const folder = changed("manifest.json", ({ artifacts }) => {
      if (artifacts !== undefined) artifacts.other = artifacts.fixture;
    });
    expect(() => readAssembly(folder)).toThrow(/has 2 stacks; the local host serves one/);
  });
});
