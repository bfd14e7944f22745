export type Algorithm = "sha1" | "sha256" | "sha384" | "sha512";

/** What computes digests: `node:crypto` in the command, WebCrypto in a browser. */
export interface Digests {
  hash(algorithm: Algorithm, bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> | Uint8Array;
  hmac(
    algorithm: Algorithm,
    key: Uint8Array<ArrayBuffer>,
    bytes: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array> | Uint8Array;
}

const webNames = { sha1: "SHA-1", sha256: "SHA-256", sha384: "SHA-384", sha512: "SHA-512" } as const;

export const titleOf = (algorithm: Algorithm): string => webNames[algorithm];

/** Digests of browsers and of Node alike. */
export const webDigests: Digests = {
  hash: async (algorithm, bytes) => new Uint8Array(await crypto.subtle.digest(webNames[algorithm], bytes)),
  hmac: async (algorithm, key, bytes) => {
    const hmac = { name: "HMAC", hash: webNames[algorithm] };
    // WebCrypto refuses an empty key; HMAC pads it with zeros, so that one zero is the same key.
    const material = key.length === 0 ? new Uint8Array(1) : key;
    const imported = await crypto.subtle.importKey("raw", material, hmac, false, ["sign"]);
    return new Uint8Array(await crypto.subtle.sign("HMAC", imported, bytes));
  },
};
