/**
 * The verificationHash of DreamzWallet's document: "SHA256 ... < seckey >< customerId >< walletOwnerId>",
 * written from that text alone: the sandbox must not share the gateway's signing code.
 */
import { createHash } from "node:crypto";
import { memberOf, type SecretValue } from "../common/options.ts";

export function verificationHash(secret: SecretValue, customerId: string): string | undefined {
  const secKey = memberOf(secret, "secKey");
  const walletOwnerId = memberOf(secret, "walletOwnerId");
  if (secKey === undefined || walletOwnerId === undefined) return undefined;
  const hash = createHash("sha256");
  // A newer page of the platform has the name of the user and the owner alone.
  const parts =
    memberOf(secret, "hashParts") === "customerId,walletOwnerId"
      ? [customerId, walletOwnerId]
      : [secKey, customerId, walletOwnerId];
  for (const part of parts) hash.update(part.trim(), "utf8");
  const hex = hash.digest("hex");
  return memberOf(secret, "hashCase") === "upper" ? hex.toUpperCase() : hex;
}
