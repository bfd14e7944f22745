import { type Console, type ConsoleRequest, json, refusal } from "../console/answer.ts";
import { providers } from "../lib/providers/index.ts";
import { objectOf, parseJson } from "./json.ts";
import type { Peer } from "./peers.ts";
import type { TimedEvent } from "./pipe.ts";

/** What the console asks of the host itself. */
interface Running {
  /** What the pipe would send, oldest first. */
  readonly events: () => Promise<readonly TimedEvent[]>;
  /** Runs the function of the books with that event; a sentence where it failed, or is not deployed. */
  readonly lookAtBooks: (event: string) => Promise<string | undefined>;
}

/** The console of this host, loaded when the first browser comes. Its page calls the gateway itself, as callers do. */
export function localConsole(
  gateway: string,
  peers: readonly Peer[],
  { events, lookAtBooks }: Running,
): Console {
  let opened: Promise<Console> | undefined;
  const open = async (): Promise<Console> => {
    const { openConsole } = await import("../console/console.ts");
    return openConsole({
      setup: { gateway, kind: "local", base: "", signedAs: null },
      sandboxes: peers
        .filter(({ isSandbox }) => isSandbox)
        .map(({ provider, url }) => ({ name: provider, title: providers[provider].title, url })),
      before: (request) => booksLookedAt(request, lookAtBooks),
    });
  };
  return async (request) => {
    if (!isConsole(request.path)) return undefined;
    if (`${request.method} ${request.path}` === "GET /console/events") {
      const all = await events();
      return json({ events: all.slice(Number(request.query.get("after") ?? 0)), next: all.length });
    }
    opened ??= open();
    return (await opened)(request);
  };
}

/** On AWS a person invokes the function with the AWS command line; here the console's page asks for it. */
async function booksLookedAt({ method, path, body }: ConsoleRequest, look: Running["lookAtBooks"]) {
  if (method !== "POST" || path !== "/console/books") return undefined;
  const { date = "today" } = objectOf(parseJson(body.toString("utf8") || "{}"));
  const failure = await look(JSON.stringify({ date }));
  return failure === undefined ? json({}) : refusal(502, failure);
}

const isConsole = (path: string): boolean => path === "/" || path.startsWith("/console/");
