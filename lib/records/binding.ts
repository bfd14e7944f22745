import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { type Attributes, type Binding, L, M, N, type RecordItem, S } from "./record.ts";
import { assigned, assignments, forAPerson, settledWithout, shardOf, type Write } from "./write.ts";

export type { Binding } from "./record.ts";

/** A binding that a notification brought, agreeing with the record as it was seen. */
export interface Bind {
  readonly seen: RecordItem;
  readonly binding: Binding;
  /** The result that the record gives from now on, unless the registration's own reply has given one. */
  readonly result: string;
  readonly now: number;
}

/** One write sets the binding and, where the registration is still open, settles it: a notification proves that it happened. */
export function binding({ seen, binding, result, now }: Bind): Write {
  const settles = seen.state !== "succeeded";
  const set = ["#binding = :binding"];
  if (settles)
    set.push(
      "#state = :succeeded",
      "#provedBy = :provedBy",
      "#result = :result",
      "#history = list_append(#history, :entry)",
    );
  const sameTXid = binding.tXid === undefined ? "" : " AND (attribute_not_exists(#tXid) OR #tXid = :tXid)";
  const isServed = seen.flagged === undefined;
  const asFlagged = isServed ? "attribute_not_exists(#flagged)" : "attribute_exists(#flagged)";
  return {
    id: seen.id,
    condition: `#state = :seenState AND #attempt = :seenAttempt AND ${asFlagged} AND attribute_not_exists(#binding)${sameTXid}`,
    set,
    remove: settles ? [...settledWithout("succeeded", { isBinding: true }), "#failure"] : [],
    // Of a flagged record it is told when a person lets it stand.
    tells: isServed ? "account.bound" : undefined,
    values: {
      ":binding": bindingValue(binding),
      ":seenState": S(seen.state),
      ":seenAttempt": N(seen.attempt),
      ...(binding.tXid !== undefined && { ":tXid": S(binding.tXid) }),
      ...(settles && {
        ":succeeded": S("succeeded"),
        ":provedBy": S("notification"),
        ":result": S(result),
        ":entry": L([`succeeded ${now}`]),
      }),
    },
  };
}

/** What the provider's answer about the token of a binding makes of it. */
export interface Check {
  /** As it was read before the provider was asked. */
  readonly seen: RecordItem;
  /** Why a person must look at the binding, where the answer contradicts it. */
  readonly flagged: string | undefined;
  readonly now: number;
}

/**
 * Once for each token, so that it is asked about once; a binding that is contradicted is listed, and served no more unless a
 * person lets it stand. Not over another token, nor over what another look has written meanwhile.
 */
export function checking({ seen, flagged, now }: Check): Write {
  const item: Attributes =
    flagged === undefined ? {} : { flagged: S(flagged), shard: shardOf(seen.id), due: N(forAPerson(now)) };
  return {
    id: seen.id,
    condition:
      "#binding.#userToken = :seenToken AND attribute_not_exists(#binding.#checkedAt) AND attribute_not_exists(#flagged)",
    set: ["#binding.#checkedAt = :checkedAt", ...assignments(item)],
    tells: flagged === undefined ? undefined : "record.needs-attention",
    values: {
      ...assigned(item),
      ":seenToken": S(seen.binding?.userToken ?? ""),
      ":checkedAt": N(now),
    },
  };
}

export const bindingValue = (binding: Binding): AttributeValue =>
  M({
    userToken: S(binding.userToken),
    boundAt: N(binding.boundAt),
    ...(binding.tXid !== undefined && { tXid: S(binding.tXid) }),
  });
