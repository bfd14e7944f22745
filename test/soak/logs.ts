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
  /** Runs of `reconcile` that had no time left to count what waits: functions have a few seconds here. */
  readonly uncounted: number;
}

/** What a caller of a program that has just been killed meets. */
const cutOff = /ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|TimeoutError|ClaimUnknown|socket hang up/;
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
  const lines = files.flatMap((file) => file.lines);
  // What the host says of an invocation that failed is told by the function's own line of it, which names the cause.
  const requestsOf = (is: (line: string) => boolean) =>
    new Set(lines.filter(is).flatMap((line) => objectIn(line).requestId ?? []));
  const failed = (line: string) => line.includes('"error":') || line.includes('"errorType"');
  const cut = requestsOf((line) => failed(line) && isCutOff(line));
  const late = requestsOf((line) => line.includes("what waits for a person could not be counted"));
  const unexpected = new Map<string, number>();
  let [unreachable, timedOut] = [0, 0];
  for (const { name, lines } of files) {
    for (const line of lines) {
      if (line.includes("Sandbox.Timedout")) timedOut += 1;
      if (!failed(line)) continue;
      const { requestId = "" } = objectIn(line);
      if (late.has(requestId) && !cut.has(requestId)) continue;
      if (cut.has(requestId) || isCutOff(line)) unreachable += 1;
      else add(unexpected, `${name}: ${whatIn(objectIn(line))}`);
    }
  }
  return { unexpected, unreachable, timedOut, uncounted: late.size };
}

interface Line {
  readonly requestId?: string;
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
