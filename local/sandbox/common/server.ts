/** A sandbox's HTTP server on 127.0.0.1: how it starts, what is the same in all of them, how it ends. */
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer } from "../../node-http.ts";
import { refuse as refuseOtherOrigin } from "../../own-origin.ts";
import { type Controlled, control } from "./control.ts";
import { redirectedPath } from "./delivery.ts";
import { demandJson, readBody, sendJson, sendPage } from "./http.ts";

export interface Sandbox {
  readonly url: string;
  /** Ends every connection, those that a fault left hanging included. */
  close(): Promise<void>;
}

/** Runs something later, unless the sandbox has been closed by then. */
export type Later = (ms: number, run: () => void) => void;

/** A call whose address, method, type and size are right. */
export interface Incoming<Operation, Body> {
  /** As the call log and armed faults name it. */
  readonly path: string;
  readonly operation: Operation;
  readonly request: IncomingMessage;
  /** The body as sent, for signatures that cover its bytes. */
  readonly raw: string;
  readonly body: Body;
  readonly response: ServerResponse;
  readonly later: Later;
}

/** What one provider's sandbox has of its own. */
export interface Serving<Name extends string, Operation, Body> {
  /** For the error log: "AggrePay sandbox". */
  readonly name: string;
  /** 0, a free one, unless told. */
  readonly port: number | undefined;
  readonly clock: () => number;
  readonly controlled: Controlled<Name>;
  /** The operation at an address, and its path in the call log. */
  find(target: string): { readonly path: string; readonly operation: Operation } | undefined;
  /** Whether the body says that it is of the type that the provider takes. */
  isOfItsType(request: IncomingMessage): boolean;
  /** The body, or undefined where it cannot be read. */
  read(raw: string): Body | undefined;
  receive(incoming: Incoming<Operation, Body>): void | Promise<void>;
  /** Pages and controls of this sandbox alone: true where it has answered. */
  page?: ((request: IncomingMessage, body: string, response: ServerResponse) => Promise<boolean>) | undefined;
  /** Paths that a person is sent to by pages of other sites. */
  readonly pages?: ((path: string) => boolean) | undefined;
  /** Lets go of what the sandbox holds open, once no call can come any more. */
  release(): void;
}

export async function startSandbox<Name extends string, Operation, Body>({
  name,
  port: wanted = 0,
  clock,
  controlled,
  find,
  isOfItsType,
  read,
  receive,
  page,
  pages = () => false,
  release,
}: Serving<Name, Operation, Body>): Promise<Sandbox> {
  const { calls } = controlled;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url: target = "" } = request;
    const raw = await readBody(request);
    if (target === redirectedPath) {
      calls.add({ at: clock(), path: target, verdict: "followed a redirect" });
      sendPage(response, 404, "Not Found");
      return;
    }
    if (target.startsWith("/sandbox/")) {
      if (demandJson(request, response)) return;
      if (await page?.(request, raw ?? "", response)) return;
      const { status, body } = control(`${method} ${target}`, raw ?? "", controlled);
      sendJson(response, status, JSON.stringify(body));
      return;
    }
    const { path = "unknown", operation } = find(target) ?? {};
    const refuse = (status: number, text: string) => {
      calls.add({ at: clock(), path, verdict: `HTTP ${status}` });
      sendPage(response, status, text);
    };
    if (operation === undefined) return refuse(404, "Not Found");
    if (method !== "POST") return refuse(405, "Method Not Allowed");
    if (!isOfItsType(request)) return refuse(415, "Unsupported Media Type");
    if (raw === undefined) return refuse(413, "Content Too Large");
    const body = read(raw);
    if (body === undefined) return refuse(400, "Bad Request");
    await receive({ path, operation, request, raw, body, response, later });
  }

  const timers = new Set<NodeJS.Timeout>();
  const later: Later = (ms, run) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, ms);
    timers.add(timer);
  };
  const server = createServer((request, response) => {
    if (refuseOtherOrigin(request, response, { pages })) return;
    serve(request, response).catch((error: unknown) => {
      // A client that went away in the middle of its body is no fault of the sandbox.
      if (request.errored !== null) return;
      console.error(`${name}:`, error);
      if (!response.headersSent) sendPage(response, 500, "Internal Server Error");
    });
  });
  // A connection that the sandbox closes while a call is under way would be a fault that nobody asked for.
  server.keepAliveTimeout = 60_000;
  server.listen(wanted, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch (error) {
    release();
    throw error;
  }
  const { port } = server.address() as AddressInfo;

  const close = async (): Promise<void> => {
    for (const timer of timers) clearTimeout(timer);
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
    release();
  };
  let closing: Promise<void> | undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      closing ??= close();
      return closing;
    },
  };
}
