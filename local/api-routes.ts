import { CannotStart } from "./cannot-start.ts";
import { ofType, type Resource } from "./iam/permissions.ts";
import { decide, type Policy, resourcePolicy } from "./iam/policy.ts";
import { type Intrinsics, local } from "./intrinsics.ts";
import type { Integration, Invoking } from "./invoking.ts";
import { type Json, listOf, objectOf } from "./json.ts";

export interface ApiRoute {
  /** `POST /v1/aggrepay/debit-wallet`, `GET /v1/records/{id}`, `$default`. */
  readonly key: string;
  readonly functionName: string;
  /** `NONE`, `AWS_IAM`, `JWT` or `CUSTOM`. */
  readonly authorization: string;
  /** Of a REST API; left out, the route is an HTTP API's. */
  readonly rest?: RestRoute;
}

/** What a REST API has that an HTTP API has not. */
export interface RestRoute {
  readonly apiId: string;
  readonly stage: string;
  /** The path without the stage. */
  readonly resource: string;
  /** Whether every body is handed on as bytes, in base64. */
  readonly asBytes: boolean;
  /** Whether the API's own policy lets in who comes from there. */
  readonly admits: (method: string, sourceIp: string) => boolean;
}

/** The routes of all APIs of a template. They are served on one port, where a REST API goes before an HTTP API. */
export function apiRoutesOf(
  resources: readonly Resource[],
  who: Invoking,
  expressions: Intrinsics,
): readonly ApiRoute[] {
  const rest = restRoutes(resources, who, expressions);
  const taken = new Set(rest.map(({ key }) => key));
  return [...httpRoutes(resources, who, expressions).filter(({ key }) => !taken.has(key)), ...rest];
}

function httpRoutes(
  resources: readonly Resource[],
  { calleeOf, checkIntegration }: Invoking,
  { text }: Intrinsics,
): readonly ApiRoute[] {
  const integrations = new Map(
    ofType(resources, "AWS::ApiGatewayV2::Integration").map(({ id, properties }): [string, Integration] => [
      `integrations/${text({ Ref: id })}`,
      {
        callee: calleeOf(text(properties.IntegrationUri) ?? "", id),
        roleArn: text(properties.CredentialsArn),
      },
    ]),
  );
  return ofType(resources, "AWS::ApiGatewayV2::Route").map(({ id, properties }) => {
    const target = text(properties.Target) ?? "";
    const key = text(properties.RouteKey) ?? fail(`Route ${id} has no key.`);
    const integration =
      integrations.get(target) ?? fail(`Route ${id} leads to ${target}, which does not exist.`);
    checkIntegration(integration, `${text(properties.ApiId)}/${local.stage}/${key.replace(" ", "")}`);
    return {
      key,
      functionName: integration.callee.name,
      authorization: text(properties.AuthorizationType) ?? "NONE",
    };
  });
}

function restRoutes(
  resources: readonly Resource[],
  { calleeOf, checkIntegration }: Invoking,
  { text, resolve }: Intrinsics,
): readonly ApiRoute[] {
  const parts = new Map(
    ofType(resources, "AWS::ApiGateway::Resource").map(({ id, properties }) => [
      text({ Ref: id }) ?? id,
      { part: text(properties.PathPart) ?? "", parent: text(properties.ParentId) ?? "" },
    ]),
  );
  /** The root is a resource of no template. */
  const pathOf = (resource: string): string => {
    const found = parts.get(resource);
    return found === undefined ? "" : `${pathOf(found.parent)}/${found.part}`;
  };
  const stages = ofType(resources, "AWS::ApiGateway::Stage").map(({ properties }) => ({
    apiId: text(properties.RestApiId),
    stage: text(properties.StageName) ?? "",
  }));
  const apis = new Map(
    ofType(resources, "AWS::ApiGateway::RestApi").map(({ id, properties }) => {
      const apiId = text({ Ref: id }) ?? id;
      const asBytes = listOf(resolve(properties.BinaryMediaTypes)).includes("*/*");
      return [apiId, { asBytes, policy: policyOf(resolve(properties.Policy), apiId, id) }];
    }),
  );
  return ofType(resources, "AWS::ApiGateway::Method").map(({ id, properties }) => {
    const apiId = text(properties.RestApiId) ?? "";
    const { asBytes, policy } = apis.get(apiId) ?? fail(`Method ${id} is of no API of this template.`);
    const { stage } =
      stages.find((each) => each.apiId === apiId) ?? fail(`The API of method ${id} has no stage.`);
    const { Type: type, Uri: uri, Credentials: role } = objectOf(properties.Integration);
    if (text(type) !== "AWS_PROXY") fail(`Method ${id} hands requests on in another way than AWS_PROXY.`);
    const integration: Integration = { callee: calleeOf(text(uri) ?? "", id), roleArn: text(role) };
    const method = text(properties.HttpMethod) ?? "ANY";
    const resource = pathOf(text(properties.ResourceId) ?? "");
    checkIntegration(integration, `${apiId}/${stage}/${method}${resource}`);
    return {
      key: `${method} /${stage}${resource}`,
      functionName: integration.callee.name,
      authorization: text(properties.AuthorizationType) ?? "NONE",
      rest: {
        apiId,
        stage,
        resource,
        asBytes,
        admits: (called, sourceIp) =>
          admits(policy, requestArn(apiId, `${stage}/${called}${resource}`), sourceIp),
      },
    };
  });
}

/** Whether the policy admits an anonymous caller from this address. An API without a policy admits everyone. */
function admits(policy: Policy | undefined, resource: string, sourceIp: string): boolean {
  if (policy === undefined) return true;
  const { account } = local;
  const anonymous = { arn: "anonymous", sessionArn: "anonymous", account };
  const context = new Map([
    ["aws:sourceip", [sourceIp]],
    ["aws:securetransport", ["true"]],
  ]);
  return (
    decide({ principal: anonymous, action: "execute-api:Invoke", resource, context }, [], policy) ===
    "allowed"
  );
}

/** In an API's own policy `execute-api:/*` is short for whatever that API has. */
function policyOf(document: Json | undefined, apiId: string, id: string): Policy | undefined {
  if (document === undefined) return undefined;
  const whole = JSON.stringify(document).replaceAll('"execute-api:/', `"${requestArn(apiId, "")}`);
  return resourcePolicy(JSON.parse(whole), id);
}

const requestArn = (apiId: string, path: string): string =>
  `arn:aws:execute-api:${local.region}:${local.account}:${apiId}/${path}`;

const fail = (sentence: string): never => {
  throw new CannotStart(sentence);
};
