import { Problem } from "../problem.ts";
import { effectOf } from "../records/parts.ts";
import type { RecordItem } from "../records/record.ts";
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
  /** Kept beside the text, where the text does not say its fields: the first four characters of a keyed hash of each that is no secret. */
  readonly tags?: string;
  /** In what it differs from the request of a record that `is` has called another, as far as the record knows. */
  readonly differenceFrom: (held: Pick<RecordItem, "request" | "tags">) => Difference;
}

interface Difference {
  /** Fields of this request that the other lacks or has with another value; of money also fields that this one lacks. */
  readonly fields: readonly string[];
  /** What else differs, in words that end a sentence. */
  readonly other?: string;
}

/**
 * The problem of a request whose identity has the record of another. The fields that differ, and the record's id, are for the
 * caller who made that record; no value is told, and of secrets only that one differs where nothing else does.
 */
export function identityReused(held: RecordItem, same: SameRequest, caller: string): Problem {
  const sentence = "This identity belongs to a request that differs from this one";
  if (held.caller !== caller) return new Problem("identity-reused", `${sentence}.`);
  const { fields, other } = same.differenceFrom(held);
  const all = other === undefined ? fields : [...fields, other];
  return new Problem(
    "identity-reused",
    all.length > 0 ? `${sentence} in ${all.join(", ")}.` : `${sentence}.`,
    {
      about: held.id,
      ...(fields.length > 0 && {
        errors: fields.map((name) => ({ pointer: `/${name}`, detail: "differs from the first request" })),
      }),
    },
  );
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
  return {
    text,
    is: (stored) => stored === text,
    differenceFrom({ request }) {
      const [name, stored] = effectOf({ request });
      if (name !== operation) return { fields: [], other: `the operation, which was ${name}` };
      const names = Object.keys({ ...stored, ...effect });
      return { fields: names.filter((each) => stored[each] !== effect[each]) };
    },
  };
}

/** The fingerprint keys as this process has them, and as they are when they are fetched again. */
interface Keys {
  readonly ring: KeyRing;
  readonly renewed: () => Promise<KeyRing>;
}

/**
 * Anything else: a fingerprint of the whole input under a key, because a PIN inside a plain hash can be read by trying
 * all PINs. A record made under an older key is compared under that key.
 */
export function sameInput(
  record: string,
  operation: string,
  input: object,
  { ring, renewed }: Keys,
): SameRequest {
  const text = canonical(operation, input);
  const fields = Object.entries(input).filter(
    ([, value]) => value !== undefined && !(value instanceof Secret),
  );
  const tagOf = ([name, value]: [string, unknown], keyId?: string) =>
    fingerprint(ring, JSON.stringify([record, name, value]), keyId)?.slice(-43, -39);
  return {
    text: fingerprint(ring, text) ?? "",
    tags: fields.map((field) => tagOf(field)).join(""),
    async is(stored) {
      const id = fingerprintKeyId(stored);
      // A key that another process has had first is looked for before a request is called another.
      const made = fingerprint(ring, text, id) ?? fingerprint(await renewed(), text, id);
      if (made === undefined)
        throw new Problem("misconfigured", `The fingerprint key "${id}" is not in the ring.`);
      return made === stored;
    },
    differenceFrom({ request, tags }) {
      const kept = tags?.match(tag);
      const keyId = fingerprintKeyId(request);
      if (!kept || !ring.keys.some(({ id }) => id === keyId)) return { fields: [] };
      const others = fields.filter((field) => !kept.includes(tagOf(field, keyId) ?? ""));
      if (others.length > 0) return { fields: others.map(([name]) => name) };
      return {
        fields: [],
        other: kept.length > fields.length ? "a field that is left out" : "a secret field",
      };
    },
  };
}

const tag = /.{4}/g;

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
