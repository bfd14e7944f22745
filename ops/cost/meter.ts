import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import * as v from "valibot";
import type { Call } from "../../test/support/counting-proxy.ts";
import {
  getHalfUnits,
  type Item,
  itemSize,
  queryHalfUnits,
  refusedUnits,
  storedBytes,
  transactedUnits,
  writeUnits,
} from "./dynamodb-units.ts";

/** What calls of DynamoDB cost by AWS's rules. */
export interface Metered {
  readonly calls: Readonly<Record<string, number>>;
  readonly writeUnits: number;
  readonly readHalfUnits: number;
  /** Writes that changed an item: each is a record of the stream. */
  readonly streamRecords: number;
  /** Of these, the ones that say something to the world outside: what a pipe passes on to a bus. */
  readonly events: number;
  /** Stored for the item that was written last. */
  readonly storedBytes: { readonly table: number; readonly indexes: number };
}

export interface Meter {
  /** Reads calls in the order in which they were answered; every write of the table must pass here. */
  read(calls: readonly Call[]): Metered;
}

/** Follows every item, because a write costs by what was there before. */
export function meter(): Meter {
  const items = new Map<string, Item>();
  return {
    read(calls) {
      const counts: Record<string, number> = {};
      const sum = { writeUnits: 0, readHalfUnits: 0, streamRecords: 0, events: 0 };
      let stored = { table: 0, indexes: 0 };
      for (const call of calls) {
        counts[call.operation] = (counts[call.operation] ?? 0) + 1;
        const { input, output } = contentsOf(call);
        if (call.operation === "GetItem") sum.readHalfUnits += getHalfUnits(output.Item);
        else if (call.operation === "Query") sum.readHalfUnits += queryHalfUnits(bytesRead(output));
        else if (call.operation === "TransactWriteItems") {
          if (call.status !== 200) throw new Error("a transaction that is refused is not measured");
          for (const { Update: update, ConditionCheck: check } of input.TransactItems ?? []) {
            if (check) {
              // A condition takes what a write of the item as it stands would take.
              const seen = items.get(check.Key.pk?.S ?? "") ?? check.Key;
              sum.writeUnits += transactedUnits(seen, seen);
            }
            if (!update) continue;
            const id = update.Key.pk?.S ?? "";
            const before = items.get(id);
            const after = updated(before, update);
            items.set(id, after);
            sum.writeUnits += transactedUnits(before, after);
            sum.streamRecords += 1;
          }
        } else {
          const after = call.operation === "PutItem" ? input.Item : output.Attributes;
          if (call.status !== 200) sum.writeUnits += refusedUnits(output.Item);
          else if (after !== undefined) {
            const id = after.pk?.S ?? "";
            const before = items.get(id);
            items.set(id, after);
            sum.writeUnits += writeUnits(before, after);
            sum.streamRecords += 1;
            // The pipe's filter (infra/events.ts): a write that tells something leaves it on the item.
            if (after.event !== undefined) sum.events += 1;
            stored = storedBytes(after);
          } else throw new Error(`${call.operation} does not say what it wrote`);
        }
      }
      return { calls: counts, ...sum, storedBytes: stored };
    },
  };
}

/** An entry of the index of the unfinished holds its keys alone; a query that only counts does not show them. */
const unfinishedEntry: Item = {
  pk: { S: "x".repeat(43) },
  shard: { N: "63" },
  due: { N: "1795182249771" },
};

const bytesRead = ({ Items, ScannedCount = 0 }: Output): number =>
  Items?.reduce((sum, item) => sum + itemSize(item), 0) ?? ScannedCount * itemSize(unfinishedEntry);

const attribute: v.GenericSchema<unknown, AttributeValue> = v.custom<AttributeValue>(
  (value) => typeof value === "object" && value !== null && Object.keys(value).length === 1,
);
const item = v.record(v.string(), attribute);
const updateShape = v.object({
  Key: item,
  UpdateExpression: v.string(),
  ExpressionAttributeValues: item,
});
const inputShape = v.object({
  Item: v.optional(item),
  TransactItems: v.optional(
    v.array(
      v.object({ Update: v.optional(updateShape), ConditionCheck: v.optional(v.object({ Key: item })) }),
    ),
  ),
});

/** The item that an update leaves, of the forms that the store writes: a transaction returns none. */
function updated(before: Item | undefined, update: v.InferOutput<typeof updateShape>): Item {
  const [setting = "", removing = ""] = update.UpdateExpression.replace(/^SET /, "").split(" REMOVE ");
  const after: Record<string, AttributeValue> = { ...before, ...update.Key };
  for (const [, name = "", isKept, value = ""] of setting.matchAll(
    /#(\w+) = (if_not_exists\(#\w+, )?(:\w+)/g,
  )) {
    const given = update.ExpressionAttributeValues[value];
    if (given && !(isKept && after[name])) after[name] = given;
  }
  for (const [, name = ""] of removing.matchAll(/#(\w+)/g)) delete after[name];
  return after;
}

const outputShape = v.object({
  Item: v.optional(item),
  Attributes: v.optional(item),
  Items: v.optional(v.array(item)),
  ScannedCount: v.optional(v.number()),
});
type Output = v.InferOutput<typeof outputShape>;

const contentsOf = ({ request, reply }: Call) => ({
  input: v.parse(inputShape, JSON.parse(request)),
  output: v.parse(outputShape, JSON.parse(reply)),
});
