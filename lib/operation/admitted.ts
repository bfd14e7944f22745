import { loggedCode } from "../log.ts";
import type { AccountBindingNotification } from "../providers/nicepay/notification.ts";
import type { Asked } from "../providers/provider.ts";
import { UnreadableReply } from "../providers/provider.ts";
import { masked, type Redaction, redaction } from "../secrets/redaction.ts";
import type { Secret } from "../secrets/secret.ts";
import { type SecretValue, textsIn } from "../secrets/secrets.ts";
import type { Outcome } from "./exchange.ts";

/** What a provider was sent, or has of ours, and must not be seen in anything that comes of its reply. */
export interface Kept {
  /** What the caller sent in secret; after a call that did not succeed, also what its request and its reply hold as secrets. */
  readonly hidden: readonly Secret[];
  /** Every version of the provider's secret that this exchange has used. */
  readonly versions: readonly SecretValue[];
}

/**
 * The one door for everything that a provider says: what comes of a call passes it before any operation, inquiry, record,
 * answer or log has it. Sentences are shown without secrets. What an answer, a record or an inquiry goes by (an id, a status,
 * a token) is never changed: where it holds a secret, the reply cannot be read, which after a change is doubt. A read shows
 * such a value without the secret. Amounts and times are kept by their form.
 */
export function admitted<Result>(
  outcome: Outcome<Result>,
  asked: Asked,
  { hidden, versions }: Kept,
): Outcome<Result> {
  if (outcome.kind === "not_sent") return outcome;
  const secrets = redaction(versions.flatMap(textsIn), hidden);
  if (outcome.kind === "success") {
    const isProof = asked.effect !== "read" || asked.operation === "inquiry";
    return admittedSuccess(outcome, { secrets, isProof });
  }
  const word = outcome.word && {
    // What surrounds a secret in a code says nothing that could be gone by.
    code: secrets.mask(outcome.word.code) === outcome.word.code ? loggedCode(outcome.word.code) : masked,
    message: short(secrets.mask(outcome.word.message)),
  };
  const says =
    outcome.kind === "refusal"
      ? { ...outcome, detail: secrets.mask(outcome.detail) }
      : { ...outcome, why: secrets.mask(outcome.why) };
  return { ...says, ...(word && { word }) } as Outcome<Result>;
}

/**
 * A notification without what is secret in its texts: the user's token, and the merchant's keys. `holding` names the fields
 * that held one; such a notification binds nothing. Its phone and key are kept as hashes, and its name not at all.
 */
export function admittedNotification(
  notification: AccountBindingNotification,
  versions: readonly SecretValue[],
): { readonly admitted: AccountBindingNotification; readonly holding: readonly string[] } {
  const { referenceNo, mitraCd, tXid, userToken } = notification;
  const isToken = userToken.reveal().length >= leastSecret;
  const secrets = redaction(versions.flatMap(textsIn), isToken ? [userToken] : []);
  const holding = Object.entries({ referenceNo, mitraCd, tXid: tXid ?? "" })
    .filter(([, text]) => secrets.isIn(text))
    .map(([name]) => name);
  const hidden = Object.fromEntries(holding.map((name) => [name, masked]));
  return { admitted: { ...notification, ...hidden }, holding };
}

/** A shorter token would be found in ids by chance. */
const leastSecret = 6;

/** Longer texts of a provider are cut: they are kept in records, which must stay small. */
const wordLimit = 200;
const short = (text: string): string => text.slice(0, wordLimit).toWellFormed();

type Success<Result> = Extract<Outcome<Result>, { readonly kind: "success" }>;

interface Door {
  readonly secrets: Redaction;
  readonly isProof: boolean;
}

function admittedSuccess<Result>(outcome: Success<Result>, door: Door): Outcome<Result> {
  try {
    return { ...outcome, result: admittedValue(outcome.result, "", door) as Result };
  } catch (error) {
    if (!(error instanceof UnreadableReply)) throw error;
    return {
      kind: "unknown",
      why: `The provider's reply cannot be read: ${error.message}.`,
      timedOut: false,
    };
  }
}

function admittedValue(value: unknown, name: string, door: Door): unknown {
  if (typeof value === "string") return admittedText(value, name, door);
  if (Array.isArray(value)) return value.map((each) => admittedValue(each, name, door));
  if (!isPlain(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([member, each]) => [
      door.secrets.maskValue(member),
      admittedValue(each, member, door),
    ]),
  );
}

const isPlain = (value: unknown): value is object =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

function admittedText(text: string, name: string, { secrets, isProof }: Door): string {
  if (isTime.test(text) || (isMoney.test(name) && isDecimal.test(text))) return text;
  if (isSentence.test(text) && !isId.test(name)) return secrets.mask(text);
  if (!isProof) return secrets.maskValue(text);
  if (!secrets.isIn(text)) return text;
  throw new UnreadableReply(`${name || "a value"} holds what was sent in secret`);
}

const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;
/** Some ids have spaces in them: a member that is called an id is one, whatever it holds. */
const isId = /(?:id|no)$/i;
const isSentence = /[\s,]/;
const isMoney = /amount|balance/i;
const isDecimal = /^-?\d+(?:\.\d+)?$/;
