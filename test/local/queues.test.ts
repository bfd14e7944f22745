import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { type Queues, startQueues } from "../../local/queues.ts";

const folder = mkdtempSync(join(tmpdir(), "queues-"));
const queue = {
  ...{ name: "Events", arn: "arn:q", url: "q/Events", hiddenMs: 168_000 },
  deadLetters: { queue: "DeadEvents", after: 15 },
};
let queues: Queues;
beforeAll(async () => {
  const file = join(folder, "queues.sqlite");
  queues = await startQueues({ queues: [queue], file, check: () => undefined, port: 0, hiddenMs: 2_000 });
});
afterEach(() => vi.useRealTimers());
afterAll(() => {
  queues.close();
  rmSync(folder, { recursive: true });
});

async function call(operation: string, more: object) {
  const answer = await fetch(`http://127.0.0.1:${queues.port}/`, {
    method: "POST",
    headers: { "x-amz-target": `AmazonSQS.${operation}` },
    body: JSON.stringify({ QueueUrl: queue.url, ...more }),
  });
  return (await answer.json()) as { readonly Messages?: readonly { readonly ReceiptHandle: string }[] };
}

test.each([
  { asked: 30, hidden: 30_000 },
  { asked: 28_800, hidden: 60_000 },
])("a message that is hidden for $asked s comes again after $hidden ms", async ({ asked, hidden }) => {
  vi.useFakeTimers({ toFake: ["Date"] });
  await call("SendMessage", { MessageBody: "an event" });
  const [taken] = (await call("ReceiveMessage", {})).Messages ?? [];
  const receipt = { ReceiptHandle: taken?.ReceiptHandle };
  await call("ChangeMessageVisibility", { ...receipt, VisibilityTimeout: asked });
  vi.setSystemTime(Date.now() + hidden - 1);
  expect((await call("ReceiveMessage", {})).Messages).toEqual([]);
  vi.setSystemTime(Date.now() + 1);
  const again = (await call("ReceiveMessage", {})).Messages ?? [];
  expect(again).toHaveLength(1);
  await call("DeleteMessageBatch", { Entries: [{ Id: "1", ReceiptHandle: again[0]?.ReceiptHandle }] });
});
