import type {
  APIGatewayProxyEvent,
  APIGatewayProxyEventV2,
  APIGatewayProxyResultV2,
  Context,
} from "aws-lambda";
import type { LambdaHandler } from "./handler.ts";

/** What calls a handler that stands behind a REST API: that API, or an HTTP API. */
interface RestHandler extends Pick<LambdaHandler, "warm"> {
  (event: APIGatewayProxyEvent | APIGatewayProxyEventV2, context: Context): Promise<APIGatewayProxyResultV2>;
}

/** Lets a REST API call what an HTTP API calls, too. Both understand the answer. */
export const behindRestApi = (handler: LambdaHandler): RestHandler =>
  Object.assign(
    (event: APIGatewayProxyEvent | APIGatewayProxyEventV2, context: Context) =>
      handler(isOfRestApi(event) ? asHttpApiEvent(event) : event, context),
    { warm: handler.warm },
  );

/** An HTTP API has no `identity`. Whatever is no request at all is left to the handler, which refuses it. */
const isOfRestApi = (
  event: Partial<APIGatewayProxyEvent | APIGatewayProxyEventV2> | null,
): event is APIGatewayProxyEvent => {
  const context: unknown = event?.requestContext;
  return typeof context === "object" && context !== null && "identity" in context && "httpMethod" in context;
};

/**
 * The request as an HTTP API would hand it on: names of headers in lower case, values of one name joined by commas in their
 * order, the body as it came, the caller's own address.
 * Source: API Gateway Developer Guide, "Input format of a Lambda function for proxy integration" (REST) and "Create AWS
 * Lambda proxy integrations for HTTP APIs" (format 2.0). A console test has null where nothing was sent.
 */
export function asHttpApiEvent(event: APIGatewayProxyEvent): APIGatewayProxyEventV2 {
  const { requestContext: from, body, isBase64Encoded } = event;
  const { accountId, apiId, httpMethod: method, identity, path, protocol, requestId, stage } = from;
  const headers = joined(event);
  const routeKey = `${method} ${path}`;
  return {
    version: "2.0",
    routeKey,
    rawPath: path,
    rawQueryString: "",
    headers,
    requestContext: {
      accountId,
      apiId,
      domainName: from.domainName ?? "",
      domainPrefix: from.domainPrefix ?? "",
      http: { method, path, protocol, sourceIp: identity.sourceIp, userAgent: identity.userAgent ?? "" },
      requestId,
      routeKey,
      stage,
      time: from.requestTime ?? "",
      timeEpoch: from.requestTimeEpoch,
    },
    ...(body !== null && { body }),
    isBase64Encoded,
  };
}

/** `headers` of a REST API has the last value of a name alone. */
function joined({ multiValueHeaders, headers }: APIGatewayProxyEvent): Record<string, string> {
  const values = Object.entries(multiValueHeaders ?? headers ?? {});
  const joined: Record<string, string> = Object.create(null);
  for (const [name, value] of values) {
    const own = name.toLowerCase();
    const text = [value ?? []].flat().join(",");
    joined[own] = own in joined ? `${joined[own]},${text}` : text;
  }
  return joined;
}
