import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { notificationMs } from "../../lib/config.ts";
import { seenOf } from "../../lib/log.ts";
import { queueCounts, type TakenFromQueue } from "../../lib/metrics.ts";
import type { FunctionDefinition } from "../../lib/operation/definition.ts";
import { receiveNotification } from "../../lib/operation/notification.ts";
import { incomingOf } from "../../lib/operation/queued.ts";
import { warmSecrets } from "../../lib/operation/read.ts";
import { Problem } from "../../lib/problem.ts";
import { readNotification } from "../../lib/providers/nicepay/notification.ts";
import { bindingKeys } from "../../lib/records/identity.ts";
import { processRecords } from "../../lib/records/process.ts";
import { log, runtime } from "../../lib/runtime.ts";

/**
 * Takes notifications that the webhook could neither bind nor keep from the queue, in any order and however often each comes,
 * verifies them and does what the webhook does. What fails stays in the queue.
 */
export const operation: FunctionDefinition = {
  name: "nicepay/account-binding-queue",
  summary: "Takes notifications in that had to wait",
  takesFrom: "notifications",
  access: "queue",
  variables: ["NICEPAY_ACCOUNT"],
  secrets: ["nicepay", "gateway"],
  tableActions: ["GetItem", "UpdateItem"],
  keysBeginWith: [bindingKeys],
};

export const handler = /* @__PURE__ */ Object.assign(
  async ({ Records: messages }: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
    const failed: SQSRecord[] = [];
    for (const message of messages) {
      // What no time is left for comes again.
      const isLate = context.getRemainingTimeInMillis() < notificationMs;
      if (isLate) tellLate(message);
      if (isLate || !(await isTaken(message))) failed.push(message);
    }
    return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  },
  {
    async warm() {
      await Promise.allSettled([warmSecrets(operation), (async () => processRecords())()]);
    },
  },
);

/** Where every message is late, the function's timeout is too short: nobody would know without a line. */
const tellLate = ({ messageId }: SQSRecord): void =>
  log(
    { function: operation.name, requestId: messageId, durationMs: 0, code: "late" },
    queueCounts("nicepay", { failed: true }),
  );

/** Whether the message is done with. Its id names it in the log; nothing of it is logged. */
async function isTaken({ messageId, body }: SQSRecord): Promise<boolean> {
  const startedAt = performance.now();
  const tell = (taken: TakenFromQueue, more: object = {}) =>
    log(
      {
        function: operation.name,
        requestId: messageId,
        durationMs: Math.round(performance.now() - startedAt),
        ...more,
      },
      queueCounts("nicepay", taken),
    );
  try {
    const { isListed, ...incoming } = await incomingOf(body, runtime().secrets);
    const readings = readNotification(incoming.body, incoming.contentEncoding);
    const { kind, record } = await receiveNotification({ readings, isListed }, runtime(), processRecords());
    tell({ notification: kind, unlisted: !isListed }, { record });
    return true;
  } catch (error) {
    // Unreadable, or unsigned under every version of the secret, of which the newest was read since: it will never be more.
    const isJunk = error instanceof Problem && error.status < 500;
    tell(isJunk ? { junk: true } : { failed: true }, isJunk ? { code: error.code } : seenOf(error));
    return isJunk;
  }
}
