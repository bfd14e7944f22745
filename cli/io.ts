import { styleText } from "node:util";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a command has of the world. Answers go to standard output, everything else to standard error. */
export interface Io {
  out(line: string): void;
  err(line: string): void;
  /** Coloured on a terminal, unless NO_COLOR is set. */
  paint(style: "bold" | "dim" | "green" | "red" | "yellow", text: string): string;
  /** All of standard input. */
  input(): Promise<string>;
  readonly environment: Environment;
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
  environment: process.env,
};
