import { all, clause, either, isStill, lacks } from "./clauses.ts";
import { keyOf } from "./identity.ts";
import { type Attributes, S } from "./record.ts";
import type { Write } from "./write.ts";

/**
 * Who does one thing at a time: a change that has a natural key beside its identity, such as a mobile number, is begun by the
 * record that holds the key's place. Nothing is written to a place when its holder is settled: the holder's record is the truth.
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

/** What a claim is written with: only its own record may hold the place already, or whoever was seen to be done with it. */
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
