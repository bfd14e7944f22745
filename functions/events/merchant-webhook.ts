import type { Context, SQSBatchItemFailure, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { readUrl, settleMarginMs } from "../../lib/config.ts";
import { seenOf } from "../../lib/log.ts";
import type { FunctionDefinition } from "../../lib/operation/definition.ts";
import { served } from "../../lib/operation/invocation.ts";
import { deliveryOf, nextPause, pauseAfter } from "../../lib/operation/merchant-event.ts";
import { warmSecrets } from "../../lib/operation/read.ts";
import { Problem } from "../../lib/problem.ts";
import { merchantQueueVariable } from "../../lib/queue.ts";
import { hideFor } from "../../lib/queue-hide.ts";
import { retryAfterSeconds } from "../../lib/retry-after.ts";
import { log, runtime } from "../../lib/runtime.ts";

/**
 * Delivers the events of records to the merchant's own URL, signed as Standard Webhooks. What is not taken stays in the queue and
 * comes again later and later; what is never taken goes to the dead-letter queue.
 */
export const operation: FunctionDefinition = {
  name: "events/merchant-webhook",
  summary: "Delivers events of records to the merchant",
  takesFrom: "merchant-events",
  postpones: true,
  onlyWith: "MERCHANT_WEBHOOK_URL",
  access: "queue",
  variables: ["MERCHANT_WEBHOOK_URL"],
  secrets: ["webhook"],
  tableActions: [],
};

export const handler = /* @__PURE__ */ Object.assign(
  async ({ Records: messages }: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
    const remainingMs = () => context.getRemainingTimeInMillis();
    const world = runtime();
    const batchItemFailures: SQSBatchItemFailure[] = [];
    await served({ remainingMs, takenAt: undefined }, world, async () => {
      // At once: behind a merchant that hangs, messages that wait would use up their tries without being sent.
      const deliver = async (message: SQSRecord) => {
        if (!(await isDelivered(message, remainingMs)))
          batchItemFailures.push({ itemIdentifier: message.messageId });
      };
      await Promise.all(messages.map(deliver));
    });
    return { batchItemFailures };
  },
  {
    async warm() {
      await Promise.allSettled([warmSecrets(operation)]);
    },
  },
);

/** How long the merchant may take to answer; the specification asks receivers for 15 s at most. */
const replyMs = 15_000;

/** Whether the message is done with. Nothing of it is logged but the status of the answer. */
async function isDelivered(message: SQSRecord, remainingMs: () => number): Promise<boolean> {
  const startedAt = performance.now();
  const tell = (more: object) =>
    log({
      function: operation.name,
      requestId: message.messageId,
      durationMs: Math.round(performance.now() - startedAt),
      ...more,
    });
  const received = Number(message.attributes.ApproximateReceiveCount);
  const hide = (seconds: number) =>
    hideFor(process.env, merchantQueueVariable, message.receiptHandle, seconds);
  try {
    const { secrets, clock, send } = runtime();
    const versions = [await secrets.current("webhook"), await secrets.previous("webhook")];
    const url = readUrl(process.env, "MERCHANT_WEBHOOK_URL");
    const request = deliveryOf(message.body, {
      url,
      secrets: versions.filter((version) => version !== undefined),
      now: clock.now(),
    });
    const sent = await send(request, {
      connectMs: settleMarginMs,
      replyMs: Math.min(replyMs, remainingMs() - settleMarginMs),
      mayStillSend: () => true,
    });
    const status = sent.kind === "reply" ? sent.reply.status : undefined;
    const asked = sent.kind === "reply" ? retryAfterSeconds(sent.reply.retryAfter, clock.now()) : undefined;
    const pause = pauseAfter(sent, received, asked);
    tell({ ...(status !== undefined && { status }), ...(pause !== undefined && { code: "not-delivered" }) });
    if (pause === undefined) return true;
    await hide(pause);
    return false;
  } catch (error) {
    tell(error instanceof Problem ? { code: error.code } : seenOf(error));
    // A secret that is not there yet may be missing as long as a merchant is away; a message that is no event is soon a person's.
    if (error instanceof Problem) await hide(nextPause(received)).catch((cause) => tell(seenOf(cause)));
    return false;
  }
}
