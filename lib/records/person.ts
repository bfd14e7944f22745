import { iso } from "../time.ts";
import { attemptIs, has, stateIn } from "./clauses.ts";
import { eventOf } from "./event.ts";
import { resolutionIn, transactionIdOf } from "./parts.ts";
import { type Proposal, proposalIs } from "./proposal.ts";
import { type RecordItem, S } from "./record.ts";
import { sources } from "./states.ts";
import { becomes, expiring, type Write } from "./write.ts";

/** How a person settled what asking could not. */
export interface Decision {
  /** As it was read when the decision came. */
  readonly record: RecordItem;
  /** What the person looked at, which may have been another attempt than the record's of now. */
  readonly attempt: number;
  readonly to: "succeeded" | "declined" | "not_executed";
  readonly by: string;
  readonly reason: string;
  readonly result: string | undefined;
  readonly failure: string | undefined;
  readonly now: number;
  /** As of a settlement. */
  readonly expireAfterMs?: number | undefined;
  /** The open proposal that this decision carries out, exactly as the record holds it. */
  readonly seconds?: Proposal | undefined;
}

/** A decision as its record keeps it: who said what of which attempt, why and when, and who decided before. */
export interface Resolution {
  readonly by: string;
  readonly reason: string;
  readonly at: string;
  readonly attempt: number;
  readonly outcome: Decision["to"];
  readonly transactionId?: string;
  /** The proposal of another person that this decision carried out. */
  readonly proposed?: Pick<Proposal, "by" | "reason" | "at">;
  /** The latest of those before it, newest first. */
  readonly earlier?: readonly Resolution[];
}

/** Earlier decisions that are kept: of each there is one for an attempt, and one more for a reply that contradicts it. */
const earlierKept = 3;

/** The latest decision on a record, if there is any. */
export const resolutionOf = (record: Pick<RecordItem, "resolution">) => resolutionIn<Resolution>(record);

/** Whether a person can decide it as it is now: it waits for a person, or it is contradicted and listed. */
export const isDecidable = ({
  state,
  flagged,
  due,
}: Pick<RecordItem, "state" | "flagged" | "due">): boolean =>
  flagged === undefined ? state === "needs_attention" : due !== undefined;

/** Only a record that waits for a person, and only the attempt that the person saw. */
export function deciding(decision: Decision): Write {
  const { record, attempt, to, seconds } = decision;
  const state = becomes({ ...decision, by: "person", isBinding: record.namespace === "binding" });
  return {
    ...state,
    id: record.id,
    when: [
      attemptIs(attempt),
      stateIn(sources("person", to)),
      ...(seconds ? [proposalIs(JSON.stringify(seconds))] : []),
    ],
    set: { ...state.set, resolution: S(resolving(decision)) },
  };
}

/**
 * A record that is final and was contradicted: a person says the same as its state, which lets it stand, or takes it off the
 * list as it is. Once: what is off the list has been decided.
 */
export function decidingFlag(decision: Decision): Write {
  const { record, attempt, to, now, expireAfterMs } = decision;
  const stands = to === record.state;
  return {
    id: record.id,
    when: [attemptIs(attempt), has("flagged"), has("due")],
    set: { resolution: S(resolving(decision)), ...expiring(record.state, now, expireAfterMs) },
    remove: ["shard", "due", ...(stands ? ["flagged"] : [])],
    tells: stands ? (record.binding ? "account.bound" : eventOf(to)) : undefined,
  };
}

/** Whether the record holds this decision already: the answer to its write was lost, and it came again. */
export function isDecidedSo(record: RecordItem, decision: Decision): boolean {
  const held = resolutionOf(record);
  return held !== undefined && saidIn(held) === saidIn(saying(decision));
}

const saidIn = ({ by, reason, attempt, outcome, transactionId }: Resolution): string =>
  JSON.stringify([by, reason, attempt, outcome, transactionId]);

function saying({ to, by, reason, attempt, result, now, seconds }: Decision): Resolution {
  const transactionId = transactionIdOf({ result });
  return {
    by,
    reason,
    at: iso(now),
    attempt,
    outcome: to,
    ...(transactionId !== undefined && { transactionId }),
    ...(seconds && { proposed: { by: seconds.by, reason: seconds.reason, at: seconds.at } }),
  };
}

function resolving(decision: Decision): string {
  const before = resolutionOf(decision.record);
  if (!before) return JSON.stringify(saying(decision));
  const { earlier = [], ...latest } = before;
  return JSON.stringify({ ...saying(decision), earlier: [latest, ...earlier].slice(0, earlierKept) });
}
