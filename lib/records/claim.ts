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
 * It is not known whether a claim was written. Nothing may be sent on it; `owner` is the token under which it stands in the
 * record if it was.
 */
export class ClaimUnknown extends Error {
  override readonly name = "ClaimUnknown";
  readonly owner: string;

  constructor(owner: string, cause: unknown) {
    super("it is not known whether the claim was written", { cause });
    this.owner = owner;
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
 * A claim holds once: a copy of it that arrives late finds the record that it made, or a later attempt. One condition for this
 * form and the next would hold again for such a copy, after its attempt had been settled as without effect.
 */
export const claimFirst = (claim: Claim, owner: string): Write =>
  claiming(claim, owner, {
    condition: "attribute_not_exists(#pk)",
    attempt: 1,
    history: [],
    values: {},
  });

/** Exactly the record that was seen, which allows another attempt: nothing of it has changed since. */
export const claimSeen = (claim: Claim, owner: string, seen: RecordItem): Write =>
  claiming(claim, owner, {
    condition: [
      "#attempt = :seenAttempt",
      "#state = :seenState",
      "#request = :seenRequest",
      "attribute_not_exists(#binding)",
    ].join(" AND "),
    attempt: seen.attempt + 1,
    history: seen.history.length < historyLimit ? seen.history : seen.history.slice(-historyKept),
    values: {
      ":seenAttempt": N(seen.attempt),
      ":seenState": S(seen.state),
      ":seenRequest": S(seen.request),
    },
  });

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

function claiming(claim: Claim, owner: string, form: ClaimForm): Write {
  const leaseEnds = claim.now + claim.leaseMs;
  const item: Attributes = {
    provider: S(claim.provider),
    account: S(claim.account),
    operation: S(claim.operation),
    namespace: S(claim.namespace),
    identity: S(claim.identity),
    caller: S(claim.caller),
    request: S(claim.request),
    host: S(claim.host),
    owner: S(owner),
    attempt: N(form.attempt),
    state: S("dispatched"),
    leaseEnds: N(leaseEnds),
    dispatchedAt: N(claim.now),
    shard: shardOf(claim.id),
    due: N(leaseEnds),
    history: L([...form.history, `dispatched ${claim.now}`]),
    ...(claim.number !== undefined && claim.number > 1 && { number: N(claim.number) }),
    ...(claim.facts !== undefined && { facts: S(claim.facts) }),
    ...(claim.customer !== undefined && { customer: S(claim.customer) }),
    ...(claim.amount !== undefined && { amount: S(claim.amount) }),
  };
  return {
    id: claim.id,
    condition: form.condition,
    set: [...assignments(item), "#createdAt = if_not_exists(#createdAt, :dispatchedAt)"],
    // What the attempt before this one left: its reason, and whoever was looking into it.
    remove: ["#failure", "#resolver", "#resolverLease", "#inquiries", "#lastInquiry"],
    tells: undefined,
    values: { ...assigned(item), ...form.values },
  };
}

/** What the process writes of a claim whose outcome it does not know: it sent nothing on it, and never will. */
export interface Withdrawal {
  readonly id: string;
  readonly namespace: string;
  readonly owner: string;
  readonly now: number;
  readonly failure: string;
}

/**
 * No attempt is named: the token is that claim's alone. Without the token it would write off what somebody else has sent.
 */
export function withdrawing({ id, namespace, owner, now, failure }: Withdrawal): Write {
  const item: Attributes = { state: S("not_sent"), failure: S(failure) };
  return {
    id,
    condition: "#owner = :owner AND #state = :dispatched",
    set: [...assignments(item), "#history = list_append(#history, :entry)"],
    remove: settledWithout("not_sent", { isBinding: namespace === "binding" }),
    tells: eventOf("not_sent"),
    values: {
      ...assigned(item),
      ":owner": S(owner),
      ":dispatched": S("dispatched"),
      ":entry": L([`not_sent ${now}`]),
    },
  };
}
