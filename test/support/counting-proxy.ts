import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** Stands between an AWS client and a local service, passes every byte of a call on, and counts the calls by operation. */
export interface CountingProxy {
  readonly url: string;
  /** `{ UpdateItem: 2 }`: the calls since the last `forget`, by the operation that their `x-amz-target` names. */
  counts(): Readonly<Record<string, number>>;
  forget(): void;
  /** The next `times` calls reach the service, but their answers are lost with the connection. */
  loseAnswers(times: number): void;
  /** The next `times` calls reach nobody: the connection is cut at once. */
  refuse(times: number): void;
  /** Every call waits this long before it is passed on. */
  delay(milliseconds: number): void;
  stop(): Promise<void>;
}

export async function startCountingProxy(service: string): Promise<CountingProxy> {
  const counted = new Map<string, number>();
  let answersToLose = 0;
  let callsToRefuse = 0;
  let delayMs = 0;

  const server = createServer(async (incoming, response) => {
    const operation = String(incoming.headers["x-amz-target"] ?? "unknown").replace(/^.*\./, "");
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
    const { method, url, rawHeaders } = incoming;
    const passed = request(new URL(url ?? "/", service), { method, agent: false });
    for (let at = 0; at < rawHeaders.length; at += 2)
      passed.setHeader(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
    passed.on("error", () => incoming.socket.destroy());
    passed.on("response", async (reply) => {
      const bytes = await buffer(reply);
      if (lost) {
        incoming.socket.resetAndDestroy();
        return;
      }
      response.writeHead(reply.statusCode ?? 500, reply.headers).end(bytes);
    });
    passed.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts: () => Object.fromEntries(counted),
    forget: () => counted.clear(),
    loseAnswers(times) {
      answersToLose = times;
    },
    refuse(times) {
      callsToRefuse = times;
    },
    delay(milliseconds) {
      delayMs = milliseconds;
    },
    stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}
