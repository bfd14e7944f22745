import { Problem } from "../problem.ts";
import { fingerprint, fingerprintKeyId, type KeyRing } from "../secrets/key-ring.ts";
import { Secret } from "../secrets/secret.ts";

/**
 * What a repeat must equal to be the same request, as the text that its record keeps.
 */
export interface SameRequest {
  /** Kept in the record of a new attempt. */
  readonly text: string;
  /** Whether the text of an existing record is of this same request. */
  readonly is: (stored: string) => boolean | Promise<boolean>;
}

/**
 * Money: the effect in the clear (operation, parties, amount), so that a repeat with a mistyped MPIN or another description
 * still learns the truth.
 */
export function sameEffect(
  operation: string,
  effect: Readonly<Record<string, string | undefined>>,
): SameRequest {
  const text = canonical(operation, effect);
  return { text, is: (stored) => stored === text };
}

/**
 * Anything else: a fingerprint of the whole input under a key, because a PIN inside a plain hash can be read by trying
 * all PINs. A record made under an older key is compared under that key.
 */
export function sameInput(
  operation: string,
  input: object,
  ring: KeyRing,
  renewed: () => Promise<KeyRing>,
): SameRequest {
  const text = canonical(operation, input);
  return {
    text: fingerprint(ring, text) ?? "",
    async is(stored) {
      const id = fingerprintKeyId(stored);
      // A key that another process has had first is looked for before a request is called another.
      const made = fingerprint(ring, text, id) ?? fingerprint(await renewed(), text, id);
      if (made === undefined)
        throw new Problem("misconfigured", `The fingerprint key "${id}" is not in the ring.`);
      return made === stored;
    },
  };
}

/** JSON of the operation and of the fields that are given, in the order of their names. */
function canonical(operation: string, fields: object): string {
  const given = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, value instanceof Secret ? value.reveal() : value])
    .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1));
  return JSON.stringify([operation, Object.fromEntries(given)]);
}

/** The secrets that a caller sent: a provider's text must not carry them into an answer, a record or a log. */
export const secretsIn = (input: object): readonly Secret[] =>
  Object.values(input).filter((value) => value instanceof Secret);
