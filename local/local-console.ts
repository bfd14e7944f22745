import type { Console } from "../console/answer.ts";
import { providers } from "../lib/providers/index.ts";
import type { Peer } from "./peers.ts";

/** The console of this host, loaded when the first browser comes. Its page calls the gateway itself, as callers do. */
export function localConsole(gateway: string, peers: readonly Peer[]): Console {
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
    opened ??= open();
    return (await opened)(request);
  };
}

const isConsole = (path: string): boolean => path === "/" || path.startsWith("/console/");
