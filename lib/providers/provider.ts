import type { Config } from "../config.ts";
import type { ProblemCode, ProviderWord } from "../problem.ts";
import type { SecretName } from "../secrets/names.ts";
import type { Secret } from "../secrets/secret.ts";
import type { SecretValue } from "../secrets/secrets.ts";
import type { WireReply, WireRequest } from "../transport.ts";

/**
 * How one provider is spoken to. `Call` is what an operation asks for in the provider's own terms, `Reply` what its
 * successful answers are read from.
 */
export interface Provider<Call, Reply> {
  readonly name: string;
  readonly secret: SecretName;
  /** Its calls are never sent again, also where one was refused for a secret that has been rotated since. */
  readonly sentOnce?: true;
  /** Host and port that calls go to. */
  readonly host: (config: Config) => string;
  /** The environment variables that it is configured by, beside its secret. */
  readonly variables: readonly string[];
  /** What a body, sent or received, holds as a secret of a user's, or as proof that a request is ours. */
  readonly secretsIn?: (body: string | Uint8Array) => readonly Secret[];
  /** A read of this provider may be sent again: it does no harm and holds nothing that serves once. */
  readonly readsMayRepeat?: true;
  /**
   * The signed request, its bytes final.
   * @throws Problem `misconfigured` for a secret that cannot sign.
   */
  readonly sign: (call: Call, secret: SecretValue, circumstances: Circumstances) => WireRequest;
  /** Verifies and reads a reply; the secrets are the current one and, during a rotation, the one before. */
  readonly read: (
    reply: WireReply,
    secrets: readonly SecretValue[],
    config: Config,
    asked: Asked,
  ) => ProviderAnswer<Reply>;
}

/** What a call is made in: the configuration, its moment, and a source of unique ids. */
export interface Circumstances {
  readonly config: Config;
  /** Milliseconds since 1970; every time that one call names is this one. */
  readonly now: number;
  /** Lower-case letters and digits, 32 of them unless told. */
  readonly uniqueId: (length?: number) => string;
  /** What the operation has opened for this call. */
  readonly opened?: Opened;
}

/** What another record of ours keeps sealed and a call needs; it is written nowhere else. */
export interface Opened {
  readonly secret: Secret;
  /** Whether that field of what the record keeps is this value; undefined where it keeps none. */
  readonly agrees: (field: string, value: string) => boolean | undefined;
}

/** What the tables of errors need to know of the operation that was refused. */
export interface Asked {
  readonly operation: string;
  readonly effect: Effect;
}

/** What an operation does at the provider: nothing, a change, or a change of money. */
export type Effect = "read" | "change" | "money";

export type ProviderAnswer<Reply> =
  /** `unread` names what was read of it only to inform and could not be read, as the reading goes on. */
  | { readonly kind: "success"; readonly reply: Reply; readonly unread: ReadonlySet<string> }
  | ({ readonly kind: "refusal"; readonly word: ProviderWord } & Meaning)
  /** Nothing can be concluded from it. `unverified`: its signature did not match. */
  | {
      readonly kind: "unusable";
      readonly why: string;
      readonly unverified?: boolean;
      readonly word?: ProviderWord;
    };

/**
 * A provider's refusal in our terms. `declined`: looked at and refused. `not_executed`: refused before looking. `taken`: it
 * has been done before, by whom the provider does not say.
 */
export interface Meaning {
  readonly as: "declined" | "not_executed" | "taken";
  readonly code: ProblemCode;
  readonly detail: string;
}

/** A 5xx, a redirect (never followed) and whatever is no answer says nothing of what the provider did. */
export function statusFault(provider: string, status: number): ProviderAnswer<never> | undefined {
  if (status >= 200 && status < 300) return undefined;
  if (status >= 400 && status < 500) return undefined;
  return { kind: "unusable", why: `${provider} answered with HTTP ${status}.` };
}

/** Whether HTTP says that the call was refused for who makes it. */
export const isAccessRefusal = (status: number): boolean => status === 401 || status === 403;

/**
 * A 401 or 403 without the provider's own JSON: what stands before the provider said it, and it knows nothing of our keys or of
 * what the provider did.
 */
export const refusedOnTheWay = (provider: string, status: number): ProviderAnswer<never> => ({
  kind: "unusable",
  why: `Something in front of ${provider} refused the call with HTTP ${status}, perhaps a firewall or a list of allowed addresses.`,
});

/** HTTP 429: asked to slow down. Providers name no code for it, HTTP does (RFC 6585, section 4). */
export const throttled = (
  provider: string,
  word: ProviderWord = { code: "429", message: "" },
): ProviderAnswer<never> => ({
  kind: "refusal",
  word,
  as: "not_executed",
  code: "throttled",
  detail: `${provider} asks for fewer requests.`,
});

/** Thrown by what reads a reply: the provider says, without calling it an error, that it did not do what was asked. */
export class NotDone extends Error {
  override readonly name = "NotDone";
  readonly word: ProviderWord;

  constructor(field: string) {
    super(`${field} is false`);
    this.word = { code: field, message: "false" };
  }
}

/** Thrown by what reads a reply: a part of it is not what the contract says. */
export class UnreadableReply extends Error {
  override readonly name = "UnreadableReply";
  /** The path of the part, or nothing. */
  readonly at: string;
  /** What the provider says there of how it stands. */
  readonly word: ProviderWord | undefined;

  constructor(message: string, at = "", word?: ProviderWord) {
    super(message);
    this.at = at;
    this.word = word;
  }
}
