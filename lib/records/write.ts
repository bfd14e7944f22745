import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { RecordEvent } from "./event.ts";
import { type Attributes, type LastInquiry, N, type Proof, S } from "./record.ts";
import { isFinal, isSettled, type State } from "./states.ts";

/** One conditional UpdateItem. Every attribute is written `#name` in the expressions, so DynamoDB's reserved words never matter. */
export interface Write {
  readonly id: string;
  readonly condition: string;
  /** `#name = <expression>` */
  readonly set: readonly string[];
  readonly remove?: readonly string[];
  readonly values: Attributes;
  /** What this write has to tell, or undefined: each says so. */
  readonly tells: RecordEvent | undefined;
}

/** A part of a transaction that writes nothing: the others are written only where its condition holds. */
export type Check = Pick<Write, "id" | "condition" | "values">;

/** The expressions of a ConditionCheck. */
export const checkOf = ({ condition, values }: Check) => ({
  ConditionExpression: condition,
  ExpressionAttributeNames: attributeNames(condition),
  ExpressionAttributeValues: { ...values },
});

/** The expressions of an UpdateItem. */
export function expressionsOf({ condition, set, remove = [], values, tells }: Write) {
  const setting = tells === undefined ? set : [...set, "#event = :event"];
  const removing = tells === undefined ? [...remove, "#event"] : remove;
  const update = `SET ${setting.join(", ")}${removing.length > 0 ? ` REMOVE ${removing.join(", ")}` : ""}`;
  return {
    ConditionExpression: condition,
    UpdateExpression: update,
    ExpressionAttributeNames: attributeNames(condition + update),
    ExpressionAttributeValues: { ...values, ...(tells !== undefined && { ":event": S(tells) }) },
  };
}

const attributeNames = (expression: string): Record<string, string> =>
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

/** What a record no longer has once its outcome is known: its place among the unfinished, an owner's time, inquiries, proposals. */
const ofTheUnfinished = [
  "#shard",
  "#due",
  "#leaseEnds",
  "#lastInquiry",
  "#waits",
  "#askAt",
  "#proposal",
] as const;

/**
 * What a write of this state takes away: its place in the index, and what there is to ask with, which is of a person. A new
 * attempt writes it anew. A binding's stays: later notifications must agree with it.
 */
export const settledWithout = (
  to: State,
  { isBinding }: { readonly isBinding: boolean },
): readonly string[] => (isSettled(to) ? [...ofTheUnfinished, ...(isBinding ? [] : ["#facts"])] : []);

/** A success says how it is known; other states have nothing to prove. */
export const proved = (to: State, by: Proof): Attributes => (to === "succeeded" ? { provedBy: S(by) } : {});

/** When a record of that state may be forgotten; nothing where it is not final, or is kept for good. */
export const expiring = (to: State, now: number, afterMs: number | undefined): Attributes =>
  isFinal(to) && afterMs !== undefined ? { expires: N(Math.ceil((now + afterMs) / 1000)) } : {};

/** An inquiry that settled nothing says what it learned, where it asked at all. */
export const learnedBy = (last: LastInquiry | undefined): Attributes =>
  last === undefined ? {} : { lastInquiry: S(`${last.at} ${last.learned}`) };

export const shards = 64;
/**
 * Where in its shard a record stands that waits for a person: after everything that is due at a time, and in the order in
 * which they came.
 */
export const forAPerson = (since: number): number => 100_000_000_000_000 + since;
/** A stray stands behind all else that waits for a person: whoever sends many of them hides nothing. */
export const forAStray = (since: number): number => forAPerson(strayFrom + since);
/** Where strays begin in the list for a person. */
export const strayFrom = 100_000_000_000_000;
/** Where in its shard everything stands that waits for a person; what is dispatched or in doubt; what waits, without strays. */
export const forPeople = { from: forAPerson(0), to: Number.MAX_SAFE_INTEGER } as const;
export const unlistedRecords = { from: 0, to: forPeople.from - 1 } as const;
export const listedRecords = { from: forPeople.from, to: forAStray(0) - 1 } as const;
/** Where a record stands in the index of the unfinished: by its hash, whatever its key begins with. */
export const shardOf = (id: string): AttributeValue =>
  N((Buffer.from(id.slice(id.indexOf(".") + 1), "base64url")[0] ?? 0) % shards);
