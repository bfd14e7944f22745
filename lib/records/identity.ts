import { hash } from "node:crypto";

/**
 * What makes two requests one. Money moves under the merchant's transaction id, one namespace for credits, debits and
 * transfers together; a reversal is identified by the debit that it reverses and its number, a binding and its deactivation
 * by the binding's referenceNo; everything else by the caller's Idempotency-Key, which is the caller's own for that operation.
 */
export type Identity =
  | {
      readonly namespace: "money" | "reversal" | "binding" | "deactivation" | "notification" | "stray-count";
      readonly id: string;
      /** Of a reversal, 1 unless given: a refused one is asked for again under the next. */
      readonly number?: number;
    }
  | {
      readonly namespace: "idempotency-key";
      readonly id: string;
      readonly caller: string;
      readonly operation: string;
    };

/**
 * The beginnings of the keys of all items that a notification reads or writes. The webhook's role is limited to these: somebody
 * who takes over the function that the internet reaches cannot write a record of money. No hash in base64url has a full stop.
 */
export const bindingKeys = "binding.";
/** Of deactivations, for the same reason: what revokes a token, or gives it, cannot write a record of money. */
export const deactivationKeys = "deactivation.";
const prefixes: ReadonlyMap<Identity["namespace"], string> = new Map([
  ["binding", bindingKeys],
  ["notification", bindingKeys],
  ["stray-count", bindingKeys],
  ["deactivation", deactivationKeys],
]);

/**
 * The key of an identity's record: plain SHA-256, base64url. Never keyed: a key that rotates would forget every identity.
 * Parts are joined as a JSON list, so no two different identities have the same text.
 */
export function recordId(provider: string, account: string, identity: Identity): string {
  const prefix = prefixes.get(identity.namespace) ?? "";
  const scope = identity.namespace === "idempotency-key" ? [identity.operation, identity.caller] : [];
  const number = numberOf(identity);
  const later = number === 1 ? [] : [String(number)];
  return prefix + keyOf([provider, account, identity.namespace, ...scope, identity.id, ...later]);
}

export const numberOf = (identity: Identity): number => ("number" in identity ? identity.number : 1) ?? 1;

/** The key of an item: of a record, or of another item in the same table. */
export const keyOf = (parts: readonly string[]): string => hash("sha256", JSON.stringify(parts), "base64url");
