import type { Detail, Page, Setup } from "./shapes.ts";

/** What the page asks for, and what it is answered. Everything goes to the page's own origin. */

/** An answer that is no success, or none at all (`status` 0). */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly status: number;
  readonly body: unknown;

  constructor(status: number, message: string, body: unknown = undefined) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
  readonly tookMs: number;
}

interface Ask {
  readonly method?: "GET" | "POST" | "DELETE";
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const keyName = "console-key";

/** The key that `console/serve.ts` prints stands behind the `#`, which no browser sends; the page keeps it while it is open. */
export function takeKey(): void {
  const key = /^#key=([\w-]+)$/.exec(location.hash)?.[1];
  if (key === undefined) return;
  sessionStorage.setItem(keyName, key);
  history.replaceState(null, "", "/#/records");
}

/** Any answer, a refusal too. @throws Refused with status 0 where none came. */
export async function send(path: string, { method = "GET", body, headers = {} }: Ask = {}): Promise<Reply> {
  const key = sessionStorage.getItem(keyName);
  const started = performance.now();
  try {
    const response = await fetch(path, {
      method,
      credentials: "omit",
      headers: {
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(key !== null && path.startsWith("/console/") && { "x-console-key": key }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const tookMs = performance.now() - started;
    return { status: response.status, headers: response.headers, body: parsed(text), tookMs };
  } catch {
    throw new Refused(0, "No answer came. Is the gateway still running?");
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The body of a success. @throws Refused for every other answer, in its own words. */
export async function ask<T>(path: string, init: Ask = {}): Promise<T> {
  const { status, body } = await send(path, init);
  if (status >= 200 && status < 300) return body as T;
  throw new Refused(status, wordsOf(status, body), body);
}

function wordsOf(status: number, body: unknown): string {
  const { detail, message, errors } = (body ?? {}) as {
    readonly detail?: string;
    readonly message?: string;
    readonly errors?: readonly { readonly pointer?: string; readonly detail: string }[];
  };
  const faults = (errors ?? []).map(({ pointer = "", detail }) => `${pointer.slice(1)} ${detail}`.trim());
  const said = [detail ?? message ?? "", ...faults].filter((text) => text !== "").join(" ");
  return said === "" ? `The answer is HTTP ${status}.` : said;
}

let setup: Setup | undefined;
export const keepSetup = (read: Setup): void => {
  setup = read;
};
/** Of a page that has been set up, as every view's is. */
export function here(): Setup {
  if (setup === undefined) throw new Error("the page is not set up");
  return setup;
}

/** The same of the gateway. @throws Refused, which says how to see a local gateway that answers signed calls alone */
export async function gateway<T>(path: string, init: Ask = {}): Promise<T> {
  const { base, kind, gateway: url } = here();
  try {
    return await ask<T>(base + path, init);
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 403 || kind !== "local") throw error;
    throw new Refused(
      403,
      `This gateway runs with AUTH=iam and answers signed calls alone. Serve its console with: AUTH=iam npx gw console --url ${url}`,
    );
  }
}

/** Every page of a list by state, 500 records at most. */
export async function unfinished(
  state: "in_doubt" | "dispatched" | "needs_attention",
): Promise<Page<Detail>> {
  const found: Detail[] = [];
  let cursor: string | null = null;
  let complete = true;
  for (let pages = 0; pages < 5; pages += 1) {
    const after: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const answer: Page<Detail> = await gateway(`/v1/records?limit=100&state=${state}${after}`);
    found.push(...answer.result);
    complete &&= answer.page?.complete ?? true;
    cursor = answer.page?.cursor ?? null;
    if (cursor === null) break;
  }
  return { result: found, page: { cursor, complete: complete && cursor === null } };
}
