import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { withDataDir } from "./ask.ts";
import { Stopped, wrongInput } from "./exit.ts";
import { isObject, type JsonObject, shown } from "./shown.ts";
import { didYouMean } from "./suggest.ts";

export interface SandboxOptions {
  readonly provider: string;
  readonly sandbox?: string;
  readonly dataDir: string;
  readonly json?: true;
}

/** Adds the options of what asks a sandbox of the local gateway. */
export const asksSandbox = (command: Command): Command =>
  withDataDir(command)
    .addOption(new Option("--provider <name>", "whose sandbox").default("aggrepay"))
    .option("--sandbox <url>", "its address, where the local gateway keeps its data elsewhere")
    .option("--json", "prints the answer as JSON");

/** The address of a sandbox: the local gateway keeps its port in its folder. */
function addressOf({ provider, sandbox, dataDir }: SandboxOptions): string {
  if (sandbox !== undefined) return sandbox.replace(/\/+$/, "");
  const file = join(dataDir, "sandbox-ports.json");
  let ports: unknown;
  try {
    ports = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    throw new Stopped(
      "unreachable",
      `There is no ${file}: start the gateway with "gw start", or give --data-dir.`,
    );
  }
  const names = isObject(ports) ? Object.keys(ports) : [];
  const port = isObject(ports) ? ports[provider] : undefined;
  if (typeof port !== "number")
    throw wrongInput(
      `There is no sandbox "${provider}"${didYouMean(provider, names) || `: there are ${names.join(", ")}.`}`,
    );
  return `http://127.0.0.1:${port}`;
}

/**
 * One call of a sandbox's control.
 *
 * @throws Stopped `wrongInput` with its own sentence where it refuses, `unreachable` where it does not answer
 */
export async function sandboxSays(
  options: SandboxOptions,
  method: "GET" | "POST" | "DELETE",
  route: string,
  body?: JsonObject,
): Promise<JsonObject> {
  const url = `${addressOf(options)}/sandbox/${route}`;
  let response: Response;
  let answer: unknown;
  try {
    response = await fetch(url, {
      method,
      ...(body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(10_000),
    });
    answer = await response.json();
  } catch (cause) {
    throw new Stopped("unreachable", `No sandbox answers at ${url}: is the gateway running?`, { cause });
  }
  const told = isObject(answer) ? answer : {};
  if (response.ok) return told;
  throw wrongInput(
    `The sandbox of ${options.provider} refuses: ${shown(told.message) || `HTTP ${response.status}`}.`,
  );
}
