import type { AttributeValue } from "@aws-sdk/client-dynamodb";

/**
 * What a call costs on AWS, by the rules of the DynamoDB Developer Guide: "Item sizes and formats" (sizes), "Using Global
 * Secondary Indexes" (index writes), "Read consistency" and "Condition expressions" (a write that is refused). Our local
 * engine's own figures need not be right.
 */

export type Item = Readonly<Record<string, AttributeValue>>;

/** A number takes a byte for each two significant digits and one more, plus one for a sign; 21 at most. */
function numberSize(text: string): number {
  const digits = text.replace(/^-/, "").replace(".", "").replace(/^0+/, "").replace(/0+$/, "");
  return Math.min(21, Math.ceil(digits.length / 2) + 1 + (text.startsWith("-") ? 1 : 0));
}

function valueSize(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.N !== undefined) return numberSize(value.N);
  if (value.BOOL !== undefined || value.NULL !== undefined) return 1;
  // 3 bytes for a list or map, and 1 for each of its elements, whatever they hold.
  if (value.L !== undefined) return value.L.reduce((sum, each) => sum + 1 + valueSize(each), 3);
  if (value.M !== undefined)
    return Object.entries(value.M).reduce(
      (sum, [name, each]) => sum + 1 + Buffer.byteLength(name) + valueSize(each),
      3,
    );
  throw new Error(`no rule for ${Object.keys(value)}`);
}

export const itemSize = (item: Item): number =>
  Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueSize(value), 0);

const units = (bytes: number): number => Math.max(1, Math.ceil(bytes / 1024));

interface Index {
  readonly keys: readonly string[];
  /** What the index holds of an item, keys included. */
  readonly projected: readonly string[];
}

const indexes: readonly Index[] = [
  { keys: ["shard", "due"], projected: ["pk", "shard", "due"] },
  {
    keys: ["customer", "createdAt"],
    projected: ["pk", "customer", "createdAt", "state", "amount", "operation"],
  },
];

/** There where the books are looked at: infra/data.ts. */
export const operationIndex: Index = {
  keys: ["operation", "dispatchedAt"],
  projected: ["pk", "operation", "dispatchedAt", "provider", "account", "customer", "amount"],
};

function projection(item: Item | undefined, { keys, projected }: Index): Item | undefined {
  if (!item || keys.some((name) => item[name] === undefined)) return undefined;
  return Object.fromEntries(projected.flatMap((name) => (item[name] ? [[name, item[name]] as const] : [])));
}

const text = (item: Item | undefined, names: readonly string[]): string =>
  JSON.stringify(names.map((name) => item?.[name]));

/** An entry that comes or goes is one write; one whose key changes is deleted and put; one that stays as it was is free. */
function indexUnits(before: Item | undefined, after: Item, index: Index): number {
  const [old, now] = [projection(before, index), projection(after, index)];
  const cost = (item: Item | undefined) => (item ? units(itemSize(item)) : 0);
  if (!old || !now) return cost(old) + cost(now);
  if (text(old, index.keys) !== text(now, index.keys)) return cost(old) + cost(now);
  return text(old, index.projected) === text(now, index.projected) ? 0 : Math.max(cost(old), cost(now));
}

/** The write units of one UpdateItem: the larger of the item before and after, and what each index adds. */
export function writeUnits(before: Item | undefined, after: Item, more: readonly Index[] = []): number {
  const table = units(Math.max(before ? itemSize(before) : 0, itemSize(after)));
  return [...indexes, ...more].reduce((sum, index) => sum + indexUnits(before, after, index), table);
}

/** As part of a transaction, which writes its item twice, to prepare and to commit; of indexes the guide says nothing. */
export const transactedUnits = (before: Item | undefined, after: Item): number =>
  writeUnits(before, after) + units(Math.max(before ? itemSize(before) : 0, itemSize(after)));

/** A write that its condition refuses costs what the item that refused it would, and no index is written. */
export const refusedUnits = (item: Item | undefined): number => units(item ? itemSize(item) : 0);

const readBlocks = (bytes: number): number => Math.max(1, Math.ceil(bytes / 4096));

/** A consistent read of one item, in halves of a read unit. */
export const getHalfUnits = (item: Item | undefined): number => 2 * readBlocks(item ? itemSize(item) : 0);

/** A query of an index, which is never consistent, in halves of a read unit: what it read, rounded up once. */
export const queryHalfUnits = (bytes: number): number => readBlocks(bytes);

/** Bytes that the table and each index store for an item; every entry has 100 more than its size. */
export function storedBytes(item: Item): { readonly table: number; readonly indexes: number } {
  const entries = indexes.map((index) => projection(item, index)).filter((entry) => entry !== undefined);
  return {
    table: itemSize(item) + entryOverhead,
    indexes: entries.reduce((sum, entry) => sum + itemSize(entry) + entryOverhead, 0),
  };
}

const entryOverhead = 100;
