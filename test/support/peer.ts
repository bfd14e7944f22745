import { createHash } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { secret } from "../../functions/aggrepay/common.sample.ts";
import packageJson from "../../package.json" with { type: "json" };

/**
 * A provider that does as it is told: records each request as its bytes came, and answers, or misbehaves, by a script. It
 * signs with code of its own, so that a fault in the gateway's signing cannot hide in its tests.
 */
export interface Peer {
  readonly url: string;
  /** Since the last script, in the order of their arrival. */
  readonly requests: readonly PeerRequest[];
  /**
   * Forgets all requests and what was scripted before. Replies by the last part of the path; a list gives one reply to each
   * request, then no more. A request that nothing is scripted for is recorded and answered with 500.
   */
  script(replies: Readonly<Record<string, Reply | readonly Reply[]>>): void;
  /** From now until the next script: each connection is reset as soon as it stands. */
  resetConnections(): void;
  /** Closes the port while `work` lasts, so that connections are refused. */
  refusing<T>(work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface PeerRequest {
  readonly method: string;
  /** As it was sent. */
  readonly path: string;
  /** The last part of the path. */
  readonly name: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What the peer does with a request. */
export type Reply = (response: ServerResponse, request: PeerRequest) => void;

/** Headers that every request of the gateway has, whoever it goes to. */
export const alwaysSent = {
  "user-agent": `wallet-gateway/${packageJson.version}`,
  "accept-encoding": "identity",
} as const;

export async function startPeer(): Promise<Peer> {
  let requests: PeerRequest[] = [];
  let script = new Map<string, Reply | Reply[]>();
  let resetting = false;
  let server: Server;
  const sockets = new Set<Socket>();

  const serverOn = async (port: number): Promise<Server> => {
    const made = createServer((incoming, response) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("error", () => undefined);
      incoming.on("end", () => {
        const path = incoming.url ?? "";
        const request: PeerRequest = {
          method: incoming.method ?? "",
          path,
          name: path.slice(path.lastIndexOf("/") + 1),
          headers: incoming.headers,
          body: Buffer.concat(chunks),
        };
        requests.push(request);
        replyTo(request.name)(response, request);
      });
    });
    made.on("connection", (socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      if (resetting) socket.resetAndDestroy();
    });
    await new Promise<void>((resolve, reject) => {
      made.once("error", reject);
      made.listen(port, "127.0.0.1", resolve);
    });
    return made;
  };

  const replyTo = (name: string): Reply => {
    const scripted = script.get(name);
    return (Array.isArray(scripted) ? scripted.shift() : scripted) ?? unscripted;
  };

  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });

  const { port, started } = await onQuietPort(serverOn);
  server = started;
  return {
    url: `http://127.0.0.1:${port}`,
    get requests() {
      return requests;
    },
    script(replies) {
      requests = [];
      resetting = false;
      script = new Map(
        Object.entries(replies).map(([name, reply]) => [
          name,
          typeof reply === "function" ? reply : [...reply],
        ]),
      );
    },
    resetConnections() {
      resetting = true;
    },
    async refusing(work) {
      await stop();
      try {
        return await work();
      } finally {
        server = await serverOn(port);
      }
    },
    close: stop,
  };
}

/** Below the ports that the kernel gives away by itself: while ours is closed nobody else may get it. */
async function onQuietPort(listen: (port: number) => Promise<Server>) {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    try {
      return { port, started: await listen(port) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    }
  }
}

const unscripted: Reply = (response) => {
  response.writeHead(500, { "content-type": "text/plain" }).end("nothing is scripted for this request");
};

// What the peer says.

export const planted = {
  apiKey: "planted-api-key-5f0c",
  salt: "planted-salt-9d1e",
  /** Of the secret's previous version, which a provider may still sign with during a rotation. */
  previousSalt: "planted-salt-before-7e22",
  ...secret,
} as const;

/** A number that must reach the wire as it is written here, with the form that PHP gives it for the hash. */
export class Token {
  readonly wire: string;
  readonly php: string;

  constructor(wire: string, php = wire) {
    this.wire = wire;
    this.php = php;
  }
}

export type Value =
  | null
  | boolean
  | number
  | string
  | Token
  | readonly Value[]
  | { readonly [name: string]: Value };

interface Body {
  readonly data: Value;
  readonly error?: Value;
  readonly page?: Value;
}

export interface Writing {
  /** The text on the wire has PHP's escapes (`\/`, `\u0905`) rather than the characters themselves. */
  readonly escaped?: boolean;
  /** The hash is made over the form that leaves `/` bare, as the provider's card product does. */
  readonly bareSlashes?: boolean;
  readonly salt?: string;
  readonly status?: number;
}

/** A reply as the provider signs it: SHA-512 of the salt and of PHP's `json_encode` of all but the hash. */
export function signedText({ data, error = null, page = null }: Body, writing: Writing = {}): string {
  const members = { data, error, page };
  const php = write(members, writing.bareSlashes ? "bare" : "php");
  const hash = sha512((writing.salt ?? planted.salt) + php);
  return write({ ...members, hash }, writing.escaped ? "php" : "wire");
}

/** Success. */
export const signed = (data: Value, page: Value = null, writing: Writing = {}): Reply =>
  text(signedText({ data, page }, writing), writing.status);

/** An error of the provider, which comes without a hash. */
export const refusal = (code: string, message: string, status = 200): Reply =>
  text(write({ data: null, error: { code, message }, page: null, hash: null }, "wire"), status);

/** Any JSON. */
export const json = (value: Value, status = 200): Reply => text(write(value, "wire"), status);

export const text =
  (body: string | Buffer, status = 200, type = "application/json"): Reply =>
  (response) => {
    response.writeHead(status, { "content-type": type }).end(body);
  };

export const redirect =
  (status: number, location: string): Reply =>
  (response) => {
    response.writeHead(status, { location }).end();
  };

export const hang: Reply = () => undefined;

/** Takes the request and breaks the connection without a word. */
export const reset: Reply = (response) => {
  response.socket?.resetAndDestroy();
};

/** Announces a whole reply, gives the beginning of it, and breaks the connection. */
export const brokenOff =
  (body: string): Reply =>
  (response) => {
    response.writeHead(200, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
    });
    response.write(body.slice(0, Math.floor(body.length / 2)), () => response.socket?.resetAndDestroy());
  };

/** Announces a longer reply than it gives, and closes in good order. */
export const truncated =
  (body: string): Reply =>
  (response) => {
    const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body) + 10}\r\n\r\n`;
    response.socket?.end(head + body);
  };

/** Bytes that are no HTTP. */
export const noHttp: Reply = (response) => {
  response.socket?.end("\u0000\u0001 220 mail.example ESMTP\r\n");
};

/** Headers at once, then a byte at a time, never an end. */
export const drip: Reply = (response) => {
  response.writeHead(200, { "content-type": "application/json" });
  const timer = setInterval(() => response.write(" "), 100);
  response.on("close", () => clearInterval(timer));
};

/** The fields of a form post, by code of its own. A name that is given twice fails the test. */
export function formOf({ body }: PeerRequest): Readonly<Record<string, string>> {
  const fields: Record<string, string> = {};
  for (const pair of body.toString("latin1").split("&")) {
    const [name = "", value = "", ...rest] = pair
      .split("=")
      .map((part) => decodeURIComponent(part.replaceAll("+", " ")));
    if (rest.length > 0 || name in fields)
      throw new Error(`the form has a field that cannot be read: ${name}`);
    fields[name] = value;
  }
  return fields;
}

/** The `hash` of a request by the document's appendix 17.1. */
export function requestHash(fields: Readonly<Record<string, string>>, salt: string = planted.salt): string {
  const names = Object.keys(fields)
    .filter((name) => name !== "hash")
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const values = names.map((name) => fields[name] ?? "").filter((value) => value.length > 0);
  return sha512([salt, ...values].join("|"));
}

const sha512 = (text: string): string =>
  createHash("sha512").update(text, "utf8").digest("hex").toUpperCase();

function write(value: Value, form: "wire" | "php" | "bare"): string {
  if (value instanceof Token) return form === "wire" ? value.wire : value.php;
  if (typeof value === "string") return quote(value, form);
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map((item: Value) => write(item, form)).join(",")}]`;
  const members = Object.entries(value).map(
    ([name, member]) => `${quote(name, form)}:${write(member, form)}`,
  );
  // PHP decodes an object with the keys 0 to n - 1, and an empty one, as a list.
  if (form !== "wire" && Object.keys(value).every((name, index) => name === String(index)))
    return write(Object.values(value), form);
  return `{${members.join(",")}}`;
}

function quote(string: string, form: "wire" | "php" | "bare"): string {
  const quoted = JSON.stringify(string);
  if (form === "wire") return quoted;
  const ascii = [...quoted]
    .map((character) => (character > "\u007f" ? escapeUnits(character) : character))
    .join("");
  return form === "php" ? ascii.replaceAll("/", "\\/") : ascii;
}

const escapeUnits = (character: string): string =>
  character
    .split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");
