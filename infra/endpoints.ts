import type { Stack } from "aws-cdk-lib";
import {
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpoint,
  InterfaceVpcEndpointAwsService,
  type ISecurityGroup,
  type IVpc,
  Port,
  SecurityGroup,
  SubnetType,
} from "aws-cdk-lib/aws-ec2";
import { AnyPrincipal, type PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { FunctionDefinition } from "../lib/operation/definition.ts";
import type { Data } from "./data.ts";
import { allow, indexesOf } from "./permissions.ts";

export interface Surroundings {
  readonly vpc: IVpc;
  /** That of the functions, which alone reach the endpoints. */
  readonly securityGroup: ISecurityGroup;
  readonly data: Data;
  /** The functions that run in the network. */
  readonly inside: readonly FunctionDefinition[];
}

/**
 * AWS's services that functions of the network call, within it. What an endpoint lets through is named in its policy, so that
 * not even somebody else's credentials carry anything of ours to another table, secret or queue by this way. KMS has none:
 * the services use the key, no function does.
 */
export function createEndpoints(stack: Stack, { vpc, securityGroup, data, inside }: Surroundings): void {
  const subnets = { subnetType: SubnetType.PRIVATE_WITH_EGRESS };
  const gateway = vpc.addGatewayEndpoint("DynamoDb", {
    service: GatewayVpcEndpointAwsService.DYNAMODB,
    subnets: [subnets],
  });
  const { tableArn } = data.table;
  gateway.addToPolicy(
    byAnybody(
      sorted(inside.flatMap(({ tableActions }) => tableActions)).map((action) => `dynamodb:${action}`),
      [
        tableArn,
        ...sorted(inside.filter(({ tableActions }) => tableActions.includes("Query")).flatMap(indexesOf)).map(
          (index) => `${tableArn}/index/${index}`,
        ),
      ],
    ),
  );

  const entrance = new SecurityGroup(stack, "EgressEndpoints", {
    vpc,
    description: "Endpoints of AWS services: in by TLS from the functions, and nothing out",
    allowAllOutbound: false,
  });
  entrance.addIngressRule(securityGroup, Port.tcp(443), "From the functions that call providers");
  const reach = (id: string, service: InterfaceVpcEndpointAwsService, statement: PolicyStatement) =>
    new InterfaceVpcEndpoint(stack, id, {
      vpc,
      service,
      subnets,
      securityGroups: [entrance],
      // Otherwise CDK lets in whatever is in the network.
      open: false,
    }).addToPolicy(statement);
  reach(
    "EgressSecretsManager",
    InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
    byAnybody(
      ["secretsmanager:GetSecretValue"],
      sorted(inside.flatMap(({ secrets }) => secrets)).flatMap((name) => data.secrets.get(name)?.ref ?? []),
    ),
  );
  const queues = sorted(inside.flatMap(({ putsInto }) => putsInto ?? []));
  // What Lambda takes from a queue for a function goes another way.
  if (queues.length > 0)
    reach(
      "EgressSqs",
      InterfaceVpcEndpointAwsService.SQS,
      byAnybody(
        ["sqs:SendMessage"],
        queues.flatMap((name) => data.queues.get(name)?.queue.queueArn ?? []),
      ),
    );
}

/** Each once; the order of the registry changes nothing in the template. */
const sorted = <Text extends string>(all: readonly Text[]): readonly Text[] => [...new Set(all)].toSorted();

/** An endpoint's policy says what passes; who may do it is said by roles. */
function byAnybody(actions: readonly string[], resources: readonly string[]): PolicyStatement {
  const statement = allow(actions, resources);
  statement.addPrincipals(new AnyPrincipal());
  return statement;
}
