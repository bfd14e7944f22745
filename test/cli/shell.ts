import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { bareEnvironment } from "../support/processes.ts";

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A POSIX shell in which `gw` is a command. */
export interface Shell {
  /** A folder of its own, in which lines run. */
  readonly folder: string;
  run(line: string, environment?: Readonly<Record<string, string>>): Promise<Ended>;
  remove(): void;
}

/** `gw` as the sources run it, which takes a second for each command. */
export const gwOfSources = resolve(import.meta.dirname, "../../cli/gw.ts");

/** @param program what Node runs as `gw` */
export function openShell(program: string, environment: Readonly<Record<string, string>>): Shell {
  const folder = mkdtempSync(join(tmpdir(), "gw-"));
  const command = join(folder, "gw");
  writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`);
  chmodSync(command, 0o755);
  const bare = bareEnvironment();
  const base = { ...bare, PATH: `${folder}:${bare.PATH}`, HOME: folder, ...environment };
  return {
    folder,
    run: (line, more = {}) =>
      new Promise((ended) => {
        const options = { cwd: folder, env: { ...base, ...more }, timeout: 60_000 };
        execFile("/bin/sh", ["-c", line], options, (error, out, err) =>
          ended({ code: error === null ? 0 : Number(error.code ?? -1), out, err }),
        );
      }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
