import { Aws, CfnOutput, Duration, RemovalPolicy, type Stack } from "aws-cdk-lib";
import {
  AccessLogFormat,
  AwsIntegration,
  CfnAccount,
  EndpointType,
  LogGroupLogDestination,
  RestApi,
} from "aws-cdk-lib/aws-apigateway";
import { CfnApiMapping, type DomainName } from "aws-cdk-lib/aws-apigatewayv2";
import { Metric, Stats } from "aws-cdk-lib/aws-cloudwatch";
import {
  AnyPrincipal,
  type IRole,
  PolicyDocument,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from "aws-cdk-lib/aws-iam";
import { FilterPattern, type LogGroup, MetricFilter } from "aws-cdk-lib/aws-logs";
import type { Config } from "./config.ts";
import { ConfigError } from "./context.ts";
import { createLogGroup, type Data } from "./data.ts";
import type { Deployed } from "./functions.ts";
import { allow } from "./permissions.ts";

/** Where providers send their notifications: an API of its own, which HTTP APIs cannot be, since they have no policy. */
export interface Door {
  readonly api: RestApi;
  /** Where providers are told to send, without the path. */
  readonly url: string;
}

/** The stage, and so the first part of every path. */
export const doorStage = "webhooks";

/**
 * Strangers are refused by the API's policy: before its throttle, before any function runs, and AWS charges nothing for them.
 * Source: API Gateway Developer Guide, "How API Gateway resource policies affect authorization workflow".
 */
export function createDoor(stack: Stack, config: Config, data: Pick<Data, "key">): Door {
  const { domain, webhookThrottle, tracing } = config;
  const log = createLogGroup(stack, "DoorLog", config, data);
  const api = new RestApi(stack, "Door", {
    restApiName: `${stack.stackName}-${doorStage}`,
    description: "Notifications of providers",
    endpointTypes: [EndpointType.REGIONAL],
    policy: policyOf(config),
    // What is signed is bytes: every body comes to the function as it was sent.
    binaryMediaTypes: ["*/*"],
    // CDK's own has a policy of AWS's: see below.
    cloudWatchRole: false,
    disableExecuteApiEndpoint: domain !== undefined,
    deployOptions: {
      stageName: doorStage,
      throttlingRateLimit: webhookThrottle.rate,
      throttlingBurstLimit: webhookThrottle.burst,
      tracingEnabled: tracing,
      accessLogDestination: new LogGroupLogDestination(log),
      accessLogFormat: AccessLogFormat.custom(JSON.stringify(accessLog)),
    },
  });
  // The URL that CDK gives ends in the stage, and ours is given below.
  api.node.tryRemoveChild("Endpoint");
  if (config.apiGatewayLogRole === "set") api.deploymentStage.node.addDependency(letApisLog(stack));
  countRefusals(stack, log);
  const url = domain
    ? `https://${domain.domainName}`
    : `https://${api.restApiId}.execute-api.${Aws.REGION}.${Aws.URL_SUFFIX}`;
  new CfnOutput(stack, "WebhookUrl", {
    value: config.variables.WEBHOOK_BASE_URL ?? url,
    description: `Where providers send their notifications, at /${doorStage}/`,
  });
  return { api, url };
}

/**
 * Of listed addresses and of those that may come to the door without being on the list; or of everyone, where that is chosen.
 * @throws ConfigError for an empty list: it must not open the door, nor close it to the provider.
 */
function policyOf({ variables, webhookDoor }: Config): PolicyDocument {
  const listed = variables.WEBHOOK_SOURCE_ADDRESSES;
  const open = webhookDoor === "open";
  if (!open && !listed)
    throw new ConfigError("webhookSourceAddresses must name addresses, or webhookDoor must be open");
  return new PolicyDocument({
    statements: [
      new PolicyStatement({
        sid: open ? "Everyone" : "ProvidersAddresses",
        principals: [new AnyPrincipal()],
        actions: ["execute-api:Invoke"],
        // In an API's own policy: that API.
        resources: ["execute-api:/*"],
        ...(!open && {
          conditions: { IpAddress: { "aws:SourceIp": [...(listed?.split(",") ?? []), ...webhookDoor] } },
        }),
      }),
    ],
  });
}

/** A method for each open route: `POST /webhooks/nicepay/account-binding` is `/nicepay/account-binding` of the stage. */
export function addOpenRoutes({ api }: Door, role: IRole, functions: readonly Deployed[]): void {
  for (const { definition, live } of functions) {
    const { access, route, name } = definition;
    if (access !== "open" || !route) continue;
    const [, stage, ...path] = route.path.split("/");
    if (stage !== doorStage)
      throw new Error(`${name} is open, and its path does not begin with /${doorStage}/`);
    const integration = new AwsIntegration({
      service: "lambda",
      proxy: true,
      path: `2015-03-31/functions/${live.functionArn}/invocations`,
      options: { credentialsRole: role },
    });
    api.root.resourceForPath(path.join("/")).addMethod(route.method, integration);
  }
}

/** With a domain of its own the gateway has one host: whatever begins with /webhooks there is this API's. */
export function mapDoor(stack: Stack, { api }: Door, domain: DomainName): void {
  const mapping = new CfnApiMapping(stack, "DoorMapping", {
    apiId: api.restApiId,
    domainName: domain.name,
    stage: doorStage,
    apiMappingKey: doorStage,
  });
  mapping.node.addDependency(api.deploymentStage);
}

/**
 * REST APIs write their logs under one role of the whole account, which any stack may set, the last one winning. It stays when
 * the stack goes: other APIs of the account may write under it by then.
 * Source: API Gateway Developer Guide, "Permissions for CloudWatch logging": with less the role is refused.
 */
function letApisLog(stack: Stack): CfnAccount {
  const role = new Role(stack, "ApisLogRole", {
    assumedBy: new ServicePrincipal("apigateway.amazonaws.com"),
    description: "REST APIs of this account and Region write their logs under it",
    inlinePolicies: { uses: new PolicyDocument({ statements: [allow(logActions, ["*"])] }) },
  });
  const account = new CfnAccount(stack, "ApisLogAccount", { cloudWatchRoleArn: role.roleArn });
  for (const kept of [role, account]) kept.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
  return account;
}

const logActions = [
  "logs:CreateLogGroup",
  "logs:CreateLogStream",
  "logs:DescribeLogGroups",
  "logs:DescribeLogStreams",
  "logs:FilterLogEvents",
  "logs:GetLogEvents",
  "logs:PutLogEvents",
];

/** Why the API refuses a request by itself, as its access log says it. */
const reasons = { address: "ACCESS_DENIED", throttle: "THROTTLED" } as const;

/** What the API refuses, no function counts. Paths and methods that it does not have are left out: scanners try those. */
function countRefusals(stack: Stack, logGroup: LogGroup): void {
  const refused = Object.values(reasons).map((reason) => `($.error = "${reason}")`);
  new MetricFilter(stack, "DoorRefusals", {
    logGroup,
    filterPattern: FilterPattern.literal(`{ ($.method = "POST") && (${refused.join(" || ")}) }`),
    metricNamespace: stack.stackName,
    metricName: refusedMetric,
    metricValue: "1",
    dimensions: { reason: "$.error" },
  });
}

const refusedMetric = "DoorRefused";

/** Notifications that the API refused because of their address, or because there were too many. */
export const doorRefusals = (stack: Stack, reason: keyof typeof reasons): Metric =>
  new Metric({
    namespace: stack.stackName,
    metricName: refusedMetric,
    dimensionsMap: { reason: reasons[reason] },
    statistic: Stats.SUM,
    period: Duration.minutes(5),
  });

/** Source: API Gateway Developer Guide, "Variables for access logging for API Gateway" and "Gateway response types". */
const accessLog = {
  requestId: "$context.requestId",
  time: "$context.requestTimeEpoch",
  method: "$context.httpMethod",
  path: "$context.resourcePath",
  status: "$context.status",
  sourceIp: "$context.identity.sourceIp",
  latencyMs: "$context.responseLatency",
  integrationLatencyMs: "$context.integrationLatency",
  integrationError: "$context.integrationErrorMessage",
  error: "$context.error.responseType",
};
