import type { Send } from "../transport.ts";

/** Keeps a run from asking a provider that does not answer. */
export interface Breaker {
  readonly isOpen: () => boolean;
  readonly watching: (send: Send) => Send;
}

const failuresInARow = 3;

/**
 * Opens after three requests in a row that could not be sent or got no whole reply, and after a reply that says too many
 * requests (429). A failure counts only where nothing was answered since its request began: a provider that hangs for some
 * customers and answers for others is asked on.
 */
export function breakerOf(): Breaker {
  let failures = 0;
  let replies = 0;
  let isThrottled = false;
  return {
    isOpen: () => isThrottled || failures >= failuresInARow,
    watching: (send) => async (request, timing) => {
      const before = replies;
      const sent = await send(request, timing);
      if (sent.kind === "reply") {
        replies += 1;
        failures = 0;
        isThrottled ||= sent.reply.status === 429;
      } else if (before === replies) failures += 1;
      return sent;
    },
  };
}
