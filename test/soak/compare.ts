import type { Item } from "../support/dynamodb.ts";
import type { Told } from "./client.ts";
import type { Operation } from "./operations.ts";
import { add, type Effect, type Sends } from "./wallet.ts";

/** All that is known when nothing moves any more. */
export interface Evidence {
  readonly operations: readonly Operation[];
  /** The final answers of each identity, by `keyOf`. */
  readonly told: ReadonlyMap<string, readonly Told[]>;
  readonly effects: readonly Effect[];
  readonly sends: ReadonlyMap<string, Sends>;
  readonly records: readonly Item[];
  /** Keys of the items in the index of the unfinished. */
  readonly unfinished: ReadonlySet<string>;
  /** Ids of the records that the gateway lists for a person. */
  readonly listed: ReadonlySet<string>;
}

export interface Comparison {
  readonly differences: readonly string[];
  readonly movedTwice: readonly string[];
  readonly unlisted: readonly string[];
  readonly states: ReadonlyMap<string, number>;
  /** Records that wait for a person, by what the ledger says of them. */
  readonly waiting: ReadonlyMap<string, number>;
}

export const keyOf = ({ route, id, number = 1 }: Pick<Operation, "route" | "id" | "number">): string =>
  `${route} ${id}${number > 1 ? ` number ${number}` : ""}`;

/** Line by line: the ledger, the records and the callers' answers must tell one story. */
export function compare(evidence: Evidence): Comparison {
  const { operations, effects, records, sends, told, unfinished, listed } = evidence;
  const differences: string[] = [];
  const movedTwice: string[] = [];
  const unlisted: string[] = [];
  const states = new Map<string, number>();
  const waiting = new Map<string, number>();

  const effectOf = new Map<string, Effect>();
  for (const effect of effects) {
    const before = effectOf.get(effect.merchantTransactionId);
    if (before) movedTwice.push(`${effect.merchantTransactionId} is in the ledger twice`);
    effectOf.set(effect.merchantTransactionId, effect);
  }
  const recordOf = new Map<string, Item>();
  for (const record of records) {
    const key = keyOf({
      route: textOf(record, "operation") as Operation["route"],
      id: textOf(record, "identity"),
      number: Number(record.number?.N ?? 1),
    });
    if (recordOf.has(key)) differences.push(`${key} has two records`);
    recordOf.set(key, record);
    add(states, textOf(record, "state"));
  }

  const numbered = Map.groupBy(operations, ({ ledgerId }) => ledgerId);
  const explained = new Set<string>();
  for (const operation of operations) {
    const key = keyOf(operation);
    const numbers = numbered.get(operation.ledgerId) ?? [];
    // A debit is reversed once: by the number that did not end as refused, which is the last one.
    const effect = numbers.at(-1) === operation ? effectOf.get(operation.ledgerId) : undefined;
    const record = recordOf.get(key);
    const sent = sends.get(`${operation.path} ${operation.id}`);
    const attempts = numbers.reduce(
      (sum, each) => sum + Number(recordOf.get(keyOf(each))?.attempt?.N ?? 0),
      0,
    );
    explained.add(operation.ledgerId).add(key);
    const differs = (what: string) => differences.push(`${key}: ${what}`);

    if (sent && sent.again > 0) movedTwice.push(`${key} was sent ${sent.again} times after it was done`);
    if (sent && sent.count > attempts) differs(`${sent.count} sends and ${attempts} attempts`);
    for (const what of effect ? wrongIn(effect, operation) : []) differs(what);
    for (const answer of told.get(key) ?? [])
      for (const what of contradictionOf(answer, effect)) differs(what);

    if (!record) {
      if (effect) differs("an effect without a record");
      continue;
    }
    const pk = textOf(record, "pk");
    const state = textOf(record, "state");
    if (state === "succeeded") {
      if (!effect) differs("succeeded without an effect");
      else if (transactionIdIn(record) !== String(effect.transactionId)) differs("another transactionId");
      if (effect && paise(record.amount?.S) !== effect.amountPaise) differs("another amount");
    } else if (state === "needs_attention") {
      add(waiting, effect ? "moved" : "not moved");
      if (!listed.has(pk)) unlisted.push(`${key} waits for a person and is not listed`);
    } else if (state === "dispatched" || state === "in_doubt") {
      differs(`still ${state}, attempt ${record.attempt?.N}, due ${record.due?.N}`);
    } else if (effect) {
      differs(`${state} with an effect`);
    }
    const isOpen = state === "needs_attention" || state === "dispatched" || state === "in_doubt";
    if (isOpen && !unfinished.has(pk)) unlisted.push(`${key} is ${state} and not in the index`);
    if (!isOpen && unfinished.has(pk)) differs(`${state} and still in the index`);
  }
  for (const id of effectOf.keys())
    if (!explained.has(id)) differences.push(`${id}: an effect that nobody asked for`);
  for (const key of recordOf.keys())
    if (!explained.has(key)) differences.push(`${key}: a record of what nobody asked for`);
  return { differences, movedTwice, unlisted, states, waiting };
}

const textOf = (item: Item, name: string): string => item[name]?.S ?? "";

const paise = (amount: string | undefined): string => String(BigInt((amount ?? "").replace(".", "") || "0"));

const transactionIdIn = (record: Item): unknown =>
  (JSON.parse(record.result?.S ?? "{}") as { readonly transactionId?: string }).transactionId;

function wrongIn(effect: Effect, { effect: wanted }: Operation): readonly string[] {
  return (["kind", "amountPaise", "from", "to"] as const)
    .filter((name) => effect[name] !== wanted[name])
    .map((name) => `the ledger has ${name} ${effect[name]}, asked was ${wanted[name]}`);
}

function contradictionOf(answer: Told, effect: Effect | undefined): readonly string[] {
  if (answer.kind === "succeeded")
    return answer.transactionId === String(effect?.transactionId)
      ? []
      : [`a caller was told ${answer.transactionId}, the ledger has ${effect?.transactionId}`];
  if (answer.kind === "refused" && effect) return [`a caller was refused (${answer.code}), and money moved`];
  return [];
}
