import { type ConsoleAnswer, type ConsoleRequest, json, refusal } from "./answer.ts";
import type { Sandbox } from "./console.ts";

/** The controls of a sandbox that the page may use. */
const controls: ReadonlySet<string> = new Set([
  "GET faults",
  "POST faults",
  "DELETE faults",
  "GET calls",
  "GET ledger",
  "POST notify",
  "POST reset",
]);

interface Call {
  readonly at: number;
  readonly path: string;
  readonly verdict: string;
  readonly fault: string | null;
}

const hourMs = 3_600_000;
const mostCalls = 300;

/** Passes the page's controls on to the sandboxes, whose ports answer no page of another origin. */
export function openSandboxes(
  sandboxes: readonly Sandbox[],
): (request: ConsoleRequest) => Promise<ConsoleAnswer | undefined> {
  const urls = new Map(sandboxes.map(({ name, url }) => [name, url]));
  return async ({ method, path, body }) => {
    if (method === "GET" && path === "/console/health") return json(await healthOf(sandboxes));
    const [, name = "", control = ""] = /^\/console\/sandbox\/([a-z]+)\/([a-z]+)$/.exec(path) ?? [];
    const url = urls.get(name);
    if (url === undefined || !controls.has(`${method} ${control}`)) return undefined;
    return passOn(`${url}/sandbox/${control}`, method, body);
  };
}

async function passOn(url: string, method: string, body: Buffer): Promise<ConsoleAnswer> {
  try {
    const reply = await fetch(url, {
      method,
      redirect: "manual",
      signal: AbortSignal.timeout(30_000),
      ...(method === "POST" && { body, headers: { "content-type": "application/json" } }),
    });
    const answer: unknown = await reply.json();
    return json(url.endsWith("/calls") ? latest(answer) : answer, reply.status);
  } catch {
    return refusal(502, "The sandbox gave no answer.");
  }
}

/** The newest calls, newest first, of the ten thousand that a sandbox keeps. */
function latest(answer: unknown): unknown {
  const { total, calls } = answer as { readonly total: number; readonly calls: readonly Call[] };
  return { total, calls: calls.slice(-mostCalls).toReversed() };
}

/** What each sandbox did in the last hour, minute by minute. A call "failed" where a fault came in the way of its answer. */
async function healthOf(sandboxes: readonly Sandbox[]): Promise<unknown> {
  const now = Date.now();
  return Promise.all(
    sandboxes.map(async ({ name, title, url }) => {
      const reply = await fetch(`${url}/sandbox/calls`, { signal: AbortSignal.timeout(10_000) });
      const { calls } = (await reply.json()) as { readonly calls: readonly Call[] };
      const minutes = Array.from({ length: 60 }, () => ({ answered: 0, refused: 0, failed: 0 }));
      for (const call of calls) {
        const minute = minutes[59 - Math.floor((now - call.at) / 60_000)];
        if (minute !== undefined && now - call.at < hourMs) minute[kindOf(call)] += 1;
      }
      return { name, title, minutes };
    }),
  );
}

/** An answer that only comes late is one all the same. */
const kindOf = ({ verdict, fault }: Call): "answered" | "refused" | "failed" => {
  const isSpoiled = fault !== null && fault !== "slow";
  if (isSpoiled || verdict.startsWith("HTTP")) return "failed";
  return verdict === "success" ? "answered" : "refused";
};
