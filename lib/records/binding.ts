import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { attemptIs, type Clause, clause, either, has, lacks, stateIs } from "./clauses.ts";
import { type Binding, M, N, type RecordItem, S } from "./record.ts";
import { becomes, forAPerson, shardOf, type Write } from "./write.ts";

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
export function binding({ seen, binding: bound, result, now }: Bind): Write {
  const state =
    seen.state === "succeeded"
      ? undefined
      : becomes({ to: "succeeded", now, by: "notification", result, isBinding: true });
  const isServed = seen.flagged === undefined;
  return {
    ...state,
    id: seen.id,
    when: [
      stateIs(seen.state),
      attemptIs(seen.attempt),
      isServed ? lacks("flagged") : has("flagged"),
      lacks("binding"),
      ...(bound.tXid === undefined ? [] : [tXidIs(bound.tXid)]),
    ],
    set: { ...state?.set, binding: bindingValue(bound) },
    // Of a flagged record it is told when a person lets it stand.
    tells: isServed ? "account.bound" : undefined,
  };
}

/** The reply to the registration named no other. */
export const tXidIs = (tXid: string): Clause =>
  either(lacks("tXid"), clause("#tXid = :tXid", { ":tXid": S(tXid) }));

/** The notification of the binding named no other. */
export const boundTXidIs = (tXid: string): Clause =>
  either(
    clause("attribute_not_exists(#binding.#tXid)"),
    clause("#binding.#tXid = :tXid", { ":tXid": S(tXid) }),
  );

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
  return {
    id: seen.id,
    when: [
      clause("#binding.#userToken = :seenToken", { ":seenToken": S(seen.binding?.userToken ?? "") }),
      clause("attribute_not_exists(#binding.#checkedAt)"),
      lacks("flagged"),
    ],
    set:
      flagged === undefined ? {} : { flagged: S(flagged), shard: shardOf(seen.id), due: N(forAPerson(now)) },
    also: [clause("#binding.#checkedAt = :checkedAt", { ":checkedAt": N(now) })],
    tells: flagged === undefined ? undefined : "record.needs-attention",
  };
}

export const bindingValue = (binding: Binding): AttributeValue =>
  M({
    userToken: S(binding.userToken),
    boundAt: N(binding.boundAt),
    ...(binding.tXid !== undefined && { tXid: S(binding.tXid) }),
  });
