import { createHash } from "node:crypto";
import { checkFilled } from "./check.ts";

export type DreamzwalletSecret = {
  /** The account's own key, provided by PaymentPlug. */
  readonly secKey: string;
  readonly walletOwnerId: string;
  /** The letter case of the hex: `lower` unless told (the platform's sibling calls). */
  readonly hashCase?: "lower" | "upper";
};

/**
 * The `verificationHash` of a getSecretKey request: SHA-256, in hex, of secKey, customerId and walletOwnerId,
 * each without the white space around it, with nothing between them.
 *
 * Throws a TypeError when one of the three is empty or `hashCase` is neither case.
 * Source: DreamzWallet getSecretKey (document 000); trimming and letter case from the platform's sibling calls.
 */
export function dreamzwalletVerificationHash(secret: DreamzwalletSecret, customerId: string): string {
  const secKey = checkFilled("secKey", secret.secKey.trim());
  const customer = checkFilled("customerId", customerId.trim());
  const owner = checkFilled("walletOwnerId", secret.walletOwnerId.trim());
  const hex = createHash("sha256")
    .update(secKey + customer + owner)
    .digest("hex");
  switch (secret.hashCase ?? "lower") {
    case "lower":
      return hex;
    case "upper":
      return hex.toUpperCase();
    default:
      throw new TypeError('hashCase must be "lower" or "upper": check the secret');
  }
}
