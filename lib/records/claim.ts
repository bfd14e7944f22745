import { type Attributes, L, N, type RecordItem, S } from "./record.ts";
import { sources } from "./states.ts";
import { assigned, assignments, listOf, shardOf, valuesOf, type Write } from "./write.ts";

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
    | "owner"
    | "host"
  > {
  readonly now: number;
  readonly leaseMs: number;
  /** Whether a stored `request` is this one; needed where it was made under an older key. */
  readonly isSameRequest: (stored: string) => boolean | Promise<boolean>;
}

/** `won`: the attempt is ours to send. `held`: the identity has a record that allows no new attempt of this request now. */
export type Claimed = { readonly kind: "won" | "held"; readonly record: RecordItem };

/** Entries of history kept: enough for a person to follow, few enough for the item to stay within 1 KB. */
const historyLimit = 6;
const historyKept = 4;

/** The states in which the same request may be attempted again: the attempt before is known to have had no effect. */
export const claimable = sources("claim", "dispatched");

/** No record yet, or one of the same request that is known to have had no effect. */
export function claimFirst(claim: Claim): Write {
  const again = [
    `#state IN (${listOf(claimable)})`,
    "#request = :request",
    "attribute_not_exists(#binding)",
    "size(#history) < :historyLimit",
  ];
  return claiming(claim, {
    condition: `attribute_not_exists(#pk) OR (${again.join(" AND ")})`,
    attempt: "if_not_exists(#attempt, :zero) + :one",
    history: "if_not_exists(#history, :none)",
    values: {
      ...valuesOf(claimable),
      ":none": L([]),
      ":zero": N(0),
      ":one": N(1),
      ":historyLimit": N(historyLimit),
    },
  });
}

/** Exactly the record that was seen, whose request is the same by an older key or whose history is full. */
export function claimSeen(claim: Claim, seen: RecordItem): Write {
  const same = ["#attempt = :seenAttempt", "#state = :seenState", "#request = :seenRequest"];
  return claiming(claim, {
    condition: [...same, "attribute_not_exists(#binding)"].join(" AND "),
    attempt: ":nextAttempt",
    history: ":kept",
    values: {
      ":seenAttempt": N(seen.attempt),
      ":seenState": S(seen.state),
      ":seenRequest": S(seen.request),
      ":nextAttempt": N(seen.attempt + 1),
      ":kept": L(seen.history.slice(-historyKept)),
    },
  });
}

interface ClaimForm {
  readonly condition: string;
  readonly attempt: string;
  readonly history: string;
  readonly values: Attributes;
}

function claiming(claim: Claim, form: ClaimForm): Write {
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
    owner: S(claim.owner),
    state: S("dispatched"),
    leaseEnds: N(leaseEnds),
    dispatchedAt: N(claim.now),
    shard: shardOf(claim.id),
    due: N(leaseEnds),
    ...(claim.facts !== undefined && { facts: S(claim.facts) }),
    ...(claim.customer !== undefined && { customer: S(claim.customer) }),
    ...(claim.amount !== undefined && { amount: S(claim.amount) }),
  };
  const set = [
    ...assignments(item),
    "#createdAt = if_not_exists(#createdAt, :dispatchedAt)",
    `#attempt = ${form.attempt}`,
    `#history = list_append(${form.history}, :entry)`,
  ];
  return {
    id: claim.id,
    condition: form.condition,
    set,
    // What the attempt before this one left: its reason, and whoever was looking into it.
    remove: ["#failure", "#resolver", "#resolverLease", "#inquiries"],
    tells: undefined,
    values: {
      ...assigned(item),
      ...form.values,
      ":entry": L([`dispatched ${claim.now}`]),
    },
  };
}
