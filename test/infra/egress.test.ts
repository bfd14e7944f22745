import { describe, expect, test } from "vitest";
import { functions } from "../../functions/index.ts";
import { settles } from "../../lib/operation/change-spec.ts";
import type { FunctionDefinition } from "../../lib/operation/definition.ts";
import { byDefault, type ChosenContext, synthesized } from "./synthesized.ts";

interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
}
/** A resource's id and properties. */
interface Found {
  readonly id: string;
  readonly [property: string]: unknown;
}
type Resources = Readonly<Record<string, Resource>>;

interface Ref {
  readonly Ref: string;
}

interface Statement {
  readonly Effect: string;
  readonly Action: unknown;
  readonly Resource: unknown;
  readonly Principal?: unknown;
  readonly Condition?: unknown;
}

function stackWith(more: ChosenContext = {}, definitions = functions) {
  const template = synthesized({ egress: "fixed", ...more }, definitions).toJSON() as {
    readonly Resources: Resources;
    readonly Outputs: Readonly<Record<string, { readonly Value: unknown }>>;
  };
  const ofType = (type: string): readonly Found[] =>
    Object.entries(template.Resources).flatMap(([id, { Type, Properties }]) =>
      Type === type ? [{ id, ...Properties }] : [],
    );
  return { ...template, ofType };
}

const fixed = stackWith();
const production = stackWith({ stage: "prod" });

/** The one resource of that type whose id begins so. */
function only({ ofType }: typeof fixed, type: string, id: string): Found {
  const [found, ...more] = ofType(type).filter((each) => each.id.startsWith(id));
  if (found === undefined || more.length > 0) throw new Error(`not one ${type} ${id}`);
  return found;
}

const idOf = ({ name }: FunctionDefinition): string =>
  name
    .split(/[/-]/)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join("");

/** Told by what an operation is: one that has a provider, and what settles the doubt of those. */
const isCaller = (definition: FunctionDefinition): boolean =>
  "provider" in definition || definition.name === "reconcile";

/** Logical ids of functions in a network, without the hash that CDK adds. */
const inNetwork = (stack: typeof fixed): readonly string[] =>
  stack
    .ofType("AWS::Lambda::Function")
    .flatMap((each) => ("VpcConfig" in each ? [each.id.replace(/[0-9A-F]{8}$/, "")] : []))
    .toSorted();

test("unless it is chosen no function is in a network, and there is none", () => {
  for (const stage of ["dev", "prod"]) {
    const { ofType, Resources } = stackWith({ stage, egress: "any" });
    expect(Object.values(Resources).filter(({ Type }) => Type.startsWith("AWS::EC2::"))).toEqual([]);
    expect(ofType("AWS::Lambda::Function").filter((each) => "VpcConfig" in each)).toEqual([]);
    expect(ofType("AWS::IAM::ManagedPolicy")).toEqual([]);
  }
});

describe("of the functions", () => {
  test("each that calls a provider is in the network, and no other", () => {
    const callers = byDefault.filter(isCaller);
    expect(callers.filter(settles).length).toBeGreaterThan(0);
    expect(callers.length).toBeLessThan(byDefault.length);
    expect(inNetwork(fixed)).toEqual(callers.map(idOf).toSorted());
  });

  test("with user detail switched on, what revokes and confirms user tokens is there too", () => {
    const switched = ["AccountBindingsGet", "NicepayDeactivateAccountBinding", "NicepayUserDetail"];
    const others = byDefault.filter(isCaller).map(idOf);
    expect(inNetwork(stackWith({ nicepayUserDetail: "on" }))).toEqual([...others, ...switched].toSorted());
  });

  test("a new one is where what it is configured by says", () => {
    const calling: FunctionDefinition = {
      name: "kinds/calls",
      route: { method: "POST", path: "/v1/kinds/calls" },
      access: "look",
      summary: "Calls one provider and puts what it hears into a queue",
      variables: ["PAYU_BASE_URL"],
      secrets: ["payu"],
      tableActions: [],
      putsInto: "notifications",
    };
    const told: FunctionDefinition = {
      ...calling,
      name: "kinds/told",
      route: { method: "POST", path: "/v1/kinds/told" },
      summary: "Holds a provider's secret and is told where it is reached itself, and calls nobody",
      variables: ["WEBHOOK_BASE_URL", "NICEPAY_ACCOUNT"],
    };
    // An API for notifications has one at least.
    const webhook = functions.filter(({ access }) => access === "open");
    const stack = stackWith({}, [calling, told, ...webhook]);
    expect(inNetwork(stack)).toEqual(["KindsCalls"]);
    // What functions of the network do not use has no way out of it.
    const [queue] = stack.ofType("AWS::SQS::Queue").filter((each) => "RedrivePolicy" in each);
    expect(policyOf(stack, "EgressSqs")).toEqual([
      passing("sqs:SendMessage", { "Fn::GetAtt": [queue?.id, "Arn"] }),
    ]);
    expect(policyOf(stack, "EgressSecretsManager")).toEqual([
      passing("secretsmanager:GetSecretValue", { Ref: "SecretPayu" }),
    ]);
  });

  test("stand in the private subnets of both zones, in one group", () => {
    const subnets = fixed
      .ofType("AWS::EC2::Subnet")
      .filter(({ id }) => id.includes("Functions"))
      .map(({ id }) => ({ Ref: id }));
    expect(subnets).toHaveLength(2);
    const group = only(fixed, "AWS::EC2::SecurityGroup", "EgressFunctions").id;
    for (const lambda of fixed.ofType("AWS::Lambda::Function")) {
      if (!("VpcConfig" in lambda)) continue;
      expect(lambda.VpcConfig).toEqual({
        SubnetIds: subnets,
        SecurityGroupIds: [{ "Fn::GetAtt": [group, "GroupId"] }],
      });
    }
  });
});

describe("calls leave", () => {
  test("through a NAT gateway of the same zone, each with an address that the stack prints", () => {
    const gateways = fixed.ofType("AWS::EC2::NatGateway");
    const addresses = fixed.ofType("AWS::EC2::EIP").map(({ id }) => id);
    expect(addresses).toEqual(["EgressAddress1", "EgressAddress2"]);
    expect(gateways.map(({ AllocationId }) => AllocationId)).toEqual(
      addresses.map((id) => ({ "Fn::GetAtt": [id, "AllocationId"] })),
    );
    expect(fixed.Outputs.EgressAddresses?.Value).toEqual({
      "Fn::Join": [",", addresses.map((id) => ({ "Fn::GetAtt": [id, "PublicIp"] }))],
    });
    expect(routesOut(fixed)).toEqual(gateways.map(({ id }) => id));
    const zones = (ids: readonly unknown[]) =>
      ids.map((id) => only(fixed, "AWS::EC2::Subnet", String(id)).AvailabilityZone);
    const standing = gateways.map(({ SubnetId }) => (SubnetId as Ref).Ref);
    const sending = fixed.ofType("AWS::EC2::Subnet").filter(({ id }) => id.includes("Functions"));
    expect(zones(standing)).toEqual(zones(sending.map(({ id }) => id)));
    expect(new Set(zones(standing).map((zone) => JSON.stringify(zone))).size).toBe(2);
  });

  test("through one where one is chosen, from both zones", () => {
    const single = stackWith({ natGateways: "1" });
    const [gateway, ...more] = single.ofType("AWS::EC2::NatGateway");
    expect(more).toEqual([]);
    expect(single.ofType("AWS::EC2::EIP").map(({ id }) => id)).toEqual(["EgressAddress1"]);
    expect(routesOut(single)).toEqual([gateway?.id, gateway?.id]);
    expect(single.ofType("AWS::EC2::Subnet")).toHaveLength(4);
  });

  test("from addresses that production keeps when it lets go of them", () => {
    const policies = ({ Resources }: typeof fixed) =>
      Object.values(Resources).flatMap(({ Type, DeletionPolicy }) =>
        Type === "AWS::EC2::EIP" ? [DeletionPolicy] : [],
      );
    expect(policies(production)).toEqual(["RetainExceptOnCreate", "RetainExceptOnCreate"]);
    expect(policies(fixed)).toEqual(["Delete", "Delete"]);
  });

  test.each([
    [{}, [443]],
    [
      { payuBaseUrl: "https://payu.example:8443", wibmoBaseUrl: "https://wibmo.example:9443" },
      [443, 8443, 9443],
    ],
    [{ payuBaseUrl: "https://payu.example:443", wibmoBaseUrl: "none" }, [443]],
    // Where we are reached ourselves is nobody whom we call.
    [{ webhookBaseUrl: "https://hooks.example:10443" }, [443]],
  ])("with %j to the ports %j and to no other, and nothing comes in", (chosen, ports) => {
    const stack = stackWith(chosen);
    const group = only(stack, "AWS::EC2::SecurityGroup", "EgressFunctions");
    const out = group.SecurityGroupEgress as readonly Readonly<Record<string, unknown>>[];
    expect(out.map(({ Description: _, ...rule }) => rule)).toEqual(
      ports.map((port) => ({ CidrIp: "0.0.0.0/0", IpProtocol: "tcp", FromPort: port, ToPort: port })),
    );
    expect(group.SecurityGroupIngress).toBeUndefined();
    const endpoints = only(stack, "AWS::EC2::SecurityGroup", "EgressEndpoints");
    expect(endpoints.SecurityGroupIngress).toBeUndefined();
    // The one way in there is: from the functions to the endpoints.
    const rules = stack.ofType("AWS::EC2::SecurityGroupIngress");
    expect(rules).toHaveLength(1);
    expect(rules[0]).toMatchObject({
      ...{ IpProtocol: "tcp", FromPort: 443, ToPort: 443 },
      GroupId: { "Fn::GetAtt": [endpoints.id, "GroupId"] },
      SourceSecurityGroupId: { "Fn::GetAtt": [group.id, "GroupId"] },
    });
  });
});

/** The gateways that the subnets of functions send to whatever is elsewhere. */
function routesOut(stack: typeof fixed): readonly unknown[] {
  return stack
    .ofType("AWS::EC2::Route")
    .filter(({ id }) => id.includes("Functions"))
    .map((route) => {
      expect(route).toMatchObject({ DestinationCidrBlock: "0.0.0.0/0" });
      return (route.NatGatewayId as Ref).Ref;
    });
}

const passing = (Action: unknown, Resource: unknown) => ({
  Effect: "Allow",
  Principal: { AWS: "*" },
  Action,
  Resource,
});

function policyOf(stack: typeof fixed, id: string): readonly Statement[] {
  const { PolicyDocument } = only(stack, "AWS::EC2::VPCEndpoint", id);
  return (PolicyDocument as { readonly Statement: readonly Statement[] }).Statement;
}

describe("endpoints", () => {
  test("are DynamoDB's, by route, and Secrets Manager's, by name, and no others", () => {
    const endpoints = fixed.ofType("AWS::EC2::VPCEndpoint");
    const named = (service: string) => ({
      "Fn::Join": ["", ["com.amazonaws.", { Ref: "AWS::Region" }, `.${service}`]],
    });
    const tables = fixed
      .ofType("AWS::EC2::RouteTable")
      .filter(({ id }) => id.includes("Functions"))
      .map(({ id }) => ({ Ref: id }));
    const subnets = fixed
      .ofType("AWS::EC2::Subnet")
      .filter(({ id }) => id.includes("Functions"))
      .map(({ id }) => ({ Ref: id }));
    expect(endpoints).toEqual([
      expect.objectContaining({
        ServiceName: named("dynamodb"),
        VpcEndpointType: "Gateway",
        RouteTableIds: tables,
      }),
      expect.objectContaining({
        ServiceName: named("secretsmanager"),
        VpcEndpointType: "Interface",
        PrivateDnsEnabled: true,
        SubnetIds: subnets,
      }),
    ]);
  });

  test("let through what the functions of the network may do, with what is the stack's own", () => {
    const table = only(fixed, "AWS::DynamoDB::Table", "Records").id;
    expect(policyOf(fixed, "EgressVpcDynamoDb")).toEqual([
      passing(
        ["dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"],
        [
          { "Fn::GetAtt": [table, "Arn"] },
          ...["customer-records", "unfinished"].map((index) => ({
            "Fn::Join": ["", [{ "Fn::GetAtt": [table, "Arn"] }, `/index/${index}`]],
          })),
        ],
      ),
    ]);
    const names = ["Aggrepay", "Dreamzwallet", "Gateway", "Nicepay", "Payu", "Wibmo"];
    expect(policyOf(fixed, "EgressSecretsManager")).toEqual([
      passing(
        "secretsmanager:GetSecretValue",
        names.map((name) => ({ Ref: `Secret${name}` })),
      ),
    ]);
  });
});

describe("permissions", () => {
  const policy = only(fixed, "AWS::IAM::ManagedPolicy", "EgressPolicy");
  const { Statement: statements } = policy.PolicyDocument as { readonly Statement: readonly Statement[] };

  test("of network interfaces are Lambda's to use, and denied to the functions' own code", () => {
    const allowed = statements.filter(({ Effect }) => Effect === "Allow");
    const denied = statements.filter(({ Effect }) => Effect === "Deny");
    expect(allowed).toEqual([
      {
        Effect: "Allow",
        Action: [
          "ec2:AssignPrivateIpAddresses",
          "ec2:CreateNetworkInterface",
          "ec2:DeleteNetworkInterface",
          "ec2:UnassignPrivateIpAddresses",
        ],
        Resource: {
          "Fn::Join": [
            "",
            [
              ...["arn:", { Ref: "AWS::Partition" }, ":ec2:", { Ref: "AWS::Region" }, ":"],
              ...[{ Ref: "AWS::AccountId" }, ":*/*"],
            ],
          ],
        },
      },
      { Effect: "Allow", Action: ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"], Resource: "*" },
    ]);
    expect(denied).toEqual([
      {
        Effect: "Deny",
        Action: expect.any(Array),
        Resource: "*",
        Condition: { Null: { "lambda:SourceFunctionArn": "false" } },
      },
    ]);
    const actions = (all: readonly Statement[]) => all.flatMap(({ Action }) => Action).toSorted();
    expect(actions(denied)).toEqual(actions(allowed));
  });

  test("are held by the roles of the functions in the network, and by no other", () => {
    const holders = fixed
      .ofType("AWS::IAM::Role")
      .flatMap((role) => ("ManagedPolicyArns" in role ? [role] : []));
    expect(holders.map(({ id }) => id.replace(/Role[0-9A-F]{8}$/, "")).toSorted()).toEqual(inNetwork(fixed));
    for (const { ManagedPolicyArns } of holders) expect(ManagedPolicyArns).toEqual([{ Ref: policy.id }]);
  });

  test("are otherwise those of a deployment without", () => {
    const without = stackWith({ egress: "any" });
    const policiesOf = ({ ofType }: typeof fixed) =>
      new Map(ofType("AWS::IAM::Role").map(({ id, Policies }) => [id, Policies]));
    const [one, other] = [policiesOf(fixed), policiesOf(without)];
    const added = [...one.keys()].filter((id) => !other.has(id));
    expect(added).toEqual([expect.stringMatching(/^EgressLogRole/)]);
    for (const [id, policies] of other) expect(one.get(id)).toEqual(policies);
  });
});

test("who was called from where is logged, under the stack's key, for as long as all is", () => {
  const log = only(production, "AWS::Logs::LogGroup", "EgressLog");
  expect(log).toMatchObject({ RetentionInDays: 365 });
  expect(log.KmsKeyId).toEqual(only(production, "AWS::Logs::LogGroup", "AccessLog").KmsKeyId);
  expect(only(production, "AWS::EC2::FlowLog", "EgressFlowLog")).toMatchObject({
    ResourceType: "VPC",
    ResourceId: { Ref: only(production, "AWS::EC2::VPC", "EgressVpc").id },
    TrafficType: "ALL",
    LogGroupName: { Ref: log.id },
  });
  expect(only(production, "AWS::IAM::Role", "EgressLogRole").Policies).toEqual([
    {
      PolicyName: "uses",
      PolicyDocument: {
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Action: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            Resource: { "Fn::GetAtt": [log.id, "Arn"] },
          },
        ],
      },
    },
  ]);
});

test("the network has no way in: no address is given to what is started there, and no function is CDK's own", () => {
  for (const subnet of fixed.ofType("AWS::EC2::Subnet"))
    expect(subnet).toMatchObject({ MapPublicIpOnLaunch: false });
  expect(fixed.ofType("AWS::Lambda::Function")).toHaveLength(byDefault.length);
});

describe("the resources", () => {
  test("of production with all that may be chosen are fewer than the 500 that a stack may have", {
    timeout: 180_000,
  }, () => {
    const everything = stackWith({
      stage: "prod",
      auth: "jwt",
      jwtIssuer: "https://tokens.shop.example/",
      jwtAudience: "gateway",
      domainName: "wallets.shop.example",
      certificateArn: "arn:aws:acm:ap-south-1:123456789012:certificate/0190f3c2",
      tracing: "on",
    });
    const countOf = ({ Resources }: typeof fixed) => Object.keys(Resources).length;
    console.log(
      `resources in production with egress fixed: ${countOf(production)}, with everything chosen: ${countOf(everything)}, of 500`,
    );
    expect(countOf(everything)).toBeLessThanOrEqual(500);
    expect(countOf(production)).toBeLessThan(450);
    expect(countOf(production) - countOf(stackWith({ stage: "prod", egress: "any" }))).toBe(32);
    const switched = countOf(stackWith({ stage: "prod", nicepayUserDetail: "on" }));
    console.log(`and with nicepayUserDetail on: ${switched}`);
    expect(switched - countOf(production)).toBe(20);
    // What is promised, with room for what is to come.
    expect(countOf(production)).toBeLessThan(450);
  });

  test("of too many operations are refused in one sentence, before anything is deployed", () => {
    const more = (count: number) =>
      Array.from(
        { length: count },
        (_, index): FunctionDefinition => ({
          name: `kinds/more-${index}`,
          route: { method: "POST", path: `/v1/kinds/more-${index}` },
          access: "look",
          summary: "One more",
          variables: [],
          secrets: [],
          tableActions: [],
        }),
      );
    // One costs 10.
    const room = Math.floor((500 - Object.keys(production.Resources).length) / 10);
    const fits = stackWith({ stage: "prod" }, [...functions, ...more(room)]);
    const count = Object.keys(fits.Resources).length;
    expect(count).toBeLessThanOrEqual(500);
    expect(() => stackWith({ stage: "prod" }, [...functions, ...more(room + 1)])).toThrow(
      `The stack has ${count + 10} resources and CloudFormation takes 500: take operations`,
    );
  });
});
