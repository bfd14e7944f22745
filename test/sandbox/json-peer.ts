/** A sandbox that takes JSON, as its tests reach it: over HTTP. */
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach } from "vitest";
import type { Sandbox } from "../../local/sandbox/common/server.ts";

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly location: string;
}

export type Headers = Readonly<Record<string, string>>;

export interface CallLine {
  readonly path: string;
  readonly fields: readonly string[];
  readonly headers: readonly string[];
  readonly undocumented: readonly string[];
  readonly shown: Readonly<Record<string, string>>;
  readonly signed: boolean;
  readonly fault: string | null;
  readonly verdict: string;
  readonly effect: number | null;
}

/** One POST with exactly these headers: `fetch` has its own mind about `date`. */
export function post(url: string, headers: Headers, body: string, signal?: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request(
      url,
      { method: "POST", headers, agent: false, ...(signal && { signal }) },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            type: response.headers["content-type"] ?? "",
            text: Buffer.concat(chunks).toString("utf8"),
            location: response.headers.location ?? "",
          }),
        );
      },
    );
    call.on("error", reject);
    call.end(body);
  });
}

export const json = ({ text }: Answer): Readonly<Record<string, unknown>> =>
  JSON.parse(text) as Record<string, unknown>;

/** The sandbox's own endpoints. */
export class Control {
  readonly #url: () => string;

  /** The address is asked for at each call: a sandbox that is started again has another one. */
  constructor(url: () => string) {
    this.#url = url;
  }

  async ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const init: RequestInit = {
      method,
      headers: { "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    };
    return (await fetch(`${this.#url()}/sandbox/${path}`, init)).json();
  }

  async calls(): Promise<readonly CallLine[]> {
    return ((await this.ask("GET", "calls")) as { calls: readonly CallLine[] }).calls;
  }

  async lastCall(): Promise<CallLine> {
    const last = (await this.calls()).at(-1);
    if (last === undefined) throw new Error("no call came in");
    return last;
  }
}

/** The sandbox of a test file, in a folder of its own: it forgets all before each test, and ends after the last one. */
export class Running {
  readonly folder = mkdtempSync(join(tmpdir(), "sandbox-"));
  readonly control = new Control(() => this.url);
  readonly #start: (dataDir: string) => Promise<Sandbox>;
  #sandbox: Sandbox | undefined;

  constructor(start: (dataDir: string) => Promise<Sandbox>) {
    this.#start = start;
    beforeAll(() => this.start());
    beforeEach(() => this.control.ask("POST", "reset"));
    afterAll(async () => {
      await this.close();
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  get url(): string {
    if (this.#sandbox === undefined) throw new Error("the sandbox is not running");
    return this.#sandbox.url;
  }

  async start(): Promise<void> {
    this.#sandbox = await this.#start(this.folder);
  }

  async close(): Promise<void> {
    await this.#sandbox?.close();
    this.#sandbox = undefined;
  }

  async restart(): Promise<void> {
    await this.close();
    await this.start();
  }
}
