import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Table } from "./assembly.ts";
import { CannotStart } from "./cannot-start.ts";
import { freeEngineAddress } from "./engine-address.ts";
import { post } from "./http-client.ts";
import { local } from "./intrinsics.ts";
import { isObject, type Json, type JsonObject, listOf, objectOf, parseJson, textOf } from "./json.ts";
import { type Log, platformLine } from "./logs.ts";
import { spawnTethered } from "./tether.ts";

export interface DynamoDb {
  /** Of the database itself, which believes everybody: for the front alone, and never printed. */
  readonly url: string;
  /** Makes the table if it is absent. */
  ensureTable(table: Table): Promise<void>;
  close(): Promise<void>;
}

/** Starts dynoxide on a file and keeps it running at one address; an item that it has acknowledged is in the file. */
export async function startDynamoDb(options: {
  readonly binary: string;
  readonly file: string;
  readonly log: Log;
}): Promise<DynamoDb> {
  const { binary, file, log } = options;
  const { host, port } = await freeEngineAddress();
  const url = `http://${host}:${port}`;
  let closing = false;
  /** How often it has ended without having run for a while. */
  let failures = 0;
  let child = launch();

  function launch() {
    const started = spawnTethered(binary, [
      "serve",
      "--host",
      host,
      "--port",
      String(port),
      "--db-path",
      file,
    ]);
    const since = performance.now();
    const print = (source: Readable) =>
      createInterface({ input: source }).on("line", (text) =>
        log.line(text.replaceAll(`${host}:${port}`, "its address")),
      );
    print(started.stdout);
    print(started.stderr);
    started.stdin.on("error", () => undefined);
    started.on("exit", async (code) => {
      // Should the shell have been killed instead, its watcher now ends the program.
      started.stdin.destroy();
      if (closing) return;
      failures = performance.now() - since > 5000 ? 1 : failures + 1;
      log.line(platformLine("ERROR", `DynamoDB ended with status ${code}; it is started again`));
      await sleep(Math.min(25 * 2 ** failures, 2000));
      if (!closing) child = launch();
    });
    return started;
  }

  await untilItAnswers(url, () => {
    if (failures < 3) return;
    closing = true;
    throw new CannotStart(
      `${binary} cannot serve ${file}: what it says is in logs/dynamodb.log of the data directory.`,
    );
  });
  return {
    url,
    async ensureTable(table) {
      await ensureTable(url, table, file);
      numberByIndex(file);
    },
    close() {
      closing = true;
      const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
      if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
      child.stdin.end();
      return ended;
    },
  };
}

/**
 * Lets the engine find a stream's next number in an index. It asks for that at each write, keeps a stream for ever and has no index of
 * it (dynoxide 1.2, `next_stream_sequence_number`), so each write would read all the writes that were made before.
 */
function numberByIndex(file: string): void {
  // Amazon's DynamoDB Local keeps its tables elsewhere.
  if (!existsSync(file)) return;
  const database = new DatabaseSync(file, { timeout: 5000 });
  try {
    database.exec(
      "CREATE INDEX IF NOT EXISTS stream_numbers ON _stream_records (table_name, CAST(sequence_number AS INTEGER))",
    );
  } finally {
    database.close();
  }
}

/** The binary of this platform's package, unless one is given. */
export function findDynoxide(given: string | undefined): string {
  if (given !== undefined) {
    if (existsSync(given)) return given;
    throw new CannotStart(`DYNOXIDE_BIN ${given} does not exist.`);
  }
  const name = `@dynoxide/${process.platform}-${process.arch}`;
  try {
    return createRequire(import.meta.url).resolve(`${name}/dynoxide`);
  } catch {
    throw new CannotStart(
      `${name} is not installed: run npm ci, or set DYNOXIDE_BIN to a dynoxide for this platform.`,
    );
  }
}

async function untilItAnswers(url: string, check: () => void): Promise<void> {
  const end = performance.now() + 10_000;
  for (;;) {
    try {
      await call(url, "ListTables", {});
      return;
    } catch {
      check();
      if (performance.now() > end)
        throw new CannotStart(
          "DynamoDB does not answer: what it says is in logs/dynamodb.log of the data directory.",
        );
      await sleep(4);
    }
  }
}

class DynamoDbError extends Error {
  override readonly name = "DynamoDbError";
  readonly type: string;
  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

async function call(url: string, operation: string, input: JsonObject): Promise<JsonObject> {
  // The local store wants a signature to be there and does not check it.
  const scope = `20250101/${local.region}/dynamodb/aws4_request`;
  const { status, body } = await post(
    url,
    {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": `DynamoDB_20120810.${operation}`,
      "x-amz-date": "20250101T000000Z",
      authorization: `AWS4-HMAC-SHA256 Credential=local/${scope}, SignedHeaders=host, Signature=0`,
    },
    JSON.stringify(input),
  );
  const output = objectOf(parseJson(body));
  if (status === 200) return output;
  const type = textOf(output.__type)?.split("#").at(-1) ?? `status ${status}`;
  throw new DynamoDbError(type, textOf(output.message) ?? textOf(output.Message) ?? body);
}

async function ensureTable(url: string, { name, properties }: Table, file: string): Promise<void> {
  const wanted = definitionOf(name, properties);
  const found = await describe(url, name);
  if (found === undefined) {
    await call(url, "CreateTable", wanted);
    await expire(url, name, properties);
    return;
  }
  // An index that a later template has is made of what is there, as CloudFormation makes it.
  const missing = listOf(wanted.GlobalSecondaryIndexes).filter(
    (index) => !shapeOf(found).has(`index ${objectOf(index).IndexName}`),
  );
  for (const index of missing)
    await call(url, "UpdateTable", {
      TableName: name,
      AttributeDefinitions: wanted.AttributeDefinitions,
      GlobalSecondaryIndexUpdates: [{ Create: index }],
    });
  const seen = missing.length === 0 ? found : ((await describe(url, name)) ?? found);
  const differences = compare(shapeOf(wanted), shapeOf(seen));
  if (differences.length === 0) return;
  throw new CannotStart(
    `Table ${name} in ${file} is not the one of the template (${differences.join("; ")}). ` +
      `Move that file away, with its -wal and -shm, to start with an empty table, or choose another DATA_DIR.`,
  );
}

async function describe(url: string, name: string): Promise<JsonObject | undefined> {
  try {
    return objectOf((await call(url, "DescribeTable", { TableName: name })).Table);
  } catch (error) {
    if (error instanceof DynamoDbError && error.type === "ResourceNotFoundException") return undefined;
    throw error;
  }
}

/** CloudFormation's properties as CreateTable takes them; what has no meaning here (keys, backups, tags) is left out. */
function definitionOf(name: string, properties: JsonObject): JsonObject {
  const index = (value: Json): JsonObject => {
    const { IndexName, KeySchema, Projection } = objectOf(value);
    return { IndexName, KeySchema, Projection };
  };
  const globals = listOf(properties.GlobalSecondaryIndexes).map(index);
  const locals = listOf(properties.LocalSecondaryIndexes).map(index);
  const stream = textOf(objectOf(properties.StreamSpecification).StreamViewType);
  return {
    TableName: name,
    AttributeDefinitions: properties.AttributeDefinitions,
    KeySchema: properties.KeySchema,
    BillingMode: "PAY_PER_REQUEST",
    ...(globals.length > 0 && { GlobalSecondaryIndexes: globals }),
    ...(locals.length > 0 && { LocalSecondaryIndexes: locals }),
    ...(stream !== undefined && { StreamSpecification: { StreamEnabled: true, StreamViewType: stream } }),
  };
}

async function expire(url: string, name: string, { TimeToLiveSpecification }: JsonObject): Promise<void> {
  if (!isObject(TimeToLiveSpecification)) return;
  await call(url, "UpdateTimeToLive", { TableName: name, TimeToLiveSpecification });
}

/** What makes two tables the same to a program: the keys of the table and of each index, and what an index holds. */
function shapeOf(definition: JsonObject): ReadonlyMap<string, string> {
  const types = new Map(
    listOf(definition.AttributeDefinitions)
      .map(objectOf)
      .map(({ AttributeName, AttributeType }) => [AttributeName, AttributeType]),
  );
  const keys = (value: Json | undefined) =>
    listOf(value)
      .map(objectOf)
      .map(({ AttributeName, KeyType }) => `${AttributeName} ${types.get(AttributeName)} ${KeyType}`)
      .join(", ");
  const shape = new Map([["the keys", keys(definition.KeySchema)]]);
  for (const index of [definition.GlobalSecondaryIndexes, definition.LocalSecondaryIndexes].flatMap(listOf)) {
    const { IndexName, KeySchema, Projection } = objectOf(index);
    const { ProjectionType, NonKeyAttributes } = objectOf(Projection);
    const held = listOf(NonKeyAttributes).map(String).toSorted().join(", ");
    shape.set(
      `index ${IndexName}`,
      [keys(KeySchema), String(ProjectionType), held].filter(Boolean).join(", "),
    );
  }
  return shape;
}

function compare(wanted: ReadonlyMap<string, string>, found: ReadonlyMap<string, string>): readonly string[] {
  const parts = [...new Set([...wanted.keys(), ...found.keys()])];
  return parts
    .filter((part) => wanted.get(part) !== found.get(part))
    .map(
      (part) =>
        `${part}: ${found.get(part) ?? "absent"} there, ${wanted.get(part) ?? "absent"} in the template`,
    );
}
