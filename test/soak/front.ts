import { createServer, type IncomingMessage, request as requestTo, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { drawnDress, readSaid, type Wire, written } from "../faults/dress.ts";
import { type Random, randomOf } from "./random.ts";
import { add } from "./wallet.ts";

/** What stands before the wallet: it writes replies in forms that say the same, and now and then refuses a call itself. */
export interface Front {
  readonly url: string;
  /** What replies wore, and calls that never came to the wallet, by name. */
  readonly met: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

export interface FrontOptions {
  readonly wallet: string;
  /** What the wallet signs its replies with. */
  readonly salt: string;
  readonly seed: string;
  /** Whether it refuses calls. */
  readonly refuses: () => boolean;
}

export async function startFront({ wallet, salt, seed, refuses }: FrontOptions): Promise<Front> {
  const met = new Map<string, number>();
  let calls = 0;
  const server = createServer(async (request, response) => {
    calls += 1;
    const random = randomOf(seed, `front ${calls}`);
    const body = await collected(request);
    const refusal = refuses() && random.chance(0.02) ? random.pick(refusals) : undefined;
    if (refusal) {
      add(met, `refused with ${refusal.status}`);
      response.writeHead(refusal.status, refusal.headers).end("<html><title>Refused</title></html>");
    } else forward(wallet, request, body, response, (wire) => dressed(wire, random));
  });

  function dressed(reply: Wire, random: Random): Wire {
    const dress = drawnDress(random, (name) => add(met, name));
    const said = reply.status === 200 ? readSaid(Buffer.from(reply.body).toString("utf8"), salt) : undefined;
    return dress.wire(said ? written(dress.said(said)) : reply);
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    met,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** None of these lets the call through. */
const refusals = [
  { status: 403, headers: { "content-type": "text/html" } },
  { status: 401, headers: { "content-type": "text/html" } },
  { status: 429, headers: { "retry-after": "1" } },
  { status: 503, headers: { "retry-after": "2" } },
];

async function collected(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** A call that the wallet leaves without a whole reply is left so here, too. */
function forward(
  wallet: string,
  { method, url = "", headers }: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
  dressed: (reply: Wire) => Wire,
): void {
  const target = new URL(url, wallet);
  const { expect: _expect, connection: _connection, ...others } = headers;
  const outgoing = requestTo(target, { method, headers: { ...others, host: target.host }, agent: false });
  const giveUp = () => response.socket?.resetAndDestroy();
  response.on("close", () => outgoing.destroy());
  outgoing.on("error", giveUp);
  outgoing.on("response", async (incoming) => {
    try {
      const reply = { status: incoming.statusCode ?? 0, body: await collected(incoming) };
      const { status, body: bytes, coding } = dressed(reply);
      const { "content-length": _length, "transfer-encoding": _transfer, ...kept } = incoming.headers;
      response.writeHead(status, { ...kept, ...(coding !== undefined && { "content-encoding": coding }) });
      response.end(bytes);
    } catch {
      giveUp();
    }
  });
  outgoing.end(body);
}
