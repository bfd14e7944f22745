import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

/** One call that was answered, or whose connection the service cut. */
export interface Call {
  /** What its `x-amz-target` names, or its path. */
  readonly operation: string;
  /** 0 for one that was cut. */
  readonly status: number;
  readonly request: string;
  readonly reply: string;
  /** With its headers. */
  readonly requestBytes: number;
}

/** Stands between a client and a local service, passes every byte of a call on, and counts the calls by operation. */
export interface CountingProxy {
  readonly url: string;
  /** The calls since the last `forget`, in the order of their answers. */
  calls(): readonly Call[];
  /** `{ UpdateItem: 2 }`: the calls since the last `forget`, by the operation that their `x-amz-target` names. */
  counts(): Readonly<Record<string, number>>;
  forget(): void;
  /** The next `times` calls reach the service, but their answers are lost with the connection. */
  loseAnswers(times: number): void;
  /** The next `times` calls reach nobody: the connection is cut at once. */
  refuse(times: number): void;
  /** The next writes, after those whose answers are lost, reach nobody and are answered so, with HTTP 400. */
  answerWrites(replies: readonly object[]): void;
  /** Every call waits this long before it is passed on. */
  delay(milliseconds: number): void;
  /** Every write reaches the service at once, and its answer waits for as long as this says. */
  acknowledgeWritesAfter(milliseconds: () => number): void;
  stop(): Promise<void>;
}

export async function startCountingProxy(service: string): Promise<CountingProxy> {
  const counted = new Map<string, number>();
  let calls: Call[] = [];
  let answersToLose = 0;
  let callsToRefuse = 0;
  let answers: readonly object[] = [];
  let delayMs = 0;
  let writesWaitMs = () => 0;

  const server = createServer(async (incoming, response) => {
    const target = incoming.headers["x-amz-target"]?.toString();
    const operation = target?.replace(/^.*\./, "") ?? "unknown";
    counted.set(operation, (counted.get(operation) ?? 0) + 1);
    const body = await buffer(incoming);
    if (callsToRefuse > 0) {
      callsToRefuse -= 1;
      incoming.socket.resetAndDestroy();
      return;
    }
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    const lost = answersToLose > 0;
    if (lost) answersToLose -= 1;
    const [answer, ...later] = answers;
    if (answer && !lost && isWrite(operation)) {
      answers = later;
      response.writeHead(400, { "content-type": "application/x-amz-json-1.0" }).end(JSON.stringify(answer));
      return;
    }
    const { method, url, rawHeaders } = incoming;
    const passed = request(new URL(url ?? "/", service), { method, agent: false });
    for (let at = 0; at < rawHeaders.length; at += 2) {
      const name = rawHeaders[at] ?? "";
      // What is asked answers to its own name alone.
      if (name.toLowerCase() !== "host") passed.setHeader(name, rawHeaders[at + 1] ?? "");
    }
    const ended = (status: number, reply: string) =>
      calls.push({
        operation: target === undefined ? (url ?? "/") : operation,
        status,
        request: body.toString(),
        reply,
        requestBytes: headBytes(incoming) + body.byteLength,
      });
    passed.on("error", () => {
      ended(0, "");
      incoming.socket.destroy();
    });
    passed.on("response", async (reply) => {
      const bytes = await buffer(reply);
      if (lost) {
        incoming.socket.resetAndDestroy();
        return;
      }
      if (isWrite(operation)) await sleep(writesWaitMs());
      const status = reply.statusCode ?? 500;
      response.writeHead(status, reply.headers).end(bytes);
      ended(status, bytes.toString());
    });
    passed.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts: () => Object.fromEntries(counted),
    calls: () => calls,
    forget() {
      counted.clear();
      calls = [];
    },
    loseAnswers(times) {
      answersToLose = times;
    },
    refuse(times) {
      callsToRefuse = times;
    },
    answerWrites(replies) {
      answers = replies;
    },
    delay(milliseconds) {
      delayMs = milliseconds;
    },
    acknowledgeWritesAfter(milliseconds) {
      writesWaitMs = milliseconds;
    },
    stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}

const isWrite = (operation: string): boolean => /^(?:UpdateItem|TransactWriteItems)$/.test(operation);

/** Request line and headers as they were on the wire. */
const headBytes = ({ method, url, rawHeaders }: IncomingMessage): number =>
  Buffer.byteLength(`${method} ${url} HTTP/1.1\r\n\r\n`) +
  rawHeaders.reduce((sum, text) => sum + Buffer.byteLength(text) + 2, 0);
