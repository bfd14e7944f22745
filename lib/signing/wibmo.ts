import { checkHeaderValue } from "./check.ts";

export type WibmoSecret = {
  readonly apiKey: string;
  readonly clientId?: string;
  readonly bankId?: string;
  readonly entityId?: string;
  readonly secureCode?: string;
  readonly consumerCustomId?: string;
};

export type WibmoHeaderNames = { readonly [member in keyof WibmoSecret]?: string };

/** The names of the provider's public pages; the document itself names `x-api-key` alone. */
export const wibmoHeaderNames = {
  apiKey: "x-api-key",
  clientId: "clientId",
  bankId: "bankId",
  entityId: "entityId",
  secureCode: "secureCode",
  consumerCustomId: "X-Consumer-Custom-ID",
} as const;

const MEMBERS = Object.keys(wibmoHeaderNames) as readonly (keyof WibmoSecret)[];

/**
 * The headers that identify us to Wibmo, which signs nothing: the API key, and each further value that the
 * secret has. `names` gives other header names where the provider asks for them.
 *
 * Throws a TypeError, which never holds a value, when a value or a name cannot stand in a header, or two
 * values would share a name.
 * Source: Wibmo encrypt API (document 003), header and error codes 1262, 1264, 1310, 1311.
 */
export function wibmoHeaders(secret: WibmoSecret, names: WibmoHeaderNames = {}): Record<string, string> {
  const headers: [name: string, value: string][] = [];
  const taken = new Set<string>();
  for (const member of MEMBERS) {
    const value = secret[member];
    if (member !== "apiKey" && value === undefined) continue;
    const name = names[member] ?? wibmoHeaderNames[member];
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name))
      throw new TypeError(`the header name for ${member} is not one`);
    if (taken.has(name.toLowerCase()))
      throw new TypeError(`the header name for ${member} is another value's already`);
    taken.add(name.toLowerCase());
    headers.push([name, checkHeaderValue(member, value ?? "")]);
  }
  return Object.fromEntries(headers);
}
