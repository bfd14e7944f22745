import { createHash, randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import { DatabaseSync } from "node:sqlite";
import { buffer } from "node:stream/consumers";
import type { Queue } from "./assembly.ts";
import type { StoreCheck } from "./iam/stores.ts";
import { type JsonObject, listOf, objectOf, parseJson, textOf } from "./json.ts";
import { createServer } from "./node-http.ts";
import { refuse } from "./own-origin.ts";

export interface Queues {
  readonly port: number;
  /** What puts messages into queues in the name of AWS, which needs no permission of a role. */
  readonly feed: Feed;
  close(): void;
}

/** Messages from a stream, and how far it was read. */
export interface Feed {
  /** By shard; undefined where it was never read. */
  position(): ReadonlyMap<string, string> | undefined;
  /** Puts each message into each queue, and keeps the position, in one commit. */
  put(queues: readonly Queue[], bodies: readonly string[], position: ReadonlyMap<string, string>): void;
  /** Forgets the position: what happens until the stream is read again is told to nobody. */
  forget(): void;
}

interface Order {
  readonly queues: readonly Queue[];
  readonly file: string;
  readonly check: StoreCheck;
  readonly port: number;
  /** How long a message that was taken out is nobody else's, whatever the template says: minutes there are seconds here. */
  readonly hiddenMs: number;
}

/**
 * The calls of SQS that functions and their event sources make (AWS JSON 1.0), on a file: a message is on disk when its call is
 * answered. One that was received too often goes to the dead-letter queue, as the template says.
 */
export async function startQueues({ queues, file, check, port, hiddenMs }: Order): Promise<Queues> {
  const store = openStore(file);
  const operations = operationsOn(store, hiddenMs);
  const server = createServer({ keepAliveTimeout: 60_000 }, async (request, response) => {
    if (refuse(request, response)) return;
    const body = await buffer(request).catch(() => undefined);
    // Whoever goes away in the middle of a call is answered by no one.
    if (body === undefined) return;
    const { method = "POST", url: target = "/", rawHeaders } = request;
    const [, operation = ""] = request.headers["x-amz-target"]?.toString().split(".") ?? [];
    const refusal = check({ method, target, rawHeaders, body });
    const answer = refusal ?? answerTo(operation, inputOf(body.toString("utf8")));
    const failed = "type" in answer;
    response.writeHead(failed ? 400 : 200, { "content-type": "application/x-amz-json-1.0" });
    response.end(
      JSON.stringify(
        failed ? { __type: `com.amazonaws.sqs#${answer.type}`, message: answer.message } : answer.output,
      ),
    );
  });

  function answerTo(operation: string, input: JsonObject): Failure | { readonly output: object } {
    const queue = queueOf(queues, input);
    if (queue === undefined)
      return { type: "QueueDoesNotExist", message: "The specified queue does not exist." };
    const act = operations.get(operation);
    if (act === undefined)
      return { type: "UnsupportedOperation", message: `${operation} is not offered here` };
    return { output: act(queue, input) };
  }

  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    feed: feedOf(store, (queue, MessageBody) => operations.get("SendMessage")?.(queue, { MessageBody })),
    close() {
      server.close();
      server.closeAllConnections();
      store.close();
    },
  };
}

interface Failure {
  readonly type: string;
  readonly message: string;
}

/** The queue that a call names by its URL. */
export const queueOf = (queues: readonly Queue[], input: JsonObject): Queue | undefined =>
  queues.find(({ name }) => name === textOf(input.QueueUrl)?.split("/").at(-1));

function openStore(file: string): DatabaseSync {
  const store = new DatabaseSync(file);
  // Every commit is on disk before it returns.
  store.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS messages (
      id TEXT PRIMARY KEY, queue TEXT NOT NULL, body TEXT NOT NULL, sent INTEGER NOT NULL,
      visible INTEGER NOT NULL, received INTEGER NOT NULL DEFAULT 0, receipt TEXT
    );
    CREATE INDEX IF NOT EXISTS by_queue ON messages (queue, visible);
    CREATE TABLE IF NOT EXISTS positions (position TEXT NOT NULL);
  `);
  return store;
}

function feedOf(store: DatabaseSync, send: (queue: Queue, body: string) => void): Feed {
  const kept = store.prepare("SELECT position FROM positions");
  const keep = store.prepare("INSERT INTO positions (position) VALUES (?)");
  const forget = () => store.exec("DELETE FROM positions");
  return {
    forget,
    position() {
      const row = kept.get();
      return row && new Map(Object.entries(JSON.parse(String(row.position))));
    },
    put(queues, bodies, position) {
      store.exec("BEGIN IMMEDIATE");
      try {
        for (const body of bodies) for (const queue of queues) send(queue, body);
        forget();
        keep.run(JSON.stringify(Object.fromEntries(position)));
        store.exec("COMMIT");
      } catch (error) {
        store.exec("ROLLBACK");
        throw error;
      }
    },
  };
}

type Operation = (queue: Queue, input: JsonObject) => object;

function operationsOn(store: DatabaseSync, hiddenMs: number): ReadonlyMap<string, Operation> {
  const put = store.prepare("INSERT INTO messages (id, queue, body, sent, visible) VALUES (?, ?, ?, ?, ?)");
  const dueIn = store.prepare(
    "SELECT id, body, sent, received FROM messages WHERE queue = ? AND visible <= ? ORDER BY visible LIMIT ?",
  );
  const take = store.prepare(
    "UPDATE messages SET visible = ?, received = received + 1, receipt = ? WHERE id = ?",
  );
  const bury = store.prepare("UPDATE messages SET queue = ?, visible = ?, received = 0 WHERE id = ?");
  const remove = store.prepare("DELETE FROM messages WHERE queue = ? AND receipt = ?");
  const hide = store.prepare("UPDATE messages SET visible = ? WHERE queue = ? AND receipt = ?");
  const inQueue = store.prepare("SELECT count(*) AS number FROM messages WHERE queue = ?");

  const receive: Operation = (queue, input) => {
    const now = Date.now();
    const rows = dueIn.all(queue.name, now, Number(input.MaxNumberOfMessages ?? 1));
    const messages = rows.flatMap(({ id, body, sent, received }) => {
      if (queue.deadLetters && Number(received) >= queue.deadLetters.after) {
        bury.run(queue.deadLetters.queue, now, String(id));
        return [];
      }
      const receipt = randomUUID();
      take.run(now + Math.min(hiddenMs, queue.hiddenMs), receipt, String(id));
      return [
        {
          MessageId: String(id),
          ReceiptHandle: receipt,
          Body: String(body),
          MD5OfBody: md5(String(body)),
          Attributes: { ApproximateReceiveCount: String(Number(received) + 1), SentTimestamp: String(sent) },
        },
      ];
    });
    return { Messages: messages };
  };

  return new Map<string, Operation>([
    [
      "SendMessage",
      ({ name }, input) => {
        const [id, body, now] = [randomUUID(), textOf(input.MessageBody) ?? "", Date.now()];
        put.run(id, name, body, now, now);
        return { MessageId: id, MD5OfMessageBody: md5(body) };
      },
    ],
    ["ReceiveMessage", receive],
    [
      "ChangeMessageVisibility",
      ({ name }, input) => {
        const pauseMs = Math.min(hiddenMs, 1000 * Number(input.VisibilityTimeout));
        hide.run(Date.now() + pauseMs, name, textOf(input.ReceiptHandle) ?? "");
        return {};
      },
    ],
    [
      "DeleteMessageBatch",
      ({ name }, input) => {
        const entries = listOf(input.Entries).map(objectOf);
        for (const { ReceiptHandle: receipt } of entries) remove.run(name, textOf(receipt) ?? "");
        return { Successful: entries.map(({ Id }) => ({ Id })), Failed: [] };
      },
    ],
    [
      "GetQueueAttributes",
      ({ name }) => ({
        Attributes: { ApproximateNumberOfMessages: String(inQueue.get(name)?.number ?? 0) },
      }),
    ],
  ]);
}

/** SQS says it of every message, and the SDK compares. */
const md5 = (text: string): string => createHash("md5").update(text, "utf8").digest("hex");

function inputOf(text: string): JsonObject {
  try {
    return objectOf(parseJson(text));
  } catch {
    return {};
  }
}
