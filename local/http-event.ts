import type { Caller } from "./iam/callers.ts";
import { local } from "./intrinsics.ts";
import { isObject, type Json, objectOf, parseJson } from "./json.ts";

/**
 * Requests and responses as an API Gateway HTTP API exchanges them with a function, payload format 2.0:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */

export interface HttpRequest {
  readonly method: string;
  /** The request target as it was sent. */
  readonly target: string;
  /** Name, value, name, value, as they were sent. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly sourceIp: string;
  readonly protocol: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: Buffer;
}

export interface RouteMatch {
  readonly key: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** An HTTP API decodes the path before it looks for a route, and functions get it decoded. */
export function splitTarget(target: string): { readonly path: string; readonly query: string } | undefined {
  const question = target.indexOf("?");
  const path = question < 0 ? target : target.slice(0, question);
  try {
    return { path: decodeURIComponent(path), query: question < 0 ? "" : target.slice(question + 1) };
  } catch {
    return undefined;
  }
}

/** Of the connection, not of the request: they end at a gateway. */
const hopByHop: ReadonlySet<string> = new Set([
  "connection",
  "expect",
  "keep-alive",
  "proxy-connection",
  "te",
  "transfer-encoding",
  "upgrade",
]);

/** Everything else arrives in base64. */
const textTypes = /^(?:text\/[^;,]*|application\/(?:json|javascript|xml))\s*(?:;|$)/i;

const textLike = (contentType: string | undefined) => textTypes.test(contentType?.trim() ?? "");

export function eventOf(
  request: HttpRequest,
  match: RouteMatch,
  { id, now, caller }: { readonly id: string; readonly now: Date; readonly caller?: Caller | undefined },
): string {
  const { path, query } = splitTarget(request.target) ?? { path: request.target, query: "" };
  const { headers, cookies } = joinHeaders(request);
  const host = headers.host ?? "";
  const isText = textLike(headers["content-type"]);
  return JSON.stringify({
    version: "2.0",
    routeKey: match.key,
    rawPath: path,
    rawQueryString: query,
    ...(cookies.length > 0 && { cookies }),
    headers: {
      ...headers,
      "x-amzn-trace-id": headers["x-amzn-trace-id"] ?? traceId(id, now),
      ...forwarded(host, [headers["x-forwarded-for"], request.sourceIp]),
    },
    ...(query !== "" && { queryStringParameters: joinQuery(query) }),
    requestContext: {
      accountId: local.account,
      apiId: local.apiId,
      ...(caller !== undefined && { authorizer: { iam: caller } }),
      domainName: host,
      domainPrefix: local.apiId,
      http: {
        method: request.method,
        path,
        protocol: request.protocol,
        sourceIp: request.sourceIp,
        userAgent: headers["user-agent"] ?? "",
      },
      requestId: id,
      routeKey: match.key,
      stage: local.stage,
      time: commonLogTime(now),
      timeEpoch: now.getTime(),
    },
    ...(Object.keys(match.parameters).length > 0 && { pathParameters: match.parameters }),
    ...(request.body.length > 0 && { body: request.body.toString(isText ? "utf8" : "base64") }),
    isBase64Encoded: request.body.length > 0 && !isText,
  });
}

/** What a gateway says of the connection; `from` are the addresses that a request has come by. */
export const forwarded = (
  host: string,
  from: readonly (string | undefined)[],
): Readonly<Record<`x-forwarded-${"for" | "port" | "proto"}`, string>> => ({
  "x-forwarded-for": from.filter(Boolean).join(", "),
  "x-forwarded-port": /:(\d+)$/.exec(host)?.[1] ?? "80",
  "x-forwarded-proto": "http",
});

/** Names as they were sent, each with all its values. */
export function valuesByName({ rawHeaders }: HttpRequest): Readonly<Record<string, readonly string[]>> {
  const pairs = rawHeaders.flatMap((name, at) =>
    at % 2 === 0 && !hopByHop.has(name.toLowerCase()) ? [[name, rawHeaders[at + 1] ?? ""] as const] : [],
  );
  return grouped(pairs);
}

export const grouped = (
  pairs: Iterable<readonly [string, string]>,
): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(
    [...Map.groupBy(pairs, ([name]) => name)].map(([name, all]) => [name, all.map(([, value]) => value)]),
  );

/** Names in lower case; a name that was sent more than once has its values joined by commas; cookies stand apart. */
function joinHeaders({ rawHeaders }: HttpRequest) {
  const headers: Record<string, string> = Object.create(null);
  const cookies: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? "").toLowerCase();
    const value = rawHeaders[index + 1] ?? "";
    if (name === "cookie") cookies.push(...value.split(/;\s*/).filter((cookie) => cookie !== ""));
    else if (!hopByHop.has(name)) headers[name] = name in headers ? `${headers[name]},${value}` : value;
  }
  return { headers, cookies };
}

function joinQuery(query: string): Readonly<Record<string, string>> {
  const parameters: Record<string, string> = Object.create(null);
  for (const [name, value] of new URLSearchParams(query)) {
    parameters[name] = name in parameters ? `${parameters[name]},${value}` : value;
  }
  return parameters;
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `12/Mar/2020:19:03:58 +0000` */
export function commonLogTime(now: Date): string {
  const day = String(now.getUTCDate()).padStart(2, "0");
  return `${day}/${months[now.getUTCMonth()]}/${now.getUTCFullYear()}:${now.toISOString().slice(11, 19)} +0000`;
}

const traceId = (id: string, now: Date) =>
  `Root=1-${Math.floor(now.getTime() / 1000).toString(16)}-${id.replaceAll("-", "").slice(0, 24)}`;

/**
 * What the gateway makes of a function's answer. An answer without `statusCode` is itself the body of a 200;
 * one that makes no sense is undefined, and the caller gets a 500.
 */
export function responseOf(payload: string): HttpResponse | undefined {
  const answer = parseJson(payload);
  if (!isObject(answer) || answer.statusCode === undefined) {
    const body = Buffer.from(typeof answer === "string" ? answer : payload);
    return { status: 200, headers: { "content-type": "application/json" }, cookies: [], body };
  }
  const { body = null, isBase64Encoded = false, cookies = null } = answer;
  const status = statusOf(answer.statusCode);
  const headers = headersOf(answer.headers);
  if (status === undefined || headers === undefined) return undefined;
  if (body !== null && typeof body !== "string") return undefined;
  if (
    cookies !== null &&
    !(Array.isArray(cookies) && cookies.every((cookie) => typeof cookie === "string"))
  ) {
    return undefined;
  }
  return {
    status,
    headers: { "content-type": "text/plain;charset=UTF-8", ...headers },
    cookies: cookies ?? [],
    body: Buffer.from(body ?? "", isBase64Encoded === true ? "base64" : "utf8"),
  };
}

function statusOf(value: Json): number | undefined {
  const status = typeof value === "string" ? Number(value) : value;
  const valid = typeof status === "number" && Number.isInteger(status) && status >= 200 && status <= 599;
  return valid ? status : undefined;
}

function headersOf(value: Json | undefined): Readonly<Record<string, string>> | undefined {
  if (value !== undefined && value !== null && !isObject(value)) return undefined;
  const headers: Record<string, string> = {};
  for (const [name, text] of Object.entries(objectOf(value ?? undefined))) {
    if (typeof text === "object") return undefined;
    headers[name.toLowerCase()] = String(text);
  }
  return headers;
}
