import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Credentials } from "../../local/iam/signature.ts";
import { bareEnvironment } from "./processes.ts";

/** Never called: by it `vitest --changed` knows that whoever starts a gateway tests all of this. */
export const served = () => [
  import("../../local/start.ts"),
  import("../../infra/app.ts"),
  import("../../functions/index.ts"),
];

/** The gateway as `npm start` runs it, in a process of its own. */
export interface Gateway {
  readonly url: string;
  /** Where functions send AggrePay's requests, if that is the sandbox. */
  readonly sandboxUrl?: string;
  readonly dynamoUrl: string;
  /** With which a person may look at the table and write it. */
  readonly dynamoCredentials: Required<Credentials>;
  readonly secretsUrl: string;
  readonly dataDir: string;
  readonly pid: number;
  /** Everything that the host and its functions have printed so far. */
  logs(): string;
  /** SIGKILL unless told otherwise; resolves when the process is gone. The data directory stays. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** As Ctrl-C does; fails unless the gateway ends with 0. Removes the data directory unless it was given. */
  stop(): Promise<void>;
}

export interface GatewayOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly dataDir?: string;
}

export async function startGateway({ env = {}, dataDir }: GatewayOptions = {}): Promise<Gateway> {
  const folder = dataDir ?? (await mkdtemp(join(tmpdir(), "wallet-gateway-data-")));
  const child = spawn(process.execPath, [resolve(import.meta.dirname, "../../local/start.ts")], {
    env: {
      ...bareEnvironment(),
      ASSEMBLY_DIR: process.env.ASSEMBLY_DIR,
      PORT: "0",
      LOG: "1",
      DATA_DIR: folder,
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  let isReady = false;
  const exited = once(child, "exit");
  const ready = new Promise<void>((found) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        printed += text;
        if (isReady || !/^ready http/m.test(printed)) return;
        isReady = true;
        found();
      });
    }
  });
  const started = await Promise.race([ready.then(() => true), once(child, "close").then(() => false)]);
  const forget = async () => {
    if (dataDir === undefined) await rm(folder, { recursive: true, force: true });
  };
  if (!started) {
    await forget();
    throw new Error(`The gateway ended with ${child.exitCode ?? child.signalCode}: ${printed}`);
  }

  const address = (pattern: RegExp) => pattern.exec(printed)?.[1];
  const required = (pattern: RegExp) => {
    const found = address(pattern);
    if (found === undefined) throw new Error(`${pattern} is not in what the gateway printed: ${printed}`);
    return found;
  };
  const sandboxUrl = address(/^ {2}AggrePay +(\S+) +sandbox$/m);
  const kill = async (signal: NodeJS.Signals = "SIGKILL") => {
    child.kill(signal);
    await exited;
  };
  return {
    url: required(/^ready (\S+)$/m),
    ...(sandboxUrl !== undefined && { sandboxUrl }),
    dynamoUrl: required(/^ {2}DynamoDB +(\S+)/m),
    dynamoCredentials: credentialsIn(join(folder, "aws-credentials")),
    secretsUrl: required(/^ {2}Secrets Manager +(\S+)/m),
    dataDir: folder,
    pid: child.pid ?? 0,
    logs: () => printed,
    kill,
    async stop() {
      const running = child.exitCode === null && child.signalCode === null;
      if (running) await kill("SIGTERM");
      await forget();
      if (running && child.exitCode !== 0)
        throw new Error(`The gateway ended with ${child.exitCode}: ${printed}`);
    },
  };
}

function credentialsIn(file: string): Required<Credentials> {
  const text = readFileSync(file, "utf8");
  const of = (name: string) => new RegExp(`^${name} = (\\S+)$`, "m").exec(text)?.[1] ?? "";
  return {
    accessKeyId: of("aws_access_key_id"),
    secretAccessKey: of("aws_secret_access_key"),
    sessionToken: of("aws_session_token"),
  };
}
