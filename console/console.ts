import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { providers } from "../lib/providers/index.ts";
import { type Console, type ConsoleAnswer, type ConsoleRequest, json, refusal } from "./answer.ts";
import { openAssets } from "./assets.ts";
import { readRunbook } from "./runbook.ts";
import { openSandboxes } from "./sandboxes.ts";

/** Where the page sends its calls to the gateway. */
export interface Setup {
  /** The gateway's own address, for the reader and for copied commands. */
  readonly gateway: string;
  /** `local`: this origin is the gateway itself. `deployed`: the console passes calls on, and signs them. */
  readonly kind: "local" | "deployed";
  /** What the page puts before `/v1/...`. */
  readonly base: "" | "/console/gateway";
  /** Whose keys sign; null where nothing is signed. */
  readonly signedAs: string | null;
  /** Every provider's name as people write it, by its own. */
  readonly titles: Readonly<Record<string, string>>;
  /** The providers that have a sandbox here. */
  readonly sandboxes: readonly SandboxName[];
}

interface SandboxName {
  /** `aggrepay` */
  readonly name: string;
  /** `AggrePay` */
  readonly title: string;
}

export interface Sandbox extends SandboxName {
  readonly url: string;
}

const contract = join(import.meta.dirname, "../docs/openapi.json");

interface Options {
  readonly setup: Omit<Setup, "sandboxes" | "titles">;
  readonly sandboxes?: readonly Sandbox[];
  /** Sees every request for data first; its answer is final. */
  readonly before?: (request: ConsoleRequest) => Promise<ConsoleAnswer | undefined>;
}

/** The browser console: page, assets, and the data that the gateway's own API does not have. */
export function openConsole({ setup, sandboxes = [], before }: Options): Console {
  const assets = openAssets();
  const control = openSandboxes(sandboxes);
  const told: Setup = {
    ...setup,
    titles: Object.fromEntries(Object.entries(providers).map(([name, { title }]) => [name, title])),
    sandboxes: sandboxes.map(({ name, title }) => ({ name, title })),
  };
  return async (request) => {
    const { method, path } = request;
    const early = (await assets(request)) ?? (await before?.(request));
    if (early !== undefined) return early;
    switch (`${method} ${path}`) {
      case "GET /console/setup":
        return json(told);
      case "GET /console/runbook":
        return json(await readRunbook());
      case "GET /console/openapi.json":
        return json(JSON.parse(await readFile(contract, "utf8")));
      case "POST /console/made":
        return (await import("./made.ts")).madeRequest(request.body);
      case "GET /console/sandbox-secrets":
        // What the sandboxes accept unless told otherwise; those of a SECRETS_FILE are given to no page.
        return json(sandboxes.length > 0 ? (await import("../local/sandbox/index.ts")).sandboxSecrets : {});
    }
    return (await control(request)) ?? refusal(404, "The console has nothing at this path.");
  };
}
