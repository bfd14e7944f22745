import { request as httpRequest, type IncomingMessage } from "node:http";
import { type Connected, type Connection, close, reset } from "./connection.ts";
import { type Connections, connectionsBy } from "./connections.ts";
import { decoded } from "./content-coding.ts";
import type { Clock } from "./time.ts";
import { version } from "./version.ts";

/** A request whose bytes are final: what is sent is what was signed. */
export interface WireRequest {
  readonly method: "GET" | "POST";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Of a read whose repeat does no harm and holds nothing that serves once. */
  readonly mayRepeat?: boolean;
}

export interface WireReply {
  readonly status: number;
  /** Without the codings that it travelled in. */
  readonly body: Uint8Array;
  /** The header of that name, as it came. */
  readonly retryAfter?: string | undefined;
  /** The header of that name: seconds since a cache was given the reply (RFC 9111, section 5.1). */
  readonly age?: string | undefined;
}

/**
 * What became of a request. `not_sent` is a promise: no byte of it was written to any socket. `lost` says only that no
 * whole reply came; the provider may have acted.
 */
export type Sent =
  | { readonly kind: "reply"; readonly reply: WireReply }
  | { readonly kind: "not_sent"; readonly why: string }
  | {
      readonly kind: "lost";
      readonly why: string;
      readonly timedOut: boolean;
      /** Whether a byte came back. */
      readonly begun?: boolean;
    };

export interface Timing {
  /** For the connection to be made and secured, milliseconds. */
  readonly connectMs: number;
  /** From the first byte sent to the last received, milliseconds. */
  readonly replyMs: number;
  /** Asked once, when the connection stands and just before the first byte: false when it has become too late to send. */
  readonly mayStillSend: () => boolean;
}

export type Send = (request: WireRequest, timing: Timing) => Promise<Sent>;

const replyLimit = 1024 * 1024;

/**
 * Sends requests over these connections, each once, and never follows a redirect. A connection is kept for the next request
 * only after a whole reply. Without one it is reset: bytes that the kernel still holds would be sent on when a frozen process
 * thaws. A read that may be repeated is sent once more, on a new connection, where a kept one ended before the first byte of
 * the reply.
 */
export function sender(connections: Connections, clock: Pick<Clock, "monotonic">): Send {
  return async (request, timing) => {
    const { url } = request;
    const first = await connections.take(url, timing.connectMs);
    const startedAt = clock.monotonic();
    const sent = await over(first, request, timing);
    const diedIdle = first.isKept && sent.kind === "lost" && !sent.timedOut && !sent.begun;
    const replyMs = timing.replyMs - (clock.monotonic() - startedAt);
    if (!diedIdle || !request.mayRepeat || replyMs <= 0) return sent;
    return over(await connections.fresh(url, timing.connectMs), request, { ...timing, replyMs });
  };

  async function over(connection: Connected, request: WireRequest, timing: Timing): Promise<Sent> {
    if ("why" in connection) return { kind: "not_sent", why: connection.why };
    if (!timing.mayStillSend()) {
      close(connection);
      return { kind: "not_sent", why: "no time was left to send" };
    }
    const { sent, keepAlive } = await exchange(connection, request, timing.replyMs);
    if (sent.kind === "lost") reset(connection);
    else await connections.giveBack(request.url, connection, keepAlive);
    return sent;
  }
}

/** A process's way out: its connections, and what sends over them. */
export function transportBy(clock: Clock): { readonly send: Send; readonly connections: Connections } {
  const connections = connectionsBy(clock);
  return { send: sender(connections, clock), connections };
}

interface Exchanged {
  readonly sent: Sent;
  /** The reply's header. */
  readonly keepAlive?: string | undefined;
}

function exchange(
  { tcp, agent }: Connection,
  request: WireRequest,
  milliseconds: number,
): Promise<Exchanged> {
  return new Promise((resolve) => {
    const readBefore = tcp.bytesRead;
    const settle = (exchanged: Exchanged) => {
      clearTimeout(timer);
      resolve(exchanged);
    };
    const lost = (why: string, timedOut = false) =>
      settle({ sent: { kind: "lost", why, timedOut, begun: tcp.bytesRead > readBefore } });
    const timer = setTimeout(() => lost("no whole reply came in time", true), milliseconds);
    const body = Buffer.from(request.body, "utf8");
    const outgoing = httpRequest({
      method: request.method,
      path: request.url.pathname + request.url.search,
      agent,
      headers: {
        host: request.url.host,
        // Some firewalls refuse a request that names no sender.
        "user-agent": `wallet-gateway/${version}`,
        // Without it, any coding may come.
        "accept-encoding": "identity",
        ...request.headers,
        "content-length": String(body.byteLength),
      },
    });
    outgoing.on("error", (error: NodeJS.ErrnoException) =>
      lost(`the connection broke (${error.code ?? error.name})`),
    );
    outgoing.on("response", (incoming) => collect(incoming, settle, lost));
    // An interim "switching protocols" is not a reply that we asked for, and afterwards the socket has no owner.
    outgoing.on("upgrade", () => lost("the provider changed protocols"));
    outgoing.end(body);
  });
}

function collect(
  incoming: IncomingMessage,
  settle: (exchanged: Exchanged) => void,
  lost: (why: string) => void,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  incoming.on("data", (chunk: Buffer) => {
    size += chunk.byteLength;
    if (size > replyLimit) lost("the reply is too large");
    else chunks.push(chunk);
  });
  incoming.on("error", () => lost("the reply broke off"));
  incoming.on("close", () => {
    if (!incoming.complete) lost("the reply broke off");
  });
  incoming.on("end", () => {
    if (!incoming.complete) return lost("the reply broke off");
    settle(replyOf(incoming, Buffer.concat(chunks)));
  });
}

/** A body that cannot be decoded says as little of what the provider did as one that broke off. */
function replyOf({ statusCode = 0, headers }: IncomingMessage, wire: Buffer): Exchanged {
  const body = decoded(wire, headers["content-encoding"], replyLimit);
  if ("why" in body) return { sent: { kind: "lost", why: body.why, timedOut: false, begun: true } };
  const reply = { status: statusCode, ...body, retryAfter: headers["retry-after"], age: headers.age };
  const keepAlive = headers["keep-alive"];
  return {
    sent: { kind: "reply", reply },
    keepAlive: typeof keepAlive === "string" ? keepAlive : keepAlive?.join(),
  };
}
