import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { post } from "../../local/http-client.ts";

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

/** Everything in the stream of a table, from its beginning. */
export async function streamOf(url: string, table: string): Promise<readonly unknown[]> {
  const call = async (operation: string, input: object) => {
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
  };
  const { Streams } = await call("ListStreams", { TableName: table });
  const StreamArn = Streams[0]?.StreamArn;
  const { StreamDescription } = await call("DescribeStream", { StreamArn });
  const records: unknown[] = [];
  for (const { ShardId } of StreamDescription.Shards) {
    let { ShardIterator } = await call("GetShardIterator", {
      StreamArn,
      ShardId,
      ShardIteratorType: "TRIM_HORIZON",
    });
    while (ShardIterator) {
      const page = await call("GetRecords", { ShardIterator });
      records.push(...page.Records);
      ShardIterator = page.Records.length > 0 ? page.NextShardIterator : undefined;
    }
  }
  return records;
}

/** The pipe of the stack that the gateway serves. */
export async function pipeOf(assembly: string): Promise<Pipe> {
  for await (const file of glob(join(assembly, "*.template.json"))) {
    const { Resources: resources } = JSON.parse(await readFile(file, "utf8"));
    for (const { Type, Properties } of Object.values<{ Type: string; Properties: Pipe }>(resources))
      if (Type === "AWS::Pipes::Pipe") return Properties;
  }
  throw new Error("the assembly has no pipe");
}
