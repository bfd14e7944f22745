import { setTimeout as sleep } from "node:timers/promises";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { seenOf } from "../../lib/log.ts";
import { webhookCounts } from "../../lib/metrics.ts";
import { bodyOf } from "../../lib/operation/body.ts";
import type { FunctionDefinition } from "../../lib/operation/definition.ts";
import { type Answer, lambda, type Request } from "../../lib/operation/handler.ts";
import { receiveNotification } from "../../lib/operation/notification.ts";
import { type Incoming, messageOf } from "../../lib/operation/queued.ts";
import { warmSecrets } from "../../lib/operation/read.ts";
import { behindRestApi } from "../../lib/operation/rest-event.ts";
import { Problem } from "../../lib/problem.ts";
import { notificationPath } from "../../lib/providers/nicepay/index.ts";
import { readNotification } from "../../lib/providers/nicepay/notification.ts";
import { isAllowedSource } from "../../lib/providers/nicepay/source.ts";
import { enqueue } from "../../lib/queue.ts";
import { bindingKeys } from "../../lib/records/identity.ts";
import { processRecords } from "../../lib/records/process.ts";
import { runtime } from "../../lib/runtime.ts";

const name = "nicepay/account-binding-webhook";

/**
 * Where NICEPAY pushes the outcome of an account binding. The route is open: the signature and the source address say who
 * sends. Answers 200 once the notification is durable: written to its record, kept as a stray, or in the queue, where it waits
 * while something of ours is away. 401 and 403 keep nothing, nor does 400, for what has no signature in any form; 503 asks for
 * it again.
 */
export const operation: FunctionDefinition = {
  name,
  summary: "Receives NICEPAY's notifications of account bindings",
  route: { method: "POST", path: notificationPath },
  access: "open",
  variables: ["NICEPAY_ACCOUNT", "WEBHOOK_SOURCE_ADDRESSES"],
  putsInto: "notifications",
  secrets: ["nicepay", "gateway"],
  tableActions: ["GetItem", "UpdateItem"],
  // Whoever takes it over, from the open internet, gets no further: not to a record of money.
  keysBeginWith: [bindingKeys],
};

export const handler = /* @__PURE__ */ behindRestApi(
  /* @__PURE__ */ lambda({
    name,
    read: receive,
    run: keep,
    async warm() {
      await Promise.allSettled([warmSecrets(operation), (async () => processRecords())()]);
    },
    refuse: unkept,
    counts: /* @__PURE__ */ webhookCounts("nicepay"),
  }),
);

function receive(event: APIGatewayProxyEventV2): Incoming {
  const { headers, requestContext } = event;
  return {
    body: bodyOf(event),
    contentEncoding: headers["content-encoding"],
    isListed: isAllowedSource(
      requestContext.http.sourceIp,
      runtime().config.option("WEBHOOK_SOURCE_ADDRESSES"),
    ),
  };
}

/** How long verifying and writing may take before it is left to the queue: the provider waits, and it is not known how long. */
const takeInMs = 6_000;

async function keep({ input, note }: Request<Incoming>): Promise<Answer> {
  const { body, contentEncoding, isListed } = input;
  const unlisted = !isListed && { unlisted: true };
  let isVerified = false;
  const verified = () => {
    isVerified = true;
  };
  try {
    const readings = readNotification(body, contentEncoding);
    const { kind, record } = await inTime(
      receiveNotification({ readings, isListed, verified }, runtime(), processRecords()),
    );
    note({ record, ...(kind && { notification: kind }), ...unlisted });
  } catch (error) {
    const refused = error instanceof Problem && error.status < 500 ? error : undefined;
    const { errors } = refused?.details ?? {};
    if (errors) note({ unreadable: errors.map(({ pointer = "" }) => pointer) });
    if (refused && isListed) throw refused;
    // A stranger is told no more than that: neither what is wrong with a form, nor with a signature.
    if (refused) throw new Problem("access-denied", "The source address is not one of the provider's.");
    // From unlisted addresses only what has verified: no other sender may fill the queue.
    if (!isListed && !isVerified) throw error;
    const message = await messageOf(input, runtime().secrets);
    await enqueue(process.env, message).catch(() => {
      // The cause must be repaired by a person.
      throw error;
    });
    note({ notification: "queued", ...unlisted, ...seenOf(error instanceof Problem ? error.cause : error) });
  }
  return { body: { received: true } };
}

/** It may go on beside: all that it writes may be written twice. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  const late = new AbortController();
  const tooLate = sleep(takeInMs, undefined, { signal: late.signal, ref: false }).then(() => {
    throw new Problem("not-sent", "The notification could not be kept in time.");
  });
  tooLate.catch(() => undefined);
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    late.abort();
    work.catch(() => undefined);
  }
}

/** Whatever of ours failed, the queue too, the notification was not kept: 503 has it sent again. */
function unkept(error: unknown): Problem {
  if (error instanceof Problem && error.status < 500) return error;
  const { code, message } =
    error instanceof Problem ? error : { code: "not-sent" as const, message: "It was not kept." };
  return new Problem(code, message, { status: 503, retryAfter: 30 });
}
