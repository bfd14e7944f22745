import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { type Attributes, N, S } from "./record.ts";
import type { State } from "./states.ts";

/** One conditional UpdateItem. Every attribute is written `#name` in the expressions, so DynamoDB's reserved words never matter. */
export interface Write {
  readonly id: string;
  readonly condition: string;
  readonly update: string;
  readonly values: Record<string, AttributeValue>;
}

export const attributeNames = (expression: string): Record<string, string> =>
  Object.fromEntries([...expression.matchAll(/#(\w+)/g)].map(([name, attribute = ""]) => [name, attribute]));

/** `:a, :b` and its values, for an IN condition. */
export const listOf = (states: readonly State[]): string => states.map((state) => `:${state}`).join(", ");
export const valuesOf = (states: readonly State[]): Attributes =>
  Object.fromEntries(states.map((state) => [`:${state}`, S(state)]));

/** `#name = :name` for each attribute, and the values that this needs. */
export const assignments = (item: Attributes): string[] =>
  Object.keys(item).map((name) => `#${name} = :${name}`);
export const assigned = (item: Attributes): Attributes =>
  Object.fromEntries(Object.entries(item).map(([name, value]) => [`:${name}`, value]));

export const shards = 64;
/**
 * Where in its shard a record stands that waits for a person: after everything that is due at a time, and in the order in
 * which they came.
 */
export const forAPerson = (since: number): number => 100_000_000_000_000 + since;
/** Where a record stands in the index of the unfinished. */
export const shardOf = (id: string): AttributeValue => N((Buffer.from(id, "base64url")[0] ?? 0) % shards);
