import { ConditionalCheckFailedException, TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import type { Engine } from "../faults/store.ts";
import { type Answer, type Input, Store, tableOf } from "./store.ts";

/** A command as it was sent, and the moment by the clock of whoever sent it. */
export interface Sent {
  readonly at: number;
  readonly operation: string;
  readonly input: Input;
}

/** What came of a command, in one form for both stores: the members of an item have no order. */
function toldOf(told: Answer | Error): string {
  if (!(told instanceof Error)) {
    const { Attributes, Item, Items, Count, ScannedCount, LastEvaluatedKey } = told;
    return inOneForm({ Attributes, Item, Items, Count, ScannedCount, LastEvaluatedKey });
  }
  if (told instanceof ConditionalCheckFailedException) return inOneForm({ refused: told.Item ?? {} });
  if (told instanceof TransactionCanceledException)
    return inOneForm({
      cancelled: told.CancellationReasons?.map(({ Code, Item }) => ({ Code, Item: Item ?? {} })),
    });
  const isOf = (name: string) => told.name === name || told.message.includes(name);
  const names = ["ValidationException", "IdempotentParameterMismatchException"];
  return names.find(isOf) ?? `${told.name}: ${told.message}`;
}

const inOneForm = (value: unknown): string =>
  JSON.stringify(value, (_name, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );

/**
 * Plays the same commands to the engine, on a table of their own, and to the store in memory.
 * @returns The first that were answered otherwise, each with both answers.
 */
export async function differences(
  engine: Engine,
  table: string,
  commands: readonly Sent[],
): Promise<readonly string[]> {
  await engine.call("CreateTable", tableOf(table));
  let now = 0;
  const store = new Store(() => now);
  const found: string[] = [];
  for (const { at, operation, input } of commands) {
    now = at;
    const inTable = renamed(input, table);
    const real = await engine.call(operation, inTable).catch((error: Error) => error);
    const own = attempted(() => store.call(operation, inTable));
    const [expected, told] = [toldOf(real), toldOf(own)];
    if (expected !== told)
      found.push(`${operation} ${JSON.stringify(input)}\n  engine: ${expected}\n  store:  ${told}`);
    if (found.length === 3) break;
  }
  await engine.call("DeleteTable", { TableName: table });
  return found;
}

function attempted(act: () => Answer): Answer | Error {
  try {
    return act();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function renamed(input: Input, table: string): Input {
  if (!input.TransactItems) return { ...input, TableName: table };
  const TransactItems = input.TransactItems.map((item) =>
    "Update" in item
      ? { Update: { ...item.Update, TableName: table } }
      : { ConditionCheck: { ...item.ConditionCheck, TableName: table } },
  );
  return { ...input, TransactItems };
}
