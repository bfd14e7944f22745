/** A sandbox's HTTP server on 127.0.0.1: how it starts, what it does with an error of its own, how it ends. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { refuse } from "../../own-origin.ts";
import { sendPage } from "./http.ts";

export interface Sandbox {
  readonly url: string;
  /** Ends every connection, those that a fault left hanging included. */
  close(): Promise<void>;
}

/** Runs something later, unless the sandbox has been closed by then. */
export type Later = (ms: number, run: () => void) => void;

export interface Serving {
  /** For the error log: "AggrePay sandbox". */
  readonly name: string;
  /** 0, a free one, unless told. */
  readonly port: number | undefined;
  /** Paths that a person is sent to by pages of other sites. */
  readonly pages?: (path: string) => boolean;
  serve(request: IncomingMessage, response: ServerResponse, later: Later): Promise<void>;
  /** Lets go of what the sandbox holds open, once no call can come any more. */
  release(): void;
}

export async function startServer({
  name,
  port: wanted = 0,
  pages = () => false,
  serve,
  release,
}: Serving): Promise<Sandbox> {
  const timers = new Set<NodeJS.Timeout>();
  const later: Later = (ms, run) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, ms);
    timers.add(timer);
  };
  const server = createServer((request, response) => {
    if (refuse(request, response, { pages })) return;
    serve(request, response, later).catch((error: unknown) => {
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
