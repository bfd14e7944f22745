import { randomBytes } from "node:crypto";
import { settleMarginMs } from "../config.ts";
import { Problem } from "../problem.ts";
import type { Ask, Evidence, Facts, Inquiry, Known, Subject } from "../providers/inquiry.ts";
import type { Opened, Provider } from "../providers/provider.ts";
import { doubtSince, hadNoEffect, isAskedOn, isOpen, lastRefusalOf, wasRefused } from "../records/doubt.ts";
import { recordId } from "../records/identity.ts";
import { effectOf, factsOf, failureOf, transactionIdOf } from "../records/parts.ts";
import type { RecordItem } from "../records/record.ts";
import { latestReversal, reversalsBefore, reversalsOf } from "../records/reversals.ts";
import type { Conclusion, Records, Turn } from "../records/store.ts";
import type { Runtime } from "../runtime.ts";
import type { Secret } from "../secrets/secret.ts";
import { unlessAnothers } from "./another.ts";
import type { Failure } from "./answer.ts";
import type { Held, Opens } from "./change-spec.ts";
import { carriedOut, prepared } from "./exchange.ts";
import { expiryOf } from "./expiry.ts";
import { comparison } from "./kept.ts";

/** What settling doubt needs to know of an operation. */
export interface Doubtful<Call, Reply> {
  readonly provider: Provider<Call, Reply>;
  readonly inquiry: Inquiry<never, Call, Reply>;
  readonly opens?: Opens;
}

/** The time that is left for asking, and what must not be seen in what is told. */
export interface Budget {
  readonly remainingMs: () => number;
  /** For the reply to one question; the provider's full time unless told. */
  readonly questionMs?: number;
  /** What a caller who waits for the answer has sent in secret. */
  readonly hidden?: readonly Secret[];
  /** A caller repeats its request: as often as it likes, so it keeps to the time that the provider asked for. */
  readonly isRepeat?: boolean;
}

/** One look into a record's doubt: the record, and what it is looked into with. */
export interface Look {
  readonly record: RecordItem;
  readonly world: Runtime;
  readonly records: Records;
  readonly budget: Budget;
}

/** Settles a record's doubt as far as it can be now; the record as it stands then. */
export type Resolve = (look: Look) => Promise<RecordItem>;

const connectLimitMs = 2_000;

/**
 * Asks the provider what became of a record in doubt, under a turn, which no other resolver has meanwhile, and writes what the
 * evidence proves. Nothing is ever sent again here, and time alone proves nothing but that a person is needed.
 */
export const resolve = <Call, Reply>(operation: Doubtful<Call, Reply>, look: Look): Promise<RecordItem> =>
  inTurn(look, (taken) => judge(operation, taken));

/**
 * A record of an operation that this version does not have, as after a rollout that went back. The version that has it may
 * come again; if it does not, the record waits for a person.
 */
export const resolveUnknown: Resolve = (look) =>
  inTurn(look, ({ record, world }) =>
    later(record, world, "This version of the gateway does not know the operation."),
  );

async function inTurn(
  look: Look,
  verdictOn: (taken: Look) => Verdict | Promise<Verdict>,
): Promise<RecordItem> {
  const { record, records, budget } = look;
  const { clock, config } = look.world;
  const { isRepeat } = budget;
  const { retryAt = 0 } = failureOf(record);
  if (!isOpen(record, clock.now()) || (isRepeat && clock.now() < retryAt)) return record;
  const turn = { record, resolver: randomBytes(12).toString("base64url"), isRepeat };
  const taken = await records.takeTurn(turn, clock.now(), config.leaseMs);
  if (!taken) return record;
  const own: Turn = { ...turn, record: taken };
  const verdict = await verdictOn({ ...look, record: taken });
  const { learned, ...written } = verdict;
  const lastInquiry = learned === undefined ? undefined : { at: clock.now(), learned: brief(learned) };
  if ("due" in written) {
    const { due, retryAt: named, failure } = written;
    return records.postpone(own, { due: isRepeat ? named : due, failure, lastInquiry });
  }
  const expireAfterMs = expiryOf(taken.namespace);
  return records.conclude({ ...own, ...written, lastInquiry, now: clock.now(), expireAfterMs });
}

/** Whether settling the record's doubt takes a question: not where there is none, nor at another host or account. */
export const isAsked = <Call, Reply>(
  { inquiry, provider }: Doubtful<Call, Reply>,
  { host, account }: Pick<RecordItem, "host" | "account">,
  config: Runtime["config"],
): boolean =>
  !("none" in inquiry) && host === provider.host(config) && account === config.account(provider.name);

/** What an inquiry learned is kept in the record, which must stay small. */
const learnedLimit = 240;
const brief = (text: string): string => text.slice(0, learnedLimit).toWellFormed();

type Asking = Extract<Inquiry<never, never, never>, { readonly absence: unknown }>;
/** What an inquiry says of that the provider shows nothing. */
type Silence = Pick<Asking, "absence" | "undoneBy" | "onlyIdentity">;
type Concluded = Pick<Conclusion, "to" | "result" | "failure" | "waits" | "askAt">;
interface Postponed {
  /** After the pause of the reconciler. */
  readonly due: number;
  /** The provider asked for that time, which is the later one. */
  readonly retryAt?: number;
  readonly failure?: string;
}
type Verdict = (Concluded | Postponed) & {
  /** What an inquiry that settles nothing learned; undefined where the provider was not asked. */
  readonly learned?: string;
};

async function judge<Call, Reply>(
  { inquiry, provider, opens }: Doubtful<Call, Reply>,
  look: Look,
): Promise<Verdict> {
  const { record, world, records, budget } = look;
  const { clock, config } = world;
  if ("none" in inquiry) {
    const until = record.leaseEnds + (inquiry.waits ? config.bindingWaitMs : 0);
    return clock.now() < until
      ? { due: until }
      : forAPerson(record, inquiry.waits ? lostRegistration : nothingToAsk);
  }
  // Evidence from another host or account would be about another wallet.
  if (!isAsked({ inquiry, provider }, record, config))
    return later(record, world, "The provider's host or account has changed since.");

  const askedAt = clock.now();
  let retryAt = 0;
  const ask = asking(provider, world, budget, {
    ...(budget.questionMs !== undefined && { replyLimitMs: budget.questionMs }),
    onRetryAt: (moment) => {
      retryAt = Math.max(retryAt, moment);
    },
  });
  const opened = await openedFor(record, opens, { ...world, records });
  if (opened instanceof Problem) return later(record, world, opened.message);
  const known = { ...knownTo(provider.name, world, records), ...(opened && { opened }) };
  const subject = await subjectOf(record, world);
  const evidence =
    "shows" in subject
      ? subject
      : await unlessAnothers(await inquiry.evidence(subject, ask, known), record, records);
  return notBefore(retryAt, record, await verdictOf(evidence, inquiry, askedAt, look));
}

async function verdictOf(
  evidence: Evidence,
  silence: Silence,
  askedAt: number,
  look: Look,
): Promise<Verdict> {
  const { record, world } = look;
  const quietEnds = quietSince(record, world.config) + world.config.quietPeriodMs;
  const early = (learned: string): Verdict => ({ due: quietEnds + 1, learned });
  switch (evidence.shows) {
    case "done":
      return { to: "succeeded", result: JSON.stringify(evidence.result) };
    case "other":
      if (evidence.isOld && isTakenAtOnce(record))
        return { to: "declined", failure: JSON.stringify(alreadyDone(record)) };
      // Nobody is called before the quiet period is over: what is shown by then may be plain.
      return askedAt <= quietEnds ? early(evidence.why) : forAPerson(record, evidence.why);
    case "unclear":
      return later(record, world, evidence.why);
    case "nothing":
      if (askedAt <= quietEnds) return early(evidence.why ?? shownTooEarly);
      return nothing(silence, look, evidence.why);
  }
}

/**
 * From when what is on its way must come to light: the end of the attempt's lease. Of one that was plainly refused that is the one
 * before it, which was refused before anybody looked.
 */
function quietSince(record: RecordItem, { leaseMs }: Runtime["config"]): number {
  const { refused, resent } = failureOf(record);
  const refusedAt = refused && !resent ? lastRefusalOf(record) : undefined;
  return refusedAt !== undefined ? Math.min(record.leaseEnds, refusedAt + leaseMs) : record.leaseEnds;
}

/** A customer or a name that the provider called there, at a first attempt: it is looked for by itself, and not shown is not there. */
const isLookedFor = (record: RecordItem): boolean =>
  record.namespace === "idempotency-key" && isTakenAtOnce(record);

/** The provider called it done before, and there was no attempt or number of ours before this one. */
export const isTakenAtOnce = (record: RecordItem): boolean =>
  failureOf(record).taken === true && record.attempt === 1 && record.number === 1;

/** Somebody did it before; of a reversal that is so whoever did it, since a debit is reversed once. */
function alreadyDone(record: RecordItem): Failure {
  const { provider } = failureOf(record);
  const detail =
    record.namespace === "reversal"
      ? "The debit is reversed already."
      : "The provider did this long before, for somebody outside this record.";
  return { code: "already-done", detail, ...(provider && { provider }) };
}

/** What cannot be opened now may be at the next turn. */
async function openedFor(
  { identity }: RecordItem,
  opens: Opens | undefined,
  held: Held,
): Promise<Opened | Problem | undefined> {
  try {
    return await opens?.(identity, held);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

/** What it means that the provider shows nothing after the quiet period. */
async function nothing(
  { absence, undoneBy, onlyIdentity }: Silence,
  { record, world, records }: Look,
  why = "The provider does not show the change.",
): Promise<Verdict> {
  if (absence === "proves nothing")
    return later(record, world, "That the provider shows nothing proves nothing.");
  const failure = failureOf(record);
  // What was refused in the end and is not there was not done by an earlier sending.
  if (absence === "needs a person" && failure.refused === undefined) return forAPerson(record, why);
  if (failure.taken && !isLookedFor(record))
    return forAPerson(record, "The provider called the id taken, and shows nothing under it.");
  // Read after the inquiry: a debit that was reversed meanwhile may no longer show as a success.
  if (undoneBy && (await isUndone(record, records)))
    return forAPerson(record, "The provider shows nothing, and a reversal of the debit is not ruled out.");
  const { provider } = failure;
  if (provider && !onlyIdentity) {
    if (failure.unfinished)
      return later(record, world, "The provider said that it was not finished, and shows nothing yet.");
    const declined: Failure = {
      code: failure.refused ?? "declined",
      detail: "The provider refused it, and shows that it did not act.",
      provider,
    };
    return { to: "declined", failure: JSON.stringify(declined) };
  }
  return { to: "not_executed", failure: JSON.stringify(notExecuted) };
}

const notExecuted: Failure = {
  code: "provider-fault",
  detail: "The provider shows that it did not act; the same request may be made again.",
  shown: true,
};
const shownTooEarly =
  "The provider shows no such thing yet, which proves nothing before the quiet period is over.";
const nothingToAsk = "The provider has no call that tells what became of it.";
const lostRegistration =
  "No notification came, and without the reply's redirect no user could log in: register under a new referenceNo.";

/** Whether any number of its reversal is not known to have had no effect: one that was refused may be flagged since. */
async function isUndone({ provider, account, identity }: RecordItem, records: Records): Promise<boolean> {
  const undoing = await reversalsOf(records, { provider, account, id: identity });
  return undoing.some((each) => each.flagged !== undefined || !hadNoEffect(each));
}

/**
 * Asked again after a pause that grows. A record that is still in doubt after `doubtLimitMs` is listed for a person, and the
 * provider is asked on after pauses of the last length: age contradicts nothing, and an outage ends.
 */
function later(record: RecordItem, { clock, config }: Runtime, why: string): Verdict {
  const now = clock.now();
  const pauses = config.backOffMs;
  const isOld = now - doubtSince(record) >= config.doubtLimitMs;
  const at = isOld ? pauses.length - 1 : Math.min(record.inquiries, pauses.length - 1);
  const due = now + (pauses[at] ?? config.leaseMs);
  return isOld && !isAskedOn(record)
    ? { ...forAPerson(record, why), waits: "provider", askAt: due }
    : { due, learned: why };
}

/** The provider's own time, where it asked for more than our pause: no inquiry is made earlier, and callers are told so. */
function notBefore(retryAt: number, record: RecordItem, verdict: Verdict): Verdict {
  if (retryAt === 0) return verdict;
  if ("due" in verdict) {
    const failure = JSON.stringify({ ...failureOf(record), retryAt });
    const due = Math.max(verdict.due, retryAt);
    return { ...verdict, due, retryAt, failure };
  }
  if (verdict.askAt === undefined) return verdict;
  const failure = JSON.stringify({ ...failureOf(verdict), retryAt });
  return { ...verdict, askAt: Math.max(verdict.askAt, retryAt), failure };
}

/** Both sides are kept: what the attempt met, and what the inquiry shows. */
function forAPerson(record: RecordItem, why: string): Concluded & { readonly learned: string } {
  const { detail, provider, taken, refused, resent, unfinished } = failureOf(record);
  const failure: Failure = {
    code: "outcome-unknown",
    detail: [detail, why].filter((part) => part !== undefined).join(" "),
    ...(provider && { provider }),
    // What is asked on must not forget it: "taken" may have been the work of an earlier attempt.
    ...(taken && { taken }),
    ...(refused && { refused }),
    ...(resent && { resent }),
    ...(unfinished && { unfinished }),
  };
  return { to: "needs_attention", failure: JSON.stringify(failure), waits: "person", learned: why };
}

/** Without the keys of its hashes nothing can be compared, and nothing is concluded. */
async function subjectOf(
  record: RecordItem,
  { secrets }: Pick<Runtime, "secrets">,
): Promise<Subject | Extract<Evidence, { readonly shows: "unclear" }>> {
  const { id, identity, number, dispatchedAt } = record;
  // An attempt that was refused before anybody looked may have acted: what is shown may be its work, too.
  const since = wasRefused(record) ? record.createdAt : dispatchedAt;
  // A change of money keeps its effect in the clear.
  const facts: Facts = factsOf(record) ?? effectOf(record)[1];
  try {
    return {
      identity,
      number,
      dispatchedAt,
      ...(since < dispatchedAt && { since }),
      facts,
      wasSent: await comparison(id, facts, secrets),
    };
  } catch (error) {
    if (error instanceof Problem) return { shows: "unclear", why: error.message };
    throw error;
  }
}

/** What an inquiry at that provider may know of this account's other records, and of the configuration. */
export function knownTo(
  provider: string,
  { config }: Pick<Runtime, "config">,
  records: Pick<Records, "get" | "anchor">,
): Known {
  const account = config.account(provider);
  return {
    option: config.option,
    async record(namespace, id) {
      const record =
        namespace === "reversal"
          ? await latestReversal(records, { provider, account, id })
          : await records.get(recordId(provider, account, { namespace, id }));
      if (!record) return undefined;
      const succeeded = record.state === "succeeded" && record.flagged === undefined;
      return {
        isUnfinished: record.state === "dispatched" || record.state === "in_doubt" || isAskedOn(record),
        transactionId: succeeded ? transactionIdOf(record) : undefined,
        provedBy: record.provedBy,
      };
    },
    async reversedBefore(id, number) {
      const earlier = await reversalsBefore(records, { provider, account, id }, number);
      return earlier.map(transactionIdOf).filter((transactionId) => transactionId !== undefined);
    },
  };
}

interface AskingOptions {
  readonly replyLimitMs?: number;
  /** Told the moment that a reply asks us to wait for, milliseconds since 1970. */
  readonly onRetryAt?: (moment: number) => void;
}

/** Questions are reads: signed, sent once each, and within what is left of the time. */
export function asking<Call, Reply>(
  provider: Provider<Call, Reply>,
  world: Runtime,
  budget: Budget,
  { replyLimitMs = world.config.providerTimeoutMs, onRetryAt }: AskingOptions = {},
): Ask<Call, Reply> {
  const { config, clock, uniqueId } = world;
  const asked = { operation: "inquiry", effect: "read" } as const;
  return async (call, read) => {
    const left = budget.remainingMs() - settleMarginMs;
    if (left <= 0) return { kind: "unclear", why: "No time was left to ask." };
    const connectMs = Math.min(connectLimitMs, left / 3);
    try {
      const circumstances = { config, now: clock.now(), uniqueId };
      const exchange = await prepared(
        provider,
        { call, asked, circumstances, hidden: budget.hidden ?? [] },
        world,
      );
      const timing = () => ({
        connectMs,
        replyMs: Math.min(replyLimitMs, left - connectMs),
        mayStillSend: () => true,
      });
      const lookUpMs = () => budget.remainingMs() - settleMarginMs;
      const outcome = await carriedOut(exchange, { timing, lookUpMs }, read, world);
      if (outcome.kind === "success") return { kind: "answer", answer: outcome.result };
      if (outcome.kind !== "not_sent" && outcome.retryAt !== undefined) onRetryAt?.(outcome.retryAt);
      if (outcome.kind === "refusal") return outcome;
      const { why } = outcome;
      return "word" in outcome ? { kind: "unclear", why, word: outcome.word } : { kind: "unclear", why };
    } catch (error) {
      if (error instanceof Problem) return { kind: "unclear", why: error.message };
      throw error;
    }
  };
}
