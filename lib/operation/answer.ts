import { Problem, type RecordView } from "../problem.ts";
import { failureOf, resultOf } from "../records/parts.ts";
import type { RecordItem } from "../records/record.ts";
import { secondsLeft } from "../retry-after.ts";
import { iso } from "../time.ts";
import type { Answer } from "./handler.ts";
import { nextReversal } from "./reversal.ts";

export type { Failure } from "../records/parts.ts";

export const viewOf = (record: RecordItem): RecordView => ({
  id: record.id,
  operation: `${record.provider}/${record.operation}`,
  identity: record.identity,
  state: record.state,
  attempt: record.attempt,
  ...(record.namespace === "reversal" && { reversal: record.number }),
  createdAt: iso(record.createdAt),
  updatedAt: iso(record.stateSince),
});

/**
 * The answer that a record gives: the same for the request that settled it and for every repeat. Returns the answer of a
 * success and throws that of anything else.
 */
export function tell(record: RecordItem, { now, replayed }: { now: number; replayed: boolean }): Answer {
  const view = viewOf(record);
  if (record.state === "succeeded" && record.flagged === undefined)
    return { body: { result: resultOf(record), record: view }, replayed };
  throw problemOf(record, view, now, replayed);
}

function problemOf(record: RecordItem, view: RecordView, now: number, replayed: boolean): Problem {
  const failure = failureOf(record);
  const details = {
    record: view,
    replayed: replayed && record.state === "declined" && record.flagged === undefined,
    ...(failure.provider && { provider: failure.provider }),
    retryAfter: secondsLeft(failure.retryAt, now),
  };
  if (record.flagged !== undefined)
    return record.due === undefined
      ? unknown(record.flagged, { ...details, retry: "never" }, leftUnserved)
      : unknown(record.flagged, details, forAPerson);
  switch (record.state) {
    case "declined":
      return new Problem(failure.code ?? "declined", failure.detail ?? "The provider declined.", {
        ...details,
        ...(record.namespace === "reversal" && againUnder(nextReversal(record))),
      });
    case "not_sent":
    case "not_executed":
      // Nothing happened, and the same request may be made again.
      return new Problem(failure.code ?? "not-sent", failure.detail ?? "Nothing happened.", {
        ...details,
        retry: "same-identity",
      });
    case "dispatched":
      if (now < record.leaseEnds)
        return new Problem("in-progress", "The same request is being carried out.", {
          ...details,
          retryAfter: Math.min(5, Math.max(1, Math.ceil((record.leaseEnds - now) / 1000))),
        });
      return unknown(failure.detail, details);
    case "in_doubt":
      return unknown(failure.detail, details);
    default:
      return unknown(failure.detail, details, forAPerson);
  }
}

/** A debit is reversed once, so a refused reversal is asked for again under its next number and no other identity. */
const againUnder = (next: number | undefined) =>
  next === undefined ? { retry: "never" as const } : { retry: "after-fix" as const, nextReversal: next };

const forAPerson = "the record waits for a person";
const leftUnserved = "a person has looked into it, and left it so";

const unknown = (
  detail: string | undefined,
  details: object,
  next = "repeat the request to learn more",
): Problem =>
  new Problem(
    "outcome-unknown",
    `${detail ?? "No answer of the provider was recorded."} Whether it acted is not known: ${next}.`,
    details,
  );
