import { randomUUID } from "node:crypto";
import { styleText } from "node:util";
import { escaped } from "../lib/visible.ts";
import { exits } from "./exit.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a command has of the world. Answers go to standard output, everything else to standard error. */
export interface Io {
  out(line: string): void;
  err(line: string): void;
  /** Coloured on a terminal, unless NO_COLOR is set. */
  paint(style: "bold" | "dim" | "green" | "red" | "yellow", text: string): string;
  /** All of standard input. */
  input(): Promise<string>;
  /** Whether nobody reads on: what follows without end may end. */
  isClosed?(): boolean;
  readonly environment: Environment;
}

let isClosed = false;

/**
 * Sees to it that output which cannot be written changes no meaning: Node would end with 1, which says that a request was
 * refused. Where nobody reads on, as behind `head`, the command ends with its own code; where the answer is lost, as on a full
 * disk, with that of what is not known, in a sentence.
 */
export function watchOutput(): void {
  let isLost = false;
  process.stderr.on("error", () => {});
  process.stdout.on("error", ({ code = "an error" }: NodeJS.ErrnoException) => {
    isClosed = true;
    if (code === "EPIPE" || isLost) return;
    isLost = true;
    process.stderr.write(`The answer could not be written out (${code}): the same command tells it again.\n`);
    process.once("exit", () => {
      process.exitCode = exits.inDoubt[0];
    });
  });
}

/** The io of this process. */
export const processIo: Io = {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
  paint: (style, text) => styleText(style, text, { stream: process.stdout }),
  async input() {
    let text = "";
    for await (const part of process.stdin.setEncoding("utf8")) text += part;
    return text;
  },
  isClosed: () => isClosed,
  environment: process.env,
};

/**
 * An io for texts of providers and others: what cannot be seen in a line, or would command the terminal, is shown escaped, and
 * colours are those that `paint` gave alone. Lines of JSON stay what they were: escapes are JSON's own.
 */
export function visibly(io: Io): Io {
  const painted = new Map<string, string>();
  // A mark that no text can have: it is another in each process.
  const mark = randomUUID();
  const marks = new RegExp(`(${mark}:\\d+;)`);
  const shown = (line: string) =>
    line
      .split(marks)
      .map((part) => {
        const text = painted.get(part) ?? escaped(part);
        painted.delete(part);
        return text;
      })
      .join("");
  let count = 0;
  return {
    ...io,
    out: (line) => io.out(shown(line)),
    err: (line) => io.err(shown(line)),
    paint(style, text) {
      count += 1;
      const key = `${mark}:${count};`;
      painted.set(key, io.paint(style, shown(text)));
      return key;
    },
  };
}
