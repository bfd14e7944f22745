/** The providers. What else is to be known of each is in its folder's facts (lib/providers/facts.ts). */
export type ProviderName = "aggrepay" | "payu" | "wibmo" | "dreamzwallet" | "nicepay";

/**
 * One secret for each provider; `gateway`: the key rings of fingerprints and of sealed tokens; `webhook`: what events are signed
 * with for the merchant.
 */
export type SecretName = ProviderName | "gateway" | "webhook";

/** The environment variable that holds the id (ARN) of a secret. */
export const secretIdVariable = (name: SecretName): string => `${name.toUpperCase()}_SECRET_ID`;

/**
 * Parts that say who the merchant is, or how something is written: they stand in honest replies (NICEPAY's tXid begins with the
 * iMid), and nothing can be signed with them.
 */
export const notSecret: readonly string[] = [
  ...["iMid", "mid", "walletIdentifier", "walletOwnerId", "clientId", "bankId", "entityId"],
  ...["consumerCustomId", "signatureScheme", "authorizationForm", "envelope", "hashCase", "hashParts"],
  ...["headerNames", "mobileForm", "decryptHeaders", "phoneForm"],
];
