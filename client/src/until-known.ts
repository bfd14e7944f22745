import { type Problem, problemClasses } from "./contract.ts";
import { GatewayProblem, NotKnownYet, RefusedByApiGateway } from "./problem.ts";

/** What came of one request. `nothing`: no answer, or one that cannot be read. `unsigned`: it was not sent. */
export type Sent =
  | { readonly kind: "answer"; readonly status: number; readonly headers: Headers; readonly body: unknown }
  | { readonly kind: "nothing" | "unsigned"; readonly cause: unknown };

export type Sleep = (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>;

export interface Patience {
  /** How long requests are repeated, in milliseconds. */
  readonly patienceMs: number;
  /** Ends the waiting; what was sent may still be carried out. */
  readonly signal?: AbortSignal | undefined;
  readonly idempotencyKey?: string | undefined;
  /** Told before each repeat: why, and after how many milliseconds. */
  readonly onRepeat?: ((why: unknown, waitMs: number) => void) | undefined;
  readonly sleep: Sleep;
}

/**
 * Repeats one request, as it is, until its outcome is known: while `retry` is `same-identity` after `Retry-After`; after no
 * answer, a 429 or a 5xx of API Gateway itself, and its refusal of a repeat, after a second, and then ever later.
 * @throws GatewayProblem the final problem. RefusedByApiGateway of the first request. NotKnownYet where patience ended first.
 */
export async function untilKnown(
  send: () => Promise<Sent>,
  patience: Patience,
): Promise<Extract<Sent, { kind: "answer" }>> {
  const { patienceMs, signal, idempotencyKey, onRepeat, sleep } = patience;
  const started = performance.now();
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    const sent = await send();
    // Credentials that fail later are no end, nor is their refusal: what was sent before them may have been carried out.
    if (sent.kind === "unsigned" && attempt === 1) throw sent.cause;
    const { final, why, retryAfterMs } = judged(sent, attempt === 1);
    if (final !== undefined) return final;
    const waitMs = retryAfterMs ?? backoff(attempt);
    if (performance.now() - started + waitMs > patienceMs)
      throw new NotKnownYet(attempt, idempotencyKey, why);
    onRepeat?.(why, waitMs);
    await sleep(waitMs, signal);
  }
}

interface Judged {
  readonly final?: Extract<Sent, { kind: "answer" }>;
  readonly why?: unknown;
  readonly retryAfterMs?: number | undefined;
}

function judged(sent: Sent, isFirst: boolean): Judged {
  if (sent.kind !== "answer") return { why: sent.cause };
  const { status, body, headers } = sent;
  if (status >= 200 && status < 300) return { final: sent };
  if (isProblem(body)) {
    const problem = problemOf(body);
    if (body.retry !== "same-identity") throw problem;
    return { why: problem, retryAfterMs: secondsIn(headers.get("retry-after")) };
  }
  const refused = new RefusedByApiGateway(status, messageIn(body));
  if (status === 429 || status >= 500 || !isFirst)
    return { why: refused, retryAfterMs: secondsIn(headers.get("retry-after")) };
  throw refused;
}

const isProblem = (body: unknown): body is Problem =>
  typeof body === "object" && body !== null && "code" in body && "retry" in body;

/** A code that a later version may have is a GatewayProblem of no class of its own. */
function problemOf(problem: Problem): GatewayProblem {
  const known = Object.hasOwn(problemClasses, problem.code);
  return known ? new problemClasses[problem.code](problem) : new GatewayProblem(problem);
}

function messageIn(body: unknown): string {
  const { message } = (typeof body === "object" && body !== null ? body : {}) as {
    readonly message?: unknown;
  };
  return typeof message === "string" ? message : "no message";
}

const secondsIn = (header: string | null): number | undefined =>
  header !== null && /^\d{1,4}$/.test(header) ? Number(header) * 1000 : undefined;

/** 1, 2, 4 ... seconds, at most a minute, and up to a half less, so that callers do not come all at once. */
function backoff(attempt: number): number {
  const most = Math.min(60_000, 1000 * 2 ** (attempt - 1));
  return most - Math.random() * (most / 2);
}
