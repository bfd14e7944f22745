import { operations } from "../support/aggrepay-operations.ts";
import type { Item } from "../support/dynamodb.ts";
import type { Answer } from "./http.ts";
import { type Finding, secretsIn } from "./judge.ts";

/** Ids of records that answers spoke of. */
export function recordIdsIn(answer: Answer | undefined): readonly string[] {
  return [...(answer?.text ?? "").matchAll(/"record":\{"id":"((?:binding\.)?[\w-]{43})"/g)].map(
    ([, id = ""]) => id,
  );
}

/** Records that nobody was told of, where they are more than the writes whose outcome the gateway could not know, changes that were sent without a claim, and secrets at rest. */
export function wrongInTable(
  items: readonly Item[],
  told: ReadonlySet<string>,
  changes: ReadonlyMap<string, number>,
  lateClaims: number,
): readonly Finding[] {
  const found: Finding[] = [];
  const untold: Finding[] = [];
  const attempts = new Map<string, number>();
  for (const item of items) {
    const operation = item.operation?.S ?? "";
    attempts.set(operation, (attempts.get(operation) ?? 0) + Number(item.attempt?.N ?? 0));
    // A place, an anchor or a counter is no record, and a stray is nobody's.
    const isRecord = item.state !== undefined && item.namespace?.S !== "notification";
    if (isRecord && !told.has(item.pk?.S ?? ""))
      untold.push({ what: "a record that no answer spoke of", detail: JSON.stringify(item) });
    for (const secret of secretsIn(JSON.stringify(item)))
      found.push({ what: `${secret} in a record`, detail: JSON.stringify(item) });
  }
  for (const [path, count] of changes) {
    const route = operations.find((each) => each.path === path)?.route ?? "register-account-binding";
    const claimed = attempts.get(route) ?? 0;
    if (count > claimed)
      found.push({
        what: "a change that was sent without a claim",
        detail: `${path}: ${count} sent, ${claimed} claimed`,
      });
  }
  // Claims that were written after their callers had been told that they may not have been: nothing was sent on them.
  if (untold.length > lateClaims) found.push(...untold);
  return found;
}
