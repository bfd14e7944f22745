import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { decoded } from "./content-coding.ts";
import { version } from "./version.ts";

/** A request whose bytes are final: what is sent is what was signed. */
export interface WireRequest {
  readonly method: "GET" | "POST";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface WireReply {
  readonly status: number;
  /** Without the codings that it travelled in. */
  readonly body: Uint8Array;
  /** The header of that name, as it came. */
  readonly retryAfter?: string | undefined;
}

/**
 * What became of a request. `not_sent` is a promise: no byte of it was written to any socket. `lost` says only that no
 * whole reply came; the provider may have acted.
 */
export type Sent =
  | { readonly kind: "reply"; readonly reply: WireReply }
  | { readonly kind: "not_sent"; readonly why: string }
  | { readonly kind: "lost"; readonly why: string; readonly timedOut: boolean };

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
 * Sends a request once, on a connection of its own: a kept connection may have died while the process was frozen, and then
 * nobody can tell whether the request arrived. Redirects are not followed and nothing is ever repeated. When it answers, the
 * connection is gone, and without a whole reply it is reset: bytes that the kernel still holds would be sent on when a frozen
 * process thaws.
 */
export const send: Send = async (request, timing) => {
  const connection = await connected(request.url, timing.connectMs);
  if ("why" in connection) return { kind: "not_sent", why: connection.why };
  let sent: Sent = { kind: "not_sent", why: "no time was left to send" };
  try {
    if (timing.mayStillSend()) sent = await exchange(connection.socket, request, timing.replyMs);
    return sent;
  } finally {
    end(connection, sent);
  }
};

/**
 * Reset, and not closed, where no whole reply came: a socket that is closed says an orderly goodbye after all that it still
 * holds. What stands on the connection goes when it has gone: Node does not survive a TLS socket that is destroyed beside it.
 */
function end({ socket, tcp }: Standing, sent: Sent): void {
  if (sent.kind === "lost") {
    tcp.once("close", () => socket.destroy());
    tcp.resetAndDestroy();
    return;
  }
  socket.destroy();
  tcp.destroy();
}

/** `socket` is what is written to; `tcp` is beneath it, and the same where nothing is secured. */
interface Standing {
  readonly socket: Socket;
  readonly tcp: Socket;
}
type Connection = Standing | { readonly why: string };

function connected(url: URL, milliseconds: number): Promise<Connection> {
  return new Promise((resolve) => {
    const secure = url.protocol === "https:";
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const tcp = connectTcp({ host, port: Number(url.port) || (secure ? 443 : 80), noDelay: true });
    const socket = secure
      ? connectTls({
          socket: tcp,
          host,
          ALPNProtocols: ["http/1.1"],
          ...(isIP(host) ? {} : { servername: host }),
        })
      : tcp;
    const settle = (connection: Connection) => {
      clearTimeout(timer);
      socket.off("close", onClose);
      if ("why" in connection) {
        socket.destroy();
        tcp.destroy();
      }
      resolve(connection);
    };
    const onClose = () => settle({ why: "the connection was closed before it stood" });
    // Stays for the sockets' lives: a late error of one that was given up must not end the process.
    const onError = (error: NodeJS.ErrnoException) =>
      settle({ why: `the connection could not be made (${error.code ?? error.name})` });
    const timer = setTimeout(() => settle({ why: "the connection was not made in time" }), milliseconds);
    socket.once(secure ? "secureConnect" : "connect", () => settle({ socket, tcp }));
    for (const each of new Set([socket, tcp])) each.on("error", onError);
    socket.once("close", onClose);
  });
}

function exchange(socket: Socket, request: WireRequest, milliseconds: number): Promise<Sent> {
  return new Promise((resolve) => {
    const settle = (sent: Sent) => {
      clearTimeout(timer);
      resolve(sent);
    };
    const lost = (why: string, timedOut = false) => settle({ kind: "lost", why, timedOut });
    const timer = setTimeout(() => lost("no whole reply came in time", true), milliseconds);
    const body = Buffer.from(request.body, "utf8");
    const outgoing = httpRequest({
      method: request.method,
      path: request.url.pathname + request.url.search,
      createConnection: () => socket,
      headers: {
        host: request.url.host,
        // Some firewalls refuse a request that names no sender.
        "user-agent": `wallet-gateway/${version}`,
        // Without it, any coding may come.
        "accept-encoding": "identity",
        ...request.headers,
        "content-length": String(body.byteLength),
        connection: "close",
      },
    });
    outgoing.on("error", (error: NodeJS.ErrnoException) =>
      lost(`the connection broke (${error.code ?? error.name})`),
    );
    outgoing.on("response", (incoming) => collect(incoming, settle, lost));
    // An interim "switching protocols" is not a reply that we asked for, and leaves the socket to nobody.
    outgoing.on("upgrade", () => lost("the provider changed protocols"));
    outgoing.end(body);
  });
}

function collect(incoming: IncomingMessage, settle: (sent: Sent) => void, lost: (why: string) => void): void {
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
function replyOf({ statusCode = 0, headers }: IncomingMessage, wire: Buffer): Sent {
  const body = decoded(wire, headers["content-encoding"], replyLimit);
  if ("why" in body) return { kind: "lost", why: body.why, timedOut: false };
  return { kind: "reply", reply: { status: statusCode, ...body, retryAfter: headers["retry-after"] } };
}
