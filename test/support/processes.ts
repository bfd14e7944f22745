import { readdirSync, readFileSync } from "node:fs";

export interface RunningProcess {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** The processes whose command line names the folder: workers and the database of the gateway that works in it. */
export const processesOf = (dataDir: string): readonly RunningProcess[] =>
  runningProcesses().filter(({ command }) => command.includes(dataDir));

export function runningProcesses(): readonly RunningProcess[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ");
        // A killed process that nobody has waited for yet has an empty command line.
        const parent = Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${name}/status`, "utf8"))?.[1]);
        return command === "" ? [] : [{ pid: Number(name), parent, command }];
      } catch {
        return [];
      }
    });
}
