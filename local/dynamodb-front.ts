import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Readable } from "node:stream";
import type { Refusal, StoreCheck } from "./iam/stores.ts";
import { Agent, createServer, request } from "./node-http.ts";
import { refuse } from "./own-origin.ts";

/** Where functions find DynamoDB: passes each call that the check lets through on to the database, byte for byte. */
export async function serveDynamoDb(
  database: string,
  wanted: number,
  check: StoreCheck,
): Promise<{ readonly port: number; close(): void }> {
  const agent = new Agent({ keepAlive: true });
  const { hostname, port } = new URL(database);
  const server = createServer({ keepAliveTimeout: 60_000 }, (incoming, response) => {
    if (refuse(incoming, response)) return;
    const { method = "POST", url: path = "/", headers, rawHeaders, socket } = incoming;
    // A database that is gone answers nothing; the caller sees what it would have seen of the database itself.
    const lost = () => socket.destroy();
    collect(incoming, lost, (body) => {
      const refusal = check({ method, target: path, rawHeaders, body });
      if (refusal !== undefined) return deny(response, refusal);
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
  await new Promise<void>((resolve) =>
    server.listen({ port: wanted, host: "127.0.0.1", backlog: 1024 }, resolve),
  );
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    },
  };
}

function deny(response: ServerResponse, { type, message }: Refusal): void {
  const body = JSON.stringify({ __type: `com.amazon.coral.service#${type}`, Message: message });
  response.writeHead(400, { "content-type": "application/x-amz-json-1.0" }).end(body);
}

function collect(message: Readable, broken: () => void, whole: (bytes: Buffer) => void): void {
  const chunks: Buffer[] = [];
  message.on("data", (chunk: Buffer) => chunks.push(chunk));
  message.on("error", broken);
  message.on("end", () => whole(Buffer.concat(chunks)));
}
