import { Problem } from "../problem.ts";
import type { Decision, Records } from "../records/store.ts";
import type { Clock } from "../time.ts";
import type { Failure } from "./answer.ts";
import { bindStray } from "./bind-stray.ts";
import { invalid } from "./body.ts";
import type { Answer, Request } from "./handler.ts";
import { readable } from "./record-query.ts";
import { detailOf } from "./record-view.ts";

/** What a person says of a record that waits. */
export interface Saying {
  readonly id: string;
  readonly outcome: Decision["to"];
  readonly reason: string;
  readonly transactionId?: string | undefined;
  /** The attempt that the person looked at; left out, the first. */
  readonly attempt?: number | undefined;
}

/**
 * Writes what a person says, if the record waits for a person still and is at the attempt that was looked at: what is true of
 * one attempt may be untrue of the next. The same said again by the same person is answered as the first time.
 * @throws Problem `invalid-request` where it contradicts itself, `already-done` or `in-progress` (409) where it was not written, `not-sent` (503) where that is not known.
 */
export async function decide(
  { id, outcome, reason, transactionId, attempt }: Saying,
  { person, note }: Pick<Request<never>, "person" | "note">,
  clock: Clock,
  records: Records,
): Promise<Answer> {
  if (transactionId !== undefined && outcome !== "succeeded")
    throw invalid([{ pointer: "/transactionId", detail: "belongs to what has succeeded alone" }]);
  const seen = await readable(records.get(id));
  if (!seen) throw new Problem("not-found", "There is no such record.");
  const now = clock.now();
  // A stray notification was never attempted.
  const of = attempt ?? Math.min(1, seen.attempt);
  // What binds nothing is taken off the list and no more.
  const binds = seen.namespace === "notification" && seen.state === "needs_attention" && of === seen.attempt;
  if (binds && outcome === "succeeded") await bindStray(seen, records, now);
  const failure: Failure = { code: "declined", detail: `Settled by hand: ${reason}` };
  const { written, record } = await acknowledged(
    records.decide({
      record: seen,
      attempt: of,
      to: outcome,
      by: person,
      reason,
      result: outcome === "succeeded" ? JSON.stringify({ transactionId }) : undefined,
      failure: outcome === "succeeded" ? undefined : JSON.stringify(failure),
      now,
    }),
  );
  note({ record: id, state: record.state });
  const detail = { record: detailOf(record, now) };
  if (written) return { body: detail };
  if (record.attempt !== of)
    throw new Problem(
      "already-done",
      `The record is at attempt ${record.attempt}, not ${of}: read it again, and name the attempt.`,
      detail,
    );
  if (record.state === "dispatched" || record.state === "in_doubt")
    throw new Problem("in-progress", "The provider is still being asked what became of it.", detail);
  throw new Problem("already-done", "The record does not wait for a person.", detail);
}

async function acknowledged<T>(writing: Promise<T>): Promise<T> {
  try {
    return await writing;
  } catch (cause) {
    throw new Problem("not-sent", "Whether the decision was recorded is not known: send it again as it is.", {
      cause,
    });
  }
}
