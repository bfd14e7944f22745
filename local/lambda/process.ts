import { type ChildProcess, spawn } from "node:child_process";
import { pathToFileURL } from "node:url";
import type { LambdaFunction } from "../assembly.ts";
import type { Credentials } from "../iam/signature.ts";
import { type Log, platformLine } from "../logs.ts";
import { deathSignal } from "../tether.ts";
import { environmentOf } from "./environment.ts";
import type { FunctionError, Invocation, WorkerMessage } from "./protocol.ts";

/** What came of one invocation. Nothing is ever invoked twice: after `failed` the function may have acted. */
export type Outcome =
  | { readonly kind: "answered"; readonly payload: string }
  | { readonly kind: "failed"; readonly error: FunctionError };

/** One execution environment of a function. */
export interface LambdaProcess {
  readonly pid: number | undefined;
  /** False from the moment that its end is known or decided. */
  readonly alive: boolean;
  /** Resolves after the init phase; rejects with a FunctionFailure if the function could not be loaded. */
  readonly initialized: Promise<void>;
  /** One at a time. */
  invoke(requestId: string, event: string): Promise<Outcome>;
  /** Ends it at once, whatever it is doing; `ended` follows. */
  kill(): void;
  readonly ended: Promise<void>;
}

export class FunctionFailure extends Error {
  override readonly name = "FunctionFailure";
  readonly reason: FunctionError;
  constructor(reason: FunctionError) {
    super(`${reason.errorType}: ${reason.errorMessage}`);
    this.reason = reason;
  }
}

/** Lambda gives the init phase ten seconds. */
const longestInitMs = 10_000;

export interface Workshop {
  /** The plain JavaScript of worker.ts. */
  readonly worker: string;
  /** Where V8's compiled code is kept from one process to the next: it saves a fifth of a cold start. */
  readonly compileCache: string;
  /** Those of the function's role. */
  readonly credentials: Required<Credentials>;
}

/** The process of one environment: what it prints goes to the log. */
function spawned(
  lambda: LambdaFunction,
  { worker, compileCache, credentials }: Workshop,
  log: Log,
): ChildProcess {
  const [command = "", ...args] = [
    ...deathSignal,
    process.execPath,
    `--max-old-space-size=${lambda.memoryMb}`,
    // A small young generation and few helper threads: dozens of processes share two cores.
    "--max-semi-space-size=1",
    "--v8-pool-size=1",
    worker,
    pathToFileURL(lambda.entry).href,
    lambda.exportName,
    compileCache,
    ...lambda.layers,
  ];
  const child = spawn(command, args, {
    cwd: lambda.folder,
    env: environmentOf(lambda, credentials),
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    detached: true,
  });
  // They are absent if the system had no descriptors left; `error` follows.
  if (child.stdout) log.stream(child.stdout);
  if (child.stderr) log.stream(child.stderr, "crashes");
  return child;
}

export function startProcess(lambda: LambdaFunction, workshop: Workshop, log: Log): LambdaProcess {
  const child = spawned(lambda, workshop, log);
  const init = Promise.withResolvers<void>();
  // A process that is killed before anyone waits for it must not end the host.
  init.promise.catch(() => undefined);
  const ended = Promise.withResolvers<void>();
  let current: { readonly requestId: string; readonly finish: (outcome: Outcome) => void } | undefined;
  /** Why the host killed it, if it did. */
  let verdict: FunctionError | undefined;
  let alive = true;

  const kill = (reason?: FunctionError) => {
    verdict ??= reason;
    alive = false;
    child.kill("SIGKILL");
  };
  const initTimer = setTimeout(
    () =>
      kill({
        errorType: "Sandbox.Timedout",
        errorMessage: `Init took more than ${longestInitMs / 1000} seconds`,
      }),
    longestInitMs,
  );

  const finish = (requestId: string, outcome: Outcome) => {
    if (current?.requestId !== requestId) return;
    const { finish: answer } = current;
    current = undefined;
    answer(outcome);
  };

  child.on("message", (message: WorkerMessage) => {
    if (message.type === "initialized") {
      clearTimeout(initTimer);
      init.resolve();
    } else if (message.type === "init-failed") {
      kill(message.error);
    } else if (message.type === "answer") {
      finish(message.requestId, { kind: "answered", payload: message.payload });
    } else {
      finish(message.requestId, { kind: "failed", error: message.error });
    }
  });

  // An answer that was sent before the end is still in the channel at `exit`; `disconnect` comes after the last of it.
  const gone = Promise.all([
    new Promise<string>((resolve) => {
      child.on("exit", (code, signal) => {
        alive = false;
        resolve(signal === null ? `exit status ${code}` : `signal ${signal}`);
      });
      child.on("error", (error) => resolve(error.message));
    }),
    new Promise<void>((resolve) => {
      child.on("disconnect", resolve);
      child.on("error", () => resolve());
    }),
  ]);
  gone.then(([how]) => {
    clearTimeout(initTimer);
    const error = verdict ?? { errorType: "Runtime.ExitError", errorMessage: `Runtime exited: ${how}` };
    init.reject(new FunctionFailure(error));
    if (current !== undefined) {
      const { requestId } = current;
      log.line(platformLine("ERROR", `${error.errorType}: ${error.errorMessage}`, requestId));
      finish(requestId, { kind: "failed", error });
    }
    ended.resolve();
  });

  return {
    pid: child.pid,
    get alive() {
      return alive;
    },
    initialized: init.promise,
    ended: ended.promise,
    kill: () => kill(),
    async invoke(requestId, event) {
      const { promise, resolve } = Promise.withResolvers<Outcome>();
      current = { requestId, finish: resolve };
      const timer = setTimeout(() => {
        const seconds = (lambda.timeoutMs / 1000).toFixed(2);
        kill({ errorType: "Sandbox.Timedout", errorMessage: `Task timed out after ${seconds} seconds` });
      }, lambda.timeoutMs);
      const deadline = Date.now() + lambda.timeoutMs;
      const invocation: Invocation = { requestId, event, deadline, functionArn: lambda.invokedArn };
      // A process that has just died cannot be told; its end, already on the way, is the answer.
      child.send(invocation, () => undefined);
      try {
        return await promise;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
