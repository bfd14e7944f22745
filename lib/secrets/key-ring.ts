import { createHmac, hkdfSync } from "node:crypto";
import { Problem } from "../problem.ts";
import { Secret } from "./secret.ts";
import { optionalPart, part, type Secrets, type SecretValue } from "./secrets.ts";

/** Keys of the `gateway` secret, each with an id that every value made with it names. The first is the one in use. */
export interface KeyRing {
  readonly keys: readonly RingKey[];
}

interface RingKey {
  readonly id: string;
  readonly key: Secret;
}

type RingName = "fingerprintKeys" | "sealingKeys";

const leastKeyBytes = 32;

/**
 * The ring of that name: the keys that people have put there, the newest first, and after them the one that comes of the
 * key that the deployment generated.
 * @throws Problem `misconfigured` naming what is wrong with it.
 */
export function keyRing(secret: SecretValue, name: RingName): KeyRing {
  const generated = generatedKey(secret, name);
  const list = (secret.json as Readonly<Record<string, unknown>>)[name] ?? (generated ? [] : undefined);
  if (!Array.isArray(list) || (list.length === 0 && !generated))
    throw new Problem(
      "misconfigured",
      `The secret "${secret.name}" must hold a list of keys under "${name}".`,
    );
  const keys = list.map((entry: unknown, at) => {
    const fields = { name: secret.name, json: typeof entry === "object" && entry !== null ? entry : {} };
    const id = part(fields, "id").reveal();
    const key = part(fields, "key");
    if (Buffer.from(key.reveal(), "base64").byteLength < leastKeyBytes)
      throw new Problem(
        "misconfigured",
        `Key ${at} of "${name}" in the secret "${secret.name}" has under 32 bytes.`,
      );
    return { id, key };
  });
  const ring = generated ? [...keys, generated] : keys;
  const twice = ring.find(({ id }, at) => ring.some((other, elsewhere) => elsewhere < at && other.id === id));
  // What names such an id could be meant for either key.
  if (twice)
    throw new Problem(
      "misconfigured",
      `"${name}" in the secret "${secret.name}" has two keys with the id "${twice.id}".`,
    );
  return { keys: ring };
}

/**
 * The ring of that name in the `gateway` secret in force; read again where it is wrong, because it may just have been corrected.
 * @throws as `keyRing` and `Secrets.current`.
 */
export async function currentRing(
  secrets: Pick<Secrets, "current" | "refreshed">,
  name: RingName,
): Promise<KeyRing> {
  const secret = await secrets.current("gateway");
  try {
    return keyRing(secret, name);
  } catch {
    return keyRing(await secrets.refreshed("gateway"), name);
  }
}

/**
 * CloudFormation generates one text at most, so both rings begin with a key derived from it, each its own (HKDF-SHA256,
 * RFC 5869, with the ring's name as info). Values name it by this id for as long as they are kept.
 */
const generatedKeyId = "generated";

function generatedKey(secret: SecretValue, name: RingName): RingKey | undefined {
  const text = optionalPart(secret, "generatedKey");
  if (text === undefined) return undefined;
  if (Buffer.byteLength(text.reveal()) < leastKeyBytes)
    throw new Problem(
      "misconfigured",
      `"generatedKey" in the secret "${secret.name}" has under ${leastKeyBytes} bytes.`,
    );
  const key = Buffer.from(hkdfSync("sha256", text.reveal(), "", `wallet-gateway ${name}`, leastKeyBytes));
  return { id: generatedKeyId, key: new Secret(key.toString("base64")) };
}

/** `<key id>.<HMAC-SHA256 in base64url>` of a text, under the key in use or the one of the given id. */
export function fingerprint(ring: KeyRing, text: string, id?: string): string | undefined {
  const found = id === undefined ? ring.keys[0] : ring.keys.find((key) => key.id === id);
  if (!found) return undefined;
  const key = Buffer.from(found.key.reveal(), "base64");
  return `${found.id}.${createHmac("sha256", key).update(text, "utf8").digest("base64url")}`;
}

/** The id of the key that made a fingerprint. */
export const fingerprintKeyId = (made: string): string => made.slice(0, made.lastIndexOf("."));
