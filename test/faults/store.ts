import { spawn } from "node:child_process";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type AttributeValue,
  type CancellationReason,
  ConditionalCheckFailedException,
  TransactionCanceledException,
} from "@aws-sdk/client-dynamodb";
import { all, isDispatched, ownerIs, turnIs } from "../../lib/records/clauses.ts";
import { findDynoxide } from "../../local/dynamodb.ts";
import { Store, tableOf } from "../world/store.ts";

export type Item = Readonly<Record<string, AttributeValue>>;

/** What the store asks of DynamoDB, as its commands hold it. */
export interface Command {
  readonly constructor: { readonly name: string };
  readonly input: CommandInput;
}

export interface CommandInput {
  readonly Key?: Item;
  readonly IndexName?: string;
  readonly ConditionExpression?: string;
  readonly UpdateExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Item;
  readonly TransactItems?: readonly TransactItem[];
  readonly ClientRequestToken?: string;
}

/** A part of a transaction: a write, or a condition alone. */
export type TransactItem = { readonly Update: CommandInput } | { readonly ConditionCheck: CommandInput };

export const partOf = (item: TransactItem): CommandInput =>
  "Update" in item ? item.Update : item.ConditionCheck;

export interface Output {
  readonly Attributes?: Item;
  readonly Item?: Item;
  readonly Items?: readonly Item[];
}

export const tableName = "records";

/** Where a world's records are. */
export interface Table {
  call(operation: string, input: object): Promise<Output>;
}

/** The engine of `npm start`, its one table in memory. */
export interface Engine extends Table {
  stop(): Promise<void>;
}

/** A table for one world alone, in this process and on that world's clock: it answers as the engine does, many times as fast. */
export function tableInMemory(clock: () => number): Table {
  const store = new Store(clock);
  return { call: async (operation, input) => store.call(operation, input) };
}

/**
 * Commands go to the engine as their own JSON, without the SDK: its retries are told as a fault of their own, which repeats a
 * call whose answer was lost.
 */
export async function startEngine(): Promise<Engine> {
  const port = await freePort();
  const options = ["serve", "--host", "127.0.0.1", "--port", String(port)];
  const child = spawn(findDynoxide(process.env.DYNOXIDE_BIN), options, { stdio: "ignore" });
  const idle: Line[] = [];
  const engine: Engine = {
    async call(operation, input) {
      const line = idle.pop() ?? new Line(port);
      const { status, text } = await line.ask(operation, JSON.stringify(input));
      idle.push(line);
      return outputOf(operation, status, text);
    },
    async stop() {
      const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
      child.kill();
      await gone;
    },
  };
  for (let tries = 0; ; tries++) {
    try {
      await engine.call("CreateTable", tableOf(tableName));
      return engine;
    } catch (error) {
      if (tries > 1000) throw error;
      await sleep(5);
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function outputOf(operation: string, status: number, text: string): Output {
  const output = JSON.parse(text) as Output & {
    readonly __type?: string;
    readonly CancellationReasons?: readonly CancellationReason[];
  };
  if (status === 200) return output;
  if (output.__type?.endsWith("TransactionCanceledException"))
    throw new TransactionCanceledException({
      message: "the transaction was cancelled",
      $metadata: { attempts: 1 },
      CancellationReasons: [...(output.CancellationReasons ?? [])],
    });
  if (!output.__type?.endsWith("ConditionalCheckFailedException")) throw new Error(`${operation}: ${text}`);
  throw new ConditionalCheckFailedException({
    message: "the condition failed",
    $metadata: {},
    ...(output.Item && { Item: { ...output.Item } }),
  });
}

const scope = "20250101/local/dynamodb/aws4_request";
const headers = [
  "host: 127.0.0.1",
  "content-type: application/x-amz-json-1.0",
  "x-amz-date: 20250101T000000Z",
  `authorization: AWS4-HMAC-SHA256 Credential=local/${scope}, SignedHeaders=host, Signature=0`,
].join("\r\n");

/** One kept connection with one call at a time: a hundred thousand calls in HTTP as plain as this take half the time. */
class Line {
  readonly #socket: Socket;
  #text = "";
  #answered: (answer: { readonly status: number; readonly text: string }) => void = () => undefined;
  #failed: (error: Error) => void = () => undefined;

  constructor(port: number) {
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true });
    // One character for each byte, so that a length in bytes is one in characters.
    this.#socket.setEncoding("latin1");
    this.#socket.on("data", (chunk: string) => this.#take(chunk));
    this.#socket.on("error", (error) => this.#failed(error));
    this.#socket.on("close", () => this.#failed(new Error("the engine is gone")));
  }

  ask(operation: string, body: string): Promise<{ readonly status: number; readonly text: string }> {
    const target = `x-amz-target: DynamoDB_20120810.${operation}`;
    const length = `content-length: ${Buffer.byteLength(body)}`;
    return new Promise((resolve, reject) => {
      this.#answered = resolve;
      this.#failed = reject;
      this.#socket.write(`POST / HTTP/1.1\r\n${headers}\r\n${target}\r\n${length}\r\n\r\n${body}`);
    });
  }

  #take(chunk: string): void {
    this.#text += chunk;
    const end = this.#text.indexOf("\r\n\r\n");
    const [, length] = /\r\ncontent-length: (\d+)/i.exec(this.#text.slice(0, end)) ?? [];
    if (end < 0 || this.#text.length < end + 4 + Number(length)) return;
    const status = Number(this.#text.slice(9, 12));
    const text = Buffer.from(this.#text.slice(end + 4), "latin1").toString("utf8");
    this.#text = "";
    this.#answered({ status, text });
  }
}

/** What a command is to the record, by what it writes: `claim`, `claimAgain` of a later attempt, `settle`, `conclude`, ... */
export function nameOf(command: Command): string {
  const { input } = command;
  const kind = command.constructor.name;
  if (kind === "GetItemCommand") return "get";
  if (kind === "QueryCommand") return input.IndexName === "unfinished" ? "due" : "beside";
  const [first] = input.TransactItems ?? [];
  return writeName(first ? partOf(first) : input);
}

/** Whether a command of that name reads: it may be lost, and never meets a transaction. */
export const isReading = (name: string): boolean => ["get", "due", "beside"].includes(name);

/** An attempt that its owner never sends. */
const abandoned = all(ownerIs(""), isDispatched).expression;

/** What one item of it is written for. */
export function writeName(input: CommandInput): string {
  const { UpdateExpression: update = "", ConditionExpression: condition = "" } = input;
  if (update.includes("#holder = :holder")) return "place";
  if (condition.includes("#current")) return update === "" ? "anchorCheck" : "anchor";
  if (update.includes("#proposal = :proposal")) return "propose";
  if (update.includes("#resolution = ")) return condition.includes("#flagged") ? "decideFlag" : "decide";
  if (condition.includes(abandoned)) return "withdraw";
  if (update.includes("#createdAt = if_not_exists"))
    return condition.includes(":seenAttempt") ? "claimAgain" : "claim";
  if (update.includes("#resolver = :resolver")) return "takeTurn";
  if (update.includes("#inquiries = :inquiries")) return "postpone";
  if (condition.includes(turnIs("").expression)) return "conclude";
  if (update.includes("#flagged")) return "flag";
  if (condition.includes(":seenOwner")) return "doubt";
  if (condition.includes(ownerIs("").expression)) return "settle";
  if (condition.includes(":seenState")) return "bind";
  if (update.includes("#count = ")) return "count";
  if (update.includes("#toldAt = ")) return "tell";
  return "keep";
}
