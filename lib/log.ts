/** What a request's log line may hold, and nothing else: names and numbers of ours, never what was sent or received. */
export interface RequestLog {
  readonly function: string;
  readonly requestId: string;
  readonly status: number;
  readonly durationMs: number;
  readonly code?: string;
  readonly record?: string;
  readonly state?: string;
  readonly replayed?: boolean;
  readonly providerMs?: number;
  readonly providerCode?: string;
  /** The name and code of an error that nobody expected; its message may quote anything, so it stays out. */
  readonly error?: string;
  readonly errorAt?: readonly string[];
}

export type Log = (line: RequestLog) => void;

/** One JSON line to standard output, which Lambda takes to CloudWatch. */
export const logTo =
  (write: (line: string) => void, now: () => number): Log =>
  (line) => {
    const level = line.status >= 500 ? "ERROR" : line.status >= 400 ? "WARN" : "INFO";
    write(JSON.stringify({ timestamp: new Date(now()).toISOString(), level, ...line }));
  };

/** A provider's code, where it is like one: a text in its place may hold what was sent. */
export const loggedCode = (code: string): string => (/^[\w. -]{1,40}$/.test(code) ? code : "?");

/** What may be logged of an error that nobody expected: its name, code and places in our code, not its message. */
export function seenOf(error: unknown): Pick<RequestLog, "error" | "errorAt"> {
  if (!(error instanceof Error)) return { error: typeof error };
  const code = "code" in error && typeof error.code === "string" ? ` ${error.code}` : "";
  const frames = error.stack?.split("\n").filter((line) => /^\s+at /.test(line)) ?? [];
  return { error: error.name + code, errorAt: frames.slice(0, 4).map((frame) => frame.trim()) };
}
