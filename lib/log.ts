import { type Counts, type Dimension, embedded, type Metric, units } from "./metrics.ts";
import type { Clock } from "./time.ts";

/** What a log line may hold, and nothing else: names and numbers of ours, never what was sent or received. */
export interface LogLine {
  readonly function: string;
  readonly requestId?: string;
  readonly status?: number;
  readonly durationMs?: number;
  readonly code?: string;
  readonly operation?: string;
  readonly record?: string;
  readonly state?: string;
  readonly replayed?: boolean;
  readonly providerMs?: number;
  readonly providerCode?: string;
  /**
   * Paths of fields of the provider's reply that only inform and could not be read, or of the signed fields that a notification
   * lacks; never what stood there.
   */
  readonly unreadable?: readonly string[];
  /** What an inquiry that settled nothing learned, without a secret: what the record shows of it. */
  readonly lastInquiry?: string;
  /** The name and code of an unexpected error; its message may quote anything, so it stays out. */
  readonly error?: string;
  readonly errorAt?: readonly string[];
}

/** The line of a request. */
export interface RequestLog extends LogLine {
  readonly requestId: string;
  readonly status: number;
  readonly durationMs: number;
}

/** Prints a line, and with it what it counts. */
export type Log = (line: LogLine, counts?: readonly Counts[]) => void;

/** Of the embedded metric format, in which a line's metrics are told to CloudWatch. */
/**
 * The members that a line may have, at any depth, in the order in which they are printed. Whatever else a value may hold is
 * not printed, however it came there. What only counts comes last, for people read what stands before it.
 */
const members: readonly string[] = [
  ...Object.keys({
    timestamp: true,
    level: true,
    function: true,
    requestId: true,
    status: true,
    durationMs: true,
    code: true,
    operation: true,
    record: true,
    state: true,
    replayed: true,
    providerMs: true,
    providerCode: true,
    unreadable: true,
    lastInquiry: true,
    error: true,
    errorAt: true,
    _aws: true,
    provider: true,
    outcome: true,
    reason: true,
  } satisfies Record<keyof LogLine | Dimension | "_aws" | "timestamp" | "level", true>),
  ...(Object.keys(units) as Metric[]),
];

const isMember: ReadonlySet<string> = new Set(members);

/** One JSON line to standard output, which Lambda takes to CloudWatch. */
export const logTo =
  (write: (line: string) => void, clock: Pick<Clock, "now">, namespace: () => string): Log =>
  (line, counts = []) => {
    const at = clock.now();
    const embeds = counts.length > 0 && embedded(counts, namespace(), at);
    const whole = { ...line, ...embeds, timestamp: new Date(at).toISOString(), level: levelOf(line) };
    write(JSON.stringify(told(whole, members)));
  };

/** What may be told of it, at any depth but in `_aws`, which `embedded` makes. As a list for JSON.stringify this takes longer. */
function told(value: unknown, names?: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((each) => told(each));
  if (typeof value !== "object" || value === null) return value;
  const given = value as Readonly<Record<string, unknown>>;
  const shown: Record<string, unknown> = {};
  for (const name of names ?? Object.keys(given))
    if (given[name] !== undefined && isMember.has(name))
      shown[name] = name === "_aws" ? given[name] : told(given[name]);
  return shown;
}

function levelOf({ status, error, unreadable, lastInquiry }: LogLine): string {
  if (status === undefined && error === undefined) return lastInquiry === undefined ? "INFO" : "WARN";
  if (status === undefined) return "ERROR";
  return status >= 500 ? "ERROR" : status >= 400 || unreadable !== undefined ? "WARN" : "INFO";
}

/** A provider's code, where it is like one: a text in its place may hold what was sent, or a user's secret. */
export const loggedCode = (code: string): string =>
  code.length <= 40 &&
  code
    .trim()
    .split(/[\s._:/-]+/)
    .every((word) => likeCode.test(word))
    ? code
    : "?";

/** A word, or a number with a few letters around it, as in WAL264, P380 and INVALID-PARAMS. */
const likeCode = /^(?:[a-z]{0,24}|[a-z]{0,6}\d{1,6}[a-z]?)[.,;:!?]*$/i;

/** What may be logged of an unexpected error: its name, code and places in our code, not its message. */
export function seenOf(error: unknown): Pick<LogLine, "error" | "errorAt"> {
  if (!(error instanceof Error)) return { error: typeof error };
  const code = "code" in error && typeof error.code === "string" ? ` ${error.code}` : "";
  const frames = error.stack?.split("\n").filter((line) => /^\s+at /.test(line)) ?? [];
  return { error: error.name + code, errorAt: frames.slice(0, 4).map((frame) => frame.trim()) };
}
