import { spawn } from "node:child_process";
import { join } from "node:path";
import { compileCache } from "./compile-cache.ts";
import type { Credentials } from "./iam/signature.ts";
import { type Log, platformLine } from "./logs.ts";
import { deathSignal } from "./tether.ts";

/** Where functions find DynamoDB, Secrets Manager and SQS, which ask who calls and whether their role allows it. */
export interface Stores {
  readonly dynamoDbUrl: string;
  readonly secretsManagerUrl: string;
  readonly queuesUrl: string;
  close(): Promise<void>;
}

/** 0 takes any free one. */
interface Ports {
  readonly dynamoDb: number;
  readonly secretsManager: number;
  readonly queues: number;
}

/** What the process is told. */
export interface StoresOrder {
  /** The database itself, which believes everybody. */
  readonly database: string;
  /** The folder of the cloud assembly. */
  readonly assembly: string;
  /** By the name of the function that has them. */
  readonly credentials: ReadonlyMap<string, Required<Credentials>>;
  /** Of whoever runs the host. */
  readonly person: Required<Credentials>;
  readonly secrets: { readonly file: string | undefined; readonly gatewayFile: string };
  /** The file that holds the messages of queues. */
  readonly messages: string;
  readonly ports: Ports;
}

/** What it says. */
export type StoresMessage =
  | { readonly type: "listening"; readonly ports: Ports }
  | { readonly type: "refused"; readonly functionName: string; readonly sentence: string }
  | { readonly type: "report"; readonly sentence: string };

interface Listeners {
  readonly log: Log;
  readonly refused: (functionName: string, sentence: string) => void;
  readonly report: (sentence: string) => void;
}

/**
 * Starts them in a process of their own, and again on their ports should it end. The host starts processes by the dozen, and
 * that holds up all of its threads for longer than a function waits for a store.
 */
export async function startStores(
  order: Omit<StoresOrder, "ports">,
  { log, refused, report }: Listeners,
): Promise<Stores> {
  let closing = false;
  let ports: Ports | undefined;
  const first = Promise.withResolvers<Ports>();
  let child = launch();

  function launch() {
    const [command = "", ...args] = [...deathSignal, process.execPath, program];
    const started = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
      serialization: "advanced",
      detached: true,
    });
    if (started.stdout) log.stream(started.stdout);
    if (started.stderr) log.stream(started.stderr, "crashes");
    started.on("message", (message: StoresMessage) => {
      if (message.type === "refused") return refused(message.functionName, message.sentence);
      if (message.type === "report") return report(message.sentence);
      ports = message.ports;
      first.resolve(ports);
    });
    let gone = false;
    const ended = (how: string) => {
      if (closing || gone) return;
      gone = true;
      const sentence = `What DynamoDB, Secrets Manager and SQS are asked through ended with ${how}`;
      first.reject(new Error(sentence));
      log.line(platformLine("ERROR", `${sentence}; it is started again`));
      if (ports !== undefined) child = launch();
    };
    started.on("exit", (code, signal) => ended(String(code ?? signal)));
    started.on("error", (error) => ended(error.message));
    const told: StoresOrder = { ...order, ports: ports ?? { dynamoDb: 0, secretsManager: 0, queues: 0 } };
    started.send(told, () => undefined);
    return started;
  }

  const { dynamoDb, secretsManager, queues } = await first.promise;
  return {
    dynamoDbUrl: `http://127.0.0.1:${dynamoDb}`,
    secretsManagerUrl: `http://127.0.0.1:${secretsManager}`,
    queuesUrl: `http://127.0.0.1:${queues}`,
    close() {
      closing = true;
      if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
      const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
      child.kill("SIGKILL");
      return ended;
    },
  };
}

const program = join(import.meta.dirname, "stores-process.ts");
