import type { Context } from "aws-lambda";
import { handler as consumer } from "../../functions/nicepay/account-binding-queue.ts";
import { handler as webhook } from "../../functions/nicepay/account-binding-webhook.ts";

/** The functions of notifications in a process that may be killed: it serves what it is sent, by the name of the function. */
interface Invocation {
  readonly id: number;
  readonly of: "webhook" | "consumer";
  readonly event: never;
}

const context = { getRemainingTimeInMillis: () => 8000, awsRequestId: "r" } as Context;

process.on("message", async ({ id, of, event }: Invocation) => {
  const answer = await (of === "webhook" ? webhook(event, context) : consumer(event, context)).catch(
    ({ message }: Error) => ({ threw: message }),
  );
  process.send?.({ id, answer });
});
process.on("disconnect", () => process.exit());
process.send?.("ready");
