import { boundTXidIs } from "./binding.ts";
import { all, attemptIs, either, isStill, lacks, ownerIs, stateIn, stateIs } from "./clauses.ts";
import { transactionIdOf } from "./parts.ts";
import { resolutionOf } from "./person.ts";
import { N, type RecordItem, S } from "./record.ts";
import { isFinal, isSettled, type State, sources } from "./states.ts";
import { becomes, forAPerson, shardOf, type Write } from "./write.ts";

/** What the owner of an attempt learned of it. */
export interface Settlement {
  readonly id: string;
  readonly owner: string;
  readonly attempt: number;
  readonly to: Exclude<State, "dispatched" | "needs_attention">;
  readonly now: number;
  readonly result?: string | undefined;
  readonly failure?: string | undefined;
  /** Of doubt: when it is first looked into, where that is not at once. */
  readonly due?: number | undefined;
  /** Final records are forgotten after this long; undefined for money, which never is. */
  readonly expireAfterMs: number | undefined;
  /** Of a registration whose notification may come before its reply: the provider's id of the binding, where it gave one. */
  readonly binding?: { readonly tXid: string | undefined };
}

/** `written`: acknowledged, or seen to be there. `superseded`: somebody with better evidence settled it; the record says how. */
export type Settled = { readonly kind: "written" | "superseded"; readonly record: RecordItem };

/** The owner's outcome of its own attempt: written over doubt, never over a final state, and never after a later attempt. */
export function settling(settlement: Settlement): Write {
  const { to, now, binding } = settlement;
  const tXid = binding?.tXid;
  const state = becomes({ ...settlement, by: "reply", isBinding: binding !== undefined });
  const open = stateIn(sources("owner", to));
  // A notification may have settled it as succeeded; the reply then adds what it alone knows.
  const merges = to === "succeeded" && binding !== undefined;
  return {
    ...state,
    id: settlement.id,
    when: [
      ownerIs(settlement.owner),
      attemptIs(settlement.attempt),
      merges ? either(open, all(stateIs(to), lacks("tXid"))) : open,
      ...(merges && tXid !== undefined ? [boundTXidIs(tXid)] : []),
    ],
    set: {
      ...state.set,
      ...(tXid !== undefined && { tXid: S(tXid) }),
      // What is unfinished stays in its index, due at once unless the provider asked for time.
      ...(!isSettled(to) && { due: N(Math.max(now, settlement.due ?? now)) }),
    },
  };
}

/**
 * Why the owner's word and what was written before it cannot both be true; undefined where they can. What was written is
 * final and stays: a binding that a notification brought, or what a person said of this attempt.
 */
export function disagreementWith(record: RecordItem, settlement: Settlement): string | undefined {
  const ours = record.owner === settlement.owner && record.attempt === settlement.attempt;
  if (!ours || !isFinal(record.state) || record.flagged !== undefined || settlement.to === "in_doubt")
    return undefined;
  return settlement.binding && record.binding
    ? disagreementWithBinding(record, settlement)
    : disagreementWithPerson(record, settlement);
}

function disagreementWithBinding(record: RecordItem, { to }: Settlement): string | undefined {
  if (to === "declined" || to === "not_executed")
    return "The registration was refused, and a notification of its binding had come before.";
  if (to === "not_sent")
    return "The registration was not sent, and a notification of its binding had come before.";
  if (to === "succeeded" && record.tXid === undefined)
    return "The registration's tXid differs from that of the notification that came before.";
  return undefined;
}

function disagreementWithPerson(record: RecordItem, { to, result }: Settlement): string | undefined {
  const said = resolutionOf(record);
  if (said?.attempt !== record.attempt || said.outcome !== record.state) return undefined;
  if ((to === "succeeded") !== (said.outcome === "succeeded"))
    return `A person settled it as ${said.outcome}, and the attempt's own late word is ${to}.`;
  const transactionId = transactionIdOf({ result });
  if (said.transactionId !== undefined && transactionId !== undefined && said.transactionId !== transactionId)
    return `A person settled it with another transactionId than the provider's late reply has: ${transactionId}.`;
  return undefined;
}

/** Listed for a person, and not served any more. Both sides are kept, and the record is as it was when they were compared. */
export function flagging(settlement: Settlement, seen: RecordItem, why: string): Write {
  const { binding, result, failure, now } = settlement;
  return {
    id: settlement.id,
    when: [
      ownerIs(settlement.owner),
      attemptIs(settlement.attempt),
      stateIs(seen.state),
      lacks("flagged"),
      isStill("resolution", seen.resolution === undefined ? undefined : S(seen.resolution)),
    ],
    set: {
      flagged: S(why),
      shard: shardOf(settlement.id),
      due: N(forAPerson(now)),
      ...(binding?.tXid !== undefined && { tXid: S(binding.tXid) }),
      // What a repeat was answered with stays, should a person let it stand.
      ...(result !== undefined && (binding || seen.result === undefined) && { result: S(result) }),
      ...(failure !== undefined && { failure: S(failure) }),
    },
    // What waits for a person is not forgotten meanwhile.
    remove: ["expires"],
    tells: "record.needs-attention",
  };
}
