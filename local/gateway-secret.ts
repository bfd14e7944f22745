import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Json, parseJson } from "./json.ts";
import { writeWhole } from "./write-whole.ts";

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
  // Half a key ring would lock every record in.
  writeWhole(path, JSON.stringify(secret, null, 2));
  return secret;
}
