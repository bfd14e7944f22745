import {
  type Expected,
  isAbout,
  isProblem,
  isRefusal,
  isRefusedBefore,
  isSuccess,
  leavesDoubt,
  saysNothingOfBefore,
} from "./answer.ts";
import { type Problem, problemClasses } from "./contract.ts";
import { GatewayProblem, NotKnownYet, NotOfTheGateway, RefusedByApiGateway } from "./problem.ts";

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
 * answer, one that is not the gateway's, and a 429 or 5xx of API Gateway itself after a second, and then ever later. Once a
 * request may have been carried out, an answer that only refuses a repeat is no end either. A change to which something on the way
 * has said nothing but a refusal is repeated a few times only: it is not known, but more of the same will hardly help.
 *
 * @param expected what tells an answer of the gateway from that of something on the way
 * @throws GatewayProblem the final problem. RefusedByApiGateway where no request was passed on. NotKnownYet where patience ended first.
 */
export async function untilKnown(
  send: () => Promise<Sent>,
  expected: Expected,
  patience: Patience,
): Promise<Extract<Sent, { kind: "answer" }>> {
  const { patienceMs, signal, idempotencyKey, onRepeat, sleep } = patience;
  const started = performance.now();
  let mayBeDone = false;
  let refused = 0;
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    const sent = await send();
    // Credentials that fail later are no end, nor is their refusal: what was sent before them may have been carried out.
    if (sent.kind === "unsigned" && attempt === 1) throw sent.cause;
    const { final, ends, why, retryAfterMs, leaves, isBlocked } = judged(sent, expected);
    if (final !== undefined) return final;
    if (ends === "at once" || (ends === "unless in doubt" && !mayBeDone)) throw why;
    mayBeDone ||= leaves === "doubt";
    if (isBlocked) refused += 1;
    const waitMs = retryAfterMs ?? backoff(attempt);
    const isHopeless = refused === attempt && attempt === mostRefused;
    if (isHopeless || performance.now() - started + waitMs > patienceMs)
      throw new NotKnownYet(attempt, why, { idempotencyKey, mayBeDone });
    onRepeat?.(why, waitMs);
    await sleep(waitMs, signal);
  }
}

/** About ten seconds of requests. */
const mostRefused = 5;

interface Judged {
  readonly final?: Extract<Sent, { kind: "answer" }>;
  readonly why?: unknown;
  readonly ends?: "at once" | "unless in doubt";
  /** Its request may have been carried out. */
  readonly leaves?: "doubt" | "none";
  /** Something on the way refused the change, or blocked its answer. */
  readonly isBlocked?: boolean;
  readonly retryAfterMs?: number | undefined;
}

function judged(sent: Sent, expected: Expected): Judged {
  if (sent.kind !== "answer") return { why: sent.cause, leaves: sent.kind === "nothing" ? "doubt" : "none" };
  const { status, body, headers } = sent;
  if (isSuccess(status, body, expected)) return { final: sent };
  const retryAfterMs = secondsIn(headers.get("retry-after"));
  if (isProblem(body) && isAbout(body, expected)) {
    const why = problemOf(body);
    if (body.retry === "same-identity")
      return { why, retryAfterMs, leaves: leavesDoubt(body) ? "doubt" : "none" };
    return { why, ends: saysNothingOfBefore(body) ? "unless in doubt" : "at once" };
  }
  if (isProblem(body) || status < 400)
    return { why: new NotOfTheGateway(status), retryAfterMs, leaves: "doubt" };
  const why = new RefusedByApiGateway(status, messageIn(body));
  if (isRefusedBefore(sent, expected))
    return { why, retryAfterMs, ...(status === 429 ? { leaves: "none" } : { ends: "unless in doubt" }) };
  if (status >= 500) return { why, leaves: "doubt", retryAfterMs };
  return { why: new NotOfTheGateway(status), leaves: "doubt", retryAfterMs, isBlocked: isRefusal(status) };
}

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
