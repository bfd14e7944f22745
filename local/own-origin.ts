import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * Keeps web pages away from the ports of this machine. A browser lets any page send requests to 127.0.0.1, and a page whose
 * name resolves to 127.0.0.1 (DNS rebinding) may read the answers too. Programs send none of these headers but Host, and that
 * one is right; so nothing changes for them.
 */

export interface Refusal {
  readonly status: 403 | 421;
  readonly sentence: string;
}

export interface Exceptions {
  /** Names besides the loopback ones that Host may have for this path: a tunnel's, that the user has named. */
  readonly hosts?: (path: string) => readonly string[];
  /** Paths that a link, a form of method GET or a redirect of any site may lead a person to. */
  readonly pages?: (path: string) => boolean;
}

const loopbackNames = ["127.0.0.1", "localhost", "[::1]"] as const;

/** Says why a request is not for this server, or not from its own pages; undefined where it is both or from no page. */
export function refusalOf(request: IncomingMessage, exceptions: Exceptions = {}): Refusal | undefined {
  const { headers, rawHeaders, url: target = "" } = request;
  // `GET http://name/` and `CONNECT name:80` are for a proxy.
  if (!target.startsWith("/")) return misdirected("The request target must be a path");
  const [path = ""] = target.split("?");
  const port = request.socket.localPort ?? 0;
  const hosts = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === "host");
  const host = headers.host?.toLowerCase() ?? "";
  const expected = [...ownHosts(port), ...(exceptions.hosts?.(path) ?? [])];
  if (hosts.length !== 1 || !expected.includes(host))
    return misdirected(`Host must be ${ownHosts(port).join(" or ")}`);
  // A browser says `null` where the page has no origin to name, as in a sandboxed frame.
  if (headers.origin !== undefined && headers.origin !== `http://${host}`)
    return forbidden("Origin must be this address itself: pages of other origins are not answered");
  const site = headers["sec-fetch-site"] ?? "none";
  if (site === "none" || site === "same-origin" || isVisit(request, path, exceptions)) return undefined;
  return forbidden(`Sec-Fetch-Site must not be ${site}: pages of other origins are not answered`);
}

/** Answers a request that is refused. @returns whether it was. */
export function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  exceptions: Exceptions = {},
): boolean {
  const refusal = refusalOf(request, exceptions);
  if (refusal === undefined) return false;
  const body = JSON.stringify({ message: refusal.sentence });
  // The body has not been read, so nothing more can be read from this connection.
  response.writeHead(refusal.status, { "content-type": "application/json", connection: "close" }).end(body);
  request.resume();
  return true;
}

/** Browsers leave the port out where it is 80. */
const ownHosts = (port: number): readonly string[] =>
  loopbackNames.flatMap((name) => [`${name}:${port}`, ...(port === 80 ? [name] : [])]);

const isVisit = ({ method, headers }: IncomingMessage, path: string, { pages }: Exceptions): boolean =>
  method === "GET" && headers["sec-fetch-mode"] === "navigate" && (pages?.(path) ?? false);

const misdirected = (sentence: string): Refusal => ({ status: 421, sentence });
const forbidden = (sentence: string): Refusal => ({ status: 403, sentence });
