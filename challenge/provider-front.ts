import { createServer, type IncomingMessage, request as requestTo, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { type Link, linkTo } from "../bench/link.ts";

/** A call that would move money, as it is met on its way to the provider. */
export interface MoneyCall {
  readonly id: string;
  /** Of this identity: 1 is the first. */
  readonly number: number;
  /** The port, on its machine, of the connection that it came by. */
  readonly port: number;
}

/** What is done around a call; both do nothing unless the plan says so. `ended` says that no answer goes back. */
export interface Around {
  before(call: MoneyCall): "ended" | undefined;
  after(call: MoneyCall): "ended" | undefined;
}

/** Stands between all processes of a target and the provider's sandbox, counts the calls that move money, and can be forgetful. */
export interface ProviderFront {
  readonly url: string;
  /** The provider's side forgets the connections of these ports without a word: what is written to one is reset. */
  forget(isMeant: (port: number) => boolean): void;
  close(): void;
}

export async function startProviderFront(sandboxUrl: string, around: Around): Promise<ProviderFront> {
  const counts = new Map<string, number>();
  let link: Link | undefined;
  const server = createServer({ keepAliveTimeout: 60_000 }, async (request, response) => {
    const body = await buffer(request).catch(() => undefined);
    if (body === undefined) return;
    const call = moneyCallIn(request, body);
    const cut = () => response.socket?.resetAndDestroy();
    if (call !== undefined && around.before(call) === "ended") cut();
    else
      forward(sandboxUrl, request, body, response, () =>
        call === undefined ? undefined : around.after(call),
      );
  });

  function moneyCallIn({ url = "", socket }: IncomingMessage, body: Buffer): MoneyCall | undefined {
    if (!url.endsWith("/debitwallet")) return undefined;
    const id = new URLSearchParams(body.toString("utf8")).get("merchant_transaction_id") ?? "";
    const number = (counts.get(id) ?? 0) + 1;
    counts.set(id, number);
    return { id, number, port: link?.nearPortOf(socket.remotePort ?? 0) ?? 0 };
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const opened = await linkTo({ host: "127.0.0.1", port }, 0);
  link = opened;
  return {
    url: `http://127.0.0.1:${opened.port}`,
    forget: (isMeant) => opened.lose("forgets", isMeant),
    close() {
      opened.close();
      server.close();
      server.closeAllConnections();
    },
  };
}

/** A call that the sandbox leaves without a whole reply is left so here, too. */
function forward(
  sandboxUrl: string,
  { method, url = "", headers }: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
  after: () => "ended" | undefined,
): void {
  const target = new URL(url, sandboxUrl);
  const { connection: _connection, expect: _expect, ...others } = headers;
  const outgoing = requestTo(target, { method, headers: { ...others, host: target.host }, agent: false });
  const cut = () => response.socket?.resetAndDestroy();
  outgoing.on("error", cut);
  outgoing.on("response", async (incoming) => {
    try {
      const reply = await buffer(incoming);
      if (after() === "ended") {
        cut();
        return;
      }
      const { "transfer-encoding": _transfer, connection: _end, ...kept } = incoming.headers;
      response.writeHead(incoming.statusCode ?? 502, { ...kept, "content-length": reply.length });
      response.end(reply);
    } catch {
      cut();
    }
  });
  outgoing.end(body);
}
