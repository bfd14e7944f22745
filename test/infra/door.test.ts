import { Stack } from "aws-cdk-lib";
import { Key } from "aws-cdk-lib/aws-kms";
import { describe, expect, test } from "vitest";
import { functions } from "../../functions/index.ts";
import { readConfig } from "../../infra/config.ts";
import { createDoor } from "../../infra/door.ts";
import { type ChosenContext, production as chosen, synthesized } from "./synthesized.ts";

type Resources = Readonly<
  Record<
    string,
    {
      readonly Type: string;
      readonly Properties: { readonly [name: string]: unknown };
      readonly DependsOn?: readonly string[];
      readonly DeletionPolicy?: string;
    }
  >
>;

const resourcesOf = (context: ChosenContext): Resources =>
  (synthesized(context).toJSON() as { readonly Resources: Resources }).Resources;

function only(resources: Resources, type: string) {
  const [found, ...more] = Object.entries(resources).filter(([, each]) => each.Type === type);
  if (found === undefined || more.length > 0) throw new Error(`The stack has not exactly one ${type}`);
  return { id: found[0], ...found[1] };
}

/** Who may come to the API, and from where. */
const statementsOf = (context: ChosenContext) =>
  (
    only(resourcesOf(context), "AWS::ApiGateway::RestApi").Properties.Policy as {
      readonly Statement: unknown;
    }
  ).Statement;

const statement = (Sid: string, more: object) => ({
  Sid,
  Effect: "Allow",
  Principal: { AWS: "*" },
  Action: "execute-api:Invoke",
  Resource: "execute-api:/*",
  ...more,
});

const published = ["103.20.51.33", "103.20.51.34", "103.20.51.0/24", "103.117.8.0/24"];
const from = (...addresses: string[]) =>
  statement("ProvidersAddresses", { Condition: { IpAddress: { "aws:SourceIp": addresses } } });

const production = resourcesOf({ stage: "prod" });

describe("the policy of the webhook's API", () => {
  test.each<[string, ChosenContext, object]>([
    [
      "production lets in listed addresses and the third one",
      { stage: "prod" },
      from(...published, "18.98.96.50"),
    ],
    ["listed addresses alone", { stage: "prod", webhookDoor: "listed" }, from(...published)],
    [
      "other lists, and networks besides",
      { webhookSourceAddresses: "203.0.113.9", webhookDoor: "198.51.100.0/24,2001:db8::/32" },
      from("203.0.113.9", "198.51.100.0/24", "2001:db8::/32"),
    ],
    [
      "everyone in production, where it was chosen",
      { stage: "prod", webhookDoor: "open" },
      statement("Everyone", {}),
    ],
    ["everyone in development", {}, statement("Everyone", {})],
  ])("%s", (_, context, expected) => {
    expect(statementsOf(context)).toEqual([expected]);
  });

  test("is not open because a list is empty", () => {
    for (const stage of ["dev", "prod"])
      for (const WEBHOOK_SOURCE_ADDRESSES of [undefined, ""]) {
        const context: ChosenContext = { ...chosen, stage, webhookDoor: "listed" };
        const config = readConfig((name) => context[name]);
        const variables = {
          ...config.variables,
          ...(WEBHOOK_SOURCE_ADDRESSES === "" && { WEBHOOK_SOURCE_ADDRESSES }),
        };
        if (WEBHOOK_SOURCE_ADDRESSES === undefined) delete variables.WEBHOOK_SOURCE_ADDRESSES;
        const stack = new Stack();
        expect(() => createDoor(stack, { ...config, variables }, { key: new Key(stack, "Key") })).toThrow(
          "webhookSourceAddresses must name addresses, or webhookDoor must be open",
        );
      }
    expect(() => synthesized({ webhookSourceAddresses: "" })).toThrow(/webhookSourceAddresses/);
  });

  test("is part of what is deployed: another policy is another deployment", () => {
    const idOf = (context: ChosenContext) => only(resourcesOf(context), "AWS::ApiGateway::Deployment").id;
    expect(idOf({ stage: "prod", webhookDoor: "listed" })).not.toBe(idOf({ stage: "prod" }));
    expect(idOf({ stage: "prod" })).toBe(idOf({ stage: "prod" }));
  });
});

describe("the webhook's API", () => {
  test("hands on bytes, has a throttle of its own, and logs what it refuses under the stack's key", () => {
    const log = Object.entries(production).find(([id]) => id.startsWith("DoorLog"));
    expect(only(production, "AWS::ApiGateway::RestApi").Properties).toMatchObject({
      BinaryMediaTypes: ["*/*"],
      DisableExecuteApiEndpoint: false,
      EndpointConfiguration: { Types: ["REGIONAL"] },
    });
    const stage = only(production, "AWS::ApiGateway::Stage");
    expect(stage.Properties).toMatchObject({
      StageName: "webhooks",
      AccessLogSetting: { DestinationArn: { "Fn::Join": ["", expect.arrayContaining([{ Ref: log?.[0] }])] } },
      MethodSettings: [
        { HttpMethod: "*", ResourcePath: "/*", ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 },
      ],
    });
    expect(log?.[1].Properties).toHaveProperty("KmsKeyId");
    // What its metric filter looks for must be in the lines.
    const line = JSON.parse((stage.Properties.AccessLogSetting as { readonly Format: string }).Format);
    expect(line).toMatchObject({
      method: "$context.httpMethod",
      sourceIp: "$context.identity.sourceIp",
      error: "$context.error.responseType",
    });
    expect(only(production, "AWS::Logs::MetricFilter").Properties).toEqual({
      LogGroupName: { Ref: log?.[0] },
      FilterPattern: `{ ($.method = "POST") && (($.error = "ACCESS_DENIED") || ($.error = "THROTTLED")) }`,
      MetricTransformations: [
        {
          MetricNamespace: "WalletGateway",
          MetricName: "DoorRefused",
          MetricValue: "1",
          Dimensions: [{ Key: "reason", Value: "$.error" }],
        },
      ],
    });
  });

  test("is told to nobody but the provider: the HTTP API has no open route", () => {
    const open = Object.values(production).filter(
      ({ Type, Properties }) =>
        Type === "AWS::ApiGatewayV2::Route" && Properties.AuthorizationType === "NONE",
    );
    expect(open).toEqual([]);
  });

  test("runs a function whose concurrency is its own, and no more than that", () => {
    const reserved = Object.entries(production).flatMap(([id, { Type, Properties }]) =>
      Type === "AWS::Lambda::Function" && Properties.ReservedConcurrentExecutions !== undefined
        ? [[id.replace(/[0-9A-F]{8}$/, ""), Properties.ReservedConcurrentExecutions]]
        : [],
    );
    // And what settles doubt has concurrency that no caller can use up.
    expect(reserved.toSorted()).toEqual([
      ["NicepayAccountBindingWebhook", 10],
      ["Reconcile", 8],
    ]);
  });

  test("may log under a role of the account, which stays when the stack goes", () => {
    const account = only(production, "AWS::ApiGateway::Account");
    const [role] = Object.entries(production).filter(([id]) => id.startsWith("ApisLogRole"));
    expect(account.Properties).toEqual({ CloudWatchRoleArn: { "Fn::GetAtt": [role?.[0], "Arn"] } });
    for (const { DeletionPolicy } of [account, role?.[1]].filter((each) => each !== undefined))
      expect(DeletionPolicy).toBe("RetainExceptOnCreate");
    expect(only(production, "AWS::ApiGateway::Stage").DependsOn).toContain(account.id);
  });

  test("or under that which the account has already", () => {
    const resources = Object.entries(resourcesOf({ apiGatewayLogRole: "leave" }));
    expect(
      resources.filter(([id, { Type }]) => Type.endsWith("::Account") || id.startsWith("ApisLog")),
    ).toEqual([]);
  });
});

test("with a domain name the URL is as it was: /webhooks/ of that host is the webhook's API", () => {
  const template = synthesized({
    domainName: "wallets.shop.example",
    certificateArn: "arn:aws:acm:ap-south-1:123456789012:certificate/0190f3c2",
  });
  const [apiId] = Object.keys(template.findResources("AWS::ApiGateway::RestApi"));
  template.hasResource("AWS::ApiGatewayV2::ApiMapping", {
    Properties: { ApiId: { Ref: apiId }, ApiMappingKey: "webhooks", Stage: "webhooks" },
    DependsOn: [Object.keys(template.findResources("AWS::ApiGateway::Stage"))[0]],
  });
  template.hasResourceProperties("AWS::ApiGateway::RestApi", { DisableExecuteApiEndpoint: true });
  template.hasOutput("WebhookUrl", { Value: "https://wallets.shop.example" });
});

describe("the old route", () => {
  const old = synthesized({ stage: "prod", oldWebhookRoute: "on" });

  test("is kept where it was chosen, for users who were registered with its URL", () => {
    old.hasResourceProperties("AWS::ApiGatewayV2::Route", {
      RouteKey: "POST /webhooks/nicepay/account-binding",
      AuthorizationType: "NONE",
    });
    old.hasResourceProperties("AWS::ApiGatewayV2::Stage", {
      RouteSettings: {
        "POST /webhooks/nicepay/account-binding": { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 },
      },
    });
  });

  test("adds two resources, and nothing to the door", () => {
    const { Resources } = old.toJSON() as { readonly Resources: object };
    expect(Object.keys(Resources).length - Object.keys(production).length).toBe(2);
  });
});

test("an open function whose path is not the door's is a mistake", () => {
  const [webhook] = functions.filter(({ access }) => access === "open");
  expect(webhook).toBeDefined();
  if (webhook === undefined) return;
  const elsewhere = { ...webhook, route: { method: "POST" as const, path: "/v1/open" } };
  expect(() => synthesized({}, [elsewhere])).toThrow(
    "nicepay/account-binding-webhook is open, and its path does not begin with /webhooks/",
  );
});
