import { Problem } from "../problem.ts";
import type { Facts, Subject } from "../providers/inquiry.ts";
import { currentRing, fingerprint, fingerprintKeyId, type KeyRing, keyRing } from "../secrets/key-ring.ts";
import type { Secrets } from "../secrets/secrets.ts";

/** What every keyed hash of a record begins with; a text without it is kept in the clear. */
const mark = "hmac:";

/**
 * A value as a record keeps it to compare by: `hmac:<key id>.<HMAC-SHA256>` over record, field and value, under the ring's key
 * in use unless another is named. Equal values of two records have different hashes.
 */
export function keptHash(
  ring: KeyRing,
  of: { readonly record: string; readonly field: string },
  value: string,
  keyId?: string,
): string {
  const made = fingerprint(ring, JSON.stringify([of.record, of.field, value]), keyId);
  if (made === undefined)
    throw new Problem("misconfigured", `The fingerprint key "${keyId}" is not in the ring.`);
  return mark + made;
}

/** Facts as a record keeps them, each as its keyed hash, under the key in use unless another is named. */
export function hashedFacts(ring: KeyRing, record: string, facts: Facts, keyId?: string): Facts {
  const given = Object.entries(facts).filter((fact): fact is [string, string] => fact[1] !== undefined);
  return Object.fromEntries(
    given.map(([field, value]) => [field, keptHash(ring, { record, field }, value, keyId)]),
  );
}

export const isHash = (kept: string): boolean => kept.startsWith(mark);
/** The id of the key that a fact was hashed with. */
export const keyIdIn = (hash: string): string => fingerprintKeyId(hash.slice(mark.length));

/** Whether that fact of the record is that value. Records of earlier versions kept it in the clear. */
export function isKeptAs(
  ring: KeyRing,
  of: { readonly record: string; readonly field: string },
  kept: string,
  value: string,
): boolean {
  return isHash(kept) ? keptHash(ring, of, value, keyIdIn(kept)) === kept : kept === value;
}

/**
 * The ring that the facts of a record were hashed with; read again where another process has had a newer key first.
 * @throws as `currentRing`.
 */
export async function ringOf(
  facts: Facts,
  secrets: Pick<Secrets, "current" | "refreshed">,
): Promise<KeyRing> {
  const ring = await currentRing(secrets, "fingerprintKeys");
  const isThere = (id: string) => ring.keys.some((key) => key.id === id);
  const hashes = Object.values(facts).filter((kept) => kept !== undefined && isHash(kept));
  if (hashes.every((hash) => isThere(keyIdIn(hash ?? "")))) return ring;
  return keyRing(await secrets.refreshed("gateway"), "fingerprintKeys");
}

/**
 * How what a provider shows is compared with what was sent.
 * @throws as `ringOf`, which is asked only where there is a hash to compare with.
 */
export async function comparison(
  record: string,
  facts: Facts,
  secrets: Pick<Secrets, "current" | "refreshed">,
): Promise<Subject["wasSent"]> {
  const hasHashes = Object.values(facts).some((kept) => kept !== undefined && isHash(kept));
  const ring = hasHashes ? await ringOf(facts, secrets) : { keys: [] };
  return (field, value) => {
    const kept = facts[field];
    return kept === undefined ? undefined : isKeptAs(ring, { record, field }, kept, value);
  };
}
