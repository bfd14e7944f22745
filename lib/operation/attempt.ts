import { randomBytes } from "node:crypto";
import { settleMarginMs } from "../config.ts";
import { loggedCode, seenOf } from "../log.ts";
import { Problem, type ProblemCode } from "../problem.ts";
import type { Listing } from "../providers/inquiry.ts";
import { wasRefused } from "../records/doubt.ts";
import { type Identity, numberOf, recordId } from "../records/identity.ts";
import { failureOf } from "../records/parts.ts";
import type { RecordItem } from "../records/record.ts";
import type { Claim, Claimed, Records, Settlement, Tries } from "../records/store.ts";
import type { Runtime } from "../runtime.ts";
import { currentRing, type KeyRing, keyRing } from "../secrets/key-ring.ts";
import { beginAhead, heldOrRefused } from "./ahead.ts";
import { type Failure, tell } from "./answer.ts";
import { type Asker, type Companion, placeBeside, underWay } from "./beside.ts";
import type { ChangeOperation, ChangeSpec, Run } from "./change-spec.ts";
import { type Begins, claimOrWithdraw, settleTries } from "./claiming.ts";
import { carriedOut, type Exchange, isMisread, isProviderFault, type Outcome, prepared } from "./exchange.ts";
import { expiryOf } from "./expiry.ts";
import type { Answer, Request } from "./handler.ts";
import { fault, readIdempotencyKey } from "./idempotency-key.ts";
import { hashedFacts } from "./kept.ts";
import { warnOfInquiry } from "./last-inquiry.ts";
import { noteUnread, routeName } from "./read.ts";
import { before } from "./record-query.ts";
import { identityReused, type SameRequest, sameEffect, sameInput, secretsIn } from "./request.ts";
import { type Doubtful, isTakenAtOnce, resolve } from "./resolve.ts";
import { anchorBeside, numberRefused } from "./reversal.ts";
import { doubted } from "./rival.ts";

const connectMs = 5_000;

/** A run with what is known of its request before anything is looked at. */
interface Ready<Input extends object, Result, Call, Reply> extends Run<Input, Result, Call, Reply> {
  /** Either clock may stand still while the process is frozen; the one that moved further is believed. */
  readonly remainingMs: () => number;
  readonly identity: Identity;
  /** The record's. */
  readonly id: string;
  readonly ring: KeyRing | undefined;
  readonly same: SameRequest;
  readonly exchange: Exchange<Call, Reply>;
}

/**
 * One change from a validated request to its answer: everything that can fail cheaply, then the claim, the send, the settle. A
 * failure before the claim leaves nothing behind; after it, the record says what is known. The steps have the numbers of the
 * picture in docs/architecture.md.
 */
export async function runChange<Input extends object, Result, Call, Reply>(
  operation: ChangeOperation<Input, Result, Call, Reply>,
  request: Request<Input>,
  world: Runtime,
  records: Records,
): Promise<Answer> {
  const ready = await prepare({ operation, request, world, records }); // 3
  const { listing, held } = await look(ready); // 4
  if (held) return replay(ready, held);
  const { kind, record } = await claim(ready, listing); // 5
  request.note({ record: ready.id, state: record.state });
  if (kind === "held") return replay(ready, record);
  // Until it is settled: whatever ends this function before that leaves doubt behind.
  request.note({ inDoubt: true });
  const outcome = await send(ready); // 6
  const settled = await settle(ready, record, outcome); // 7
  return tell(await shown(ready, settled), { now: world.clock.now(), replayed: false }); // 8
}

/** Step 3. Identity, secrets, signature. */
async function prepare<Input extends object, Result, Call, Reply>(
  run: Run<Input, Result, Call, Reply>,
): Promise<Ready<Input, Result, Call, Reply>> {
  const { operation, request, world, records } = run;
  const { config, clock, secrets } = world;
  const { provider, effect } = operation;
  const { input } = request;
  const begun = { wall: clock.now(), monotonic: clock.monotonic(), remainingMs: request.remainingMs() };
  const remainingMs = () =>
    begun.remainingMs - Math.max(clock.now() - begun.wall, clock.monotonic() - begun.monotonic);
  const account = config.account(provider.name);
  const circumstances = { config, now: clock.now(), uniqueId: world.uniqueId };

  const identity = identityOf(operation, request);
  const id = recordId(provider.name, account, identity);
  // Made while secrets, signature and claim are under way; nothing is written to it before the claim is acknowledged.
  world.connections.dial(config.baseUrl(provider.name));
  const ring = operation.sameBy ? undefined : await currentRing(secrets, "fingerprintKeys");
  const same = sameRequest(run, id, ring);
  const opened = await operation.opens?.(identity.id, { config, secrets, records });
  const call = operation.sends(input, { ...circumstances, ...(opened && { opened }) });
  const asked = { operation: routeName(operation.name), effect };
  const signing = { call, asked, circumstances, hidden: secretsIn(input) };
  const exchange = await prepared(provider, signing, world);
  return { ...run, remainingMs, identity, id, ring, same, exchange };
}

/** Step 4, as far as it is the same for each attempt: the record of what it follows on, and what the configuration refuses. */
async function look<Input extends object, Result, Call, Reply>({
  operation,
  request: { input },
  world,
  records,
  id,
}: Ready<Input, Result, Call, Reply>): Promise<{
  readonly listing: Listing;
  readonly held?: RecordItem | undefined;
}> {
  const listing = await listingOf(operation, input, world, records);
  const faults = operation.refusesNew?.(input, world.config) ?? [];
  return faults.length === 0 ? { listing } : { listing, held: await heldOrRefused(id, faults, records) };
}

/** Step 5, and of step 4 what must be looked at anew for each claim. */
async function claim<Input extends object, Result, Call, Reply>(
  ready: Ready<Input, Result, Call, Reply>,
  listing: Listing,
): Promise<Claimed> {
  const { world, records, remainingMs, request, id, exchange } = ready;
  const claiming = { world, records, remainingMs, note: request.note };
  const begin = async <Begun extends Begins>(make: (claim: Claim, tries: Tries) => Promise<Begun>) => {
    if (!mayStillSend(ready)) throw new Problem("not-sent", "Nothing was sent: no time was left to send.");
    if (outlivesItsLease(request.remainingMs(), world.config))
      throw new Problem("not-sent", "Nothing was sent: the clock of this process is behind.");
    return claimOrWithdraw(claimOf(ready, listing), make, claiming);
  };
  const companion = companionOf(ready);
  if (!companion) return begin(records.claim);
  const { name: provider } = exchange.provider;
  const asker = {
    id,
    provider,
    account: world.config.account(provider),
    operation: exchange.asked.operation,
  };
  return beginAhead(ready, companion, asker, (ahead) =>
    begin((own, tries) => records.claimBeside({ ...ahead, claim: own }, tries)),
  );
}

function claimOf<Input extends object, Result, Call, Reply>(
  ready: Ready<Input, Result, Call, Reply>,
  listing: Listing,
): Claim {
  const { world, request, identity, id, same, exchange } = ready;
  const { name: provider } = exchange.provider;
  const account = world.config.account(provider);
  return {
    id,
    provider,
    account,
    operation: exchange.asked.operation,
    namespace: identity.namespace,
    identity: identity.id,
    number: numberOf(identity),
    caller: request.caller,
    request: same.text,
    tags: same.tags,
    isSameRequest: same.is,
    facts: factsKept(ready, listing),
    customer: listing.customerId && `${provider}#${account}#${listing.customerId}`,
    amount: listing.amount,
    host: exchange.wire.url.host,
    newOwner: () => randomBytes(16).toString("base64url"),
    now: world.clock.now(),
    leaseMs: world.config.leaseMs,
  };
}

type Timed = Pick<Ready<object, unknown, unknown, unknown>, "remainingMs" | "world">;

const mayStillSend = ({ remainingMs, world: { config } }: Timed): boolean =>
  remainingMs() >= config.providerTimeoutMs + settleMarginMs;

/** Step 6. */
async function send<Input extends object, Result, Call, Reply>(
  ready: Ready<Input, Result, Call, Reply>,
): Promise<Outcome<Result>> {
  const { operation, request, world, exchange, remainingMs } = ready;
  const { config, clock } = world;
  const startedAt = clock.monotonic();
  const timing = () => ({
    connectMs: Math.max(1, Math.min(connectMs, remainingMs() - config.providerTimeoutMs - settleMarginMs)),
    replyMs: config.providerTimeoutMs,
    mayStillSend: () => mayStillSend(ready),
  });
  const pace = { timing, lookUpMs: () => remainingMs() - settleMarginMs };
  const returns = (reply: Reply) => operation.returns(reply, request.input, exchange.call);
  const outcome = await carriedOut(exchange, pace, returns, world);
  request.note({
    providerMs: Math.round(clock.monotonic() - startedAt),
    providerFault: isProviderFault(outcome),
    misread: isMisread(outcome),
  });
  if (outcome.kind === "success") noteUnread(outcome.unread, request.note);
  return outcome;
}

/** Step 7. The record as it then stands. */
async function settle<Input extends object, Result, Call, Reply>(
  ready: Ready<Input, Result, Call, Reply>,
  claimed: RecordItem,
  outcome: Outcome<Result>,
): Promise<RecordItem> {
  const { operation, request, world, identity, id } = ready;
  const { attempt, owner } = claimed;
  const tXid = outcome.kind === "success" ? operation.bindsBy?.(outcome.result) : undefined;
  const settlement: Settlement = {
    ...settlementOf(outcome, claimed, operation),
    id,
    owner,
    attempt,
    now: world.clock.now(),
    expireAfterMs: expiryOf(identity.namespace),
    ...(operation.bindsBy && { binding: { tXid } }),
  };
  const settled = await settleOrDoubt(ready, claimed, settlement);
  request.note({
    state: settled.state,
    inDoubt: settled.state === "in_doubt",
    needsAttention: settled.flagged !== undefined,
    ...("word" in outcome && outcome.word && { providerCode: loggedCode(outcome.word.code) }),
  });
  return settled;
}

/**
 * Whether this function would outlive the lease that it is about to write. The host ends it by the host's clock, so where more
 * time seems left than a lease lasts, this process's clock is behind, as after a long freeze: lease and quiet period could be
 * over for everybody else while the request is still on its way.
 */
const outlivesItsLease = (remainingMs: number, { leaseMs }: Runtime["config"]): boolean =>
  remainingMs > leaseMs;

function identityOf<Input>(
  operation: Pick<ChangeSpec<Input, unknown, unknown, unknown>, "identity" | "name">,
  { input, idempotencyKey, caller }: Request<Input>,
): Identity {
  const key = readIdempotencyKey(idempotencyKey);
  if (operation.identity === "idempotency-key") {
    if (key === undefined) throw fault("is required: it makes a repeat safe");
    return { namespace: "idempotency-key", id: key, caller, operation: routeName(operation.name) };
  }
  const id = operation.identity.of(input);
  if (key !== undefined && key !== id)
    throw fault("must be left out or equal to the identity that this request has in its body");
  const { namespace, number } = operation.identity;
  return { namespace, id, number: number?.(input) ?? 1 };
}

/** What the claim is written with, where it is not written alone. */
function companionOf<Input extends object, Result, Call, Reply>(
  ready: Ready<Input, Result, Call, Reply>,
): Companion | undefined {
  const { operation, request, world, records, identity } = ready;
  const { place } = operation;
  const { config, clock } = world;
  if (place && place.applies?.(config) !== false) {
    const asking = { now: clock.now, config, records };
    const inDoubt = (holder: RecordItem) => doubted(ready, holder);
    return {
      look: (asker) => placeBeside(place, request.input, { ...asking, asker, doubted: inDoubt }),
      refused: () => underWay(place.of),
    };
  }
  if (identity.namespace !== "reversal") return undefined;
  const { id, number = 1 } = identity;
  const look = async (asker: Asker) => ({ part: await anchorBeside(id, number, asker, records) });
  return { look, refused: numberRefused };
}

function sameRequest<Input extends object, Result, Call, Reply>(
  { operation, request: { input }, world }: Run<Input, Result, Call, Reply>,
  record: string,
  ring: KeyRing | undefined,
): SameRequest {
  const name = routeName(operation.name);
  if (!ring) return sameEffect(name, operation.sameBy?.(input) ?? {});
  const renewed = async () => keyRing(await world.secrets.refreshed("gateway"), "fingerprintKeys");
  return sameInput(record, name, input, { ring, renewed });
}

function factsKept<Input extends object, Result, Call, Reply>(
  { operation, request: { input }, id, ring }: Ready<Input, Result, Call, Reply>,
  listing: Listing,
): string | undefined {
  const { keeps, compares } = operation.inquiry;
  if (!keeps && !compares) return undefined;
  const compared = ring && compares ? hashedFacts(ring, id, compares(input)) : {};
  return JSON.stringify({ ...keeps?.(input, listing), ...compared });
}

async function listingOf<Input, Call, Reply>(
  operation: Pick<ChangeSpec<Input, unknown, Call, Reply>, "listedUnder" | "follows" | "provider">,
  input: Input,
  { config }: Runtime,
  records: Records,
): Promise<Listing> {
  const own = operation.listedUnder?.(input) ?? {};
  if (!operation.follows) return own;
  const precedent = recordId(
    operation.provider.name,
    config.account(operation.provider.name),
    operation.follows.identity(input),
  );
  const record = await before(records.get(precedent));
  return { ...own, ...operation.follows.allows(record, input) };
}

/** The record as it now stands. Its caller is told nothing final before the settling write is acknowledged or seen. */
async function settleOrDoubt<Input extends object, Result, Call, Reply>(
  { records, remainingMs, request }: Ready<Input, Result, Call, Reply>,
  claimed: RecordItem,
  settlement: Settlement,
): Promise<RecordItem> {
  try {
    return (await records.settle(settlement, settleTries(remainingMs()))).record;
  } catch (error) {
    request.note(seenOf(error));
    return { ...claimed, state: "in_doubt", failure: JSON.stringify(unrecorded) };
  }
}

const unrecorded: Failure = {
  code: "outcome-unknown",
  detail: "The provider was asked, and what became of it could not be recorded.",
};

/** What an identity's record answers to a repeat. Doubt is settled first, as far as asking can. */
async function replay<Input extends object, Result, Call, Reply>(
  ready: Ready<Input, Result, Call, Reply>,
  held: RecordItem,
): Promise<Answer> {
  const { request, world, same } = ready;
  if (!(await same.is(held.request))) throw identityReused(held, same, request.caller);
  const record = await resolved(ready, held);
  request.note({
    record: record.id,
    state: record.state,
    replayed: true,
    needsAttention: record.state === "needs_attention" && held.state !== "needs_attention",
  });
  return tell(record, { now: world.clock.now(), replayed: true });
}

/** A failure to learn more leaves what is known. */
async function resolved<Input extends object, Result, Call, Reply>(
  { operation, request, world, records }: Ready<Input, Result, Call, Reply>,
  held: RecordItem,
): Promise<RecordItem> {
  const { remainingMs, input } = request;
  const budget = { remainingMs, hidden: secretsIn(input), isRepeat: true };
  try {
    const seen = await resolve(operation, { record: held, world, records, budget });
    warnOfInquiry(operation.name, held, seen);
    return seen;
  } catch (error) {
    request.note(seenOf(error));
    return held;
  }
}

/**
 * What the provider calls done before, at a first attempt, stands there to be looked at by the request itself (of a later attempt or
 * number an earlier one may have more to say); and so does what an earlier sending may have done that was refused unseen.
 */
async function shown<Input extends object, Result, Call, Reply>(
  ready: Ready<Input, Result, Call, Reply>,
  settled: RecordItem,
): Promise<RecordItem> {
  const { inquiry } = ready.operation;
  const isAsked =
    "evidence" in inquiry && (isTakenAtOnce(settled) || failureOf(settled).refused !== undefined);
  if (settled.state !== "in_doubt" || !isAsked) return settled;
  const record = await resolved(ready, settled);
  ready.request.note({ state: record.state, inDoubt: record.state === "in_doubt" });
  return record;
}

type Learned = Pick<Settlement, "to" | "result" | "failure" | "due">;

/**
 * What an outcome makes of the record's attempt. A refusal is doubt, where the provider can be asked what it did, once the same was sent
 * before and refused before anybody looked: that may have been the answer to a second copy, and what is refused now may be so because
 * of the first. The wallet holds less, the MPIN or the limit is another, the OTP is used up, the id or the payment is no longer to be had.
 */
function settlementOf<Call, Reply>(
  outcome: Outcome<unknown>,
  record: Pick<RecordItem, "attempt" | "number" | "namespace" | "customer" | "history">,
  operation: Doubtful<Call, Reply>,
): Learned {
  if (outcome.kind === "success") return { to: "succeeded", result: JSON.stringify(outcome.result) };
  const failed = (to: Learned["to"], failure: Failure): Learned => ({ to, failure: JSON.stringify(failure) });
  if (outcome.kind === "not_sent")
    return failed("not_sent", { code: "not-sent", detail: `Nothing was sent: ${outcome.why}.` });
  const { word: provider, retryAt } = outcome;
  const told = { ...(provider && { provider }), ...(retryAt !== undefined && { retryAt }) };
  if (outcome.kind === "unknown") {
    const { why: detail, unfinished } = outcome;
    const failure = { code: "outcome-unknown", detail, ...told, ...(unfinished && { unfinished }) } as const;
    return { ...failed("in_doubt", failure), due: retryAt };
  }
  const failure: Failure = { code: outcome.code, detail: outcome.detail, ...told };
  if (outcome.as === "not_executed") return failed("not_executed", failure);
  const doubtful = (more: Pick<Failure, "taken" | "refused" | "resent">): Learned => ({
    ...failed("in_doubt", { ...failure, code: "outcome-unknown", ...more }),
    due: retryAt,
  });
  const isTaken = outcome.as === "taken" || isOfOwnDebit(outcome.code, record);
  if (isTaken && mayBeOwn(record, operation)) return doubtful({ taken: true });
  const { resent } = outcome;
  if ((resent || wasRefused(record)) && "evidence" in operation.inquiry)
    return doubtful({ refused: outcome.code, ...(resent && { resent }) });
  return failed("declined", failure);
}

/**
 * Whether "already there" may be this record's own work: of an earlier attempt, of a number before this one, or of this very request,
 * which what stands before the provider has sent twice. It is doubt wherever the provider can be asked what stands there, or a
 * notification may say it.
 */
function mayBeOwn<Call, Reply>(
  { attempt, number, namespace }: Pick<RecordItem, "attempt" | "number" | "namespace">,
  { inquiry }: Doubtful<Call, Reply>,
): boolean {
  const isShown =
    namespace === "money" ||
    namespace === "reversal" ||
    ("evidence" in inquiry ? inquiry.looksFirst : inquiry.waits);
  return attempt > 1 || number > 1 || isShown === true;
}

/** "No such debit", of one that succeeded by our own record: a debit that was reversed may no longer show. */
const isOfOwnDebit = (
  code: ProblemCode,
  { namespace, customer }: Pick<RecordItem, "namespace" | "customer">,
): boolean => namespace === "reversal" && customer !== undefined && code === "not-found";
