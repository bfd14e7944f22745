/**
 * Tokens that only this sandbox opens. The provider's own encryption is not documented: a token is opaque to
 * everybody else, and so is this one.
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type JsonObject, objectIn } from "../common/json.ts";

const cipher = "aes-256-gcm";
const keyLength = 32;
const ivLength = 12;
const tagLength = 16;

/** The key that is in the file, or a new one: a token outlives the sandbox that made it. */
export function keyIn(file: string): Buffer {
  const kept = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  // A process killed in the middle of the write leaves less of it.
  if (kept.length === keyLength) return kept;
  const key = randomBytes(keyLength);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, key, { mode: 0o600 });
  return key;
}

export function sealToken(content: JsonObject, key: Buffer): string {
  const iv = randomBytes(ivLength);
  const seal = createCipheriv(cipher, key, iv);
  const sealed = Buffer.concat([seal.update(JSON.stringify(content)), seal.final()]);
  return Buffer.concat([iv, seal.getAuthTag(), sealed]).toString("base64");
}

/** Undefined where the token is not one of ours. */
export function openToken(token: string, key: Buffer): JsonObject | undefined {
  const bytes = Buffer.from(token, "base64");
  if (bytes.length <= ivLength + tagLength || bytes.toString("base64") !== token) return undefined;
  const open = createDecipheriv(cipher, key, bytes.subarray(0, ivLength));
  open.setAuthTag(bytes.subarray(ivLength, ivLength + tagLength));
  try {
    const text = Buffer.concat([open.update(bytes.subarray(ivLength + tagLength)), open.final()]);
    return objectIn(text.toString("utf8"));
  } catch {
    return undefined;
  }
}
