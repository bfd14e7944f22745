import { CfnOutput, Fn, type Stack } from "aws-cdk-lib";
import {
  CfnEIP,
  CfnFlowLog,
  IpAddresses,
  type ISecurityGroup,
  type IVpc,
  NatProvider,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from "aws-cdk-lib/aws-ec2";
import {
  type IManagedPolicy,
  ManagedPolicy,
  PolicyDocument,
  Role,
  ServicePrincipal,
} from "aws-cdk-lib/aws-iam";
import type { FunctionDefinition } from "../lib/operation/definition.ts";
import { type Config, egressZones, hostVariables, removalPolicy } from "./config.ts";
import { createLogGroup, type Data } from "./data.ts";
import { createEndpoints } from "./endpoints.ts";
import { allow, interfaceStatements } from "./permissions.ts";

/** The network that calls of providers leave from, so that their addresses are always the same. */
export interface Egress {
  readonly vpc: IVpc;
  readonly securityGroup: ISecurityGroup;
  /** What a function's role needs to stand in the network. */
  readonly policy: IManagedPolicy;
}

/** Whether a function calls a provider: without a variable that says where one is, it cannot. */
export const callsProvider = ({ variables }: FunctionDefinition): boolean =>
  variables.some((name) => hostVariables.includes(name));

/**
 * A network with no way in: functions in private subnets, and NAT gateways with addresses that the stack prints. DynamoDB and
 * Secrets Manager are reached through endpoints. Undefined where addresses are not fixed.
 */
export function createEgress(
  stack: Stack,
  config: Config,
  data: Data,
  definitions: readonly FunctionDefinition[],
): Egress | undefined {
  if (config.egress === undefined) return undefined;
  const { natGateways } = config.egress;
  // CDK's classes have undefined where its interfaces have a property absent.
  const vpc = new Vpc(stack, "EgressVpc", {
    maxAzs: egressZones,
    // Nothing else is reached over it, so any private range will do.
    ipAddresses: IpAddresses.cidr("10.0.0.0/22"),
    natGateways,
    natGatewayProvider: NatProvider.gateway({
      eipAllocationIds: createAddresses(stack, config, natGateways),
    }),
    subnetConfiguration: [
      // Of the gateways alone, which bring their own addresses.
      { name: "Nat", subnetType: SubnetType.PUBLIC, cidrMask: 26, mapPublicIpOnLaunch: false },
      { name: "Functions", subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 24 },
    ],
    // Nothing is in the default group. CDK would empty it by a function with a role that may change groups.
    restrictDefaultSecurityGroup: false,
  }) as Vpc & IVpc;
  createFlowLog(stack, config, data, vpc);
  const securityGroup = new SecurityGroup(stack, "EgressFunctions", {
    vpc,
    description: "Functions that call providers: out by TLS, and nothing in",
    allowAllOutbound: false,
  });
  // Providers give no addresses of their own. The endpoints are among these addresses too.
  for (const port of portsOf(config))
    securityGroup.addEgressRule(Peer.anyIpv4(), Port.tcp(port), "To providers and to the endpoints");
  const inside = definitions.filter(callsProvider);
  createEndpoints(stack, { vpc, securityGroup, data, inside });
  const policy = new ManagedPolicy(stack, "EgressPolicy", {
    description: `${stack.stackName}: network interfaces of the functions that call providers`,
    statements: interfaceStatements(stack),
  });
  return { vpc, securityGroup, policy };
}

/** Kept when the stack lets go of them: AWS would give them to somebody else, whom the providers would then let in. */
function createAddresses(stack: Stack, config: Config, count: number): string[] {
  const addresses = Array.from({ length: count }, (_, index) => {
    const address = new CfnEIP(stack, `EgressAddress${index + 1}`, { domain: "vpc" });
    address.applyRemovalPolicy(removalPolicy(config));
    return address;
  });
  new CfnOutput(stack, "EgressAddresses", {
    value: Fn.join(
      ",",
      addresses.map(({ attrPublicIp }) => attrPublicIp),
    ),
    description: "Calls to providers leave from these addresses; have each provider allow all of them",
  });
  return addresses.map(({ attrAllocationId }) => attrAllocationId);
}

/** Those of the providers' URLs, and that of the endpoints. */
function portsOf({ variables }: Config): readonly number[] {
  const ports = hostVariables.flatMap((name) => {
    const url = URL.parse(variables[name] ?? "");
    return url === null || url.port === "" ? [] : [Number(url.port)];
  });
  return [...new Set([443, ...ports])];
}

/** Who was called from where, and what was refused: addresses, ports and sizes, never contents. */
function createFlowLog(stack: Stack, config: Config, data: Data, vpc: IVpc): void {
  const logGroup = createLogGroup(stack, "EgressLog", config, data);
  const role = new Role(stack, "EgressLogRole", {
    assumedBy: new ServicePrincipal("vpc-flow-logs.amazonaws.com", {
      conditions: {
        StringEquals: { "aws:SourceAccount": stack.account },
        ArnLike: {
          "aws:SourceArn": stack.formatArn({
            service: "ec2",
            resource: "vpc-flow-log",
            resourceName: "*",
          }),
        },
      },
    }),
    description: `${stack.stackName}: writes the flow log of the network`,
    inlinePolicies: {
      uses: new PolicyDocument({
        statements: [
          allow(
            ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            [logGroup.logGroupArn],
          ),
        ],
      }),
    },
  });
  new CfnFlowLog(stack, "EgressFlowLog", {
    resourceId: vpc.vpcId,
    resourceType: "VPC",
    trafficType: "ALL",
    logGroupName: logGroup.logGroupName,
    deliverLogsPermissionArn: role.roleArn,
    maxAggregationInterval: 600,
  });
}
