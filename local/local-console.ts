import { type Console, json } from "../console/answer.ts";
import { providers } from "../lib/providers/index.ts";
import type { Peer } from "./peers.ts";
import type { TimedEvent } from "./pipe.ts";

/** The console of this host, loaded when the first browser comes. Its page calls the gateway itself, as callers do. */
export function localConsole(
  gateway: string,
  peers: readonly Peer[],
  events: () => Promise<readonly TimedEvent[]>,
): Console {
  let opened: Promise<Console> | undefined;
  const open = async (): Promise<Console> => {
    const { openConsole } = await import("../console/console.ts");
    return openConsole({
      setup: { gateway, kind: "local", base: "", signedAs: null },
      sandboxes: peers
        .filter(({ isSandbox }) => isSandbox)
        .map(({ provider, url }) => ({ name: provider, title: providers[provider].title, url })),
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

const isConsole = (path: string): boolean => path === "/" || path.startsWith("/console/");
