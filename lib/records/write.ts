import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { appended, type Clause } from "./clauses.ts";
import { eventOf, type RecordEvent } from "./event.ts";
import { type Attributes, L, type LastInquiry, N, type Proof, S } from "./record.ts";
import { isFinal, isSettled, type State } from "./states.ts";

/** One conditional UpdateItem. Every attribute is written `#name` in the expressions, so DynamoDB's reserved words never matter. */
export interface Write {
  readonly id: string;
  /** All of these must hold. */
  readonly when: readonly Clause[];
  readonly set: Attributes;
  /** Assignments whose value depends on the item. */
  readonly also?: readonly Clause[];
  /** Names of attributes. */
  readonly remove?: readonly string[];
  /** What this write has to tell, or undefined: each says so. */
  readonly tells: RecordEvent | undefined;
}

/** A part of a transaction that writes nothing: the others are written only where its condition holds. */
export type Check = Pick<Write, "id" | "when">;

const conditionOf = (when: readonly Clause[]): string =>
  when.map(({ expression }) => expression).join(" AND ");

/** The expressions of a ConditionCheck. */
export function checkOf({ when }: Check) {
  const condition = conditionOf(when);
  return {
    ConditionExpression: condition,
    ExpressionAttributeNames: namesIn(condition),
    ExpressionAttributeValues: Object.assign({}, ...when.map(({ values }) => values)) as Attributes,
  };
}

/** The expressions of an UpdateItem. */
export function expressionsOf({ when, set, also = [], remove = [], tells }: Write) {
  const condition = conditionOf(when);
  const values: Record<string, AttributeValue> = {};
  for (const each of [...when, ...also]) Object.assign(values, each.values);
  const setting = also.map(({ expression }) => expression);
  const assign = (name: string, value: AttributeValue) => {
    values[`:${name}`] = value;
    setting.push(`#${name} = :${name}`);
  };
  for (const name in set) assign(name, set[name] as AttributeValue);
  const removing = remove.map((name) => `#${name}`);
  if (tells === undefined) removing.push("#event");
  else assign("event", S(tells));
  const update = `SET ${setting.join(", ")}${removing.length > 0 ? ` REMOVE ${removing.join(", ")}` : ""}`;
  return {
    ConditionExpression: condition,
    UpdateExpression: update,
    ExpressionAttributeNames: namesIn(`${condition} ${update}`),
    ExpressionAttributeValues: values,
  };
}

/** Made once for each expression: there are as many as there are forms of a write, since values are never in them. */
const names = new Map<string, Record<string, string>>();

function namesIn(expression: string): Record<string, string> {
  const known = names.get(expression);
  if (known) return known;
  const found = Object.fromEntries(
    [...expression.matchAll(/#(\w+)/g)].map(([name, attribute = ""]) => [name, attribute]),
  );
  names.set(expression, found);
  return found;
}

/** What a record no longer has once its outcome is known: its place among the unfinished, an owner's time, inquiries, proposals. */
const ofTheUnfinished = ["shard", "due", "leaseEnds", "lastInquiry", "waits", "askAt", "proposal"] as const;

/** A state that is written. */
export interface Becoming {
  readonly to: State;
  readonly now: number;
  /** A success says how it is known; other states have nothing to prove. */
  readonly by?: Proof;
  readonly isBinding: boolean;
  readonly result?: string | undefined;
  readonly failure?: string | undefined;
  /** Final records are forgotten after this long; undefined for money, which never is. */
  readonly expireAfterMs?: number | undefined;
  /** What is kept of the history. Left out, all of it. */
  readonly history?: readonly string[];
}

/**
 * What every write of a state writes. A settled state takes away the record's place in the index, and what there is to ask with,
 * which is of a person: a new attempt writes it again. A binding's stays, since later notifications must agree with it.
 */
export function becomes(becoming: Becoming): Required<Pick<Write, "set" | "also" | "remove" | "tells">> {
  const { to, now, by, isBinding, result, failure, expireAfterMs, history } = becoming;
  const entry = `${to} ${now}`;
  return {
    set: {
      state: S(to),
      ...(to === "succeeded" && by !== undefined && { provedBy: S(by) }),
      ...(result !== undefined && { result: S(result) }),
      ...(failure !== undefined && { failure: S(failure) }),
      ...expiring(to, now, expireAfterMs),
      ...(history !== undefined && { history: L([...history, entry]) }),
    },
    also: history === undefined ? [appended("history", L([entry]))] : [],
    remove: [
      ...(isSettled(to) ? [...ofTheUnfinished, ...(isBinding ? [] : ["facts"])] : []),
      ...(failure === undefined ? ["failure"] : []),
    ],
    tells: eventOf(to),
  };
}

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
/** A stray is listed after every other record that waits for a person, so that many strays hide no record. */
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
