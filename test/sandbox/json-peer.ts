/** A sandbox that takes JSON, as its tests reach it: over HTTP. */
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  async ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const init: RequestInit = {
      method,
      headers: { "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    };
    return (await fetch(`${this.url}/sandbox/${path}`, init)).json();
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

/** Sandboxes in a folder of their own that end, with the folder, at the end of a test file. */
export class Running {
  readonly folder = mkdtempSync(join(tmpdir(), "sandbox-"));
  readonly #sandboxes: Sandbox[] = [];

  async started(sandbox: Promise<Sandbox>): Promise<Sandbox> {
    const running = await sandbox;
    this.#sandboxes.push(running);
    return running;
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.#sandboxes.splice(0).map((sandbox) => sandbox.close()));
  }

  async end(): Promise<void> {
    await this.closeAll();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
