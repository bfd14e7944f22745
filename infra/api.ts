import { CfnOutput, type Stack } from "aws-cdk-lib";
import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import {
  ApiMapping,
  type CfnStage,
  DomainName,
  HttpApi,
  HttpIntegrationType,
  HttpMethod,
  HttpNoneAuthorizer,
  type HttpRoute,
  HttpRouteIntegration,
  type HttpRouteIntegrationConfig,
  HttpStage,
  type IHttpRouteAuthorizer,
  IntegrationCredentials,
  LogGroupLogDestination,
  PayloadFormatVersion,
} from "aws-cdk-lib/aws-apigatewayv2";
import { HttpIamAuthorizer, HttpJwtAuthorizer } from "aws-cdk-lib/aws-apigatewayv2-authorizers";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import { type IRole, PolicyDocument, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { routesOf } from "../lib/operation/definition.ts";
import type { Config } from "./config.ts";
import { createLogGroup, type Data } from "./data.ts";
import type { Deployed } from "./functions.ts";
import { resourceId } from "./names.ts";
import { allow } from "./permissions.ts";
import { scopesOf } from "./scopes.ts";

export interface Api {
  readonly api: HttpApi;
  readonly stage: HttpStage;
  readonly url: string;
  readonly domain: DomainName | undefined;
}

export function createApi(stack: Stack, config: Config, data: Pick<Data, "key">): Api {
  const { domain, throttle } = config;
  const api = new HttpApi(stack, "Api", {
    apiName: stack.stackName,
    description: "Wallet gateway",
    createDefaultStage: false,
    // Every route, also one that someone adds later, asks who calls unless it says otherwise.
    defaultAuthorizer: authorizer(config),
    // With a name of its own the API has one door: no other name answers past what stands before that one.
    disableExecuteApiEndpoint: domain !== undefined,
  });
  const stage = new HttpStage(stack, "Stage", {
    httpApi: api,
    autoDeploy: true,
    throttle: { rateLimit: throttle.rate, burstLimit: throttle.burst },
    accessLogSettings: {
      destination: new LogGroupLogDestination(createLogGroup(stack, "AccessLog", config, data)),
      format: AccessLogFormat.custom(JSON.stringify(accessLog(config))),
    },
  });
  const url = domain ? `https://${domain.domainName}` : api.apiEndpoint;
  const ownDomain = domain && createDomain(stack, domain, { api, stage });
  new CfnOutput(stack, "Url", { value: url, description: "Where callers send their requests" });
  return { api, stage, url, domain: ownDomain };
}

function authorizer({ auth }: Config): IHttpRouteAuthorizer {
  if (auth.kind === "iam") return new HttpIamAuthorizer();
  return new HttpJwtAuthorizer("Tokens", auth.issuer, { jwtAudience: [...auth.audience] });
}

function createDomain(
  stack: Stack,
  { domainName, certificateArn }: NonNullable<Config["domain"]>,
  { api, stage }: Pick<Api, "api" | "stage">,
): DomainName {
  const name = new DomainName(stack, "DomainName", {
    domainName,
    certificate: Certificate.fromCertificateArn(stack, "Certificate", certificateArn),
  });
  new ApiMapping(stack, "DomainMapping", { api, domainName: name, stage });
  new CfnOutput(stack, "DomainTarget", {
    value: name.regionalDomainName,
    description: `What the DNS record of ${domainName} points to`,
  });
  return name;
}

/**
 * A route for each function that has one and whose callers say who they are. What anybody may call stands behind the door, and
 * here too where its old route is kept, with a throttle of its own.
 */
export function addRoutes(
  { api, stage }: Api,
  { auth, webhookThrottle, oldWebhookRoute }: Config,
  role: IRole,
  all: readonly Deployed[],
): void {
  const functions = all.filter(({ definition }) => definition.access !== "open" || oldWebhookRoute);
  const openRoutes: HttpRoute[] = [];
  for (const { definition, live } of functions) {
    const { access } = definition;
    const integration = new CalledAs(role, resourceId(definition.name), live);
    const added = routesOf(definition).flatMap(({ method, path }) =>
      api.addRoutes({
        path,
        methods: [HttpMethod[method]],
        integration,
        // An open route's function checks for itself who calls.
        ...(access === "open" && { authorizer: new HttpNoneAuthorizer() }),
        ...(access !== "open" && auth.kind === "jwt" && { authorizationScopes: scopesOf(definition) }),
      }),
    );
    if (access === "open") openRoutes.push(...added);
  }
  if (openRoutes.length === 0) return;
  // CDK has no word for a route's own throttle. A stage that names a route must come after it.
  const settings = stage.node.defaultChild as CfnStage;
  settings.routeSettings = Object.fromEntries(
    functions.flatMap(({ definition: { access, route } }) =>
      access === "open" && route
        ? [
            [
              `${route.method} ${route.path}`,
              {
                ThrottlingRateLimit: webhookThrottle.rate,
                ThrottlingBurstLimit: webhookThrottle.burst,
              },
            ],
          ]
        : [],
    ),
  );
  settings.node.addDependency(...openRoutes);
}

/**
 * Invokes functions for the API. A policy on each function would do the same and cost a resource of the stack for each.
 * Source: CloudFormation Template Reference, AWS::ApiGatewayV2::Integration, `CredentialsArn`.
 */
export function createCallingRole(stack: Stack, functions: readonly Deployed[]): IRole {
  const called = functions.filter(({ definition }) => definition.route !== undefined);
  const role = new Role(stack, "ApiRole", {
    assumedBy: new ServicePrincipal("apigateway.amazonaws.com"),
    description: `${stack.stackName}: invokes the functions that have routes`,
    inlinePolicies: {
      uses: new PolicyDocument({
        statements: [
          allow(
            ["lambda:InvokeFunction"],
            called.map(({ live }) => live.functionArn),
          ),
        ],
      }),
    },
  });
  return role.withoutPolicyUpdates();
}

/** A function that is invoked under a role of the API. CDK's own integration knows policies on functions alone. */
class CalledAs extends HttpRouteIntegration {
  readonly #config: HttpRouteIntegrationConfig;

  constructor(role: IRole, id: string, live: Deployed["live"]) {
    super(id);
    this.#config = {
      type: HttpIntegrationType.AWS_PROXY,
      uri: live.functionArn,
      payloadFormatVersion: PayloadFormatVersion.VERSION_2_0,
      credentials: IntegrationCredentials.fromRole(role),
    };
  }

  override bind(): HttpRouteIntegrationConfig {
    return this.#config;
  }
}

const accessLog = ({ auth }: Config) => ({
  requestId: "$context.requestId",
  time: "$context.requestTimeEpoch",
  route: "$context.routeKey",
  status: "$context.status",
  caller: auth.kind === "iam" ? "$context.identity.userArn" : "$context.authorizer.claims.sub",
  sourceIp: "$context.identity.sourceIp",
  latencyMs: "$context.responseLatency",
  integrationLatencyMs: "$context.integrationLatency",
  integrationError: "$context.integrationErrorMessage",
  error: "$context.error.message",
});
