/** `node console/serve.ts`: the console in front of a deployed gateway, served to this machine alone. */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import { CannotStart } from "../local/cannot-start.ts";
import { splitTarget } from "../local/http-event.ts";
import { refuse } from "../local/own-origin.ts";
import { addressOf, identityOf, Usage } from "../ops/smoke/address.ts";
import { openGateway } from "../ops/smoke/gateway.ts";
import { type Identity, Unsigned } from "../ops/smoke/identity.ts";
import { localIdentity } from "../ops/smoke/local-identity.ts";
import { type ConsoleAnswer, type ConsoleRequest, refusal } from "./answer.ts";
import { openConsole } from "./console.ts";
import { openDeployed } from "./deployed.ts";

const help = `Usage: node console/serve.ts --url https://... [--profile NAME] [--region R] [--port N]

Serves the console of a deployed gateway at an address of this machine, and prints it. Every call is signed (SigV4) with the
profile's keys; what the profile may not do the gateway refuses. It moves no money: it looks, and settles records by hand.

  --url U        the stack's Url, or a domain of your own
  --profile N    whose keys sign; those of the environment unless given
  --region R     unless the URL, the profile or the environment says it
  --port N       3100 unless given; 0 takes any free port

CONSOLE_TOKEN in the environment is a token for a gateway with auth=jwt, and is sent in place of a signature.
The address holds a key that is new at each start: who has it acts with the profile's keys. Ctrl-C ends it.
Ends with 2 where the options are wrong, with 1 where there are no keys or the port is taken.
`;

interface Serving {
  readonly url: URL;
  /** Undefined: nothing is signed, as a local gateway may be asked. */
  readonly identity: Identity | undefined;
  readonly port: number;
}

export interface Served {
  /** With the key behind the `#`, which no browser sends to a server. */
  readonly address: string;
  close(): Promise<void>;
}

const largestBody = 64 * 1024;

/** @throws Unsigned where there are no credentials; the error of `listen` where the port is taken. */
export async function serveConsole({ url, identity, port }: Serving): Promise<Served> {
  const gateway = await openGateway(url, identity);
  const signedAs = nameOf(identity);
  const key = randomBytes(32).toString("base64url");
  const deployed = openDeployed(gateway, signedAs);
  const answer = openConsole({
    setup: { gateway: url.origin, kind: "deployed", base: "/console/gateway", signedAs },
    before: async (request) =>
      hasKey(request, key)
        ? deployed(request)
        : refusal(
            403,
            "Open the address that the console printed when it started: it holds the key of this start.",
          ),
  });
  const server = createServer((request, response) => {
    if (refuse(request, response)) return;
    respond(request, response, answer).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const { port: own } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${own}/#key=${key}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** In constant time: a page of this machine could measure otherwise. */
function hasKey({ headers }: ConsoleRequest, key: string): boolean {
  const given = Buffer.from(String(headers["x-console-key"] ?? ""));
  const own = Buffer.from(key);
  return given.length === own.length && timingSafeEqual(given, own);
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (request: ConsoleRequest) => Promise<ConsoleAnswer | undefined>,
): Promise<void> {
  const split = splitTarget(request.url ?? "/");
  const body = await bodyOf(request);
  const told =
    split === undefined || body === undefined
      ? refusal(400, "The request cannot be read.")
      : await answer({
          method: request.method ?? "GET",
          path: split.path,
          query: new URLSearchParams(split.query),
          headers: request.headers,
          body,
        });
  const { status, headers, body: bytes } = told ?? refusal(404, "There is nothing at this path.");
  response.writeHead(status, { ...headers, "content-length": bytes.length });
  response.end(bytes);
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= largestBody) chunks.push(chunk);
  }
  return size > largestBody ? undefined : Buffer.concat(chunks);
}

function nameOf(identity: Identity | undefined): string {
  if (identity === undefined) return "an unsigned caller";
  return "token" in identity ? "the token's subject" : (identity.profile ?? "the environment's keys");
}

function servingOf(args: readonly string[]): Serving | "help" {
  const { values } = parsed(args);
  if (values.help) return "help";
  if (values.url === undefined) throw new Usage("--url is missing: the address of the gateway.");
  const url = addressOf(values.url, "--url");
  const { profile, region } = values;
  const token = process.env.CONSOLE_TOKEN;
  const given = { profile, region, token, tokenFrom: "CONSOLE_TOKEN" };
  const identity = identityOf(url, given, process.env) ?? localIdentity(url, process.env);
  const port = /^\d{1,5}$/.test(values.port ?? "3100") ? Number(values.port ?? "3100") : Number.NaN;
  if (!(port <= 65_535)) throw new Usage(`--port "${values.port}" is no port.`);
  return { url, identity, port };
}

function parsed(args: readonly string[]) {
  const text = { type: "string" } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        url: text,
        profile: text,
        region: text,
        port: text,
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new Usage(error instanceof Error ? error.message : String(error));
  }
}

interface Output {
  out(text: string): void;
  err(text: string): void;
}

/** Gives the exit code where it could not begin or only helped; undefined while the console is served. */
export async function serve(args: readonly string[], { out, err }: Output): Promise<number | undefined> {
  try {
    const serving = servingOf(args);
    if (serving === "help") {
      out(help);
      return 0;
    }
    const { address } = await serveConsole(serving);
    out(`The console of ${serving.url.origin}, until Ctrl-C:\n${address}\n`);
    return undefined;
  } catch (error) {
    if (error instanceof Usage) {
      err(`${error.message}\nnode console/serve.ts --help lists the options.\n`);
      return 2;
    }
    if (error instanceof Unsigned || error instanceof CannotStart || isPortError(error)) {
      err(`${error.message}\n`);
      return 1;
    }
    throw error;
  }
}

const isPortError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && "code" in error && ["EADDRINUSE", "EACCES"].includes(String(error.code));

if (import.meta.main) {
  const code = await serve(process.argv.slice(2), {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
  });
  if (code !== undefined) process.exitCode = code;
}
