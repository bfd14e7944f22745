import { Agent, createServer, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Readable } from "node:stream";
import { Worker } from "node:worker_threads";
import type { Credentials } from "./iam/signature.ts";
import type { Refusal, StoreCheck } from "./iam/stores.ts";

/** Where functions find DynamoDB: in front of the database, which believes everybody. */
export interface DynamoDbFront {
  readonly url: string;
  close(): void;
}

/** What the front's thread is given. */
export interface FrontOrder {
  readonly database: string;
  /** The folder of the cloud assembly. */
  readonly assembly: string;
  /** By the name of the function that has them. */
  readonly credentials: ReadonlyMap<string, Required<Credentials>>;
}

/** What it says. */
export type FrontMessage =
  | { readonly type: "listening"; readonly url: string }
  | { readonly type: "refused"; readonly functionName: string; readonly sentence: string };

/**
 * Starts the front in a thread of its own: the host starts processes by the dozen, and that holds it up for longer than a
 * function waits for DynamoDB.
 */
export async function startDynamoDbFront(
  order: FrontOrder,
  report: (functionName: string, sentence: string) => void,
): Promise<DynamoDbFront> {
  const thread = new Worker(new URL("./dynamodb-front-thread.ts", import.meta.url), { workerData: order });
  const listening = Promise.withResolvers<string>();
  thread.once("error", listening.reject);
  thread.on("message", (message: FrontMessage) => {
    if (message.type === "listening") listening.resolve(message.url);
    else report(message.functionName, message.sentence);
  });
  const url = await listening.promise;
  // From here on its end is the host's: with no listener, the error is one that nobody has caught.
  thread.off("error", listening.reject);
  return { url, close: () => void thread.terminate() };
}

/** Passes each call that the check lets through on to the database, byte for byte. */
export async function serveDynamoDb(database: string, check: StoreCheck): Promise<DynamoDbFront> {
  const agent = new Agent({ keepAlive: true });
  const { hostname, port } = new URL(database);
  const server = createServer({ keepAliveTimeout: 60_000 }, (incoming, response) => {
    const { method = "POST", url: path = "/", headers, rawHeaders, socket } = incoming;
    // A database that is gone answers nothing; the caller sees what it would have seen of the database itself.
    const lost = () => socket.destroy();
    collect(incoming, lost, (body) => {
      const refusal = check({ method, target: path, rawHeaders, body });
      if (refusal !== undefined) return refuse(response, refusal);
      const { connection: _, "transfer-encoding": __, ...kept } = headers;
      const passed = { ...kept, "content-length": body.length };
      const call = request({ agent, hostname, port, method, path, headers: passed }, (reply) =>
        collect(reply, lost, (answer) =>
          response.writeHead(reply.statusCode ?? 500, reply.headers).end(answer),
        ),
      );
      call.on("error", lost);
      call.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    },
  };
}

function refuse(response: ServerResponse, { type, message }: Refusal): void {
  const body = JSON.stringify({ __type: `com.amazon.coral.service#${type}`, Message: message });
  response.writeHead(400, { "content-type": "application/x-amz-json-1.0" }).end(body);
}

function collect(message: Readable, broken: () => void, whole: (bytes: Buffer) => void): void {
  const chunks: Buffer[] = [];
  message.on("data", (chunk: Buffer) => chunks.push(chunk));
  message.on("error", broken);
  message.on("end", () => whole(Buffer.concat(chunks)));
}
