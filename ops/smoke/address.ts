import { isIP } from "node:net";
import type { Identity } from "./identity.ts";

/** What was given on the command line is wrong. The message is one sentence. */
export class Usage extends Error {
  override readonly name = "Usage";
}

/**
 * The address of a gateway.
 *
 * @param option where it comes from, to be named in the message
 * @throws Usage unless it is scheme and host alone, and https or a loopback address
 */
export function addressOf(text: string, option: string): URL {
  const found = URL.parse(text);
  if (found === null || !/^https?:$/.test(found.protocol))
    throw new Usage(`${option} "${text}" is no http address.`);
  if (found.username !== "" || found.pathname !== "/" || found.search !== "" || found.hash !== "")
    throw new Usage(`${option} "${text}" must be scheme and host only.`);
  // A signed request names its session in a header: not over a wire that anyone can read.
  if (found.protocol === "http:" && !isLoopback(found))
    throw new Usage(`${option} "${text}" must be https: only a loopback address may be http.`);
  return found;
}

export const isLoopback = ({ hostname }: URL): boolean =>
  hostname === "localhost" || hostname === "[::1]" || (isIP(hostname) === 4 && hostname.startsWith("127."));

/** What was given to say who asks. */
export interface Given {
  readonly profile?: string | undefined;
  readonly region?: string | undefined;
  readonly token?: string | undefined;
  /** What gave the token, to be named in a message. */
  readonly tokenFrom: string;
}

/**
 * Who asks: a token, or AWS credentials that sign; undefined for a loopback address where neither was given.
 *
 * @throws Usage where both were given, or the token is none
 */
export function identityOf(
  url: URL,
  { profile, region, token, tokenFrom }: Given,
  environment: Readonly<Record<string, string | undefined>>,
): Identity | undefined {
  if (token) {
    if (profile !== undefined || region !== undefined)
      throw new Usage(
        `${tokenFrom} is sent in place of a signature: --profile and --region are for signing.`,
      );
    // RFC 6750, section 2.1. What is no token is not quoted: it may be part of one.
    if (!/^[\w.~+/-]+=*$/.test(token)) throw new Usage(`${tokenFrom} is no bearer token.`);
    return { token };
  }
  const isGiven = profile !== undefined || Boolean(environment.AWS_ACCESS_KEY_ID);
  return isLoopback(url) && !isGiven ? undefined : { profile, region };
}
