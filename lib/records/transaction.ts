import {
  type DynamoDBClient,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { pauseInConflict, triesInConflict } from "./conflict.ts";
import { type Attributes, S } from "./record.ts";
import { type Check, checkOf, expressionsOf, type Write } from "./write.ts";

export type Part = Write | Check;

/** Why nothing was written: of each part, in their order, whether its condition failed, and on which item. */
export type Refusals = readonly { readonly isRefused: boolean; readonly item: Attributes | undefined }[];

interface Sending {
  /** Of this transaction alone, by which DynamoDB knows a repeat of it for ten minutes; the SDK's own if left out. */
  readonly token?: string;
  readonly options?: { readonly requestTimeout: number; readonly abortSignal: AbortSignal } | undefined;
}

/**
 * Writes all parts, or none; a part may only have a condition. Returns what refused them; undefined where they are written.
 * @throws what the SDK throws where it is not known whether they are written.
 */
export async function transact(
  client: DynamoDBClient,
  table: string,
  parts: readonly Part[],
  { token, options }: Sending = {},
): Promise<Refusals | undefined> {
  const command = new TransactWriteItemsCommand({
    TransactItems: parts.map((part) => itemOf(part, table)),
    ...(token !== undefined && { ClientRequestToken: token }),
  });
  try {
    await client.send(command, options);
    return undefined;
  } catch (error) {
    const refusals = refusalsIn(error);
    if (!refusals) throw error;
    return refusals;
  }
}

/**
 * All of these writes or none of them, also where other transactions are in the way for a moment. Gives for each whether its
 * condition failed; where one did, nothing was written.
 */
export async function writeTogether(
  client: DynamoDBClient,
  table: string,
  writes: readonly Write[],
): Promise<readonly boolean[]> {
  for (let tried = 1; ; tried += 1) {
    const refusals = await transact(client, table, writes);
    if (!refusals) return writes.map(() => false);
    const failed = refusals.map(({ isRefused }) => isRefused);
    if (failed.includes(true)) return failed;
    if (tried === triesInConflict) throw new Error("other transactions are in the way");
    await pauseInConflict(tried);
  }
}

function itemOf(part: Part, table: string): TransactWriteItem {
  const at = {
    TableName: table,
    Key: { pk: S(part.id) },
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  } as const;
  return "set" in part
    ? { Update: { ...at, ...expressionsOf(part) } }
    : { ConditionCheck: { ...at, ...checkOf(part) } };
}

/**
 * Why a transaction was cancelled; undefined where it is not known to be unwritten. The SDK repeats none of DynamoDB's reasons
 * (conditions, other transactions, throttling), so where it was tried once nothing was written. An earlier try whose answer was
 * lost may be what a later one met: then a failed condition alone tells, by the item that it shows.
 */
function refusalsIn(error: unknown): Refusals | undefined {
  if (!(error instanceof TransactionCanceledException)) return undefined;
  const reasons = error.CancellationReasons ?? [];
  const isRefused = reasons.some(({ Code: code }) => code === "ConditionalCheckFailed");
  const hasMet = reasons.every(({ Code: code }) => code === "None" || code === "TransactionConflict");
  if (!isRefused && !(hasMet && error.$metadata.attempts === 1)) return undefined;
  return reasons.map(({ Code: code, Item: item }) => ({
    isRefused: code === "ConditionalCheckFailed",
    item,
  }));
}
