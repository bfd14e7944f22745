import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { webhookCounts } from "../../lib/metrics.ts";
import { bodyOf } from "../../lib/operation/body.ts";
import type { FunctionDefinition } from "../../lib/operation/definition.ts";
import { type Answer, lambda, type Request } from "../../lib/operation/handler.ts";
import { receiveNotification } from "../../lib/operation/notification.ts";
import { warmSecrets } from "../../lib/operation/read.ts";
import { Problem } from "../../lib/problem.ts";
import { notificationPath } from "../../lib/providers/nicepay/index.ts";
import { readNotification } from "../../lib/providers/nicepay/notification.ts";
import type { BodyHeaders } from "../../lib/providers/nicepay/notification-body.ts";
import { isAllowedSource } from "../../lib/providers/nicepay/source.ts";
import { processRecords } from "../../lib/records/process.ts";
import { runtime } from "../../lib/runtime.ts";

/**
 * Where NICEPAY pushes the outcome of an account binding. The route is open: the signature and the source address say who
 * sends. Answers 200 once the notification is durably kept, whatever it says; 401, 403, 400, 413 and 415 keep nothing; 503
 * asks for it again.
 */
export const operation: FunctionDefinition = {
  name: "nicepay/account-binding-webhook",
  summary: "Receives NICEPAY's notifications of account bindings",
  route: { method: "POST", path: notificationPath },
  access: "open",
  variables: ["NICEPAY_ACCOUNT", "WEBHOOK_SOURCE_ADDRESSES"],
  secrets: ["nicepay", "gateway"],
  tableActions: ["GetItem", "UpdateItem"],
};

export const handler = lambda({
  name: operation.name,
  read: receive,
  run: keep,
  async warm() {
    await Promise.allSettled([warmSecrets(operation), (async () => processRecords())()]);
  },
  refuse: unkept,
  counts: webhookCounts("nicepay"),
});

interface Received {
  readonly body: Uint8Array;
  readonly headers: BodyHeaders;
  readonly isListed: boolean;
}

function receive(event: APIGatewayProxyEventV2): Received {
  const { headers, requestContext } = event;
  return {
    body: bodyOf(event),
    headers: { contentType: headers["content-type"], contentEncoding: headers["content-encoding"] },
    isListed: isAllowedSource(
      requestContext.http.sourceIp,
      runtime().config.option("WEBHOOK_SOURCE_ADDRESSES"),
    ),
  };
}

async function keep({ input, note }: Request<Received>): Promise<Answer> {
  const { body, headers, isListed } = input;
  try {
    const readings = await readNotification(body, headers);
    const { kind, record } = await receiveNotification({ readings, isListed }, runtime(), processRecords());
    note({ record, ...(kind && { notification: kind }), ...(!isListed && { unlisted: true }) });
    return { body: { received: true } };
  } catch (error) {
    // A stranger is told no more than that: neither what is wrong with a form, nor with a signature.
    if (!isListed && error instanceof Problem && error.status < 500)
      throw new Problem("access-denied", "The source address is not one of the provider's.");
    throw error;
  }
}

/** Whatever of ours failed, the notification was not kept: 503 has it sent again. */
function unkept(error: unknown): Problem {
  if (error instanceof Problem && error.status < 500) return error;
  const { code, message } =
    error instanceof Problem ? error : { code: "not-sent" as const, message: "It was not kept." };
  return new Problem(code, message, { status: 503, retryAfter: 30 });
}
