import { Agent, request } from "node:http";

export interface Draft {
  method: string;
  path: string;
  /** Name and value pairs, so that a name may come twice. */
  headers: (readonly [string, string])[];
  body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 128 });
const patienceMs = 35_000;

/** Sends what a client can send at all; undefined where the connection broke without an answer. */
export function exchange(url: string, { method, path, headers, body }: Draft): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    const sent = request({
      ...{ agent, hostname, port, method },
      path: path.replace(/[^\x21-\x7e]/g, (character) => encodeURIComponent(character.toWellFormed())),
      headers: wireHeaders([
        ["host", `127.0.0.1:${port}`],
        ["connection", "keep-alive"],
        ...headers,
        ["content-length", String(body.length)],
      ]),
      timeout: patienceMs,
    });
    sent.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", () => resolve(undefined));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString("utf8"),
        }),
      );
    });
    sent.on("timeout", () => sent.destroy());
    sent.on("error", () => resolve(undefined));
    sent.end(body);
  });
}

/** Name, value, name, value, as the wire can carry them. */
const wireHeaders = (pairs: readonly (readonly [string, string])[]): string[] =>
  pairs.flatMap(([name, value]) => {
    const bytes = Buffer.from(value, "utf8").toString("latin1");
    return [name, bytes.replace(/[^\t\x20-\x7e\x80-\xff]/g, "?")];
  });
