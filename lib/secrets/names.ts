/** The providers. What else is to be known of each is in its folder's facts (lib/providers/facts.ts). */
export type ProviderName = "aggrepay" | "payu" | "wibmo" | "dreamzwallet" | "nicepay";

/** One secret for each provider, and `gateway`: the key rings of fingerprints and of sealed tokens. */
export type SecretName = ProviderName | "gateway";

/** The environment variable that holds the id (ARN) of a secret. */
export const secretIdVariable = (name: SecretName): string => `${name.toUpperCase()}_SECRET_ID`;
