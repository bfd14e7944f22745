import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Console } from "../console/answer.ts";
import type { RestRoute } from "./api-routes.ts";
import { CannotStart } from "./cannot-start.ts";
import { shown, whyNotFound } from "./explain.ts";
import { eventOf, type HttpResponse, responseOf, splitTarget } from "./http-event.ts";
import type { Admit } from "./iam/callers.ts";
import { local } from "./intrinsics.ts";
import { objectOf, parseJson } from "./json.ts";
import type { PoolOutcome } from "./lambda/pool.ts";
import { createServer } from "./node-http.ts";
import { type Exceptions, refusalOf } from "./own-origin.ts";
import type { Tell } from "./progress.ts";
import { restEventOf } from "./rest-event.ts";
import type { Router } from "./routes.ts";

/** Where requests go. The signal says that the caller has been answered, and that nothing need start any more. */
export interface Backend {
  readonly route: Router;
  /** The keys that it finds. */
  readonly routes: readonly string[];
  readonly admit: Admit;
  /** What a REST API adds, where the route is of one. */
  readonly restOf: (routeKey: string) => RestRoute | undefined;
  readonly invoke: (routeKey: string, event: string, signal: AbortSignal) => Promise<PoolOutcome>;
  /** Answers what is at no route, for the browser of a person who looks: undefined where it has nothing there either. */
  readonly console?: Console;
}

export interface HttpApi {
  readonly port: number;
  /** Takes no more requests; resolves when those in flight are answered. */
  drain(): Promise<void>;
  /** Ends the connections that are left. */
  close(): void;
}

/** Those of an HTTP API: 10 MB of body, 10240 bytes of request line and headers, 30 s. */
export const limits = { body: 10 * 1024 * 1024, head: 10_240, ms: 30_000 } as const;

type Limits = Readonly<Record<keyof typeof limits, number>>;

interface Rules {
  readonly within?: Limits;
  readonly exceptions?: Exceptions;
  /** Hears why requests are refused. */
  readonly tell?: Tell;
}

/** Listens at once, so that a port in use is known at once; requests that come before the backend is there wait for it. */
export async function listen(
  port: number,
  backend: Promise<Backend>,
  { within = limits, exceptions = {}, tell = () => undefined }: Rules = {},
): Promise<HttpApi> {
  const inFlight = new Set<Promise<void>>();
  let draining = false;
  const server = createServer(
    {
      maxHeaderSize: within.head,
      headersTimeout: 10_000,
      requestTimeout: limits.ms,
      keepAliveTimeout: 60_000,
      connectionsCheckingInterval: 5_000,
      requireHostHeader: true,
    },
    (request, response) => {
      const done = serve(request, response, backend, {
        within,
        exceptions,
        tell,
        isDraining: () => draining,
      }).catch((error: unknown) => {
        console.error(error);
        response.destroy();
      });
      inFlight.add(done);
      done.finally(() => inFlight.delete(done));
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(cannotListen(port, error)));
    server.listen({ port, host: "127.0.0.1", backlog: 1024 }, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async drain() {
      draining = true;
      server.close();
      server.closeIdleConnections();
      await Promise.all(inFlight);
    },
    close: () => server.closeAllConnections(),
  };
}

function cannotListen(port: number, error: NodeJS.ErrnoException): CannotStart {
  if (error.code === "EADDRINUSE") {
    return new CannotStart(`Port ${port} is in use: stop what listens there, or choose another with PORT.`);
  }
  if (error.code === "EACCES")
    return new CannotStart(`Port ${port} is not open to this user: choose another with PORT.`);
  return new CannotStart(`Port ${port} cannot be used: ${error.message}.`);
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  backend: Promise<Backend>,
  { within, exceptions, tell, isDraining }: Required<Rules> & { readonly isDraining: () => boolean },
): Promise<void> {
  const id = randomUUID();
  const answer = (reply: HttpResponse) => send(response, id, reply, isDraining());
  const refusal = refusalOf(request, exceptions);
  if (refusal !== undefined) {
    tell(`${refusal.status} ${shown(`${request.method} ${request.url}`)}: ${refusal.sentence}.`);
    return answer(message(refusal.status, refusal.sentence));
  }
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), within.ms);
  try {
    const { route, routes, admit, restOf, invoke, console: look } = await backend;
    const { method = "GET", url: target = "/" } = request;
    const split = splitTarget(target);
    if (split === undefined) return answer(message(400, "Bad Request"));
    const body = await read(request, within.body);
    if (body === undefined) return answer(message(413, "Request Too Long"));
    const match = route(method, split.path);
    if (match === undefined) {
      const query = new URLSearchParams(split.query);
      const seen = await look?.({ method, path: split.path, query, headers: request.headers, body });
      if (seen !== undefined) return answer({ ...seen, cookies: [] });
      tell(whyNotFound(method, split.path, routes));
      return answer(message(404, "Not Found"));
    }
    const { rawHeaders } = request;
    const sourceIp = request.socket.remoteAddress ?? "127.0.0.1";
    const rest = restOf(match.key);
    if (rest?.admits(method, sourceIp) === false) {
      tell(`403 ${shown(`${method} ${split.path}`)}: the policy of the API does not let ${sourceIp} in.`);
      return answer(deniedByPolicy(rest, method));
    }
    const admission = admit(match.key, split.path, { method, target, rawHeaders, body });
    if (admission === "forbidden") return answer(message(403, "Forbidden"));
    const protocol = `HTTP/${request.httpVersion}`;
    const received = { method, target, rawHeaders, body, sourceIp, protocol };
    const event = rest
      ? restEventOf(received, rest, id, new Date())
      : eventOf(received, match, { id, now: new Date(), caller: admission.caller });
    const timeout = new Promise<"late">((resolve) =>
      late.signal.addEventListener("abort", () => resolve("late")),
    );
    const outcome = await Promise.race([invoke(match.key, event, late.signal), timeout]);
    answer(replyTo(match.key, outcome, rest ? ofRestApi : ofHttpApi));
  } catch (error) {
    // A caller that goes away in the middle of its own body is answered by no one.
    if (request.destroyed && !request.complete) return;
    answer(message(500, "Internal Server Error"));
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** What an API answers for a function that does not. */
interface Failures {
  readonly late: HttpResponse;
  readonly failed: HttpResponse;
  readonly isReply: (payload: string) => boolean;
}

function replyTo(
  routeKey: string,
  outcome: PoolOutcome | "late",
  { late, failed, isReply }: Failures,
): HttpResponse {
  if (outcome === "late" || outcome.kind === "withdrawn") return late;
  // Why it failed is in the function's log.
  if (outcome.kind === "failed") return failed;
  const reply = isReply(outcome.payload) ? responseOf(outcome.payload) : undefined;
  if (reply !== undefined) return reply;
  console.error(`${routeKey}: the function's answer is none that the API understands`);
  return failed;
}

const message = (status: number, text: string): HttpResponse => ({
  status,
  headers: { "content-type": "application/json" },
  cookies: [],
  body: Buffer.from(JSON.stringify({ message: text })),
});

const ofHttpApi: Failures = {
  late: message(503, "Service Unavailable"),
  failed: message(500, "Internal Server Error"),
  isReply: () => true,
};

/** Source: API Gateway Developer Guide, "Gateway response types"; a REST API guesses no status. */
const ofRestApi: Failures = {
  late: message(504, "Endpoint request timed out"),
  failed: message(502, "Internal server error"),
  isReply: (payload) => objectOf(parseJson(payload)).statusCode !== undefined,
};

const deniedByPolicy = ({ apiId, stage, resource }: RestRoute, method: string): HttpResponse => ({
  ...message(403, ""),
  body: Buffer.from(
    JSON.stringify({
      Message: `User: anonymous is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:${local.region}:********${local.account.slice(-4)}:${apiId}/${stage}/${method}${resource}`,
    }),
  ),
});

/** The body, or undefined if it is too long. What is too long is read all the same: a caller hears us when it has spoken. */
async function read(request: IncomingMessage, largest: number): Promise<Buffer | undefined> {
  let chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > 4 * largest) break;
    if (size > largest) chunks = [];
    else chunks.push(chunk);
  }
  return size > largest ? undefined : Buffer.concat(chunks);
}

function send(response: ServerResponse, id: string, reply: HttpResponse, last: boolean): void {
  // The caller has gone, or a reply is already on its way.
  if (response.destroyed || response.headersSent) return;
  const { req: request } = response;
  try {
    for (const [name, value] of Object.entries(reply.headers)) response.setHeader(name, value);
    if (reply.cookies.length > 0) response.setHeader("set-cookie", reply.cookies);
  } catch {
    for (const name of response.getHeaderNames()) response.removeHeader(name);
    send(response, id, message(500, "Internal Server Error"), last);
    return;
  }
  response.statusCode = reply.status;
  response.setHeader("apigw-requestid", id);
  response.setHeader("content-length", reply.body.length);
  // What is left of a request that was not read would be taken for the next one.
  if (last || !request.complete) response.setHeader("connection", "close");
  response.end(request.method === "HEAD" ? undefined : reply.body);
  if (!request.complete) request.resume();
}
