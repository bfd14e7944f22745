import type { RestRoute } from "./api-routes.ts";
import {
  commonLogTime,
  forwarded,
  grouped,
  type HttpRequest,
  splitTarget,
  valuesByName,
} from "./http-event.ts";
import { local } from "./intrinsics.ts";

/**
 * A request as an API Gateway REST API hands it to a function:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
 */
export function restEventOf(
  request: HttpRequest,
  { apiId, stage, resource, asBytes }: RestRoute,
  id: string,
  now: Date,
): string {
  const { method, target, body, sourceIp, protocol } = request;
  const { query } = splitTarget(target) ?? { query: "" };
  const sent = valuesByName(request);
  const first = (name: string) =>
    Object.entries(sent).find(([given]) => given.toLowerCase() === name)?.[1][0];
  const host = first("host") ?? "";
  const added = Object.entries(forwarded(host, [first("x-forwarded-for"), sourceIp]));
  const kept = Object.entries(sent).filter(([name]) => !added.some(([own]) => own === name.toLowerCase()));
  const values = Object.fromEntries([...kept, ...added.map(([name, value]) => [name, [value]] as const)]);
  return JSON.stringify({
    resource,
    path: resource,
    httpMethod: method,
    headers: Object.fromEntries(Object.entries(values).map(([name, list]) => [name, list.at(-1) ?? ""])),
    multiValueHeaders: values,
    ...queryOf(query),
    pathParameters: null,
    stageVariables: null,
    requestContext: {
      resourceId: "local",
      resourcePath: resource,
      httpMethod: method,
      extendedRequestId: id,
      requestTime: commonLogTime(now),
      path: `/${stage}${resource}`,
      accountId: local.account,
      protocol,
      stage,
      domainPrefix: apiId,
      requestTimeEpoch: now.getTime(),
      requestId: id,
      identity: { ...nobody, sourceIp, userAgent: first("user-agent") ?? null },
      domainName: host,
      apiId,
    },
    body: body.length === 0 ? null : body.toString(asBytes ? "base64" : "utf8"),
    isBase64Encoded: body.length > 0 && asBytes,
  });
}

function queryOf(query: string) {
  const values = grouped(new URLSearchParams(query));
  const last = Object.entries(values).map(([name, list]) => [name, list.at(-1)]);
  return {
    queryStringParameters: query === "" ? null : Object.fromEntries(last),
    multiValueQueryStringParameters: query === "" ? null : values,
  };
}

/** What is known of whoever does not sign. */
const nobody = Object.fromEntries(
  [
    "accessKey",
    "accountId",
    "caller",
    "cognitoAuthenticationProvider",
    "cognitoAuthenticationType",
    "cognitoIdentityId",
    "cognitoIdentityPoolId",
    "principalOrgId",
    "user",
    "userArn",
  ].map((name) => [name, null]),
);
