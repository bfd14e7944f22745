import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Which of these processes has the TCP connection whose own port on this machine is that. Linux alone can tell. */
export function ownerOf(localPort: number, pids: readonly number[]): number | undefined {
  const wanted = `:${localPort.toString(16).toUpperCase().padStart(4, "0")}`;
  const inode = ["tcp", "tcp6"]
    .flatMap((table) => readFileSync(`/proc/net/${table}`, "utf8").split("\n").slice(1))
    .map((line) => line.trim().split(/\s+/))
    .find(([, local = ""]) => local.endsWith(wanted))?.[9];
  return inode === undefined ? undefined : pids.find((pid) => holds(pid, `socket:[${inode}]`));
}

function holds(pid: number, socket: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => linkOf(`/proc/${pid}/fd/${fd}`) === socket);
  } catch {
    // It has ended meanwhile.
    return false;
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
