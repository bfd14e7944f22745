import {
  type DynamoDBClient,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { S } from "./record.ts";
import { expressionsOf, type Write } from "./write.ts";

/** Another write of one of the items was under way: DynamoDB refuses the later one, and the SDK does not repeat it. */
const triesInConflict = 4;

/**
 * All of these writes or none of them. Gives for each whether its condition failed; where one did, nothing was written.
 * Throws what the SDK throws when it is not known to have been written.
 */
export async function writeTogether(
  client: DynamoDBClient,
  table: string,
  writes: readonly Write[],
): Promise<readonly boolean[]> {
  for (let tried = 1; ; tried += 1) {
    try {
      await client.send(
        new TransactWriteItemsCommand({
          TransactItems: writes.map((write) => ({
            Update: { TableName: table, Key: { pk: S(write.id) }, ...expressionsOf(write) },
          })),
        }),
      );
      return writes.map(() => false);
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      const codes = error.CancellationReasons?.map(({ Code: code }) => code) ?? [];
      const failed = codes.map((code) => code === "ConditionalCheckFailed");
      if (failed.includes(true)) return failed;
      if (tried === triesInConflict || !codes.includes("TransactionConflict")) throw error;
    }
  }
}
