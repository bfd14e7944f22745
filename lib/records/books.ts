import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { attemptIs, isNew } from "./clauses.ts";
import type { RecordEvent } from "./event.ts";
import { type Attributes, N, S } from "./record.ts";
import { expressionsOf } from "./write.ts";

/** What the keys of all days begin with: the role that writes them is held to it, and so writes no record of money. */
export const bookKeys = "books.";

/** The key of one provider's day; `date` is `YYYY-MM-DD` in the provider's zone. */
export const dayId = (provider: string, date: string): string => `${bookKeys}${provider}.${date}`;

/** A row of the index of days: a record by its operation and the time of its latest attempt. */
export interface DayRow {
  readonly id: string;
  readonly provider: string;
  readonly account: string;
  /** `<provider>#<account>#<customer id>` */
  readonly customer: string | undefined;
  readonly amount: string | undefined;
  readonly dispatchedAt: number;
}

/** A place in the index, where a page ended. */
export interface DayPlace {
  readonly id: string;
  readonly dispatchedAt: number;
}

/** `looking`: not at its end yet. `incomplete`: without a difference, and not all could be looked at or proven. */
export type DayState = "looking" | "agrees" | "differs" | "incomplete";

/** A day's result as it is kept. */
export interface KeptDay {
  readonly provider: string;
  readonly account: string;
  readonly date: string;
  readonly state: DayState;
  /** How often it has been written: a write holds on exactly the one that was seen. */
  readonly writes: number;
  /** JSON, without a secret. */
  readonly report: string;
  readonly createdAt: number;
}

export interface BookRecords {
  /** Records of an operation whose latest attempt was made from `from` up to, and without, `to`: a page, oldest first. May be behind. */
  dispatched(
    operation: string,
    from: number,
    to: number,
    after?: DayPlace,
  ): Promise<{ readonly rows: readonly DayRow[]; readonly next: DayPlace | undefined }>;
  /** Consistent. */
  day(provider: string, date: string): Promise<KeptDay | undefined>;
  /** One conditional write. Throws where somebody has written the day since it was seen. */
  keep(day: KeptDay, tells: RecordEvent | undefined): Promise<void>;
}

/** Results are kept for 400 days: a year, and time to look back. */
const keptSeconds = 400 * 24 * 3600;

export function bookRecordsIn(table: string, client: DynamoDBClient): BookRecords {
  return {
    async dispatched(operation, from, to, after) {
      const { Items: items = [], LastEvaluatedKey: last } = await client.send(
        new QueryCommand({
          TableName: table,
          IndexName: "operation-records",
          KeyConditionExpression: "#operation = :operation AND #dispatchedAt BETWEEN :first AND :last",
          ExpressionAttributeNames: { "#operation": "operation", "#dispatchedAt": "dispatchedAt" },
          ExpressionAttributeValues: {
            ":operation": S(operation),
            ":first": N(from),
            ":last": N(to - 1),
          },
          ...(after && {
            ExclusiveStartKey: {
              pk: S(after.id),
              operation: S(operation),
              dispatchedAt: N(after.dispatchedAt),
            },
          }),
        }),
      );
      return {
        rows: items.map(rowIn),
        next: last && { id: last.pk?.S ?? "", dispatchedAt: Number(last.dispatchedAt?.N) },
      };
    },

    async day(provider, date) {
      const key = { pk: S(dayId(provider, date)) };
      const { Item: item } = await client.send(
        new GetItemCommand({ TableName: table, Key: key, ConsistentRead: true }),
      );
      return item && dayIn(item);
    },

    async keep(day, tells) {
      const item: Attributes = {
        provider: S(day.provider),
        account: S(day.account),
        operation: S("books"),
        namespace: S("books"),
        date: S(day.date),
        state: S(day.state),
        attempt: N(day.writes + 1),
        createdAt: N(day.createdAt),
        report: S(day.report),
        expires: N(Math.ceil(day.createdAt / 1000) + keptSeconds),
      };
      const write = expressionsOf({
        id: dayId(day.provider, day.date),
        when: [day.writes === 0 ? isNew : attemptIs(day.writes)],
        set: item,
        tells,
      });
      const key = { pk: S(dayId(day.provider, day.date)) };
      const ifRefused = { ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const };
      try {
        await client.send(new UpdateItemCommand({ TableName: table, Key: key, ...write, ...ifRefused }));
      } catch (error) {
        // The SDK repeats a write whose answer was lost: what refuses it may be our own.
        const item = error instanceof ConditionalCheckFailedException ? error.Item : undefined;
        if (item?.report?.S !== day.report) throw error;
      }
    },
  };
}

const rowIn = (item: Attributes): DayRow => ({
  id: item.pk?.S ?? "",
  provider: item.provider?.S ?? "",
  account: item.account?.S ?? "",
  customer: item.customer?.S,
  amount: item.amount?.S,
  dispatchedAt: Number(item.dispatchedAt?.N),
});

const dayIn = (item: Attributes): KeptDay => ({
  provider: item.provider?.S ?? "",
  account: item.account?.S ?? "",
  date: item.date?.S ?? "",
  state: item.state?.S as DayState,
  writes: Number(item.attempt?.N),
  report: item.report?.S ?? "{}",
  createdAt: Number(item.createdAt?.N),
});
