import { execFile } from "node:child_process";
import { hash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join, parse } from "node:path";
import { promisify } from "node:util";
import type { LambdaFunction } from "../assembly.ts";
import type { Credentials } from "../iam/signature.ts";
import { local } from "../intrinsics.ts";

/** Everything that a function's process finds in its environment: the template's variables and those of Lambda itself. */
export function environmentOf(
  lambda: LambdaFunction,
  credentials: Required<Credentials>,
): Readonly<Record<string, string>> {
  return {
    ...lambda.environment,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    AWS_REGION: local.region,
    AWS_DEFAULT_REGION: local.region,
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    AWS_LAMBDA_FUNCTION_NAME: lambda.name,
    AWS_LAMBDA_FUNCTION_VERSION: lambda.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(lambda.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${lambda.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: "local",
    LAMBDA_TASK_ROOT: lambda.folder,
    LAMBDA_RUNTIME_DIR: "/var/runtime",
    _HANDLER: `${parse(lambda.entry).name}.${lambda.exportName}`,
    PATH: "/usr/local/bin:/usr/bin:/bin",
    LANG: "en_US.UTF-8",
    TZ: ":UTC",
  };
}

/**
 * Writes the worker as the plain JavaScript that processes run; see worker.ts. In the folder `kept`, if one is given, the next who
 * asks for the same finds it: to load Node's compiler is a fifth of the host's start.
 */
export async function writeWorker(path: string, kept?: string): Promise<void> {
  const source = join(import.meta.dirname, "worker.ts");
  if (kept === undefined) return strip(source, path);
  const plain = join(kept, `${hash("sha256", readFileSync(source))}.mjs`);
  if (existsSync(plain)) return copyFileSync(plain, path);
  await strip(source, path);
  mkdirSync(kept, { recursive: true });
  // Whole at once: others look for it at any time.
  const draft = `${plain}.${process.pid}`;
  copyFileSync(path, draft);
  renameSync(draft, plain);
}

/**
 * In a process of its own, because Node calls `stripTypeScriptTypes` experimental with a warning that would greet everyone who
 * starts the gateway.
 */
async function strip(from: string, to: string): Promise<void> {
  const program = `
    import { readFileSync, writeFileSync } from "node:fs";
    import { stripTypeScriptTypes } from "node:module";
    const [from, to] = process.argv.slice(1);
    writeFileSync(to, stripTypeScriptTypes(readFileSync(from, "utf8")));`;
  const flags = ["--disable-warning=ExperimentalWarning", "--input-type=module"];
  await promisify(execFile)(process.execPath, [...flags, "--eval", program, "--", from, to]);
}
