import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { withDataDir } from "../ask.ts";
import type { Ending } from "../exit.ts";
import { Stopped } from "../exit.ts";
import type { Io } from "../io.ts";
import type { Run } from "../run.ts";
import { isObject, type JsonObject, jsonOf, shown } from "../shown.ts";
import { wholeNumber } from "../whole-number.ts";

interface LogsOptions {
  readonly dataDir: string;
  readonly follow?: true;
  readonly errors?: true;
  readonly last: number;
  readonly for: number;
  readonly json?: true;
}

/** `gw logs`: what the functions of the local gateway print. */
export const logsCommand = (run: Run): Command =>
  withDataDir(new Command("logs"))
    .description("shows the lines of the local gateway's functions, or those of one record")
    .argument("[record]", "a record's id, or any other text of the line")
    .option("--follow", "shows new lines as they come, until Ctrl-C")
    .option("--for <seconds>", "ends --follow by itself", wholeNumber("--for", 1, 86_400), 86_400)
    .option("--errors", "those of level ERROR and WARN alone")
    .option("--last <n>", "how many of the lines that are there", wholeNumber("--last", 0, 1_000_000), 50)
    .option("--json", "prints the lines as they are")
    .addHelpText(
      "after",
      `
A deployed gateway's lines are in CloudWatch Logs, a log group for each function (docs/operations.md, Logs):
  aws logs tail /aws/lambda/<function> --follow --filter-pattern '{ $.record = "<id>" }'

Examples:
  gw logs --follow --errors
  gw logs duMeKVHWTuqEuy6wY2VyIYNZOAGw-eK0lYLyFnzWybU`,
    )
    .action((record: string | undefined, options: LogsOptions) => run((io) => logs(record, options, io)));

interface Line {
  readonly at: string;
  readonly from: string;
  readonly text: string;
}

async function logs(record: string | undefined, options: LogsOptions, io: Io): Promise<Ending> {
  const folder = join(options.dataDir, "logs");
  const isMeant = ({ text }: Line): boolean =>
    (record === undefined || text.includes(record)) &&
    (!options.errors || /"level":"(?:ERROR|WARN)"/.test(text));
  const tell = (lines: readonly Line[]) => {
    for (const line of lines) io.out(options.json ? line.text : told(line, io));
  };
  const files = new Tail(folder);
  const found = files.read().filter(isMeant);
  tell(options.last === 0 ? [] : found.slice(-options.last));
  const end = performance.now() + options.for * 1000;
  while (options.follow && !io.isClosed?.() && performance.now() < end) {
    await sleep(300);
    tell(files.read().filter(isMeant));
  }
  return "done";
}

/** Reads what has come into a folder's logs since it was read before, in the order of time. */
class Tail {
  readonly #folder: string;
  readonly #read = new Map<string, number>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  read(): readonly Line[] {
    return this.#names()
      .flatMap((name) => linesOf(name, this.#more(name)))
      .toSorted((one, other) => (one.at < other.at ? -1 : 1));
  }

  #names(): readonly string[] {
    try {
      return readdirSync(this.#folder).filter((name) => name.endsWith(".log"));
    } catch (cause) {
      throw new Stopped(
        "unreachable",
        `There is no ${this.#folder}: start the gateway, or give --data-dir.`,
        { cause },
      );
    }
  }

  /** Whole lines alone: what a line still lacks is read the next time. A file that is shorter than it was is a new one. */
  #more(name: string): string {
    const path = join(this.#folder, name);
    const { size } = statSync(path);
    const known = this.#read.get(name) ?? 0;
    const from = known > size ? 0 : known;
    const bytes = from === 0 ? readFileSync(path) : part(path, from, size);
    const whole = bytes.lastIndexOf(0x0a) + 1;
    this.#read.set(name, from + whole);
    return bytes.toString("utf8", 0, whole);
  }
}

function part(path: string, from: number, to: number): Buffer {
  const bytes = Buffer.alloc(to - from);
  const file = openSync(path, "r");
  try {
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, from));
  } finally {
    closeSync(file);
  }
}

const linesOf = (name: string, text: string): readonly Line[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => ({
      at: /"timestamp":"([^"]+)"/.exec(line)?.[1] ?? "",
      from: name.replace(/\.log$/, ""),
      text: line,
    }));

/** A line of ours by its members; what its metrics are counted by is left out. Any other line is shown as it is. */
function told({ from, text }: Line, io: Io): string {
  const line = jsonOf(text);
  if (!isObject(line)) return `${from}: ${text}`;
  const { timestamp, level, function: name, message, ...rest } = line;
  const members = Object.entries(withoutCounts(rest)).map(([key, value]) => `${key}=${shown(value)}`);
  const colour = level === "ERROR" ? "red" : level === "WARN" ? "yellow" : "dim";
  return [
    shown(timestamp),
    io.paint(colour, shown(level).padEnd(5)),
    shown(name) || from,
    shown(message),
    ...members,
  ]
    .filter((each) => each !== "")
    .join(" ");
}

function withoutCounts(members: JsonObject): JsonObject {
  const names = Object.keys(members);
  const counts = names.indexOf("_aws");
  return Object.fromEntries(Object.entries(members).slice(0, counts < 0 ? names.length : counts));
}
