import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { type Json, parseJson } from "./json.ts";

/**
 * The gateway's own key rings, made once for a data directory: records in it name these keys, so they live as long
 * as it does.
 */
export function gatewaySecret(path: string): Json {
  try {
    return parseJson(readFileSync(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const key = (id: string) => ({ id, key: randomBytes(32).toString("base64") });
  const secret = { fingerprintKeys: [key("f1")], sealingKeys: [key("s1")] };
  // Whole or not at all, even if the host is killed in the middle: half a key ring would lock every record in.
  const draft = `${path}.new`;
  const file = openSync(draft, "w", 0o600);
  writeSync(file, JSON.stringify(secret, null, 2));
  fsyncSync(file);
  closeSync(file);
  renameSync(draft, path);
  return secret;
}
