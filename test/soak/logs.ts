import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { add } from "./wallet.ts";

/** What the functions' logs say of themselves. */
export interface Failures {
  /** Exceptions that nobody expected, by function, name and place. */
  readonly unexpected: ReadonlyMap<string, number>;
  /** Those of invocations that met a database that had just been killed. */
  readonly unreachable: number;
  /** Invocations that the host ended because their time was over. */
  readonly timedOut: number;
}

/** What a caller of a program that has just been killed meets. */
const cutOff = /ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|TimeoutError|socket hang up/;
/** A database is there again this soon after its end. */
const absentMs = 5_000;

export function failuresIn(folder: string): Failures {
  const files = readdirSync(folder).map((name) => ({
    name,
    lines: readFileSync(join(folder, name), "utf8").split("\n"),
  }));
  const ends = files
    .filter(({ name }) => name.startsWith("dynamodb.log"))
    .flatMap(({ lines }) => lines.filter((line) => line.includes("DynamoDB ended with")))
    .map((line) => timeOf(objectIn(line)));
  const isCutOff = (line: string) => {
    if (cutOff.test(line)) return true;
    const at = timeOf(objectIn(line));
    return ends.some((end) => at >= end && at < end + absentMs);
  };
  const unexpected = new Map<string, number>();
  let [unreachable, timedOut] = [0, 0];
  for (const { name, lines } of files) {
    for (const line of lines) {
      if (line.includes("Sandbox.Timedout")) timedOut += 1;
      if (!line.includes('"error":') && !line.includes('"errorType"')) continue;
      if (isCutOff(line)) unreachable += 1;
      else add(unexpected, `${name}: ${whatIn(objectIn(line))}`);
    }
  }
  return { unexpected, unreachable, timedOut };
}

interface Line {
  readonly timestamp?: string;
  readonly error?: string;
  readonly errorAt?: readonly string[];
  readonly message?: { readonly errorType?: string; readonly errorMessage?: string };
}

/** A process that was killed may have left half a line. */
function objectIn(text: string): Line {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return { error: text.slice(0, 200) };
  }
}

const timeOf = ({ timestamp }: Line): number => Date.parse(timestamp ?? "");

const whatIn = ({ error, errorAt, message }: Line): string =>
  [error ?? message?.errorType, errorAt?.[0] ?? message?.errorMessage].join(" ");
