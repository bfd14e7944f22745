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

/** The sequence number of the record that was read last, by shard. */
export type Position = ReadonlyMap<string, string>;

/** What each shard of a table's stream holds after a position, and the position after that. */
async function newsOf(
  url: string,
  table: string,
  before: Position,
): Promise<{ readonly records: readonly StreamRecord[]; readonly position: Position }> {
  const { Streams } = await called(url, "ListStreams", { TableName: table });
  const StreamArn = Streams[0]?.StreamArn;
  // The table is not there at first.
  if (StreamArn === undefined) return { records: [], position: before };
  const { StreamDescription } = await called(url, "DescribeStream", { StreamArn });
  const records: StreamRecord[] = [];
  const position = new Map(before);
  for (const { ShardId } of StreamDescription.Shards) {
    const SequenceNumber = before.get(ShardId);
    const from = SequenceNumber
      ? { ShardIteratorType: "AFTER_SEQUENCE_NUMBER", SequenceNumber }
      : { ShardIteratorType: "TRIM_HORIZON" };
    let { ShardIterator } = await called(url, "GetShardIterator", { StreamArn, ShardId, ...from });
    while (ShardIterator) {
      const page = await called(url, "GetRecords", { ShardIterator });
      records.push(...page.Records);
      const newest = page.Records.at(-1)?.dynamodb.SequenceNumber;
      if (newest) position.set(ShardId, newest);
      ShardIterator = newest ? page.NextShardIterator : undefined;
    }
  }
  return { records, position };
}

/** Everything in the stream of a table, from its beginning. */
export const streamOf = async (url: string, table: string): Promise<readonly unknown[]> =>
  (await newsOf(url, table, new Map())).records;

/** How long a stream without news is left alone. */
const pauseMs = 500;

/** Where it is kept how far a stream was read. */
export interface Reader {
  /** Undefined where it was never read. */
  position(): Position | undefined;
  /** Keeps the events and the position after them in one step: a process that is killed reads on from what it kept. */
  keep(events: readonly BusEvent[], position: Position): void;
}

/**
 * Gives the reader what is told of the writes to a table, for as long as the process lives: from where it stopped, or from now
 * where it never read before. Writes that are made once this resolves are told in any case.
 */
export async function follow({ url, table, pipe }: Source, reader: Reader): Promise<void> {
  if (reader.position() === undefined) reader.keep([], (await newsOf(url, table, new Map())).position);
  const readOn = async () => {
    for (;;) {
      const before = reader.position() ?? new Map();
      // A database that does not answer is asked again.
      const news = await newsOf(url, table, before).catch(() => ({ records: [], position: before }));
      if (news.records.length > 0) reader.keep(through(pipe, news.records), news.position);
      await sleep(pauseMs, undefined, { ref: false });
    }
  };
  void readOn();
}

/** An event, and when the write that tells it was made: to the second, as the stream has it. */
export interface TimedEvent extends BusEvent {
  readonly time: string;
}

/**
 * What the bus would have got since the gateway was made. Each call reads the stream again; nothing reads it before.
 */
export function eventsOf({ url, table, pipe }: Source): () => Promise<readonly TimedEvent[]> {
  let last: Position = new Map();
  const events: TimedEvent[] = [];
  let reading: Promise<void> = Promise.resolve();
  const read = async () => {
    const { records, position } = await newsOf(url, table, last);
    last = position;
    for (const record of records) {
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
