import {
  type CancellationReason,
  ConditionalCheckFailedException,
  TransactionCanceledException,
} from "@aws-sdk/client-dynamodb";
import type { CommandInput, Item, TransactItem } from "../faults/store.ts";
import {
  at,
  checkPlaceholders,
  conditionOf,
  isEqual,
  numberOf,
  type Placeholders,
  projectionOf,
  UpdateException,
  updateOf,
  ValidationException,
} from "./expressions.ts";

/** A command's input: what `CommandInput` holds, and what reads have. */
export interface Input extends CommandInput {
  readonly TableName?: string;
  readonly IndexName?: string;
  readonly ConsistentRead?: boolean;
  readonly KeyConditionExpression?: string;
  readonly FilterExpression?: string;
  readonly ProjectionExpression?: string;
  readonly Limit?: number;
  readonly ScanIndexForward?: boolean;
  readonly ExclusiveStartKey?: Item;
  readonly Select?: string;
  readonly ReturnValues?: string;
  readonly ReturnValuesOnConditionCheckFailure?: string;
}

export interface Answer {
  readonly Attributes?: Item;
  readonly Item?: Item;
  readonly Items?: readonly Item[];
  readonly Count?: number;
  readonly ScannedCount?: number;
  readonly LastEvaluatedKey?: Item;
}

/** A secondary index: its keys, and the attributes that it projects beside them and the table's key. */
export interface Index {
  readonly hash: string;
  readonly range: string;
  readonly projects: readonly string[];
  /** By how much its queries are behind the table at the most, in milliseconds; without end unless told. */
  readonly behindAtMost?: number;
}

/** The table of infra/data.ts, which a test compares with this. */
export const indexes: Readonly<Record<string, Index>> = {
  unfinished: { hash: "shard", range: "due", projects: [] },
  "customer-records": {
    ...{ hash: "customer", range: "createdAt", projects: ["state", "amount", "operation"] },
    behindAtMost: 1_000,
  },
};

const key = (name: string, type: "HASH" | "RANGE") => ({ AttributeName: name, KeyType: type });

/** The table of infra/data.ts under another name. */
export const tableOf = (name: string) => ({
  TableName: name,
  BillingMode: "PAY_PER_REQUEST",
  AttributeDefinitions: [
    { AttributeName: "pk", AttributeType: "S" },
    { AttributeName: "shard", AttributeType: "N" },
    { AttributeName: "due", AttributeType: "N" },
    { AttributeName: "customer", AttributeType: "S" },
    { AttributeName: "createdAt", AttributeType: "N" },
  ],
  KeySchema: [key("pk", "HASH")],
  GlobalSecondaryIndexes: Object.entries(indexes).map(([IndexName, { hash, range, projects }]) => ({
    IndexName,
    KeySchema: [key(hash, "HASH"), key(range, "RANGE")],
    Projection:
      projects.length === 0
        ? { ProjectionType: "KEYS_ONLY" }
        : { ProjectionType: "INCLUDE", NonKeyAttributes: projects },
  })),
});

/** What each command may ask for here. Whatever else it should ask for ends with an error: nothing is passed over. */
const known: Readonly<Record<string, readonly (keyof Input)[]>> = {
  GetItem: ["TableName", "Key", "ConsistentRead", "ProjectionExpression", "ExpressionAttributeNames"],
  DeleteItem: ["TableName", "Key"],
  UpdateItem: [
    ...(["TableName", "Key", "ConditionExpression", "UpdateExpression"] as const),
    ...(["ExpressionAttributeNames", "ExpressionAttributeValues"] as const),
    ...(["ReturnValues", "ReturnValuesOnConditionCheckFailure"] as const),
  ],
  ConditionCheck: [
    ...(["TableName", "Key", "ConditionExpression", "ReturnValuesOnConditionCheckFailure"] as const),
    ...(["ExpressionAttributeNames", "ExpressionAttributeValues"] as const),
  ],
  Query: [
    ...(["TableName", "IndexName", "KeyConditionExpression", "FilterExpression"] as const),
    ...(["ProjectionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues"] as const),
    ...(["Limit", "ScanIndexForward", "ExclusiveStartKey", "Select"] as const),
  ],
  TransactWriteItems: ["TransactItems", "ClientRequestToken"],
};

/** For how long DynamoDB knows a transaction by its token. */
const tokenLastsMs = 10 * 60_000;

interface Version {
  readonly since: number;
  readonly item: Item | undefined;
}

/**
 * One table of DynamoDB in memory, for the commands that the product sends: their conditions, updates, projections, queries of
 * indexes and transactions, with the same answers and errors as the engine of `npm start` (store.test.ts). An item is never
 * changed, only replaced, so whoever was shown one may keep it.
 */
export class Store {
  readonly #clock: () => number;
  readonly #items = new Map<string, Item>();
  /** What each item was, for an index that is behind. */
  readonly #versions = new Map<string, Version[]>();
  readonly #tokens = new Map<string, { readonly at: number; readonly said: string }>();
  /** By how much queries of indexes are behind the table, in milliseconds. */
  lagMs = 0;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** Everything that is there now. */
  get items(): IterableIterator<Item> {
    return this.#items.values();
  }

  get(key: string): Item | undefined {
    return this.#items.get(key);
  }

  /** Takes away what has expired, as DynamoDB does some time after; gives what it took. */
  expire(): readonly Item[] {
    const seconds = Math.floor(this.#clock() / 1000);
    const gone = [...this.#items.values()].filter(
      ({ expires }) => expires?.N !== undefined && numberOf(expires.N) < seconds,
    );
    for (const item of gone) this.#put(keyOf(item), undefined);
    return gone;
  }

  /**
   * Carries a command out.
   * @throws ConditionalCheckFailedException, TransactionCanceledException and ValidationException as DynamoDB does; Error for a command that is not known here.
   */
  call(operation: string, input: Input): Answer {
    const allowed = known[operation];
    for (const name of Object.keys(input))
      if (!allowed?.includes(name as keyof Input))
        throw new Error(`${operation} with ${name} is not known here`);
    switch (operation) {
      case "GetItem":
        return this.#read(input);
      case "DeleteItem":
        this.#put(keyOf(input.Key), undefined);
        return {};
      case "UpdateItem":
        return this.#update(input);
      case "Query":
        return this.#query(input);
      default:
        return this.#transact(input);
    }
  }

  #put(key: string, item: Item | undefined): void {
    const all = this.#versions.get(key) ?? [];
    all.push({ since: this.#clock(), item });
    this.#versions.set(key, all);
    if (item) this.#items.set(key, item);
    else this.#items.delete(key);
  }

  #read({ Key, ProjectionExpression, ExpressionAttributeNames }: Input): Answer {
    const projection = ProjectionExpression === undefined ? undefined : projectionOf(ProjectionExpression);
    checkPlaceholders(projection ? [projection] : [], { ExpressionAttributeNames });
    const item = this.#items.get(keyOf(Key));
    if (!item) return {};
    return { Item: projection ? projected(item, projection.run, { ExpressionAttributeNames }) : item };
  }

  #update(input: Input): Answer {
    const { before, after, isMet } = this.#prepared(input);
    if (!isMet)
      throw new ConditionalCheckFailedException({
        message: "The conditional request failed",
        $metadata: {},
        ...(before && input.ReturnValuesOnConditionCheckFailure === "ALL_OLD" && { Item: { ...before } }),
      });
    this.#put(keyOf(input.Key), after);
    return input.ReturnValues === "ALL_NEW" && after ? { Attributes: after } : {};
  }

  /** What a write would come to. A condition that fails hides whatever is wrong with its update. */
  #prepared(input: Input): { before: Item | undefined; after: Item | undefined; isMet: boolean } {
    const { Key, ConditionExpression, UpdateExpression } = input;
    const condition = ConditionExpression === undefined ? undefined : conditionOf(ConditionExpression);
    const update = UpdateExpression === undefined ? undefined : updateOf(UpdateExpression);
    checkPlaceholders(
      [condition, update].filter((each) => each !== undefined),
      input,
    );
    const before = this.#items.get(keyOf(Key));
    const isMet = condition?.run(before ?? {}, input) ?? true;
    if (!isMet || !update) return { before, after: before, isMet };
    const old = before ?? { ...Key };
    const after = update.run(old, old, input);
    for (const { hash, range } of Object.values(indexes))
      for (const name of [hash, range]) keyType(name, after);
    return { before, after, isMet };
  }

  /** An update that cannot be made of the item as it is cancels its transaction. */
  #preparedPart(part: Part): { before?: Item | undefined; after?: Item | undefined; code: string } {
    try {
      const { before, after, isMet } = this.#prepared(part);
      return { before, after, code: isMet ? "None" : "ConditionalCheckFailed" };
    } catch (error) {
      if (!(error instanceof UpdateException)) throw error;
      return { code: "ValidationError" };
    }
  }

  #transact({ TransactItems: parts = [], ClientRequestToken: token }: Input): Answer {
    const said = token === undefined ? "" : JSON.stringify(parts);
    const known = token === undefined ? undefined : this.#tokens.get(token);
    if (known && this.#clock() - known.at < tokenLastsMs) {
      if (known.said === said) return {};
      throw Object.assign(new Error("the token is of another transaction"), {
        name: "IdempotentParameterMismatchException",
      });
    }
    const keys = parts.map((part) => keyOf(partOf(part).Key));
    if (new Set(keys).size < keys.length)
      throw new ValidationException("a transaction cannot include several operations on one item");
    const prepared = parts.map((part) => this.#preparedPart(partOf(part)));
    if (prepared.some(({ code }) => code !== "None"))
      throw new TransactionCanceledException({
        message: "Transaction cancelled",
        $metadata: { attempts: 1 },
        CancellationReasons: prepared.map(({ code: Code, before }, index): CancellationReason => {
          const shows = partOf(parts[index]).ReturnValuesOnConditionCheckFailure === "ALL_OLD";
          return {
            Code,
            ...(Code === "ConditionalCheckFailed" && before && shows && { Item: { ...before } }),
          };
        }),
      });
    for (const [index, { after }] of prepared.entries()) {
      const part = parts[index];
      if (part && "Update" in part) this.#put(keys[index] ?? "", after);
    }
    if (token !== undefined) this.#tokens.set(token, { at: this.#clock(), said });
    return {};
  }

  #query(input: Input): Answer {
    const { IndexName = "", KeyConditionExpression = "", FilterExpression, Limit, Select } = input;
    const index = indexes[IndexName];
    if (!index) throw new ValidationException(`no such index: ${IndexName}`);
    const keys = conditionOf(KeyConditionExpression);
    const filter = FilterExpression === undefined ? undefined : conditionOf(FilterExpression);
    checkPlaceholders([keys, ...(filter ? [filter] : [])], input);
    const forward = input.ScanIndexForward === false ? -1 : 1;
    const compared = (one: Item, other: Item) =>
      forward * (rangeOf(one, index) - rangeOf(other, index) || inOrder(keyOf(one), keyOf(other)));
    const from = input.ExclusiveStartKey;
    const isAfter = (item: Item) => from === undefined || compared(item, from) > 0;
    const found = [...this.#behind(index)]
      .filter((item) => item[index.hash] && item[index.range] && keys.run(item, input) && isAfter(item))
      .toSorted(compared);
    const page = Limit === undefined ? found : found.slice(0, Limit);
    const shown = page.map((item) => shownIn(item, index)).filter((item) => filter?.run(item, input) ?? true);
    const last = page.length === Limit ? page.at(-1) : undefined;
    return {
      ...(Select !== "COUNT" && { Items: shown }),
      Count: shown.length,
      ScannedCount: page.length,
      ...(last && { LastEvaluatedKey: shownIn(last, { ...index, projects: [] }) }),
    };
  }

  /** The items as an index has them. */
  *#behind({ behindAtMost = this.lagMs }: Index): Iterable<Item> {
    const lagMs = Math.min(this.lagMs, behindAtMost);
    if (lagMs === 0) return yield* this.#items.values();
    const until = this.#clock() - lagMs;
    for (const versions of this.#versions.values()) {
      const item = versions.findLast(({ since }) => since <= until)?.item;
      if (item) yield item;
    }
  }
}

type Part = CommandInput & Pick<Input, "ReturnValuesOnConditionCheckFailure">;

function partOf(item: TransactItem | undefined): Part {
  const part: Part | undefined =
    item === undefined ? undefined : "Update" in item ? item.Update : item.ConditionCheck;
  if (!part || Object.keys(item ?? {}).length !== 1)
    throw new Error("a part of a transaction that is not known here");
  return part;
}

function keyOf(item: Item | undefined): string {
  const key = item?.pk?.S;
  if (key === undefined) throw new ValidationException("the provided key element does not match the schema");
  return key;
}

const inOrder = (one: string, other: string): number => (one === other ? 0 : one < other ? -1 : 1);

const rangeOf = (item: Item, { range }: Index): number => numberOf(item[range]?.N ?? "");

/** @throws ValidationException where a key of an index has another type than the index. */
function keyType(name: string, item: Item): void {
  const value = item[name];
  if (value === undefined) return;
  const type = name === "customer" ? "S" : "N";
  if (value[type as "S"] === undefined) throw new UpdateException(`the type of the index key ${name}`);
}

function shownIn(item: Item, { hash, range, projects }: Index): Item {
  const names = ["pk", hash, range, ...projects];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = item[name];
      return value ? [[name, value]] : [];
    }),
  );
}

function projected(
  item: Item,
  paths: readonly ((given: Placeholders) => readonly (string | number)[])[],
  given: Placeholders,
): Item {
  return Object.fromEntries(
    paths.flatMap((path) => {
      const steps = path(given);
      const value = at(item, steps);
      if (steps.length > 1) throw new Error("a projection into an attribute is not known here");
      return value ? [[String(steps[0]), value]] : [];
    }),
  );
}

/** Whether two items are the same, whatever the order of their attributes. */
export const isSameItem = (one: Item | undefined, other: Item | undefined): boolean =>
  one === undefined || other === undefined ? one === other : isEqual({ M: { ...one } }, { M: { ...other } });
