import { spawn } from "node:child_process";
import { CannotStart } from "./cannot-start.ts";

/** How long a file system may take to make a folder and a file: a disk that sleeps wakes within this. */
const longestMs = 10_000;

/**
 * Makes the folder and a file in it, in a process of its own: a file system that hangs (a network drive that is away) stops
 * the process that calls it, and this process has to go on to say so.
 *
 * @throws CannotStart where it has not answered after ten seconds, or refuses.
 */
export async function reach(path: string): Promise<void> {
  const child = spawn("/bin/sh", ["-c", script, "sh", path], {
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const ended = new Promise<number | "late">((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
    setTimeout(resolve, longestMs, "late").unref();
  });
  const code = await ended;
  if (code === 0) return;
  if (code !== "late") throw new CannotStart(`DATA_DIR ${path} cannot be used: ${said.trim()}.`);
  // In the kernel it may not get the signal until the file system answers; this process does not wait for it.
  child.kill("SIGKILL");
  child.unref();
  child.stderr.destroy();
  throw new CannotStart(
    `DATA_DIR ${path} does not answer: its file system has not made a folder and a file within ${longestMs / 1000} s. Choose another DATA_DIR, or look at what is mounted there.`,
  );
}

const script = `umask 077; mkdir -p -- "$1" && : > "$1/reached"`;
