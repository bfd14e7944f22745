import { execFileSync } from "node:child_process";
import { type Gateway, startGateway } from "../support/gateway.ts";
import type { Random } from "./random.ts";

/** The gateway as `npm start` runs it, which is killed now and then and starts again on the same data. */
export interface Fleet {
  /** The running gateway; waits while there is none. */
  gateway(): Promise<Gateway>;
  /** Kills one function process, whatever it is doing; false where there is none. */
  killFunction(random: Random): boolean;
  /** Kills the database, which the host starts again; false where there is none. */
  killDatabase(): boolean;
  /** Kills the host, and with it everything that it has started, and starts it again. */
  killHost(): Promise<void>;
  stop(): Promise<void>;
}

export async function startFleet(dataDir: string, env: Readonly<Record<string, string>>): Promise<Fleet> {
  const start = () => startGateway({ dataDir, env });
  let running: Promise<Gateway> = start();
  let pid = (await running).pid;

  return {
    gateway: () => running,
    killFunction(random) {
      const functions = processes().filter(({ parent, command }) => parent === pid && isWorker(command));
      return functions.length > 0 && kill(random.pick(functions).pid);
    },
    killDatabase() {
      const all = processes();
      const shells = new Set(all.filter(({ parent }) => parent === pid).map((each) => each.pid));
      const database = all.find(({ parent, command }) => shells.has(parent) && command.includes(" serve "));
      return database !== undefined && kill(database.pid);
    },
    async killHost() {
      const before = await running;
      running = before.kill().then(start);
      pid = (await running).pid;
    },
    stop: async () => (await running).stop(),
  };
}

const isWorker = (command: string): boolean => command.includes("worker.mjs");

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

function processes(): readonly Process[] {
  const table = execFileSync("ps", ["-A", "-ww", "-o", "pid=,ppid=,args="], { encoding: "utf8" });
  return table.split("\n").flatMap((line) => {
    const [, pid, parent, command = ""] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), command }];
  });
}

/** It may have ended since it was seen. */
function kill(pid: number): boolean {
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    return false;
  }
}
