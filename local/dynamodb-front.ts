import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { Refusal, StoreCheck } from "./iam/stores.ts";

/** Where functions find DynamoDB: in front of the database, which believes everybody. */
export interface DynamoDbFront {
  readonly url: string;
  close(): void;
}

/** Passes each call that the check lets through on to the database, byte for byte. */
export async function startDynamoDbFront(database: string, check: StoreCheck): Promise<DynamoDbFront> {
  const agent = new Agent({ keepAlive: true });
  const server = createServer({ keepAliveTimeout: 60_000 }, async (incoming, response) => {
    try {
      const body = await buffer(incoming);
      const { method = "POST", url: target = "/", rawHeaders } = incoming;
      const refusal = check({ method, target, rawHeaders, body });
      if (refusal === undefined) pass(database, agent, incoming, body, response);
      else refuse(response, refusal);
    } catch {
      // Whoever goes away in the middle of a call is answered by no one.
      incoming.destroy();
    }
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

function pass(
  database: string,
  agent: Agent,
  { method, url = "/", headers, socket }: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): void {
  const { connection: _, "transfer-encoding": __, ...kept } = headers;
  const call = request(new URL(url, database), {
    agent,
    ...(method !== undefined && { method }),
    headers: { ...kept, "content-length": body.length },
  });
  // A database that is gone answers nothing; the caller sees what it would have seen of the database itself.
  call.on("error", () => socket.destroy());
  call.on("response", async (reply) => {
    try {
      const answer = await buffer(reply);
      response.writeHead(reply.statusCode ?? 500, reply.headers).end(answer);
    } catch {
      socket.destroy();
    }
  });
  call.end(body);
}

function refuse(response: ServerResponse, { type, message }: Refusal): void {
  const body = JSON.stringify({ __type: `com.amazon.coral.service#${type}`, Message: message });
  response.writeHead(400, { "content-type": "application/x-amz-json-1.0" }).end(body);
}
