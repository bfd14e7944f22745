import { accessSync, constants, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Control groups of Linux, version 1. A process keeps within a quota of each period. */
const groups = "/sys/fs/cgroup/cpu";
/** Microseconds; the length of Lambda's own is not documented. */
const periodMicros = 20_000;
const wholeMb = 1_769;

/** Whether this machine lets us limit a process: root, and version 1 of control groups. */
export const isLimiting = ((): boolean => {
  try {
    accessSync(join(groups, "cpu.cfs_quota_us"), constants.W_OK);
    return true;
  } catch {
    return false;
  }
})();

/** `act` with a group that has the processor of so much memory; it is handed what puts a process into the group. */
export async function limited<T>(
  memoryMb: number,
  act: (join: (pid: number | undefined) => void) => Promise<T>,
): Promise<T> {
  const group = join(groups, `bench-${process.pid}-${memoryMb}`);
  mkdirSync(group);
  try {
    writeFileSync(join(group, "cpu.cfs_period_us"), `${periodMicros}`);
    writeFileSync(join(group, "cpu.cfs_quota_us"), `${Math.round((periodMicros * memoryMb) / wholeMb)}`);
    return await act((pid) => writeFileSync(join(group, "cgroup.procs"), `${pid}`));
  } finally {
    await removed(group);
  }
}

/** A group goes when the last of its processes has gone. */
async function removed(group: string): Promise<void> {
  for (let tries = 0; tries < 50; tries += 1) {
    try {
      rmdirSync(group);
      return;
    } catch {
      await new Promise((soon) => setTimeout(soon, 100));
    }
  }
}
