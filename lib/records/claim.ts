import { eventOf } from "./event.ts";
import { type Attributes, L, N, type RecordItem, readRecord, S } from "./record.ts";
import { sources } from "./states.ts";
import { assigned, assignments, settledWithout, shardOf, type Write } from "./write.ts";

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
  /** A random token that nobody else has, new for each try to claim: whoever holds the record's is its attempt's owner. */
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
  const { condition, attempt, history, values } = formOf(seen);
  const leaseEnds = claim.now + claim.leaseMs;
  const item: Attributes = {
    ...attemptOf(claim, owner, attempt),
    state: S("dispatched"),
    leaseEnds: N(leaseEnds),
    shard: shardOf(claim.id),
    due: N(leaseEnds),
    history: L([...history, `dispatched ${claim.now}`]),
    ...(claim.facts !== undefined && { facts: S(claim.facts) }),
  };
  return {
    id: claim.id,
    condition,
    set: [...assignments(item), isCreated],
    remove: [...leftByAttemptBefore, "#lastInquiry", "#failure"],
    tells: undefined,
    values: { ...assigned(item), ...values },
  };
}

/** What a record is by a claim of it that was written; a transaction returns no items. */
export function claimedRecord({ id, values }: Write, seen: RecordItem | undefined): RecordItem {
  const item = Object.fromEntries(Object.entries(values).map(([name, value]) => [name.slice(1), value]));
  const createdAt = seen ? N(seen.createdAt) : values[":dispatchedAt"];
  return readRecord({ ...item, pk: S(id), ...(createdAt && { createdAt }) });
}

interface ClaimForm {
  readonly condition: string;
  readonly attempt: number;
  /** What the record keeps of the attempts before. */
  readonly history: readonly string[];
  readonly values: Attributes;
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
    ? { condition: "attribute_not_exists(#pk)", attempt: 1, history: [], values: {} }
    : {
        condition: [
          "#attempt = :seenAttempt",
          "#state = :seenState",
          "#request = :seenRequest",
          "attribute_not_exists(#binding)",
        ].join(" AND "),
        attempt: seen.attempt + 1,
        history: shortened(seen.history),
        values: {
          ":seenAttempt": N(seen.attempt),
          ":seenState": S(seen.state),
          ":seenRequest": S(seen.request),
        },
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

const isCreated = "#createdAt = if_not_exists(#createdAt, :dispatchedAt)";
/** Who was looking into its doubt, and how often. */
const leftByAttemptBefore = ["#resolver", "#resolverLease", "#inquiries"] as const;

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
  const { condition, attempt, history, values } = formOf(seen);
  const item: Attributes = {
    ...attemptOf(claim, owner, attempt),
    state: S("not_sent"),
    failure: S(failure),
    history: L([...history, `dispatched ${claim.now}`, `not_sent ${now}`]),
  };
  return {
    id: claim.id,
    condition: `(#owner = :owner AND #state = :dispatched) OR ${condition}`,
    set: [...assignments(item), isCreated],
    remove: [
      ...leftByAttemptBefore,
      ...settledWithout("not_sent", { isBinding: claim.namespace === "binding" }),
    ],
    tells: eventOf("not_sent"),
    values: { ...assigned(item), ...values, ":dispatched": S("dispatched") },
  };
}
