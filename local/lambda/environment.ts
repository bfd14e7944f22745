import { execFile } from "node:child_process";
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
 * Writes the worker as the plain JavaScript that processes run; see worker.ts. In a process of its own, because Node
 * calls `stripTypeScriptTypes` experimental with a warning that would greet everyone who starts the gateway.
 */
export async function writeWorker(path: string): Promise<void> {
  const strip = `
    import { readFileSync, writeFileSync } from "node:fs";
    import { stripTypeScriptTypes } from "node:module";
    const [from, to] = process.argv.slice(1);
    writeFileSync(to, stripTypeScriptTypes(readFileSync(from, "utf8")));`;
  const source = join(import.meta.dirname, "worker.ts");
  const flags = ["--disable-warning=ExperimentalWarning", "--input-type=module"];
  await promisify(execFile)(process.execPath, [...flags, "--eval", strip, "--", source, path]);
}
