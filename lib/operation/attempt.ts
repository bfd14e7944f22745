import { randomBytes } from "node:crypto";
import { settleMarginMs } from "../config.ts";
import { loggedCode, seenOf } from "../log.ts";
import { Problem } from "../problem.ts";
import type { Inquiry, Listing } from "../providers/inquiry.ts";
import { type Identity, numberOf, recordId } from "../records/identity.ts";
import type { RecordItem } from "../records/record.ts";
import type { Claim, Records, Settlement, Tries } from "../records/store.ts";
import type { Runtime } from "../runtime.ts";
import { currentRing, type KeyRing, keyRing } from "../secrets/key-ring.ts";
import { beginAhead, heldOrRefused } from "./ahead.ts";
import { type Failure, tell } from "./answer.ts";
import { type Companion, placeBeside, underWay } from "./beside.ts";
import type { ChangeOperation, ChangeSpec } from "./change-spec.ts";
import { type Begins, claimOrWithdraw, settleTries } from "./claiming.ts";
import { carriedOut, isMisread, isProviderFault, type Outcome, prepared } from "./exchange.ts";
import { expiryOf } from "./expiry.ts";
import type { Answer, Request } from "./handler.ts";
import { fault, readIdempotencyKey } from "./idempotency-key.ts";
import { hashedFacts } from "./kept.ts";
import { warnOfInquiry } from "./last-inquiry.ts";
import { noteUnread, refuse, routeName } from "./read.ts";
import { before } from "./record-query.ts";
import { identityReused, type SameRequest, sameEffect, sameInput, secretsIn } from "./request.ts";
import { type Budget, type Doubtful, resolve } from "./resolve.ts";
import { anchorBeside, numberRefused } from "./reversal.ts";

const connectMs = 5_000;

/**
 * One change from a validated request to its answer: everything that can fail cheaply, then the claim, the send, the
 * settle. A failure before the claim leaves nothing behind; after it, the record says what is known.
 */
export async function runChange<Input extends object, Result, Call, Reply>(
  operation: ChangeOperation<Input, Result, Call, Reply>,
  request: Request<Input>,
  world: Runtime,
  records: Records,
): Promise<Answer> {
  const { input, note } = request;
  const { config, clock } = world;
  const { provider } = operation;
  const begun = { wall: clock.now(), monotonic: clock.monotonic(), remainingMs: request.remainingMs() };
  // Either clock may stand still while the process is frozen; the one that moved further is believed.
  const remainingMs = () =>
    begun.remainingMs - Math.max(clock.now() - begun.wall, clock.monotonic() - begun.monotonic);
  const mayStillSend = () => remainingMs() >= config.providerTimeoutMs + settleMarginMs;

  const account = config.account(provider.name);
  const circumstances = { config, now: clock.now(), uniqueId: world.uniqueId };
  const asked = { operation: routeName(operation.name), effect: operation.effect };

  refuse(operation, input, config);
  const identity = identityOf(operation, request);
  const id = recordId(provider.name, account, identity);
  // Made while secrets, signature and claim are under way; nothing is written to it before the claim is acknowledged.
  world.connections.dial(config.baseUrl(provider.name));
  const ring = operation.sameBy ? undefined : await currentRing(world.secrets, "fingerprintKeys");
  const same = sameRequest(operation, id, input, ring, world);
  const opened = await operation.opens?.(identity.id, { config, secrets: world.secrets, records });
  const call = operation.sends(input, { ...circumstances, ...(opened && { opened }) });
  const exchange = await prepared(provider, call, asked, circumstances, world, secretsIn(input));

  const listing = await listingOf(operation, input, world, records);

  const faults = operation.refusesNew?.(input, config) ?? [];
  const held = faults.length > 0 ? await heldOrRefused(id, faults, records) : undefined;
  if (held) return replay(operation, held, same, request, world, records);

  const claimNow = (): Claim => ({
    id,
    provider: provider.name,
    account,
    operation: asked.operation,
    namespace: identity.namespace,
    identity: identity.id,
    number: numberOf(identity),
    caller: request.caller,
    request: same.text,
    tags: same.tags,
    isSameRequest: same.is,
    facts: factsKept(operation.inquiry, input, listing, id, ring),
    customer: listing.customerId && `${provider.name}#${account}#${listing.customerId}`,
    amount: listing.amount,
    host: exchange.wire.url.host,
    newOwner: () => randomBytes(16).toString("base64url"),
    now: clock.now(),
    leaseMs: config.leaseMs,
  });
  const claiming = { world, records, remainingMs, note };
  const begin = async <Begun extends Begins>(make: (claim: Claim, tries: Tries) => Promise<Begun>) => {
    if (!mayStillSend()) throw new Problem("not-sent", "Nothing was sent: no time was left to send.");
    if (outlivesItsLease(request.remainingMs(), config))
      throw new Problem("not-sent", "Nothing was sent: the clock of this process is behind.");
    return claimOrWithdraw(claimNow(), make, claiming);
  };
  const asker = { id, provider: provider.name, account, operation: asked.operation };
  const companion = companionOf(operation, input, identity, world, records);
  const claimed = companion
    ? await beginAhead(operation, companion, request, asker, same, world, records, (ahead) =>
        begin((claim, tries) => records.claimBeside({ ...ahead, claim }, tries)),
      )
    : await begin(records.claim);
  note({ record: id, state: claimed.record.state });
  if (claimed.kind === "held") return replay(operation, claimed.record, same, request, world, records);
  // Until it is settled: whatever ends this function before that leaves doubt behind.
  note({ inDoubt: true });

  const startedAt = clock.monotonic();
  const timing = () => ({
    connectMs: Math.max(1, Math.min(connectMs, remainingMs() - config.providerTimeoutMs - settleMarginMs)),
    replyMs: config.providerTimeoutMs,
    mayStillSend,
  });
  const pace = { timing, lookUpMs: () => remainingMs() - settleMarginMs };
  const returns = (reply: Reply) => operation.returns(reply, input, call);
  const outcome = await carriedOut(exchange, pace, returns, world);
  note({
    providerMs: Math.round(clock.monotonic() - startedAt),
    providerFault: isProviderFault(outcome),
    misread: isMisread(outcome),
  });
  if (outcome.kind === "success") noteUnread(outcome.unread, note);
  const { attempt, owner } = claimed.record;
  const learned = settlementOf(outcome, claimed.record);
  const tXid = outcome.kind === "success" ? operation.bindsBy?.(outcome.result) : undefined;
  const settled = await settleOrDoubt(
    records,
    claimed.record,
    {
      ...learned,
      id,
      owner,
      attempt,
      now: clock.now(),
      expireAfterMs: expiryOf(identity.namespace),
      ...(operation.bindsBy && { binding: { tXid } }),
    },
    remainingMs(),
    note,
  );
  note({
    state: settled.state,
    inDoubt: settled.state === "in_doubt",
    needsAttention: settled.flagged !== undefined,
    ...("word" in outcome && outcome.word && { providerCode: loggedCode(outcome.word.code) }),
  });
  return tell(settled, { now: clock.now(), replayed: false });
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
function companionOf<Input>(
  { place }: Pick<ChangeSpec<Input, unknown, unknown, unknown>, "place">,
  input: Input,
  identity: Identity,
  { config, clock }: Runtime,
  records: Records,
): Companion | undefined {
  if (place && place.applies?.(config) !== false)
    return {
      look: (asker) => placeBeside(place, input, asker, clock.now, records),
      refused: () => underWay(place.of),
    };
  if (identity.namespace !== "reversal") return undefined;
  const { id, number = 1 } = identity;
  return { look: (asker) => anchorBeside(id, number, asker, records), refused: numberRefused };
}

function sameRequest<Input extends object>(
  operation: Pick<ChangeSpec<Input, unknown, unknown, unknown>, "sameBy" | "name">,
  id: string,
  input: Input,
  ring: KeyRing | undefined,
  world: Runtime,
): SameRequest {
  const name = routeName(operation.name);
  if (!ring) return sameEffect(name, operation.sameBy?.(input) ?? {});
  return sameInput(id, name, input, ring, async () =>
    keyRing(await world.secrets.refreshed("gateway"), "fingerprintKeys"),
  );
}

function factsKept<Input, Call, Reply>(
  inquiry: Inquiry<Input, Call, Reply>,
  input: Input,
  listing: Listing,
  record: string,
  ring: KeyRing | undefined,
): string | undefined {
  const { keeps, compares } = inquiry;
  if (!keeps && !compares) return undefined;
  const compared = ring && compares ? hashedFacts(ring, record, compares(input)) : {};
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
async function settleOrDoubt(
  records: Records,
  claimed: RecordItem,
  settlement: Settlement,
  remainingMs: number,
  note: Request<never>["note"],
): Promise<RecordItem> {
  try {
    return (await records.settle(settlement, settleTries(remainingMs))).record;
  } catch (error) {
    note(seenOf(error));
    return { ...claimed, state: "in_doubt", failure: JSON.stringify(unrecorded) };
  }
}

const unrecorded: Failure = {
  code: "outcome-unknown",
  detail: "The provider was asked, and what became of it could not be recorded.",
};

/** What an identity's record answers to a repeat. Doubt is settled first, as far as asking can. */
async function replay<Input extends object, Result, Call, Reply>(
  operation: ChangeOperation<Input, Result, Call, Reply>,
  held: RecordItem,
  same: SameRequest,
  { input, note, remainingMs, caller }: Request<Input>,
  world: Runtime,
  records: Records,
): Promise<Answer> {
  if (!(await same.is(held.request))) throw identityReused(held, same, caller);
  const record = await resolved(
    operation,
    held,
    world,
    records,
    { remainingMs, hidden: secretsIn(input), isRepeat: true },
    note,
  );
  note({
    record: record.id,
    state: record.state,
    replayed: true,
    needsAttention: record.state === "needs_attention" && held.state !== "needs_attention",
  });
  return tell(record, { now: world.clock.now(), replayed: true });
}

/** A failure to learn more leaves what is known. */
async function resolved<Call, Reply>(
  operation: Doubtful<Call, Reply> & { readonly name: string },
  held: RecordItem,
  world: Runtime,
  records: Records,
  budget: Budget,
  note: Request<never>["note"],
): Promise<RecordItem> {
  try {
    const seen = await resolve(operation, held, world, records, budget);
    warnOfInquiry(operation.name, held, seen);
    return seen;
  } catch (error) {
    note(seenOf(error));
    return held;
  }
}

type Learned = Pick<Settlement, "to" | "result" | "failure" | "due">;

/** What an outcome makes of the record's attempt. */
function settlementOf(
  outcome: Outcome<unknown>,
  { attempt, number, namespace, history }: Pick<RecordItem, "attempt" | "number" | "namespace" | "history">,
): Learned {
  if (outcome.kind === "success") return { to: "succeeded", result: JSON.stringify(outcome.result) };
  const failed = (to: Learned["to"], failure: Failure): Learned => ({ to, failure: JSON.stringify(failure) });
  if (outcome.kind === "not_sent")
    return failed("not_sent", { code: "not-sent", detail: `Nothing was sent: ${outcome.why}.` });
  const { word: provider, retryAt } = outcome;
  const told = { ...(provider && { provider }), ...(retryAt !== undefined && { retryAt }) };
  if (outcome.kind === "unknown")
    return {
      ...failed("in_doubt", { code: "outcome-unknown", detail: outcome.why, ...told }),
      due: retryAt,
    };
  const failure: Failure = { code: outcome.code, detail: outcome.detail, ...told };
  if (outcome.as === "not_executed") return failed("not_executed", failure);
  // "Already there" may be the work of this record's own earlier attempt, or of a number before this one.
  if (outcome.as === "taken" && (attempt > 1 || number > 1))
    return failed("in_doubt", { ...failure, code: "outcome-unknown", taken: true });
  // So may a field that is called wrong for the first time now: "already there" in words that no table has.
  const mayBeDone = namespace === "money" && history.some((entry) => entry.startsWith("not_executed "));
  if (mayBeDone && outcome.code === "invalid-request")
    return failed("in_doubt", { ...failure, code: "outcome-unknown" });
  return failed("declined", failure);
}
