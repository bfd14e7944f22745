import type { AwsCredentialIdentity } from "@aws-sdk/types";

/** A request as a caller of the gateway makes it. */
export interface CallerRequest {
  readonly method: "GET" | "POST";
  /** With its query. */
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
  readonly headers?: Headers;
  /** Says who asks: by a signature, or by a token. */
  readonly signed: boolean;
  /** The answer waits for a provider's. */
  readonly asksProvider?: boolean;
}

/** By name in small letters. */
export type Headers = Readonly<Record<string, string>>;

/** What a person has to put right before anything can be asked. */
export class Unsigned extends Error {
  override readonly name = "Unsigned";
}

/** Who asks: credentials that sign (SigV4), or a token of the issuer that the gateway trusts. */
export type Identity = Signing | { readonly token: string };

export interface Signing {
  /** Whose credentials; those of the environment unless given. */
  readonly profile?: string | undefined;
  readonly region: string | undefined;
  /** Used in place of a profile's. */
  readonly credentials?: AwsCredentialIdentity;
}

/** Gives the headers with those that say who asks. */
export type Sign = (target: URL, request: CallerRequest, headers: Headers) => Promise<Headers>;
