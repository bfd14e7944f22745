import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type Finding, failed, ok, skipped, warning } from "../../ops/smoke/finding.ts";

/** What a check comes to, without its name. */
export type Verdict = Omit<Finding, "check">;

/** Whether this Node runs the gateway's sources. */
export function nodeVersion(version: string): Verdict {
  const [major = 0] = version.replace(/^v/, "").split(".").map(Number);
  return major >= 24
    ? ok(version)
    : failed(`${version} is too old: use npx, which brings Node 24 on Linux x64, or install it`);
}

/** Whether the local gateway can keep its data there, and the process that has the folder now. */
export function dataDir(folder: string): Verdict {
  if (!existsSync(folder)) return ok(`${folder} is made at the first start`);
  try {
    accessSync(folder, constants.R_OK | constants.W_OK);
  } catch {
    return failed(`${folder} cannot be written`);
  }
  const pid = numberIn(join(folder, "gateway.pid"));
  return ok(
    pid !== undefined && isRunning(pid) ? `${folder}, in use by process ${pid}` : `${folder}, not in use`,
  );
}

function numberIn(file: string): number | undefined {
  try {
    return Number(readFileSync(file, "utf8")) || undefined;
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user is there all the same.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** Whether the port of a local gateway that does not answer is free to start it. */
export async function freePort(url: URL): Promise<Finding> {
  const check = "port";
  const port = Number(url.port || 80);
  const server = createServer();
  const why = await new Promise<string | undefined>((done) => {
    server.once("error", (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    server.listen(port, "127.0.0.1", () => server.close(() => done(undefined)));
  });
  if (why === undefined) return { check, ...ok(`${port} is free: "gw start --port ${port}"`) };
  return {
    check,
    ...(why === "EADDRINUSE"
      ? failed(`${port} is taken by another program: start the gateway with --port`)
      : warning(`${port} cannot be used (${why})`)),
  };
}

export const notAsked = skipped("no AWS credentials were given: --profile, or those of the environment");
