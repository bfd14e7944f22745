import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import type { Readable, Writable } from "node:stream";

/**
 * How children are made to end with the host, however it ends. All of them are in process groups of their own, so
 * a Ctrl-C in the terminal reaches the host alone and requests in flight get their grace.
 */

/** Starts a program that does not know of us; it is killed when this process ends or `stdin` of the result is closed. */
export function spawnTethered(
  command: string,
  args: readonly string[],
): ChildProcessByStdio<Writable, Readable, Readable> {
  return spawn("/bin/sh", ["-c", tether, command, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
}

// The shell's stdin is a pipe whose only writer is this process: the kernel closes it when the process is gone, the
// watcher's `read` ends, and the program with it. When the program ends first the watcher goes and its status is ours.
const tether = `
exec 3<&0
"$0" "$@" </dev/null 3<&- & program=$!
{ read -r _ <&3; kill -9 $program; } >/dev/null 2>&1 & watcher=$!
exec 3<&- </dev/null 2>/dev/null
wait $program; status=$?
kill -9 $watcher
exit $status`;

/**
 * Put before a command, makes the kernel kill it when the thread that started it ends (PR_SET_PDEATHSIG). Workers
 * notice by themselves that the host is gone, but not while a handler computes without a pause. Where `setpriv` is
 * absent (macOS), that case remains.
 */
export const deathSignal: readonly string[] = findDeathSignal();

function findDeathSignal(): readonly string[] {
  const setpriv = ["/usr/bin/setpriv", "/bin/setpriv"].find((path) => existsSync(path));
  if (setpriv === undefined) return [];
  const prefix = [setpriv, "--pdeathsig", "KILL", "--"];
  return spawnSync(setpriv, [...prefix.slice(1), "/bin/true"], { stdio: "ignore" }).status === 0
    ? prefix
    : [];
}
