import { closeSync, fstatSync, openSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";

/** A log file grows to this size, then becomes `<name>.log.1` in place of the one before. */
const largestFile = 8 * 1024 * 1024;

/** A function that prints without ever ending a line must not fill the host's memory. */
const longestLine = 256 * 1024;

/** Where one source of lines goes: its file under `<DATA_DIR>/logs`, and the terminal when it is asked for or an error. */
export interface Log {
  line(text: string): void;
  /** Collects whole lines, so that processes that print at once do not mix theirs. `crashes`: what is not JSON is one. */
  stream(source: Readable, crashes?: "crashes"): void;
}

export type LogTo = (name: string) => Log;

export function openLogs(folder: string, printAll: boolean): LogTo {
  const logs = new Map<string, Log>();
  return (name) => {
    const log = logs.get(name) ?? openLog(folder, name, printAll);
    logs.set(name, log);
    return log;
  };
}

function openLog(folder: string, name: string, printAll: boolean): Log {
  const append = rotatingFile(join(folder, `${name}.log`));
  const write = (text: string, loud: boolean) => {
    append(`${text}\n`);
    if (printAll || loud) process.stderr.write(`${name}: ${printAll ? text : withoutCounts(text)}\n`);
  };
  return {
    line: (text) => write(text, isError(text)),
    stream(source, crashes) {
      const line = (text: string) =>
        write(text, isError(text) || (crashes !== undefined && !text.startsWith("{")));
      let rest = "";
      const flush = () => {
        if (rest !== "") line(rest);
        rest = "";
      };
      source.setEncoding("utf8");
      source.on("data", (chunk: string) => {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        for (const text of lines) if (text !== "") line(text);
        if (rest.length > longestLine) flush();
      });
      source.on("end", flush);
      source.on("error", flush);
    },
  };
}

/** A line's last members are for CloudWatch to count by; they stay in the file. */
const withoutCounts = (text: string) => text.replace(/,"_aws":\{.*\}$/, "}");

/** Our functions log JSON with a level. */
const isError = (text: string) => /^\{.*"level":\s*"(?:error|fatal)"/i.test(text);

// Written synchronously: a line that was printed is in the file even if the host is killed right after.
function rotatingFile(path: string): (text: string) => void {
  let file = openSync(path, "a", 0o600);
  let size = fstatSync(file).size;
  return (text) => {
    if (size > largestFile) {
      closeSync(file);
      renameSync(path, `${path}.1`);
      file = openSync(path, "a", 0o600);
      size = 0;
    }
    size += writeSync(file, text);
  };
}

/** A line of the host about a function, in the shape that Lambda gives its own. */
export const platformLine = (level: "INFO" | "ERROR", message: string, requestId?: string) =>
  JSON.stringify({ timestamp: new Date().toISOString(), level, requestId, message });
