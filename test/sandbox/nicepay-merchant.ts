/** The merchant's side, as tests need it: a server that keeps every notification and answers as it is told. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Got {
  readonly type: string;
  readonly fields: Readonly<Record<string, string>>;
}

export interface Merchant {
  readonly url: string;
  readonly got: Got[];
  /** The statuses of the next answers; 200 once they are used up. */
  readonly answers: number[];
  close(): Promise<void>;
}

export async function startMerchant(): Promise<Merchant> {
  const got: Got[] = [];
  const answers: number[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString("utf8");
    const type = request.headers["content-type"]?.split(";")[0] ?? "";
    const form = type === "application/x-www-form-urlencoded";
    const fields: unknown = form ? Object.fromEntries(new URLSearchParams(body)) : JSON.parse(body);
    got.push({ type, fields: fields as Got["fields"] });
    response.writeHead(answers.shift() ?? 200).end("kept");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/notified`,
    got,
    answers,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
