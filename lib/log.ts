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
