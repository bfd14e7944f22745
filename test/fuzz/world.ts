/** Values that must never leave the way to their provider, and the secrets that hold them. */
import { planted } from "../support/peer.ts";

const keyOf = (text: string): string => Buffer.alloc(32, text).toString("base64");

export const nicepayKeys = { iMid: "PLANTEDIMID", merchantKey: "planted-nicepay-key-77ab" } as const;
export const userToken = "planted-user-token-31d8";

export const secretValues = {
  aggrepay: {
    current: { apiKey: planted.apiKey, salt: planted.salt },
    previous: { apiKey: planted.apiKey, salt: planted.previousSalt },
  },
  payu: {
    merchantKey: "planted-payu-key-0c5e",
    merchantSalt: "planted-payu-salt-a1f4",
    walletIdentifier: "CLW",
  },
  wibmo: { apiKey: "planted-wibmo-key-52b9" },
  dreamzwallet: {
    secKey: "planted-dreamz-key-e6d0",
    walletOwnerId: "10012",
    token: "planted-dreamz-token-8f3c",
  },
  nicepay: nicepayKeys,
  gateway: {
    fingerprintKeys: [{ id: "f9", key: keyOf("planted-fingerprint-key!") }],
    sealingKeys: [{ id: "s9", key: keyOf("planted-sealing-key-????") }],
  },
} as const;

/** What no answer, no log line and no record may hold. */
export const searched: readonly string[] = [
  ...[planted.apiKey, planted.salt, planted.previousSalt, planted.mpin, planted.newMpin, planted.otp],
  ...[secretValues.payu.merchantKey, secretValues.payu.merchantSalt, secretValues.wibmo.apiKey],
  ...[secretValues.dreamzwallet.secKey, secretValues.dreamzwallet.token, nicepayKeys.merchantKey, userToken],
  ...[secretValues.gateway.fingerprintKeys[0].key, secretValues.gateway.sealingKeys[0].key],
];

/** Ten digits that name an input: they stand in its ids, numbers and addresses, and so in what the provider is sent. */
export const tokenOf = (index: number): string => String(7_700_000_000 + index);

export const indexIn = (text: string): number | undefined => {
  const [token] = /7700\d{6}/.exec(text) ?? [];
  return token === undefined ? undefined : Number(token) - 7_700_000_000;
};
