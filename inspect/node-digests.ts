import { createHash, createHmac } from "node:crypto";
import type { Digests } from "./digests.ts";

/** Digests without a wait, so that a hundred thousand of them take less than a second. */
export const nodeDigests: Digests = {
  hash: (algorithm, bytes) => createHash(algorithm).update(bytes).digest(),
  hmac: (algorithm, key, bytes) => createHmac(algorithm, key).update(bytes).digest(),
};
