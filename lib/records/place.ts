import { all, clause, either, isStill, lacks } from "./clauses.ts";
import { keyOf } from "./identity.ts";
import { type Attributes, S } from "./record.ts";
import type { Write } from "./write.ts";

/**
 * One change at a time: some changes have a natural key, such as a mobile number, besides their identity. Only the record that
 * holds the place of that key may begin its change. Nothing is written to a place when its holder is settled: the holder's record is the truth.
 */
export interface Place {
  /** A record's id. */
  readonly holder: string;
  /** New each time the place is taken. */
  readonly token: string;
}

/** A place is an item of its own: no index has it and it never expires. */
export const placeId = (provider: string, account: string, operation: string, key: string): string =>
  keyOf([provider, account, "place", operation, key]);

export function readPlace(item: Attributes): Place {
  return { holder: item.holder?.S ?? "", token: item.token?.S ?? "" };
}

/** Part of a claim: the place may be held by the claim's own record, or by a record that was seen to be finished. Otherwise the claim is refused. */
export interface Taking {
  readonly id: string;
  readonly holder: string;
  /** Another holder that was seen to be done; undefined where there is none. */
  readonly seen: Place | undefined;
}

export function takingPlace({ id, holder, seen }: Taking, token: string): Write {
  const seenDone = seen ? [all(isStill("holder", S(seen.holder)), isStill("token", S(seen.token)))] : [];
  return {
    id,
    when: [either(lacks("holder"), clause("#holder = :holder", { ":holder": S(holder) }), ...seenDone)],
    set: { holder: S(holder), token: S(token) },
    tells: undefined,
  };
}
