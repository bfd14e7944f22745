import { setTimeout as sleep } from "node:timers/promises";
import type { Fleet } from "./fleet.ts";
import type { Random } from "./random.ts";

/** What a caller was told in the end, or that it gave up asking. */
export type Told =
  | { readonly kind: "succeeded"; readonly transactionId: string }
  | {
      readonly kind: "refused";
      readonly code: string;
      readonly state: string | undefined;
      readonly nextReversal?: number | undefined;
    }
  | { readonly kind: "gave up" };

export interface Answer {
  readonly status: number;
  readonly retryAfter: number | undefined;
  readonly body: {
    readonly code?: string;
    readonly retry?: string;
    readonly nextReversal?: number;
    readonly result?: { readonly transactionId?: string };
    readonly record?: { readonly state?: string };
  };
}

/** Longer than any answer takes. */
const patienceMs = 10_000;
/** What a caller is asked to wait is cut to this, or a soak would mostly wait. */
const longestPauseMs = 1_500;

export async function post(
  fleet: Fleet,
  route: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer | undefined> {
  try {
    const { url } = await fleet.gateway();
    const response = await fetch(`${url}/v1/aggrepay/${route}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(patienceMs),
    });
    const text = await response.text();
    const retryAfter = response.headers.get("retry-after");
    return {
      status: response.status,
      body: JSON.parse(text),
      retryAfter: retryAfter === null ? undefined : Number(retryAfter),
    };
  } catch {
    // The host was killed, or its reply with it: the caller knows nothing.
    return undefined;
  }
}

/**
 * Asks until the answer is final, exactly as a caller should: the same request, under the same identity, whenever the answer
 * says so or there is none.
 */
export async function ask(
  send: () => Promise<Answer | undefined>,
  random: Random,
  { untilMs, onAnswer }: { untilMs: number; onAnswer: (answer: Answer | undefined) => void },
): Promise<Told> {
  for (;;) {
    const answer = await send();
    onAnswer(answer);
    const told = answer && finalOf(answer);
    if (told) return told;
    if (performance.now() > untilMs) return { kind: "gave up" };
    const pause = answer?.retryAfter === undefined ? 200 : answer.retryAfter * 1000;
    await sleep(Math.min(longestPauseMs, pause) * (0.5 + random.next()));
  }
}

function finalOf({ status, body }: Answer): Told | undefined {
  if (status === 200) return { kind: "succeeded", transactionId: body.result?.transactionId ?? "" };
  // Of the front: the function died or did not start.
  if (body.retry === undefined || body.retry === "same-identity") return undefined;
  const { code = "", record, nextReversal } = body;
  return { kind: "refused", code, state: record?.state, ...(nextReversal !== undefined && { nextReversal }) };
}
