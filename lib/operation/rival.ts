import { randomBytes } from "node:crypto";
import { failureOf } from "../records/parts.ts";
import type { RecordItem } from "../records/record.ts";
import { spared } from "./ahead.ts";
import type { Failure } from "./answer.ts";
import type { Run } from "./change-spec.ts";
import { before } from "./record-query.ts";
import { secretsIn } from "./request.ts";

/**
 * The record that holds a place which another one wants, in doubt from now on, and asked about as far as the time allows: that it was
 * refused before anybody looked may be the answer to a second copy of its request. What is not settled now the reconciler settles.
 */
export async function doubted<Input extends object, Result, Call, Reply>(
  { operation, request, world, records }: Run<Input, Result, Call, Reply>,
  holder: RecordItem,
): Promise<RecordItem> {
  const { clock, config } = world;
  const { retryAt } = failureOf(holder);
  const failure = JSON.stringify({ ...refusedUnseen, ...(retryAt !== undefined && { retryAt }) });
  const owner = randomBytes(16).toString("base64url");
  const doubting = { record: holder, owner, now: clock.now(), leaseMs: config.leaseMs, failure };
  const seen = await before(records.doubt(doubting));
  const budget = { ...spared(request, world), hidden: secretsIn(request.input), isRepeat: true };
  return before(operation.resolve({ record: seen, world, records, budget }));
}

const refusedUnseen: Failure = {
  code: "outcome-unknown",
  detail:
    "The provider refused it before looking, which may be its answer to a second copy of the request, and the same thing is asked for under another identity.",
};
