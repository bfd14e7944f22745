import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { functions } from "../../functions/index.ts";
import { routesOf } from "../../lib/operation/definition.ts";
import { type ProblemCode, problemKinds } from "../../lib/problem.ts";
import { routerOf } from "../../local/routes.ts";
import { isSignedWith, type SigningKey } from "./sigv4.ts";

export interface Reply {
  readonly status: number;
  readonly type?: string;
  readonly body: unknown;
}

export interface Came {
  /** `GET /v1/records/{id}`, or undefined where no function has such a route. */
  readonly route: string | undefined;
  /** Or with a token in place of a signature. */
  readonly signed: boolean;
  readonly token: string | undefined;
  /** What was asked for, path and query. */
  readonly target: string;
  readonly body: string;
}

/** A gateway as API Gateway shows it: it asks for SigV4, or a token, on every route but the open one, and answers as ours does. */
export interface Deployed {
  readonly url: string;
  readonly came: readonly Came[];
  /** Answers in place of what it should answer, by route (`none` is any other) and whether the request was signed. */
  misbehave(how: (came: Came) => Reply | "silence" | "cut" | undefined): void;
  stop(): Promise<void>;
}

export const platforms = (status: number, message: string): Reply => ({ status, body: { message } });

export const problemReply = (code: ProblemCode, more: object = {}): Reply => {
  const { status, title, retry } = problemKinds[code];
  const given = { status, detail: "It is so.", ...more };
  return {
    status: given.status,
    type: "application/problem+json",
    body: { type: `urn:wallet-gateway:problem:${code}`, title, instance: "urn:x", code, retry, ...given },
  };
};

const said = (code: string) => ({ provider: { code, message: "..." } });

function rightAnswer({ route, signed }: Came): Reply {
  if (route === undefined) return platforms(404, "Not Found");
  const open = "POST /webhooks/nicepay/account-binding";
  if (route === open) return problemReply("access-denied", { status: 403 });
  if (!signed) return platforms(403, "Forbidden");
  switch (route) {
    case "GET /v1/records":
      return { status: 200, body: { result: [], page: { cursor: null } } };
    case "GET /v1/records/{id}":
      return problemReply("not-found");
    case "POST /v1/aggrepay/fetch-balance":
      return problemReply("invalid-request", { errors: [{ pointer: "", detail: "is wrong" }] });
    case "POST /v1/aggrepay/get-sub-merchants":
    case "POST /v1/wibmo/encrypt":
      return { status: 200, body: { result: {} } };
    case "POST /v1/payu/check-status":
      return problemReply("declined", said("1099"));
    case "POST /v1/dreamzwallet/get-secret-key":
      return problemReply("not-found", said("NOT_AVAILABLE"));
    default:
      return problemReply("outcome-unknown");
  }
}

export async function startDeployed(key: SigningKey, jwt: string): Promise<Deployed> {
  const routes = functions.flatMap(routesOf).map(({ method, path }) => `${method} ${path}`);
  const router = routerOf(routes);
  const came: Came[] = [];
  let how: Parameters<Deployed["misbehave"]>[0] = () => undefined;
  const cameOf = (request: IncomingMessage, body: Buffer): Came => ({
    route: router(request.method ?? "", (request.url ?? "").split("?")[0] ?? "")?.key,
    signed: isSignedWith(request, body, key) || request.headers.authorization === `Bearer ${jwt}`,
    token: request.headers["x-amz-security-token"]?.toString(),
    target: request.url ?? "",
    body: body.toString(),
  });
  const server = createServer(async (request, response) => {
    const one = cameOf(request, await buffer(request));
    came.push(one);
    const reply = how(one) ?? rightAnswer(one);
    if (reply === "silence") return;
    if (reply === "cut") {
      request.socket.destroy();
      return;
    }
    const { status, type = "application/json", body } = reply;
    response.writeHead(status, { "content-type": type }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    came,
    misbehave(next) {
      how = next;
      came.length = 0;
    },
    stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}
