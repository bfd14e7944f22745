import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterEach, describe, expect, test, vi } from "vitest";
import { systemClock } from "../lib/time.ts";
import { type Send, type Sent, type Timing, transportBy, type WireRequest } from "../lib/transport.ts";
import { type CertificateOptions, selfSigned } from "./support/self-signed.ts";

/** Over connections of its own, so that no test meets what another has left. */
const send: Send = (request, timing) => transportBy(systemClock).send(request, timing);

const ends: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

/** What one connection brought. */
interface Connection {
  readonly socket: Socket;
  readonly received: () => Buffer;
  readonly closed: () => boolean;
}

interface Peer {
  readonly port: number;
  readonly connections: readonly Connection[];
  /** Requests that came in whole, over all connections. */
  readonly requests: () => number;
}

type OnRequest = (socket: Socket, request: Buffer) => void;

/** A server of bytes: what arrives is kept as it comes, and what is answered is up to the test. */
async function peer(
  onRequest: OnRequest = () => undefined,
  onConnect?: (socket: Socket) => void,
): Promise<Peer> {
  return listening(createServer(), onRequest, onConnect);
}

async function listening(
  server: Server,
  onRequest: OnRequest,
  onConnect?: (socket: Socket) => void,
): Promise<Peer> {
  const connections: Connection[] = [];
  let requests = 0;
  const seen = (socket: Socket) => {
    const chunks: Buffer[] = [];
    let closed = false;
    let whole = false;
    connections.push({ socket, received: () => Buffer.concat(chunks), closed: () => closed });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      closed = true;
    });
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      const request = Buffer.concat(chunks);
      if (whole || !isWhole(request)) return;
      whole = true;
      requests += 1;
      onRequest(socket, request);
    });
    onConnect?.(socket);
  };
  server.on("setSecureContext" in server ? "secureConnection" : "connection", seen);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(async () => {
    server.close();
    for (const { socket } of connections) socket.destroy();
  });
  return { port: (server.address() as AddressInfo).port, connections, requests: () => requests };
}

function isWhole(request: Buffer): boolean {
  const head = request.indexOf("\r\n\r\n");
  const length = /content-length: (\d+)/i.exec(request.toString("latin1"))?.[1];
  return head >= 0 && request.byteLength >= head + 4 + Number(length ?? 0);
}

const body = "amount=5.00&name=%E0%A4%85&salt=ü";

const requestTo = (
  port: number,
  more: Partial<WireRequest> & { readonly scheme?: string; readonly host?: string } = {},
) => {
  const { scheme = "http", host = "127.0.0.1", ...rest } = more;
  return {
    method: "POST",
    url: new URL(`${scheme}://${host}:${port}/api/v1/debitwallet?a=1`),
    headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
    body,
    ...rest,
  } satisfies WireRequest;
};

const timing = (more: Partial<Timing> = {}): Timing => ({
  connectMs: 2_000,
  replyMs: 2_000,
  mayStillSend: () => true,
  ...more,
});

const http = (status: string, content: string, headers = "") =>
  `HTTP/1.1 ${status}\r\n${headers}Content-Length: ${Buffer.byteLength(content)}\r\n\r\n${content}`;

const textOf = (sent: Sent): string => {
  if (sent.kind !== "reply") throw new Error(`no reply: ${sent.kind}, ${sent.why}`);
  return Buffer.from(sent.reply.body).toString("utf8");
};

/** The peer's one connection is gone, and not a byte more has come since. */
async function expectGone({ connections }: Peer): Promise<void> {
  expect(connections).toHaveLength(1);
  await vi.waitFor(() => expect(connections[0]?.closed()).toBe(true));
}

describe("not sent: no byte of the request was written", () => {
  test("when nobody listens", async () => {
    const gone = createServer().listen(0, "127.0.0.1");
    await once(gone, "listening");
    const { port } = gone.address() as AddressInfo;
    gone.close();
    await once(gone, "close");
    const mayStillSend = vi.fn(() => true);
    expect(await send(requestTo(port), timing({ mayStillSend }))).toMatchObject({
      kind: "not_sent",
      why: expect.stringContaining("ECONNREFUSED"),
    });
    expect(mayStillSend).not.toHaveBeenCalled();
  });

  test("when the name is nobody's", async () => {
    const sent = await send(requestTo(80, { host: "wallet.invalid" }), timing({ connectMs: 500 }));
    expect(sent.kind).toBe("not_sent");
  });

  test("when the connection is not made in time", async () => {
    const port = await fullPort();
    expect(await send(requestTo(port), timing({ connectMs: 150 }))).toEqual({
      kind: "not_sent",
      why: "the connection was not made in time",
    });
  });

  test("when it has become too late, which is asked once and on a connection that stands", async () => {
    const server = await peer();
    const mayStillSend = vi.fn(() => false);
    expect(await send(requestTo(server.port), timing({ mayStillSend }))).toEqual({
      kind: "not_sent",
      why: "no time was left to send",
    });
    expect(mayStillSend).toHaveBeenCalledTimes(1);
    await expectGone(server);
    expect(server.connections[0]?.received()).toHaveLength(0);
  });

  test("though the connection stood: nothing is written before the question is answered", async () => {
    const server = await peer((socket) => socket.write(http("200 OK", "{}")));
    let arrived: number | undefined;
    const mayStillSend = () => {
      arrived = server.connections[0]?.received().byteLength ?? 0;
      return true;
    };
    expect(textOf(await send(requestTo(server.port), timing({ mayStillSend })))).toBe("{}");
    expect(arrived).toBe(0);
  });

  test("when the TLS handshake never ends", async () => {
    const server = await peer();
    const mayStillSend = vi.fn(() => true);
    const secure = requestTo(server.port, { scheme: "https" });
    expect((await send(secure, timing({ connectMs: 200, mayStillSend }))).kind).toBe("not_sent");
    expect(mayStillSend).not.toHaveBeenCalled();
    await expectGone(server);
    expectHandshakeOnly(server);
  });

  test.each([
    ["speaks no TLS", (socket: Socket) => socket.write("HTTP/1.1 200 OK\r\n\r\n")],
    ["closes", (socket: Socket) => socket.end()],
    ["resets", (socket: Socket) => socket.resetAndDestroy()],
  ])("when the peer of a TLS handshake %s", async (_what, act) => {
    const server = await peer(undefined, (socket) => socket.once("data", () => act(socket)));
    expect((await send(requestTo(server.port, { scheme: "https" }), timing())).kind).toBe("not_sent");
    await expectGone(server);
    expectHandshakeOnly(server);
  });

  test.each([
    ["is nobody's that we trust", { trusted: false }],
    ["is for another host", { names: ["other.example"], address: false }],
    ["has expired", { until: new Date(Date.now() - 86_400_000) }],
  ])("when the certificate %s", async (_what, more) => {
    const server = await tlsPeer(more);
    const mayStillSend = vi.fn(() => true);
    expect((await send(requestTo(server.port, { scheme: "https" }), timing({ mayStillSend }))).kind).toBe(
      "not_sent",
    );
    expect(mayStillSend).not.toHaveBeenCalled();
    expect(server.requests()).toBe(0);
    expect(server.connections.map(({ received }) => received().byteLength).filter(Boolean)).toEqual([]);
  });
});

/** TLS records: a client hello, and alerts at most; no application data (type 23). */
function expectHandshakeOnly({ connections }: Peer): void {
  const bytes = connections[0]?.received() ?? Buffer.alloc(0);
  for (let at = 0; at + 5 <= bytes.byteLength; at += 5 + bytes.readUInt16BE(at + 3))
    expect(bytes[at]).not.toBe(23);
  expect(bytes.includes("debitwallet")).toBe(false);
}

describe("lost: nobody knows whether the provider acted", () => {
  const acts: readonly (readonly [
    string,
    OnRequest,
    { readonly timedOut: boolean; readonly why?: string },
  ])[] = [
    ["never answers", () => undefined, { timedOut: true }],
    ["resets the connection", (socket) => socket.resetAndDestroy(), { timedOut: false }],
    ["closes without an answer", (socket) => socket.end(), { timedOut: false }],
    [
      "stops in the middle of the head",
      (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-"),
      { timedOut: false },
    ],
    [
      "stops in the middle of the body",
      (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"),
      { timedOut: false },
    ],
    [
      "resets in the middle of the body",
      (socket) => {
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", () => socket.resetAndDestroy());
      },
      { timedOut: false },
    ],
    [
      "stops in the middle of a chunk",
      (socket) => socket.end("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{}"),
      { timedOut: false },
    ],
    [
      "ends its chunks without the last one",
      (socket) => socket.end("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"),
      { timedOut: false },
    ],
    [
      "hangs in the middle of the body",
      (socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"),
      { timedOut: true },
    ],
    [
      "says more than 1 MB",
      (socket) => socket.write(http("200 OK", "x".repeat(1024 * 1024 + 1))),
      { timedOut: false, why: "the reply is too large" },
    ],
    [
      "says more than 1 MB in chunks",
      (socket) => socket.write(chunked("x".repeat(1024 * 1024 + 1))),
      { timedOut: false, why: "the reply is too large" },
    ],
    [
      "changes protocols",
      (socket) =>
        socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"),
      { timedOut: false },
    ],
    ["speaks no HTTP", (socket) => socket.write("220 smtp.example ESMTP\r\n"), { timedOut: false }],
    [
      "has two lengths",
      (socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
      { timedOut: false },
    ],
    [
      "has a head without end",
      (socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${"y".repeat(100_000)}`),
      { timedOut: false },
    ],
  ];

  test.each(acts)("when the peer %s", async (_what, act, expected) => {
    const server = await peer(act);
    const sent = await send(requestTo(server.port), timing({ replyMs: 300 }));
    expect(sent).toMatchObject({ kind: "lost", ...expected });
    await expectGone(server);
    // Nothing is ever repeated.
    expect(server.requests()).toBe(1);
  });

  test("when the reply drips past its time, however lively the connection is", async () => {
    let timer: NodeJS.Timeout | undefined;
    const server = await peer((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
      timer = setInterval(() => socket.writable && socket.write("x"), 20);
    });
    ends.push(() => clearInterval(timer));
    expect(await send(requestTo(server.port), timing({ replyMs: 200 }))).toMatchObject({
      kind: "lost",
      timedOut: true,
    });
    await expectGone(server);
  });

  test("when the peer closes as soon as the connection stands", async () => {
    const server = await peer(undefined, (socket) => socket.resetAndDestroy());
    const sent = await send(requestTo(server.port), timing());
    expect(["lost", "not_sent"]).toContain(sent.kind);
    await expectGone(server);
  });

  test.each([
    "http",
    "https",
  ] as const)("and nothing of the rest reaches a peer that reads on afterwards: it meets a reset (%s)", async (scheme) => {
    // A peer that reads nothing: most of a large body is still on our side, in the kernel's hands, when time is up.
    const errors: (string | undefined)[] = [];
    const pause = (socket: Socket) => {
      socket.pause();
      socket.on("error", (error: NodeJS.ErrnoException) => errors.push(error.code));
    };
    const server = scheme === "http" ? await peer(undefined, pause) : await tlsPeer({}, undefined, pause);
    const large = "x".repeat(20 * 1024 * 1024);
    const sent = await send(
      requestTo(server.port, { scheme, body: large }),
      timing({ connectMs: 5_000, replyMs: 1_200 }),
    );
    expect(sent).toMatchObject({ kind: "lost", timedOut: true });
    const [connection] = server.connections;
    connection?.socket.resume();
    await expectGone(server);
    // An orderly end could bring all that was buffered, and a whole request with it.
    expect(errors).toEqual(["ECONNRESET"]);
    // What the peer's own kernel had taken before the reset is all that it may find.
    expect(connection?.received().byteLength ?? 0).toBeLessThan(large.length / 2);
    expect(server.requests()).toBe(0);
  });
});

describe("lost over TLS", () => {
  const acts: readonly (readonly [string, OnRequest])[] = [
    ["never answers", () => undefined],
    ["closes without an answer", (socket) => socket.end()],
    ["breaks the connection", (socket) => socket.destroy()],
    ["hangs in the middle of the head", (socket) => socket.write("HTTP/1.1 200 OK\r\nContent-")],
    [
      "hangs in the middle of the body",
      (socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"),
    ],
    ["says more than 1 MB", (socket) => socket.write(http("200 OK", "x".repeat(1024 * 1024 + 1)))],
    ["speaks no HTTP", (socket) => socket.write("220 mail.example ESMTP\r\n")],
  ];

  test.each(acts)("when the peer %s: the connection is gone, and the process is not", async (_what, act) => {
    const server = await tlsPeer({}, act);
    const sent = await send(requestTo(server.port, { scheme: "https" }), timing({ replyMs: 400 }));
    expect(sent.kind).toBe("lost");
    await expectGone(server);
    expect(server.requests()).toBe(1);
  });
});

describe("a reply", () => {
  test.each([
    "200 OK",
    "400 Bad Request",
    "429 Too Many Requests",
    "500 Internal Server Error",
    "204 No Content",
  ])("of %s is given as it is", async (status) => {
    const server = await peer((socket) => socket.write(http(status, status.startsWith("204") ? "" : "{}")));
    const sent = await send(requestTo(server.port), timing());
    expect(sent).toMatchObject({ kind: "reply", reply: { status: Number(status.slice(0, 3)) } });
    expect(server.requests()).toBe(1);
  });

  test.each([301, 302, 303, 307, 308])("that redirects (%i) is given, not followed", async (status) => {
    const elsewhere = await peer((socket) => socket.write(http("200 OK", "followed")));
    const location = `Location: http://127.0.0.1:${elsewhere.port}/api/v1/debitwallet\r\n`;
    const server = await peer((socket) => socket.write(http(`${status} Elsewhere`, "moved", location)));
    const sent = await send(requestTo(server.port), timing());
    expect(sent).toMatchObject({ kind: "reply", reply: { status } });
    expect(textOf(sent)).toBe("moved");
    expect([server.requests(), elsewhere.connections.length]).toEqual([1, 0]);
  });

  test("comes after interim ones", async () => {
    const interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    const server = await peer((socket) => socket.write(interim + http("200 OK", '{"data":1}')));
    expect(textOf(await send(requestTo(server.port), timing()))).toBe('{"data":1}');
  });

  test.each([
    ["in chunks", chunked('{"data":1}')],
    ["that ends with the connection", 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"data":1}'],
    ["with more after it", `${http("200 OK", '{"data":1}')}HTTP/1.1 500 Again\r\n\r\n`],
  ])("%s is whole", async (_what, bytes) => {
    const server = await peer((socket) => socket.end(bytes));
    expect(textOf(await send(requestTo(server.port), timing()))).toBe('{"data":1}');
  });

  test("of exactly 1 MB is taken", async () => {
    const server = await peer((socket) => socket.write(http("200 OK", "x".repeat(1024 * 1024))));
    expect(textOf(await send(requestTo(server.port), timing())).length).toBe(1024 * 1024);
  });

  test("is given in the bytes that came, whatever they are", async () => {
    const bytes = Buffer.from([0x00, 0xff, 0xfe, 0x80, 0x0d, 0x0a]);
    const server = await peer((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes.byteLength}\r\n\r\n`);
      socket.write(bytes);
    });
    const sent = await send(requestTo(server.port), timing());
    expect(sent.kind === "reply" && Buffer.from(sent.reply.body)).toEqual(bytes);
  });

  test("that comes before the request was read whole is a reply", async () => {
    const server = await peer(undefined, (socket) =>
      socket.once("data", () => socket.write(http("413 Content Too Large", "no"))),
    );
    const sent = await send(requestTo(server.port, { body: "x".repeat(16 * 1024 * 1024) }), timing());
    expect(sent).toMatchObject({ kind: "reply", reply: { status: 413 } });
  });
});

describe("a request", () => {
  test("arrives in exactly these bytes", async () => {
    const server = await peer((socket) => socket.write(http("200 OK", "{}")));
    await send(requestTo(server.port), timing());
    const [head = "", ...rest] = (server.connections[0]?.received().toString("utf8") ?? "").split("\r\n\r\n");
    expect(rest).toEqual([body]);
    const [line, ...headers] = head.split("\r\n");
    expect(line).toBe("POST /api/v1/debitwallet?a=1 HTTP/1.1");
    expect(headers.map((header) => header.toLowerCase()).toSorted()).toEqual(
      [
        `host: 127.0.0.1:${server.port}`,
        "content-type: application/x-www-form-urlencoded",
        "accept: application/json",
        `content-length: ${Buffer.byteLength(body)}`,
        "connection: keep-alive",
        "accept-encoding: identity",
        "user-agent: wallet-gateway/source",
      ].toSorted(),
    );
  });

  test("of a GET has no body", async () => {
    const server = await peer((socket) => socket.write(http("200 OK", "{}")));
    await send(requestTo(server.port, { method: "GET", body: "" }), timing());
    expect(server.connections[0]?.received().toString()).toMatch(
      /^GET \/api\/v1\/debitwallet\?a=1 HTTP\/1.1\r\n.*\r\n\r\n$/s,
    );
  });

  test("is one of a hundred at once, and each gets its own reply", async () => {
    const server = await peer((socket, request) => {
      const echoed = request.subarray(request.indexOf("\r\n\r\n") + 4).toString("utf8");
      setTimeout(() => socket.write(http("200 OK", echoed)), Number(echoed.slice(2)) % 7);
    });
    const bodies = Array.from({ length: 100 }, (_, each) => `n=${each}`);
    const sent = await Promise.all(
      bodies.map((each) => send(requestTo(server.port, { body: each }), timing())),
    );
    expect(sent.map(textOf)).toEqual(bodies);
    expect(server.connections).toHaveLength(100);
  });

  test("over TLS arrives once the peer is known, in the same bytes", async () => {
    const server = await tlsPeer({}, (socket) => socket.write(http("200 OK", "secure")));
    let arrived: number | undefined;
    const mayStillSend = () => {
      arrived = server.connections[0]?.received().byteLength ?? 0;
      return true;
    };
    expect(textOf(await send(requestTo(server.port, { scheme: "https" }), timing({ mayStillSend })))).toBe(
      "secure",
    );
    expect(arrived).toBe(0);
    expect(server.connections[0]?.received().toString("utf8").endsWith(`\r\n\r\n${body}`)).toBe(true);
    const byName = await send(requestTo(server.port, { scheme: "https", host: "localhost" }), timing());
    expect(textOf(byName)).toBe("secure");
  });

  test("over TLS that became too late is not written", async () => {
    const server = await tlsPeer({});
    const sent = await send(
      requestTo(server.port, { scheme: "https" }),
      timing({ mayStillSend: () => false }),
    );
    expect(sent).toEqual({ kind: "not_sent", why: "no time was left to send" });
    expect(server.connections.map(({ received }) => received().byteLength).filter(Boolean)).toEqual([]);
  });
});

function chunked(content: string): string {
  return `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${content.length.toString(16)}\r\n${content}\r\n0\r\n\r\n`;
}

/** A port whose queue of connections is full, so that the kernel leaves the next one waiting: its owner is stopped. */
async function fullPort(): Promise<number> {
  const script = `require("net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, function () {
    console.log(this.address().port);
  })`;
  const child = spawn(process.execPath, ["--eval", script], { stdio: ["ignore", "pipe", "ignore"] });
  ends.push(() => child.kill("SIGKILL"));
  const [printed] = await once(child.stdout, "data");
  const port = Number(String(printed));
  child.kill("SIGSTOP");
  await vi.waitFor(() => expect(readFileSync(`/proc/${child.pid}/stat`, "utf8")).toMatch(/^\d+ \(.*\) T/));
  for (let each = 0; each < 4; each += 1) {
    const filler = connect(port, "127.0.0.1").on("error", () => undefined);
    ends.push(() => filler.destroy());
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
  return port;
}

/** A peer that speaks TLS with a certificate made for this test. */
async function tlsPeer(
  options: CertificateOptions,
  onRequest: OnRequest = () => undefined,
  onConnect?: (socket: Socket) => void,
): Promise<Peer> {
  const { key, certificate } = selfSigned(options);
  if (options.trusted !== false) {
    const before = getCACertificates("default");
    setDefaultCACertificates([...before, certificate]);
    ends.push(() => setDefaultCACertificates(before));
  }
  const server = createTlsServer({ key, cert: certificate });
  server.on("tlsClientError", () => undefined);
  return listening(server, onRequest, onConnect);
}
