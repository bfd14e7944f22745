import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** An append-only file of JSON lines. What `append` has returned from survives a kill -9 of this process. */
export interface Journal {
  append(line: object): void;
  close(): void;
}

/** Opens the journal and hands every line of it, in order, to `replay`. */
export function openJournal(file: string, replay: (line: unknown) => void): Journal {
  mkdirSync(dirname(file), { recursive: true });
  const fd = openSync(file, "a+", 0o600);
  try {
    let size = cutTornLine(fd);
    readLines(file, replay);
    return {
      append(line) {
        const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
        try {
          // One write may take less than all of it (a full disk, a signal).
          for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
          size += bytes.length;
        } catch (error) {
          // Half a line would spoil the next one.
          ftruncateSync(fd, size);
          throw error;
        }
      },
      close() {
        closeSync(fd);
      },
    };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** A process killed in the middle of a write leaves a last line without its end; nobody was answered for it. */
function cutTornLine(fd: number): number {
  const { size } = fstatSync(fd);
  if (size === 0) return 0;
  const whole = readFileSync(fd).lastIndexOf(0x0a) + 1;
  if (whole < size) ftruncateSync(fd, whole);
  return whole;
}

function readLines(file: string, replay: (line: unknown) => void): void {
  const lines = readFileSync(file, "utf8").split("\n");
  lines.pop();
  for (const [index, line] of lines.entries()) {
    try {
      replay(JSON.parse(line));
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${file}, line ${index + 1}: ${reason}`, { cause });
    }
  }
}
