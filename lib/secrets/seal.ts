import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { Problem } from "../problem.ts";
import { currentRing, type KeyRing, keyRing } from "./key-ring.ts";
import { Secret } from "./secret.ts";
import type { Secrets } from "./secrets.ts";

const algorithm = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;

/**
 * A secret as it may be stored: `<key id>.<nonce, tag and ciphertext in base64url>`, AES-256-GCM under the ring's key in
 * use. It opens only beside the record that it was sealed for: a sealed token copied into another record is refused.
 */
export function seal(ring: KeyRing, secret: Secret, recordId: string): string {
  const [current] = ring.keys;
  if (!current) throw new Problem("misconfigured", "There is no key to seal with.");
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, keyOf(current.key), nonce, { authTagLength: tagBytes }).setAAD(
    Buffer.from(recordId, "utf8"),
  );
  const text = Buffer.concat([cipher.update(secret.reveal(), "utf8"), cipher.final()]);
  return `${current.id}.${Buffer.concat([nonce, cipher.getAuthTag(), text]).toString("base64url")}`;
}

/**
 * Opens what `seal` made for that record.
 * @throws Problem `misconfigured` when the key is gone from the ring or the text is not what was sealed.
 */
export function unseal(ring: KeyRing, sealed: string, recordId: string): Secret {
  const id = keyIdOf(sealed);
  const found = ring.keys.find((key) => key.id === id);
  if (!found) throw new Problem("misconfigured", `The sealing key "${id}" is no longer in the ring.`);
  const bytes = Buffer.from(sealed.slice(id.length + 1), "base64url");
  try {
    const decipher = createDecipheriv(algorithm, keyOf(found.key), bytes.subarray(0, nonceBytes), {
      authTagLength: tagBytes,
    })
      .setAAD(Buffer.from(recordId, "utf8"))
      .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
    const text = Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]);
    return new Secret(text.toString("utf8"));
  } catch (cause) {
    throw new Problem("misconfigured", "A sealed token does not open: its record or its key has changed.", {
      cause,
    });
  }
}

/** The same with the ring of the `gateway` secret, read again where another process has had a newer key first. */
export async function unsealed(secrets: Secrets, sealed: string, recordId: string): Promise<Secret> {
  const ring = await currentRing(secrets, "sealingKeys");
  if (ring.keys.some((key) => key.id === keyIdOf(sealed))) return unseal(ring, sealed, recordId);
  return unseal(keyRing(await secrets.refreshed("gateway"), "sealingKeys"), sealed, recordId);
}

const keyIdOf = (sealed: string): string => sealed.slice(0, sealed.lastIndexOf("."));

const keyOf = (key: Secret): Buffer => Buffer.from(key.reveal(), "base64").subarray(0, 32);
