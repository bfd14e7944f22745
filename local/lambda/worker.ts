/**
 * Runs one function as Lambda's runtime does: imports it once, then answers one invocation at a time.
 *
 * The host strips the types of this file and runs the rest as plain JavaScript: that Node loads no compiler here saves
 * a third of a cold start. So it imports nothing but Node's own modules and types.
 */
import { existsSync } from "node:fs";
import { enableCompileCache, flushCompileCache, registerHooks } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { FunctionError, Invocation, WorkerMessage } from "./protocol.ts";

type Handler = (event: unknown, context: object) => unknown;

// Arguments are ours; the function sees the argv of a runtime without any.
const [entry = "", exportName = "", compileCache = "", ...layers] = process.argv.splice(2);

// The channel closes when the host is gone, however it went. Nothing may run after that, exit handlers included.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));

enableCompileCache(compileCache);
registerHooks({
  resolve: (specifier, context, next) => next(inLayer(specifier) ?? specifier, context),
});

const handler = await importHandler().catch((error: unknown) => {
  logError(error);
  tell({ type: "init-failed", error: describe(error) });
  // The host ends this process once it has heard why.
  return new Promise<never>(() => undefined);
});
tell({ type: "initialized" });

let flushed = false;
process.on("message", async (invocation: Invocation) => {
  const { requestId } = invocation;
  try {
    const result = await handler(JSON.parse(invocation.event), contextOf(invocation));
    tell({ type: "answer", requestId, payload: serialize(result) });
  } catch (error) {
    logError(error, requestId);
    tell({ type: "failed", requestId, error: describe(error) });
  }
  // A worker ends by SIGKILL, so what V8 compiled is kept now for the next cold start, once the first answer is out.
  if (!flushed) flushCompileCache();
  flushed = true;
});

/** Lambda unpacks the layers over each other at /opt, a later one over an earlier one. */
function inLayer(specifier: string): string | undefined {
  const path = specifier.startsWith("file:///opt/") ? fileURLToPath(specifier) : specifier;
  if (!path.startsWith("/opt/")) return undefined;
  const file = layers
    .toReversed()
    .map((layer) => join(layer, path.slice("/opt/".length)))
    .find((each) => existsSync(each));
  return file === undefined ? undefined : pathToFileURL(file).href;
}

async function importHandler(): Promise<Handler> {
  const module: Record<string, unknown> = await import(entry);
  const found = module[exportName];
  if (typeof found !== "function") {
    throw namedError("Runtime.HandlerNotFound", `${exportName} is undefined or not exported`);
  }
  // The Node.js 24 runtime ended callbacks: a handler with a third parameter does not start there.
  if (found.length > 2) {
    throw namedError(
      "Runtime.CallbackHandlerDeprecated",
      "AWS Lambda has removed support for callback-based handlers",
    );
  }
  return (event, context) => found(event, context);
}

function contextOf({ requestId, deadline, functionArn }: Invocation) {
  const { env } = process;
  return {
    awsRequestId: requestId,
    callbackWaitsForEmptyEventLoop: true,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: functionArn,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

/** Lambda refuses a response of more than 6 MB and a little. */
const largestPayload = 6_291_556;

function serialize(result: unknown): string {
  const payload = JSON.stringify(result) ?? "null";
  const size = Buffer.byteLength(payload);
  if (size <= largestPayload) return payload;
  throw namedError(
    "Function.ResponseSizeTooLarge",
    `Response payload size (${size} bytes) exceeded maximum allowed`,
  );
}

function tell(message: WorkerMessage): void {
  // No callback and no error: a host that is gone is noticed by `disconnect`.
  process.send?.(message, undefined, undefined, () => undefined);
}

function describe(error: unknown): FunctionError {
  return error instanceof Error
    ? { errorType: error.name, errorMessage: error.message }
    : { errorType: typeof error, errorMessage: String(error) };
}

function logError(error: unknown, requestId?: string): void {
  const stackTrace = error instanceof Error ? error.stack?.split("\n") : undefined;
  const message = { ...describe(error), stackTrace };
  const line = { timestamp: new Date().toISOString(), level: "ERROR", requestId, message };
  process.stderr.write(`${JSON.stringify(line)}\n`);
}

function namedError(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}
