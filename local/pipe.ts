import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { post } from "./http-client.ts";

/** A pipe as CloudFormation has it, as far as it decides what becomes of a stream's record. */
export interface Pipe {
  readonly SourceParameters: {
    readonly FilterCriteria: { readonly Filters: readonly { readonly Pattern: string }[] };
  };
  readonly TargetParameters: {
    readonly InputTemplate: string;
    readonly EventBridgeEventBusParameters: { readonly Source: string; readonly DetailType: string };
  };
}

export interface BusEvent {
  readonly source: string;
  readonly detailType: string;
  readonly detail: Readonly<Record<string, string>>;
}

/** What the pipe would put on the bus for these records of its stream. It stands in for EventBridge, which cannot run here. */
export const through = (pipe: Pipe, records: readonly unknown[]): readonly BusEvent[] =>
  records
    .filter((record) =>
      pipe.SourceParameters.FilterCriteria.Filters.some(({ Pattern }) =>
        matches(JSON.parse(Pattern), record),
      ),
    )
    .map((record) => {
      const { InputTemplate, EventBridgeEventBusParameters } = pipe.TargetParameters;
      const filled = InputTemplate.replace(/<(\$[^>]+)>/g, (_, path: string) =>
        JSON.stringify(valueAt(path, record)).slice(1, -1),
      );
      return {
        source: EventBridgeEventBusParameters.Source,
        detailType: valueAt(EventBridgeEventBusParameters.DetailType, record),
        detail: JSON.parse(filled),
      };
    });

/** `$.dynamodb.NewImage.pk.S`, which must lead to a text. */
function valueAt(path: string, record: unknown): string {
  const value = path
    .split(".")
    .slice(1)
    .reduce<unknown>((at, name) => (at as Readonly<Record<string, unknown>> | undefined)?.[name], record);
  if (typeof value !== "string") throw new Error(`${path} leads to ${JSON.stringify(value)}`);
  return value;
}

/** EventBridge's patterns, of which ours has `exists` alone. */
function matches(pattern: Readonly<Record<string, unknown>>, value: unknown): boolean {
  return Object.entries(pattern).every(([name, wanted]) => {
    const found = (value as Readonly<Record<string, unknown>> | undefined)?.[name];
    if (!Array.isArray(wanted)) return matches(wanted as Readonly<Record<string, unknown>>, found);
    return wanted.some((one) => {
      if (isDeepStrictEqual(one, { exists: true })) return found !== undefined;
      if (isDeepStrictEqual(one, { exists: false })) return found === undefined;
      throw new Error(`No rule for ${JSON.stringify(one)}`);
    });
  });
}

/** A table's stream, and the pipe that it goes through. */
interface Source {
  /** The database's own address. */
  readonly url: string;
  readonly table: string;
  readonly pipe: Pipe;
}

/** A call of DynamoDB Streams to the database itself, which believes everybody. */
async function called(url: string, operation: string, input: object) {
  const { status, body } = await post(
    url,
    {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": `DynamoDBStreams_20120810.${operation}`,
      "x-amz-date": "20250101T000000Z",
      authorization:
        "AWS4-HMAC-SHA256 Credential=local/20250101/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
    },
    JSON.stringify(input),
  );
  if (status !== 200) throw new Error(`${operation}: ${body}`);
  return JSON.parse(body);
}

interface StreamRecord {
  readonly dynamodb: { readonly SequenceNumber: string; readonly ApproximateCreationDateTime?: number };
}

/** What each shard of a table's stream holds after the record that was read last; `last` is moved on. */
async function newsOf(
  url: string,
  table: string,
  last: Map<string, string>,
): Promise<readonly StreamRecord[]> {
  const { Streams } = await called(url, "ListStreams", { TableName: table });
  const StreamArn = Streams[0]?.StreamArn;
  const { StreamDescription } = await called(url, "DescribeStream", { StreamArn });
  const records: StreamRecord[] = [];
  for (const { ShardId } of StreamDescription.Shards) {
    const SequenceNumber = last.get(ShardId);
    const from = SequenceNumber
      ? { ShardIteratorType: "AFTER_SEQUENCE_NUMBER", SequenceNumber }
      : { ShardIteratorType: "TRIM_HORIZON" };
    let { ShardIterator } = await called(url, "GetShardIterator", { StreamArn, ShardId, ...from });
    while (ShardIterator) {
      const page = await called(url, "GetRecords", { ShardIterator });
      records.push(...page.Records);
      const newest = page.Records.at(-1)?.dynamodb.SequenceNumber;
      if (newest) last.set(ShardId, newest);
      ShardIterator = newest ? page.NextShardIterator : undefined;
    }
  }
  return records;
}

/** Everything in the stream of a table, from its beginning. */
export const streamOf = (url: string, table: string): Promise<readonly unknown[]> =>
  newsOf(url, table, new Map());

/** How long a stream without news is left alone. */
const pauseMs = 500;

/** What is told from now on of the writes to a table, for as long as the process lives. */
export async function followed(
  { url, table, pipe }: Source,
  hear: (event: BusEvent) => void,
): Promise<never> {
  const startedAt = Math.floor(Date.now() / 1000);
  const last = new Map<string, string>();
  for (;;) {
    // The table is not there at first.
    const news = await newsOf(url, table, last).catch(() => []);
    const since = news.filter(
      ({ dynamodb }) => (dynamodb.ApproximateCreationDateTime ?? startedAt) >= startedAt,
    );
    for (const event of through(pipe, since)) hear(event);
    await sleep(pauseMs, undefined, { ref: false });
  }
}

/** An event, and when the write that tells it was made: to the second, as the stream has it. */
export interface TimedEvent extends BusEvent {
  readonly time: string;
}

/**
 * What the bus would have got since the gateway was made. Each call reads the stream again; nothing reads it before.
 */
export function eventsOf({ url, table, pipe }: Source): () => Promise<readonly TimedEvent[]> {
  const last = new Map<string, string>();
  const events: TimedEvent[] = [];
  let reading: Promise<void> = Promise.resolve();
  const read = async () => {
    for (const record of await newsOf(url, table, last)) {
      const seconds = record.dynamodb.ApproximateCreationDateTime ?? 0;
      const time = new Date(seconds * 1000).toISOString();
      events.push(...through(pipe, [record]).map((event) => ({ ...event, time })));
    }
  };
  return async () => {
    reading = reading.catch(() => undefined).then(read);
    await reading;
    return events;
  };
}
