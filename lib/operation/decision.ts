import { Problem } from "../problem.ts";
import { isDecidable, isDecidedSo } from "../records/person.ts";
import { openProposal } from "../records/proposal.ts";
import type { RecordItem } from "../records/record.ts";
import type { Decision, Records } from "../records/store.ts";
import type { Clock } from "../time.ts";
import type { Failure } from "./answer.ts";
import { bindStray } from "./bind-stray.ts";
import { invalid } from "./body.ts";
import { expiryOf } from "./expiry.ts";
import type { Answer, Request } from "./handler.ts";
import { readable } from "./record-query.ts";
import { detailOf } from "./record-view.ts";
import {
  changed,
  isSamePerson,
  needsSecondPerson,
  propose,
  refuseOther,
  refuseOwn,
  type SecondPerson,
  withdraw,
} from "./second-person.ts";

/** What a person says of a record that waits. */
export interface Saying {
  readonly id: string;
  /** `withdraw` takes back what one person proposed and no other has carried out. */
  readonly outcome: Decision["to"] | "withdraw";
  readonly reason: string;
  readonly transactionId?: string | undefined;
  /** The attempt that the person looked at; left out, the first. */
  readonly attempt?: number | undefined;
}

/** Who says it, and whether that is enough. */
export interface Asked extends Pick<Request<never>, "caller" | "person" | "note"> {
  readonly secondPerson: SecondPerson;
}

/**
 * Writes what a person says, if the record waits for a person still and is at the attempt that was looked at: what is true of
 * one attempt may be untrue of the next. The same said again by the same person is answered as the first time. Where a second
 * person is needed, the first one's word is kept as a proposal (202), and another one's carries it out.
 * @throws Problem `invalid-request` where it contradicts itself, `already-done` or `in-progress` (409) where it was not written, `not-sent` (503) where that is not known.
 */
export async function decide(saying: Saying, asked: Asked, clock: Clock, records: Records): Promise<Answer> {
  const { id, outcome, reason, transactionId, attempt } = saying;
  if (transactionId !== undefined && outcome !== "succeeded")
    throw invalid([{ pointer: "/transactionId", detail: "belongs to what has succeeded alone" }]);
  const seen = await readable(records.get(id));
  if (!seen) throw new Problem("not-found", "There is no such record.");
  const now = clock.now();
  // A stray notification was never attempted.
  const of = attempt ?? Math.min(1, seen.attempt);
  if (outcome === "withdraw") {
    if (seen.attempt !== of) throw refusalBy(seen, of, now);
    const record = await acknowledged(withdraw(seen, asked, { reason, now }, records));
    return { ...told(record, asked, now), status: 200 };
  }
  // What binds nothing is taken off the list and no more.
  const binds = seen.namespace === "notification" && seen.state === "needs_attention" && of === seen.attempt;
  if (binds && outcome === "succeeded") await bindStray(seen, records, now);
  const failure: Failure = { code: "declined", detail: `Settled by hand: ${reason}` };
  const decision: Decision = {
    record: seen,
    attempt: of,
    to: outcome,
    by: asked.person,
    reason,
    result: outcome === "succeeded" ? JSON.stringify({ transactionId }) : undefined,
    failure: outcome === "succeeded" ? undefined : JSON.stringify(failure),
    now,
    expireAfterMs: expiryOf(seen.namespace),
  };
  const { written, record } = await acknowledged(carriedOut(decision, asked, records));
  if (written) return told(record, asked, now);
  asked.note({ record: id, state: record.state });
  throw refusalBy(record, of, now);
}

/** Writes the decision, or proposes it. Where it needs a second person, nothing but an open proposal lets it be written. */
async function carriedOut(
  decision: Decision,
  asked: Asked,
  records: Records,
): Promise<{ readonly written: boolean; readonly record: RecordItem }> {
  const { record: seen, to, attempt, reason, now } = decision;
  const unwritten = () => ({ written: isDecidedSo(seen, decision), record: seen });
  // A write that is refused now could be taken later, as a late copy, when the record waits or is at that attempt.
  if (!isDecidable(seen) || attempt > seen.attempt) return unwritten();
  if (!needsSecondPerson(seen, to, asked.secondPerson)) return records.decide(decision);
  if (seen.attempt !== attempt) return unwritten();
  const open = openProposal(seen, now);
  if (!open)
    return { written: true, record: await propose(seen, asked, { outcome: to, reason, now }, records) };
  if (open.outcome !== to) refuseOther(seen, open, now);
  if (isSamePerson(open, asked, asked.secondPerson)) refuseOwn(seen, open, now);
  return records.decide({ ...decision, seconds: open });
}

/** A record that waits still has been proposed for, or is no longer: nothing is settled. */
function told(record: RecordItem, { note }: Asked, now: number): Answer {
  note({ record: record.id, state: record.state });
  const body = { record: detailOf(record, now) };
  return record.state === "needs_attention" ? { status: 202, body } : { body };
}

/** Why a decision on that attempt was not written. */
function refusalBy(record: RecordItem, attempt: number, now: number): Problem {
  const detail = { record: detailOf(record, now) };
  if (record.attempt !== attempt)
    return new Problem(
      "already-done",
      `The record is at attempt ${record.attempt}, not ${attempt}: read it again, and name the attempt.`,
      detail,
    );
  if (record.state === "needs_attention") return changed(record, now);
  if (record.state === "dispatched" || record.state === "in_doubt")
    return new Problem("in-progress", "The provider is still being asked what became of it.", detail);
  return new Problem("already-done", "The record does not wait for a person.", detail);
}

async function acknowledged<T>(writing: Promise<T>): Promise<T> {
  try {
    return await writing;
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    throw new Problem("not-sent", "Whether the decision was recorded is not known: send it again as it is.", {
      cause,
    });
  }
}
