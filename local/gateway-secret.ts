import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Json, parseJson } from "./json.ts";
import { writeWhole } from "./write-whole.ts";

/**
 * The gateway's own secret, made once for a data directory: records in it name the keys that come of it, so it lives as
 * long as they do.
 */
export function gatewaySecret(path: string): Json {
  try {
    return parseJson(readFileSync(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  // As the deployment generates it: 64 letters and digits.
  const secret = { generatedKey: randomBytes(96).toString("base64").replace(/[+/]/g, "").slice(0, 64) };
  // Half a key would lock every record in.
  writeWhole(path, JSON.stringify(secret, null, 2));
  return secret;
}
