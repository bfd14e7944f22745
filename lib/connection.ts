import { Agent, type ClientRequest } from "node:http";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";

/**
 * One connection to one host. `socket` is written to; `tcp` is beneath it, and the same where nothing is secured. `agent`
 * makes requests use this connection and no other.
 */
export interface Connection {
  readonly socket: Socket;
  readonly tcp: Socket;
  readonly agent: OneConnection;
}

export type Connected = Connection | { readonly why: string };

/** Milliseconds, and the TLS session of the connection before it, which saves the certificate's share of the handshake. */
export interface ConnectOptions {
  readonly milliseconds: number;
  readonly session?: Buffer | undefined;
  readonly onSession?: (session: Buffer) => void;
  /** Gives the connection up: it is destroyed where it does not stand yet. */
  readonly signal?: AbortSignal;
}

/** Makes a connection, secured where the URL asks for it. Nothing of a request has been written when it stands. */
export function connected(url: URL, options: ConnectOptions): Promise<Connected> {
  return new Promise((resolve) => {
    const secure = url.protocol === "https:";
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const tcp = connectTcp({ host, port: Number(url.port) || (secure ? 443 : 80), noDelay: true });
    const socket = secure
      ? connectTls({
          socket: tcp,
          host,
          ALPNProtocols: ["http/1.1"],
          ...(options.session && { session: options.session }),
          ...(isIP(host) ? {} : { servername: host }),
        })
      : tcp;
    const settle = (connection: Connected) => {
      clearTimeout(timer);
      socket.off("close", onClose);
      options.signal?.removeEventListener("abort", onAbort);
      if ("why" in connection) {
        socket.destroy();
        tcp.destroy();
      }
      resolve(connection);
    };
    const onClose = () => settle({ why: "the connection was closed before it stood" });
    const onAbort = () => settle({ why: "the connection was not needed any more" });
    // Stays for the sockets' lives: a late error of one that was given up must not end the process.
    const onError = (error: NodeJS.ErrnoException) =>
      settle({ why: `the connection could not be made (${error.code ?? error.name})` });
    const timer = setTimeout(
      () => settle({ why: "the connection was not made in time" }),
      options.milliseconds,
    );
    socket.once(secure ? "secureConnect" : "connect", () =>
      settle({ socket, tcp, agent: new OneConnection(socket) }),
    );
    if (options.onSession) socket.on("session", options.onSession);
    for (const each of new Set([socket, tcp])) each.on("error", onError);
    socket.once("close", onClose);
    options.signal?.addEventListener("abort", onAbort);
  });
}

/** Ends a connection in order: what is written has been sent, and nothing more is wanted. */
export function close({ socket, tcp }: Connection): void {
  socket.destroy();
  tcp.destroy();
}

/**
 * Resets a connection: bytes that the kernel still holds are not sent any more, which an orderly close would send first. The
 * TLS socket is destroyed only after the TCP socket has closed; destroying both at once crashes Node.
 */
export function reset({ socket, tcp }: Connection): void {
  tcp.once("close", () => socket.destroy());
  tcp.resetAndDestroy();
}

/** Node's agent for exactly one connection, which is given at the start and never replaced. */
export class OneConnection extends Agent {
  readonly #socket: Socket;
  #isGiven = false;
  #isFree = false;

  constructor(socket: Socket) {
    super({ keepAlive: true, maxSockets: 1 });
    this.#socket = socket;
  }

  /** Whether the last reply was whole, its request was written whole, and neither side asked to close. */
  get isFree(): boolean {
    return this.#isFree && !this.#socket.destroyed;
  }

  override createConnection(): Duplex {
    if (this.#isGiven) throw new Error("the connection is gone");
    this.#isGiven = true;
    return this.#socket;
  }

  /** Node calls this when a reply has ended and the connection may be kept; not where `Connection: close` was said. */
  override keepSocketAlive(): boolean {
    this.#isFree = true;
    return true;
  }

  override reuseSocket(socket: Duplex, request: ClientRequest): void {
    this.#isFree = false;
    // Takes away the agent's own guard, which ends an idle connection at the first byte.
    super.reuseSocket(socket, request);
  }
}
