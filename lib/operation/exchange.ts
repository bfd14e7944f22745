import { Problem, type ProblemCode, type ProviderWord } from "../problem.ts";
import type { Asked, Circumstances, Provider, ProviderAnswer } from "../providers/provider.ts";
import { NotDone, UnreadableReply } from "../providers/provider.ts";
import { saysUnfinished } from "../providers/words.ts";
import { retryAfterSeconds } from "../retry-after.ts";
import type { Runtime } from "../runtime.ts";
import type { Secret } from "../secrets/secret.ts";
import { isSameSecret, type Moment, type SecretValue } from "../secrets/secrets.ts";
import type { Sent, Timing, WireReply, WireRequest } from "../transport.ts";
import { admitted } from "./admitted.ts";
import { secretsIn } from "./request.ts";

/** What came of one call, in the terms that a read and a change both need. */
export type Outcome<Result> =
  | { readonly kind: "success"; readonly result: Result; readonly unread: readonly string[] }
  | (Extract<ProviderAnswer<unknown>, { readonly kind: "refusal" }> &
      AskedToWait & {
        /** It was sent before, under a secret that was refused before anybody looked. */
        readonly resent?: true;
      })
  | Extract<Sent, { readonly kind: "not_sent" }>
  | ({
      readonly kind: "unknown";
      readonly why: string;
      readonly timedOut: boolean;
      readonly word?: ProviderWord;
      /** That word says so. */
      readonly unfinished?: true;
      /** A whole reply came in the provider's own form, and it does not verify or is not what the contract says. */
      readonly misread?: true;
      /** Of these, one whose signature fits no version of the secret. */
      readonly unverified?: true;
    } & AskedToWait);

interface AskedToWait {
  /** When the reply allows the next call, milliseconds since 1970. */
  readonly retryAt?: number;
}

/** Whether a call came to nothing by a fault of the provider, or of the network before it. */
export const isProviderFault = (outcome: Outcome<unknown>): boolean =>
  outcome.kind === "not_sent" ||
  outcome.kind === "unknown" ||
  (outcome.kind === "refusal" && isFaultCode(outcome.code));

/** Such a reply may be the provider's fault, or that of code of ours that is new; an outage has none of them. */
export const isMisread = (outcome: Outcome<unknown>): boolean =>
  outcome.kind === "unknown" && outcome.misread === true;

/** Refusals that blame neither the request nor our configuration. */
export const isFaultCode = (code: ProblemCode): boolean => code === "provider-fault" || code === "throttled";

/** One call that is ready to be sent. */
export interface Exchange<Call, Reply> {
  readonly provider: Provider<Call, Reply>;
  readonly call: Call;
  readonly secret: SecretValue;
  readonly circumstances: Circumstances;
  readonly wire: WireRequest;
  readonly asked: Asked;
  /** What was sent in secret and must not be seen; the provider may echo it. */
  readonly hidden: readonly Secret[];
  /** The secret's versions that this call was sent with before. */
  readonly earlier: readonly SecretValue[];
}

/** A call before it is signed. `hidden`: what the caller sent in secret. */
type Unsigned<Call> = Pick<Exchange<Call, unknown>, "call" | "asked" | "circumstances" | "hidden">;

/**
 * Signs a call with the secret in force.
 * @throws Problem where the secret cannot be had or cannot sign. Nothing has been sent then.
 */
export async function prepared<Call, Reply>(
  provider: Provider<Call, Reply>,
  { call, asked, circumstances, hidden }: Unsigned<Call>,
  { secrets }: Pick<Runtime, "secrets">,
): Promise<Exchange<Call, Reply>> {
  const signed = (secret: SecretValue) => ({
    ...{ provider, call, secret, circumstances, asked, earlier: [] },
    hidden: [...hidden, ...secretsIn(Object(call))],
    wire: signedBy(provider, call, secret, circumstances),
  });
  const secret = await secrets.current(provider.secret);
  try {
    return signed(secret);
  } catch (error) {
    // A secret may have been corrected a moment ago: it is read again.
    const fresh = error instanceof Problem ? await secrets.refreshed(provider.secret) : secret;
    if (isSameSecret(fresh, secret)) throw error;
    return signed(fresh);
  }
}

/** The signing layer's own complaints are of the secret, and hold none of it. */
function signedBy<Call, Reply>(
  provider: Provider<Call, Reply>,
  call: Call,
  secret: SecretValue,
  circumstances: Circumstances,
): WireRequest {
  try {
    const wire = provider.sign(call, secret, circumstances);
    const unsendable = Object.entries(wire.headers).find(([, value]) => /[^\t\x20-\x7e]/.test(value));
    if (unsendable)
      throw new TypeError(`the header ${unsendable[0]} would hold a character that no header can carry`);
    return wire;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Problem("misconfigured", `The secret "${secret.name}" cannot sign: ${error.message}.`);
  }
}

/** The time that a call has. */
export interface Pace {
  readonly timing: () => Timing;
  /** What looking up another secret may take, once there is a reply: the rest is for writing down what is known. */
  readonly lookUpMs: () => number;
}

/**
 * Sends a call and reads what comes back. Where the provider refused our signature, and the secret has been rotated
 * meanwhile, it is signed and sent once more: the first was refused before anybody looked at it. Nothing else is sent twice.
 */
export async function carriedOut<Call, Reply, Result>(
  exchange: Exchange<Call, Reply>,
  pace: Pace,
  returns: (reply: Reply) => Result,
  world: Runtime,
): Promise<Outcome<Result>> {
  const sentAt = world.secrets.moment();
  const outcome = await attempted(exchange, pace, returns, world);
  const refusedUs =
    outcome.kind === "refusal" && outcome.as === "not_executed" && outcome.code === "misconfigured";
  if (!refusedUs || exchange.provider.sentOnce) return outcome;
  const again = await signAgain(exchange, sentAt, pace, world);
  // A second send that does not come to pass leaves what the first one said.
  if (!again) return outcome;
  const second = await attempted(again, pace, returns, world);
  if (second.kind === "not_sent") return outcome;
  return second.kind === "refusal" ? { ...second, resent: true } : second;
}

async function attempted<Call, Reply, Result>(
  exchange: Exchange<Call, Reply>,
  pace: Pace,
  returns: (reply: Reply) => Result,
  world: Runtime,
): Promise<Outcome<Result>> {
  const { asked, secret, earlier } = exchange;
  const versions = [secret, ...earlier];
  const hidden = [...exchange.hidden];
  const outcome = await received(exchange, pace, returns, { world, versions, hidden });
  return withVersions(admitted(outcome, asked, { hidden, versions }), secret, versions);
}

/**
 * Names the secret and its versions where the provider refused ours, or its own signature does not fit: a person who compares
 * signatures must know which was used. Added last, since the digits of an id could be taken for a code that is masked.
 */
function withVersions<Result>(
  outcome: Outcome<Result>,
  { name, version }: SecretValue,
  versions: readonly SecretValue[],
): Outcome<Result> {
  const shown = (ids: readonly (string | undefined)[]) =>
    ` (secret "${name}", version ${ids.map((id) => id ?? "unknown").join(" and ")}; docs/operations.md#a-signature-that-does-not-fit)`;
  if (outcome.kind === "refusal" && outcome.code === "misconfigured")
    return { ...outcome, detail: outcome.detail.replace(/\.?$/, `${shown([version])}.`) };
  if (outcome.kind === "unknown" && outcome.unverified)
    return {
      ...outcome,
      why: outcome.why.replace(/\.?$/, `${shown(versions.map((each) => each.version))}.`),
    };
  return outcome;
}

interface Receiving {
  readonly world: Runtime;
  /** Is given every other version of the secret that the reply was read with. */
  readonly versions: SecretValue[];
  /** Is given what was sent and what came as a secret, unless the call succeeded: its result may be one. */
  readonly hidden: Secret[];
}

/** Whether a state rests on what is said: of a change, or to an inquiry. */
const decides = ({ effect, operation }: Asked): boolean => effect !== "read" || operation === "inquiry";

/** What came, as the provider says it. A reply that a cache kept is another call's, and may be rightly signed. */
async function received<Call, Reply, Result>(
  exchange: Exchange<Call, Reply>,
  pace: Pace,
  returns: (reply: Reply) => Result,
  { world, versions, hidden }: Receiving,
): Promise<Outcome<Result>> {
  const mayRepeat = exchange.asked.effect === "read" && exchange.provider.readsMayRepeat === true;
  const sent = await world.send({ ...exchange.wire, mayRepeat }, pace.timing());
  if (sent.kind === "not_sent") return sent;
  if (sent.kind === "lost") {
    const why = `${sent.why.charAt(0).toUpperCase()}${sent.why.slice(1)}.`;
    return { kind: "unknown", why, timedOut: sent.timedOut };
  }
  if (decides(exchange.asked) && Number(sent.reply.age) > 0)
    return { kind: "unknown", why: "A cache gave the reply, not the provider.", timedOut: false };
  const outcome = outcomeOf(await verified(sent.reply, exchange, pace, { world, versions }), returns);
  if (outcome.kind === "success") return outcome;
  const { secretsIn: shown } = exchange.provider;
  if (shown) hidden.push(...shown(exchange.wire.body), ...shown(sent.reply.body));
  const now = world.clock.now();
  const seconds = retryAfterSeconds(sent.reply.retryAfter, now);
  return seconds === undefined ? outcome : { ...outcome, retryAt: now + seconds * 1000 };
}

function outcomeOf<Reply, Result>(
  answer: ProviderAnswer<Reply>,
  returns: (reply: Reply) => Result,
): Exclude<Outcome<Result>, { readonly kind: "not_sent" }> {
  if (answer.kind === "refusal") return answer;
  if (answer.kind === "unusable")
    return {
      kind: "unknown",
      why: answer.why,
      timedOut: false,
      ...toldBy(answer.word),
      ...(answer.unverified && { misread: true, unverified: true }),
    };
  try {
    return { kind: "success", result: returns(answer.reply), unread: [...answer.unread] };
  } catch (error) {
    if (error instanceof NotDone)
      return {
        kind: "refusal",
        word: error.word,
        as: "declined",
        code: "declined",
        detail: "The provider did not do it.",
      };
    if (!(error instanceof UnreadableReply)) throw error;
    return {
      kind: "unknown",
      why: `The provider's reply cannot be read: ${error.message}.`,
      timedOut: false,
      misread: true,
      ...toldBy(error.word),
    };
  }
}

/** What a word says of how the change stands is read before anything of the word is hidden. */
const toldBy = (word: ProviderWord | undefined) =>
  word && { word, ...(saysUnfinished(word) && { unfinished: true as const }) };

/** The same call under a secret that is newer than the one it was refused with; undefined where there is none. */
async function signAgain<Call, Reply>(
  exchange: Exchange<Call, Reply>,
  sentAt: Moment,
  { lookUpMs }: Pace,
  { secrets }: Runtime,
): Promise<Exchange<Call, Reply> | undefined> {
  const { provider, call, secret, circumstances } = exchange;
  try {
    const fresh = await inTime(lookUpMs(), () => secrets.refreshed(provider.secret, sentAt));
    if (isSameSecret(fresh, secret)) return undefined;
    const wire = signedBy(provider, call, fresh, circumstances);
    return { ...exchange, secret: fresh, earlier: [...exchange.earlier, secret], wire };
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw error;
  }
}

/**
 * During a rotation the provider may sign with the secret before ours, or after it; the others are looked up only when ours
 * does not fit. One that cannot be had or used leaves the reply unverified, which is true.
 */
async function verified<Call, Reply>(
  reply: WireReply,
  { provider, secret, circumstances, asked }: Exchange<Call, Reply>,
  { lookUpMs }: Pace,
  { world: { secrets }, versions }: Omit<Receiving, "hidden">,
): Promise<ProviderAnswer<Reply>> {
  const { config } = circumstances;
  const answer = provider.read(reply, [secret], config, asked);
  if (answer.kind !== "unusable" || !answer.unverified) return answer;
  for (const other of [secrets.previous, secrets.refreshed]) {
    try {
      const value = await inTime(lookUpMs(), () => other(provider.secret));
      if (!value || isSameSecret(value, secret)) continue;
      versions.push(value);
      const verifiedBy = provider.read(reply, [value], config, asked);
      if (verifiedBy.kind !== "unusable" || !verifiedBy.unverified) return verifiedBy;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
    }
  }
  return answer;
}

/** A secret that is not had within that time is one that cannot be had. */
async function inTime<T>(milliseconds: number, lookUp: () => Promise<T>): Promise<T> {
  const tooLate = new Problem("not-sent", "A secret could not be read in time.");
  if (milliseconds <= 0) throw tooLate;
  let timer: NodeJS.Timeout | undefined;
  const end = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tooLate), milliseconds);
  });
  try {
    return await Promise.race([lookUp(), end]);
  } finally {
    clearTimeout(timer);
  }
}
