import {
  all,
  attemptIs,
  type Clause,
  clause,
  either,
  isDispatched,
  isNew,
  isStill,
  lacks,
  ownerIs,
  stateIs,
} from "./clauses.ts";
import { type Attributes, N, type RecordItem, readRecord, S } from "./record.ts";
import { sources } from "./states.ts";
import { becomes, shardOf, type Write } from "./write.ts";

/** What is written when an attempt begins. */
export interface Claim
  extends Pick<
    RecordItem,
    | "id"
    | "provider"
    | "account"
    | "operation"
    | "namespace"
    | "identity"
    | "caller"
    | "request"
    | "facts"
    | "customer"
    | "amount"
    | "host"
  > {
  /** Of a reversal, 1 unless given. */
  readonly number?: number;
  readonly tags?: string | undefined;
  /** A random token, new for each try to claim. The function that holds the record's token owns the attempt. */
  readonly newOwner: () => string;
  readonly now: number;
  readonly leaseMs: number;
  /** Whether a stored `request` is this one; needed where it was made under an older key. */
  readonly isSameRequest: (stored: string) => boolean | Promise<boolean>;
}

/** `won`: the attempt is ours to send. `held`: the identity has a record that allows no new attempt of this request now. */
export type Claimed = { readonly kind: "won" | "held"; readonly record: RecordItem };

/**
 * It is not known whether a claim was written, or whether a copy of it is on its way still. Nothing may be sent on it; `owner` is
 * the token under which it stands in the record if it was, and `seen` the record that it was made of.
 */
export class ClaimUnknown extends Error {
  override readonly name = "ClaimUnknown";
  readonly owner: string;
  readonly seen: RecordItem | undefined;

  constructor(owner: string, seen: RecordItem | undefined, cause: unknown) {
    super("it is not known whether the claim was written", { cause });
    this.owner = owner;
    this.seen = seen;
  }
}

/** Entries of history kept: enough for a person to follow, few enough for the item to stay within 1 KB. */
const historyLimit = 6;
const historyKept = 4;

const claimable = sources("claim", "dispatched");

/** Whether the record's last attempt is known to have had no effect, and the same request may be attempted again. */
export const isClaimable = ({ state, binding }: RecordItem): boolean =>
  claimable.includes(state) && binding === undefined;

/**
 * A claim of no record, or of exactly the record that was seen, which allows another attempt. It holds once: a copy of it that
 * arrives late finds the record that it made, or a later attempt. One condition for both forms would hold again for such a copy,
 * after its attempt had been settled as without effect.
 */
export function claiming(claim: Claim, owner: string, seen: RecordItem | undefined): Write {
  const { when, attempt, history } = formOf(seen);
  const leaseEnds = claim.now + claim.leaseMs;
  const state = becomes({ to: "dispatched", now: claim.now, isBinding: isBinding(claim), history });
  return {
    id: claim.id,
    when,
    set: {
      ...attemptOf(claim, owner, attempt),
      ...state.set,
      leaseEnds: N(leaseEnds),
      shard: shardOf(claim.id),
      due: N(leaseEnds),
      ...(claim.facts !== undefined && { facts: S(claim.facts) }),
    },
    also: [isCreated],
    remove: [...leftByAttemptBefore, "lastInquiry", ...state.remove],
    tells: state.tells,
  };
}

const isBinding = ({ namespace }: Claim): boolean => namespace === "binding";

/** What a record is by a claim of it that was written; a transaction returns no items. */
export function claimedRecord({ id, set }: Write, seen: RecordItem | undefined): RecordItem {
  const createdAt = seen ? N(seen.createdAt) : set.dispatchedAt;
  return readRecord({ ...set, pk: S(id), ...(createdAt && { createdAt }) });
}

interface ClaimForm {
  readonly when: readonly Clause[];
  readonly attempt: number;
  /** What the record keeps of the attempts before. */
  readonly history: readonly string[];
}

/**
 * The latest entries. The last `not_executed` stays in place of the oldest of them: it was concluded, and a refusal that follows
 * may mean the attempt that it was of.
 */
function shortened(history: readonly string[]): readonly string[] {
  if (history.length < historyLimit) return history;
  const isConcluded = (entry: string) => entry.startsWith("not_executed ");
  const latest = history.slice(-historyKept);
  const concluded = latest.some(isConcluded) ? undefined : history.findLast(isConcluded);
  return concluded === undefined ? latest : [concluded, ...latest.slice(1)];
}

/** What must hold for a claim: that there is no record, or that nothing has changed of the one that was seen. */
const formOf = (seen: RecordItem | undefined): ClaimForm =>
  seen === undefined
    ? { when: [isNew], attempt: 1, history: [] }
    : {
        when: [
          attemptIs(seen.attempt),
          stateIs(seen.state),
          isStill("request", S(seen.request)),
          lacks("binding"),
        ],
        attempt: seen.attempt + 1,
        history: shortened(seen.history),
      };

const attemptOf = (claim: Claim, owner: string, attempt: number): Attributes => ({
  provider: S(claim.provider),
  account: S(claim.account),
  operation: S(claim.operation),
  namespace: S(claim.namespace),
  identity: S(claim.identity),
  caller: S(claim.caller),
  request: S(claim.request),
  ...(claim.tags && { tags: S(claim.tags) }),
  host: S(claim.host),
  owner: S(owner),
  attempt: N(attempt),
  dispatchedAt: N(claim.now),
  ...(claim.number !== undefined && claim.number > 1 && { number: N(claim.number) }),
  ...(claim.customer !== undefined && { customer: S(claim.customer) }),
  ...(claim.amount !== undefined && { amount: S(claim.amount) }),
});

/** `:dispatchedAt` is a value of the attempt. */
const isCreated = clause("#createdAt = if_not_exists(#createdAt, :dispatchedAt)");
/** Who was looking into its doubt, and how often. */
const leftByAttemptBefore = ["resolver", "resolverLease", "inquiries"] as const;

/** What the process writes of a claim whose outcome it does not know: it sent nothing on it, and never will. */
export interface Withdrawal {
  readonly claim: Claim;
  readonly owner: string;
  readonly seen: RecordItem | undefined;
  readonly now: number;
  readonly failure: string;
}

/**
 * Makes an attempt that ended as not sent, of the claim where it was written, and of what the claim was made of where it was not:
 * a copy of the claim that is still on its way then finds its condition false. Without the token it would write off what somebody
 * else has sent. It holds once, as the claim does.
 */
export function withdrawing({ claim, owner, seen, now, failure }: Withdrawal): Write {
  const { when, attempt, history } = formOf(seen);
  const state = becomes({
    to: "not_sent",
    now,
    failure,
    isBinding: isBinding(claim),
    history: [...history, `dispatched ${claim.now}`],
  });
  return {
    id: claim.id,
    when: [either(all(ownerIs(owner), isDispatched), all(...when))],
    set: { ...attemptOf(claim, owner, attempt), ...state.set },
    also: [isCreated],
    remove: [...leftByAttemptBefore, ...state.remove],
    tells: state.tells,
  };
}
