import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AttributeValue,
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  paginateScan,
} from "@aws-sdk/client-dynamodb";
import { awsClientConfig } from "../../lib/aws.ts";
import { findDynoxide, startDynamoDb } from "../../local/dynamodb.ts";
import { local } from "../../local/intrinsics.ts";
import { tableOf } from "../world/store.ts";
import type { Gateway } from "./gateway.ts";

export type Item = Record<string, AttributeValue>;

/** The table as the stack makes it: its key, its two indexes and its stream. */
const recordsTable = { ...tableOf("records"), StreamSpecification: { StreamViewType: "NEW_IMAGE" } };

export interface TestTable {
  readonly name: string;
  readonly url: string;
  /** Where the engine keeps it: a database of SQLite. */
  readonly file: string;
  readonly client: DynamoDBClient;
  /** A patient client of the same table behind another address, such as a counting proxy's: what is lost there alone is lost. */
  clientAt(url: string): DynamoDBClient;
  item(id: string): Promise<Item | undefined>;
  put(item: Item): Promise<void>;
  /** Everything in the table, or in one of its indexes. */
  scan(index?: "unfinished" | "customer-records"): Promise<readonly Item[]>;
  stop(): Promise<void>;
}

export const localCredentials = {
  AWS_REGION: "eu-central-1",
  AWS_ACCESS_KEY_ID: "local",
  AWS_SECRET_ACCESS_KEY: "local",
};

/** What a client of a gateway's table needs, as a person has it. */
export const variablesOf = ({ dynamoUrl, dynamoCredentials }: TableOfGateway) => ({
  AWS_REGION: local.region,
  AWS_ACCESS_KEY_ID: dynamoCredentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: dynamoCredentials.secretAccessKey,
  AWS_SESSION_TOKEN: dynamoCredentials.sessionToken,
  AWS_ENDPOINT_URL_DYNAMODB: dynamoUrl,
});

type TableOfGateway = Pick<Gateway, "dynamoUrl" | "dynamoCredentials">;
type Variables = Parameters<typeof awsClientConfig>[0];

/** The product's own client settings, at the address of an engine. */
export const clientAt = (url: string): DynamoDBClient =>
  clientWith({ ...localCredentials, AWS_ENDPOINT_URL_DYNAMODB: url });

/** The same, at the front that signatures are checked at. */
export const clientOf = (gateway: TableOfGateway): DynamoDBClient => clientWith(variablesOf(gateway));

const clientWith = (variables: Variables): DynamoDBClient =>
  new DynamoDBClient(awsClientConfig(variables, "DYNAMODB"));

/** The same, for whoever asks for more at once than an engine on a busy machine answers in the time that the product waits. */
export const patientClientOf = (gateway: TableOfGateway): DynamoDBClient => patient(variablesOf(gateway));

const patient = (variables: Variables): DynamoDBClient =>
  new DynamoDBClient({
    ...awsClientConfig(variables, "DYNAMODB"),
    requestHandler: { connectionTimeout: 10_000, requestTimeout: 60_000 },
  });

/** All items of a table that runs somewhere already. */
export async function scanAll(
  client: DynamoDBClient,
  table: string,
  index?: string,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  const input = { TableName: table, ...(index !== undefined && { IndexName: index }) };
  for await (const page of paginateScan({ client }, input)) items.push(...(page.Items ?? []));
  return items;
}

/** All items of the gateway's table. */
export async function itemsOf(gateway: TableOfGateway): Promise<readonly Item[]> {
  const client = patientClientOf(gateway);
  try {
    const { TableNames: [table = ""] = [] } = await client.send(new ListTablesCommand({}));
    return await scanAll(client, table);
  } finally {
    client.destroy();
  }
}

/** The records table on the engine that `npm start` uses, in a folder of its own. */
export async function startTable(name = "records"): Promise<TestTable> {
  const folder = await mkdtemp(join(tmpdir(), "records-"));
  const file = join(folder, "dynamodb.sqlite");
  const silent = { line: () => undefined, stream: () => undefined };
  const engine = await startDynamoDb({
    binary: findDynoxide(process.env.DYNOXIDE_BIN),
    file,
    log: silent,
  });
  await engine.ensureTable({ name, properties: recordsTable });
  const client = patient({ ...localCredentials, AWS_ENDPOINT_URL_DYNAMODB: engine.url });
  return {
    name,
    url: engine.url,
    file,
    client,
    clientAt: (url) => patient({ ...localCredentials, AWS_ENDPOINT_URL_DYNAMODB: url }),
    async item(id) {
      const command = new GetItemCommand({ TableName: name, Key: { pk: { S: id } }, ConsistentRead: true });
      return (await client.send(command)).Item;
    },
    async put(item) {
      await client.send(new PutItemCommand({ TableName: name, Item: item }));
    },
    scan: (index) => scanAll(client, name, index),
    async stop() {
      client.destroy();
      await engine.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
