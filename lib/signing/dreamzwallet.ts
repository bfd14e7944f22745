import { hash } from "node:crypto";
import { checkFilled } from "./check.ts";
import { dreamzwalletPieces, joined } from "./pieces.ts";

export type DreamzwalletSecret = {
  /** The account's own key, provided by PaymentPlug. */
  readonly secKey: string;
  readonly walletOwnerId: string;
  /** The letter case of the hex: `lower` unless told (the platform's sibling calls). */
  readonly hashCase?: "lower" | "upper";
  /** What is hashed: all three (the document, the default), or the customer and the owner alone (a newer variant). */
  readonly hashParts?: "secKey,customerId,walletOwnerId" | "customerId,walletOwnerId";
};

/**
 * The `verificationHash` of a getSecretKey request: SHA-256, in hex, of secKey, customerId and walletOwnerId, or of
 * the last two alone, each without the white space around it, with nothing between them.
 *
 * Throws a TypeError when one of the three is empty or a switch is none of its choices.
 * Source: DreamzWallet getSecretKey (document 000); trimming and letter case from the platform's sibling calls,
 * the hash without secKey from a newer page of the platform.
 */
export function dreamzwalletVerificationHash(secret: DreamzwalletSecret, customerId: string): string {
  const { secKey, walletOwnerId } = secret;
  for (const [name, value] of dreamzwalletPieces(secKey, customerId, walletOwnerId)) checkFilled(name, value);
  const pieces = dreamzwalletPieces(keyIn(secret), customerId, walletOwnerId);
  const hex = hash("sha256", joined(pieces));
  switch (secret.hashCase ?? "lower") {
    case "lower":
      return hex;
    case "upper":
      return hex.toUpperCase();
    default:
      throw new TypeError('hashCase must be "lower" or "upper": check the secret');
  }
}

/** The key where it is hashed. */
function keyIn({ secKey, hashParts = "secKey,customerId,walletOwnerId" }: DreamzwalletSecret) {
  switch (hashParts) {
    case "secKey,customerId,walletOwnerId":
      return secKey;
    case "customerId,walletOwnerId":
      return undefined;
    default:
      throw new TypeError("hashParts names other parts than are hashed: check the secret");
  }
}
