/** One secret for each provider, and `gateway`: the key rings of fingerprints and of sealed tokens. */
export type SecretName = "aggrepay" | "payu" | "wibmo" | "dreamzwallet" | "nicepay" | "gateway";

/** The environment variable that holds the id (ARN) of a secret. */
export const secretIdVariable = (name: SecretName): string => `${name.toUpperCase()}_SECRET_ID`;
