import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { CannotStart } from "./cannot-start.ts";

export interface DataDir {
  readonly path: string;
  file(...names: readonly string[]): string;
  release(): void;
}

/**
 * Takes the folder for this process alone. The lock is SQLite's own lock on a file: the kernel holds it for the
 * process and lets it go when the process ends in any way, kill -9 included, so no stale lock can block a start
 * and no two starts can both find a lock stale. The pid next to it is for people only.
 */
export function openDataDir(path: string): DataDir {
  const file = (...names: readonly string[]) => join(path, ...names);
  let lock: DatabaseSync;
  try {
    if (mkdirSync(path, { recursive: true, mode: 0o700 }) !== undefined) chmodSync(path, 0o700);
    mkdirSync(file("logs"), { recursive: true });
    tighten(path);
    lock = new DatabaseSync(file("lock"), { timeout: 0 });
  } catch (error) {
    throw new CannotStart(`DATA_DIR ${path} cannot be used: ${describe(error)}.`);
  }
  try {
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    if (!isBusy(error)) throw new CannotStart(`DATA_DIR ${path} cannot be locked: ${describe(error)}.`);
    throw new CannotStart(
      `DATA_DIR ${path} is in use by another running gateway${holder(file("gateway.pid"))}: stop it, or choose another DATA_DIR.`,
    );
  }
  writeFileSync(file("gateway.pid"), `${process.pid}\n`);
  return { path, file, release: () => lock.close() };
}

/** What this host makes in a data directory; earlier versions left some of it open to others. */
const ours =
  /^(?:(?:dynamodb|queues)\.sqlite(?:-wal|-shm)?|lock|gateway\.pid|[a-z]+-sandbox\.jsonl|sandbox-ports\.json|worker\.mjs|logs|assembly|compile-cache)$/;

function tighten(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const inside = join(path, entry.name);
    if (!ours.test(entry.name)) continue;
    if (entry.isDirectory()) chmodSync(inside, 0o700);
    else if (entry.isFile()) chmodSync(inside, 0o600);
  }
}

const sqliteBusy = 5;

const isBusy = (error: unknown) =>
  error instanceof Error && "errcode" in error && error.errcode === sqliteBusy;

const describe = (error: unknown) => (error instanceof Error ? error.message : String(error));

function holder(pidFile: string): string {
  try {
    return ` (process ${Number(readFileSync(pidFile, "utf8"))})`;
  } catch {
    return "";
  }
}
