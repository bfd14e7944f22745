import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import type { Context } from "aws-lambda";
import { afterEach, describe, expect, test, vi } from "vitest";
import { handler as reconcileHandler } from "../functions/reconcile.ts";
import type { Connections } from "../lib/connections.ts";
import { runtime } from "../lib/runtime.ts";
import { type Send, type Timing, transportBy, type WireRequest } from "../lib/transport.ts";
import { selfSigned } from "./support/self-signed.ts";

const ends: (() => unknown)[] = [];
afterEach(() => {
  for (const end of ends.splice(0).toReversed()) end();
});

/** Clocks that run with the machine's, and can be moved or stopped each by itself. */
class Clocks {
  wallAhead = 0;
  monotonicAhead = 0;
  readonly now = () => Date.now() + this.wallAhead;
  readonly monotonic = () => performance.now() + this.monotonicAhead;
}

interface Peer {
  readonly url: URL;
  readonly sockets: readonly Socket[];
  /** Requests by their bodies, in the order in which they came. */
  readonly bodies: readonly string[];
  headers: Readonly<Record<string, string>>;
  /** What is done instead of answering the next request. */
  instead: ((socket: Socket) => void) | undefined;
}

async function peer(scheme: "http" | "https" = "http"): Promise<Peer> {
  const sockets: Socket[] = [];
  const bodies: string[] = [];
  const { key, certificate } = selfSigned();
  const server: Server =
    scheme === "http"
      ? createServer({ keepAliveTimeout: 0 })
      : createSecureServer({ key, cert: certificate });
  if (scheme === "https") {
    const before = getCACertificates("default");
    setDefaultCACertificates([...before, certificate]);
    ends.push(() => setDefaultCACertificates(before));
  }
  server.on(scheme === "http" ? "connection" : "secureConnection", (socket: Socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
  });
  server.on("request", (request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    request.on("end", () => {
      bodies.push(body);
      const { instead } = made;
      made.instead = undefined;
      if (instead) return instead(request.socket);
      response.writeHead(200, made.headers).end(`{"said":"${body}"}`);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const made: Peer = {
    url: new URL(`${scheme}://localhost:${port}/api`),
    sockets,
    bodies,
    headers: {},
    instead: undefined,
  };
  return made;
}

const timing: Timing = { connectMs: 2_000, replyMs: 2_000, mayStillSend: () => true };

interface Client {
  readonly clocks: Clocks;
  readonly connections: Connections;
  readonly send: Send;
  /** Sends to that peer: what came back, or how it failed. */
  readonly ask: (to: Peer, body: string, more?: Partial<WireRequest & Timing>) => Promise<string>;
}

function client(): Client {
  const clocks = new Clocks();
  const { connections, send } = transportBy(clocks);
  return {
    clocks,
    connections,
    send,
    async ask({ url }, body, more = {}) {
      const sent = await send({ method: "POST", url, headers: {}, body, ...more }, { ...timing, ...more });
      return sent.kind === "reply" ? Buffer.from(sent.reply.body).toString() : `${sent.kind}: ${sent.why}`;
    },
  };
}

describe.each(["http", "https"] as const)("over %s a connection", (scheme) => {
  test("serves one request after another", async () => {
    const [server, { ask }] = [await peer(scheme), client()];
    for (const body of ["a", "b", "c"]) expect(await ask(server, body)).toBe(`{"said":"${body}"}`);
    expect(server.sockets).toHaveLength(1);
  });

  test("is lent to one request at a time", async () => {
    const [server, { ask }] = [await peer(scheme), client()];
    await Promise.all(["a", "b", "c"].map((body) => ask(server, body)));
    expect(server.sockets).toHaveLength(3);
    await Promise.all(["d", "e", "f", "g"].map((body) => ask(server, body)));
    expect(server.sockets).toHaveLength(4);
    expect(server.bodies.toSorted()).toEqual(["a", "b", "c", "d", "e", "f", "g"]);
  });

  test.each([
    ["ended by the peer", (socket: Socket) => socket.end()],
    ["destroyed by the peer", (socket: Socket) => socket.destroy()],
    ["that says what nobody asked for", (socket: Socket) => socket.write("HTTP/1.1 408 Timeout\r\n\r\n")],
    [
      "that answers once more",
      (socket: Socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"),
    ],
  ])("%s is not used again", async (_what, act) => {
    const [server, { ask }] = [await peer(scheme), client()];
    await ask(server, "a");
    for (const socket of server.sockets) act(socket);
    await sleep(50);
    expect(await ask(server, "b")).toBe('{"said":"b"}');
    expect(server.sockets).toHaveLength(2);
    expect(server.bodies).toEqual(["a", "b"]);
  });
});

describe("a connection is not kept", () => {
  test.each([
    { connection: "close" },
    { "keep-alive": "timeout=1", connection: "keep-alive" },
    { "keep-alive": "max=0, timeout=60", connection: "keep-alive" },
    { "keep-alive": "timeout=0", connection: "keep-alive" },
  ])("where the peer answers with %j", async (headers) => {
    const [server, { ask }] = [await peer(), client()];
    server.headers = headers;
    await ask(server, "a");
    await ask(server, "b");
    expect(server.sockets).toHaveLength(2);
  });

  test("after a reply that is not whole", async () => {
    const [server, { ask }] = [await peer(), client()];
    server.instead = (socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf");
    expect(await ask(server, "a", { replyMs: 100 })).toMatch(/^lost/);
    expect(await ask(server, "b")).toBe('{"said":"b"}');
    expect(server.sockets).toHaveLength(2);
  });

  test("where it has become too late to send", async () => {
    const [server, { ask }] = [await peer(), client()];
    await ask(server, "a");
    expect(await ask(server, "b", { mayStillSend: () => false })).toBe("not_sent: no time was left to send");
    expect(await ask(server, "c")).toBe('{"said":"c"}');
    expect(server.bodies).toEqual(["a", "c"]);
    expect(server.sockets).toHaveLength(2);
  });
});

describe("a connection that idled too long is not used", () => {
  const later = Date.now();
  test.each([
    ["the wall clock", ({ clocks }: Client) => (clocks.wallAhead += 2_001)],
    ["the monotonic clock", ({ clocks }: Client) => (clocks.monotonicAhead += 2_001)],
    [
      "the host's clock, while both of ours stood still",
      ({ connections }: Client) => connections.invoked(later + 2_500),
    ],
    ["nothing, for the wall clock was set back", ({ clocks }: Client) => (clocks.wallAhead -= 5_000)],
  ])("by %s", async (_which, passes) => {
    const server = await peer();
    const each = client();
    each.connections.invoked(later);
    await each.ask(server, "a");
    passes(each);
    expect(await each.ask(server, "b")).toBe('{"said":"b"}');
    expect(server.sockets).toHaveLength(2);
  });

  test("and one that has not, by any of them, is", async () => {
    const server = await peer();
    const each = client();
    each.connections.invoked(later);
    await each.ask(server, "a");
    each.clocks.wallAhead += 1_000;
    each.clocks.monotonicAhead += 1_200;
    each.connections.invoked(later + 1_500);
    await each.ask(server, "b");
    expect(server.sockets).toHaveLength(1);
  });

  test("and is closed when its time is over", async () => {
    const [server, { ask }] = [await peer(), client()];
    server.headers = { "keep-alive": "timeout=2" };
    await ask(server, "a");
    await vi.waitFor(() => expect(server.sockets[0]?.destroyed).toBe(true), 3_000);
  });
});

describe("what dies on a kept connection", () => {
  const resets = (server: Peer) => {
    server.instead = (socket) => socket.resetAndDestroy();
  };

  test("is doubt for a change, which is written once", async () => {
    const [server, { ask }] = [await peer(), client()];
    await ask(server, "a");
    resets(server);
    expect(await ask(server, "b")).toMatch(/^lost/);
    expect(server.bodies).toEqual(["a", "b"]);
  });

  test("is sent once more for a read that may be repeated", async () => {
    const [server, { ask }] = [await peer(), client()];
    await ask(server, "a");
    resets(server);
    expect(await ask(server, "b", { mayRepeat: true })).toBe('{"said":"b"}');
    expect(server.bodies).toEqual(["a", "b", "b"]);
    expect(server.sockets).toHaveLength(2);
  });

  test("is not sent again where the reply had begun", async () => {
    const [server, { ask }] = [await peer(), client()];
    await ask(server, "a");
    server.instead = (socket) => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", () => socket.destroy());
    };
    expect(await ask(server, "b", { mayRepeat: true })).toMatch(/^lost/);
    expect(server.bodies).toEqual(["a", "b"]);
  });

  test("is not sent again where the connection was new, or the time was over", async () => {
    const [server, { ask }] = [await peer(), client()];
    resets(server);
    expect(await ask(server, "a", { mayRepeat: true })).toMatch(/^lost/);
    await ask(server, "b");
    server.instead = () => undefined;
    expect(await ask(server, "c", { mayRepeat: true, replyMs: 60 })).toMatch(/^lost/);
    expect(server.bodies).toEqual(["a", "b", "c"]);
  });
});

describe("a connection that is begun early", () => {
  test.each(["http", "https"] as const)("is the one that is used, over %s", async (scheme) => {
    const [server, { connections, ask }] = [await peer(scheme), client()];
    connections.dial(server.url);
    await vi.waitFor(() => expect(server.sockets).toHaveLength(1));
    expect(await ask(server, "a")).toBe('{"said":"a"}');
    expect(server.sockets).toHaveLength(1);
  });

  test("is not begun where one is kept", async () => {
    const [server, { connections, ask }] = [await peer(), client()];
    await ask(server, "a");
    connections.dial(server.url);
    await ask(server, "b");
    expect(server.sockets).toHaveLength(1);
  });

  test("says why it does not stand", async () => {
    const { connections, ask } = client();
    const nobody = { url: new URL("http://127.0.0.1:1/") } as Peer;
    connections.dial(nobody.url);
    await sleep(20);
    expect(await ask(nobody, "a")).toBe("not_sent: the connection could not be made (ECONNREFUSED)");
  });

  test("that the peer has ended meanwhile is made anew", async () => {
    const [server, { connections, ask }] = [await peer(), client()];
    connections.dial(server.url);
    await vi.waitFor(() => expect(server.sockets).toHaveLength(1));
    server.sockets[0]?.destroy();
    await sleep(20);
    expect(await ask(server, "a")).toBe('{"said":"a"}');
    expect(server.sockets).toHaveLength(2);
  });

  test.each([
    "http",
    "https",
  ] as const)("and on which the peer speaks first is not used, over %s: that is no reply", async (scheme) => {
    const [server, { connections, ask }] = [await peer(scheme), client()];
    for (const rests of [false, true]) {
      const before = server.sockets.length;
      connections.invoked(Date.now());
      connections.dial(server.url);
      await vi.waitFor(() => expect(server.sockets).toHaveLength(before + 1));
      server.sockets.at(-1)?.write("HTTP/1.1 429 Too Many Requests\r\ncontent-length: 2\r\n\r\n{}");
      if (rests) {
        connections.rest();
        connections.invoked(Date.now());
      }
      await sleep(30);
      expect(await ask(server, `after-${rests}`)).toBe(`{"said":"after-${rests}"}`);
      connections.rest();
      // The next one begins with none that is kept.
      for (const socket of server.sockets) socket.destroy();
      await sleep(30);
    }
    expect(server.bodies).toEqual(["after-false", "after-true"]);
  });

  test("and does not stand in time is given up, and nothing is sent", async () => {
    const silent = createServer();
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    ends.push(() => silent.close());
    const url = new URL(`https://localhost:${(silent.address() as AddressInfo).port}/`);
    const { connections, ask } = client();
    connections.dial(url);
    expect(await ask({ url } as Peer, "a", { connectMs: 80 })).toMatch(/^not_sent/);
  });

  test("and not used serves the next request", async () => {
    const [server, { connections, ask }] = [await peer(), client()];
    connections.dial(server.url);
    await vi.waitFor(() => expect(server.sockets).toHaveLength(1));
    await sleep(50);
    connections.rest();
    await ask(server, "a");
    expect(server.sockets).toHaveLength(1);
  });

  test("and does not stand when the invocation ends is given up", async () => {
    const seen: Socket[] = [];
    const silent = createServer();
    silent.on("connection", (socket) => seen.push(socket));
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    ends.push(() => silent.close());
    const { connections } = client();
    connections.dial(new URL(`https://localhost:${(silent.address() as AddressInfo).port}/`));
    await vi.waitFor(() => expect(seen).toHaveLength(1));
    connections.rest();
    await vi.waitFor(() => expect(seen[0]?.destroyed).toBe(true));
  });
});

test("the reconciler tells its connections when each run began by its deadline, which no frozen clock moves", async () => {
  const nowhere = "http://127.0.0.1:9";
  const env = {
    ...{ AWS_REGION: "ap-south-1", AWS_ACCESS_KEY_ID: "x", AWS_SECRET_ACCESS_KEY: "x", TABLE_NAME: "t" },
    ...{ AWS_ENDPOINT_URL_DYNAMODB: nowhere, AWS_ENDPOINT_URL_SECRETS_MANAGER: nowhere },
    ...{
      PROVIDER_TIMEOUT_MS: "20000",
      FUNCTION_TIMEOUT_MS: "28000",
      LEASE_MS: "33000",
      QUIET_PERIOD_MS: "5000",
    },
  };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  ends.push(() => vi.unstubAllEnvs());
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  ends.push(() => write.mockRestore());
  const told = vi.spyOn(runtime().connections, "invoked");
  const deadline = Date.now() + 60_000;
  const run = (at: number) => {
    const context = { awsRequestId: "r", getRemainingTimeInMillis: () => at - Date.now() };
    return reconcileHandler({}, context as unknown as Context).catch(() => undefined);
  };
  await run(deadline);
  await run(deadline + 60_000);
  const [first = 0, second = 0] = told.mock.calls.map(([at]) => at);
  expect(second - first).toBeGreaterThan(59_000);
  expect(second - first).toBeLessThan(61_000);
});
