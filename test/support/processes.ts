import { readdirSync, readFileSync } from "node:fs";

/**
 * The environment of a program that a test starts: nothing that happens to be set where the tests run may change what they test.
 * What V8 has compiled is kept for all of them.
 */
export const bareEnvironment = (): NodeJS.ProcessEnv => {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  return { PATH, NODE_COMPILE_CACHE };
};

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
