import { setTimeout as sleep } from "node:timers/promises";
import { awsSigner } from "../lib/aws-signer.ts";
import type { EventSource } from "./assembly.ts";
import { post } from "./http-client.ts";
import type { Credentials } from "./iam/signature.ts";
import { local } from "./intrinsics.ts";
import { isObject, type JsonObject, listOf, objectOf, parseJson } from "./json.ts";
import type { PoolOutcome } from "./lambda/pool.ts";

interface Surroundings {
  readonly endpoint: string;
  /** Those of each function: Lambda reads a queue in the name of the function that it calls. */
  readonly credentialsOf: (functionName: string) => Required<Credentials>;
  readonly invoke: (functionName: string, event: string, signal: AbortSignal) => Promise<PoolOutcome>;
  readonly report: (sentence: string) => void;
}

/** How long an empty queue is left alone. */
const pauseMs = 500;

/** Invokes functions with what is in their queues, as Lambda's event source mappings do, and deletes what they are done with. */
export function startEventSources(
  sources: readonly EventSource[],
  surroundings: Surroundings,
): { stop(): void } {
  const stopped = new AbortController();
  for (const source of sources)
    for (let worker = 0; worker < source.atOnce; worker += 1) void poll(source, surroundings, stopped.signal);
  return { stop: () => stopped.abort() };
}

async function poll(source: EventSource, world: Surroundings, signal: AbortSignal): Promise<void> {
  const ask = asking(world.endpoint, world.credentialsOf(source.functionName));
  while (!signal.aborted) {
    const done = await takeOne(source, ask, world, signal).catch((error: unknown) => {
      if (!signal.aborted) world.report(`${source.queue.name} cannot be read: ${String(error)}`);
      return 0;
    });
    if (done === 0) await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

/** One call of SQS (AWS JSON 1.0). */
type Ask = (operation: string, input: object) => Promise<JsonObject>;

/** Asks in the name of whose credentials these are, without the SDK: to load it would be a tenth of the host's start. */
function asking(endpoint: string, credentials: Required<Credentials>): Ask {
  const signer = awsSigner(async () => credentials, { region: local.region, service: "sqs" });
  return async (operation, input) => {
    const { headers, body } = await signer.sign({
      method: "POST",
      path: "/",
      headers: {
        host: new URL(endpoint).host,
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": `AmazonSQS.${operation}`,
      },
      body: JSON.stringify(input),
    });
    const answer = await post(endpoint, headers, body);
    if (answer.status !== 200) throw new Error(answer.body);
    return objectOf(parseJson(answer.body));
  };
}

/** One batch. Gives how many of its messages are done with. */
async function takeOne(
  { queue, functionName, batchSize }: EventSource,
  ask: Ask,
  { invoke }: Surroundings,
  signal: AbortSignal,
): Promise<number> {
  const received = await ask("ReceiveMessage", { QueueUrl: queue.url, MaxNumberOfMessages: batchSize });
  const messages = listOf(received.Messages).map(objectOf);
  if (messages.length === 0) return 0;
  const outcome = await invoke(
    functionName,
    JSON.stringify({ Records: messages.map(recordOf(queue.arn)) }),
    signal,
  );
  // What failed as a whole stays, each message of it.
  if (outcome.kind !== "answered") return 0;
  const answer = parseJson(outcome.payload);
  const failures = isObject(answer) ? listOf(answer.batchItemFailures) : [];
  const failed = new Set(failures.map((failure) => objectOf(failure).itemIdentifier));
  const done = messages.filter(({ MessageId: id }) => !failed.has(id));
  if (done.length === 0) return 0;
  const entries = done.map(({ MessageId: Id, ReceiptHandle }) => ({ Id, ReceiptHandle }));
  await ask("DeleteMessageBatch", { QueueUrl: queue.url, Entries: entries });
  return done.length;
}

const recordOf = (arn: string) => (message: JsonObject) => ({
  messageId: message.MessageId,
  receiptHandle: message.ReceiptHandle,
  body: message.Body,
  attributes: message.Attributes ?? {},
  messageAttributes: {},
  md5OfBody: message.MD5OfBody,
  eventSource: "aws:sqs",
  eventSourceARN: arn,
  awsRegion: local.region,
});
