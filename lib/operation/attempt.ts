import { randomBytes } from "node:crypto";
import { settleMarginMs } from "../config.ts";
import { Problem } from "../problem.ts";
import type { Inquiry } from "../providers/inquiry.ts";
import { type Identity, recordId } from "../records/identity.ts";
import type { RecordItem } from "../records/record.ts";
import type { Claim, Claimed, Records, Settlement } from "../records/store.ts";
import type { Runtime } from "../runtime.ts";
import { keyRing } from "../secrets/key-ring.ts";
import { scrub } from "../secrets/secret.ts";
import { type Failure, tell } from "./answer.ts";
import { invalid } from "./body.ts";
import type { ChangeOperation, ChangeSpec, Listing } from "./change.ts";
import { type Outcome, outcomeOf } from "./exchange.ts";
import type { Answer, Request } from "./handler.ts";
import { routeName } from "./read.ts";
import { type SameRequest, sameEffect, sameInput, secretsIn } from "./request.ts";

/** Records of what is no money and no binding are forgotten this long after their end. */
const expireAfterMs = 30 * 24 * 60 * 60_000;
const connectMs = 5_000;
const lookConnectMs = 1_500;
const lookReplyMs = 2_500;

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

  const identity = identityOf(operation, request);
  const id = recordId(provider.name, config.account, identity);
  const same = await sameRequest(operation, input, world);
  const secret = await world.secrets.current(provider.secret);
  const wire = provider.sign(operation.sends(input), secret, config);

  const listing = await listingOf(operation, input, world, records);
  const looked = await look(operation, request, world, records, id, same);
  if (looked) return looked;
  if (!mayStillSend()) throw new Problem("not-sent", "Nothing was sent: no time was left to send.");

  const claim: Claim = {
    id,
    provider: provider.name,
    account: config.account,
    operation: routeName(operation.name),
    namespace: identity.namespace,
    identity: identity.id,
    caller: request.caller,
    request: same.text,
    isSameRequest: same.is,
    inquiry: factsKept(operation.inquiry, input),
    customer: listing.customerId && `${provider.name}#${config.account}#${listing.customerId}`,
    amount: listing.amount,
    host: wire.url.host,
    owner: randomBytes(16).toString("base64url"),
    now: clock.now(),
    leaseMs: config.leaseMs,
  };
  const claimed = await claimOrRefuse(records, claim);
  note({ record: id, state: claimed.record.state });
  if (claimed.kind === "held") return replay(claimed.record, same, clock.now(), note);

  const startedAt = clock.monotonic();
  const sent = await world.send(wire, {
    connectMs: Math.max(1, Math.min(connectMs, remainingMs() - config.providerTimeoutMs - settleMarginMs)),
    replyMs: config.providerTimeoutMs,
    mayStillSend,
  });
  note({ providerMs: Math.round(clock.monotonic() - startedAt) });

  const asked = { operation: claim.operation, effect: operation.effect };
  const returns = (reply: Reply) => ({ result: operation.returns(reply, input) });
  const outcome = await outcomeOf(sent, asked, provider, secret, returns, world);
  const { attempt } = claimed.record;
  const learned = settlementOf(outcome, attempt, input);
  const settled = await settleOrDoubt(records, claimed.record, {
    ...learned,
    id,
    owner: claim.owner,
    attempt,
    now: clock.now(),
    expireAfterMs: operation.effect === "money" ? undefined : expireAfterMs,
  });
  note({
    state: settled.state,
    ...("word" in outcome && outcome.word && { providerCode: outcome.word.code }),
  });
  return tell(settled, { now: clock.now(), replayed: false });
}

function identityOf<Input>(
  operation: Pick<ChangeSpec<Input, unknown, unknown, unknown>, "identity" | "name">,
  { input, idempotencyKey, caller }: Request<Input>,
): Identity {
  const fault = (detail: string) => invalid([{ header: "idempotency-key", detail }]);
  if (idempotencyKey !== undefined && !/^[\x20-\x7e]{1,255}$/.test(idempotencyKey))
    throw fault("must be 1 to 255 printable ASCII characters");
  if (operation.identity === "idempotency-key") {
    if (idempotencyKey === undefined) throw fault("is required: it makes a repeat safe");
    return { namespace: "idempotency-key", id: idempotencyKey, caller, operation: routeName(operation.name) };
  }
  const id = operation.identity.of(input);
  if (idempotencyKey !== undefined && idempotencyKey !== id)
    throw fault("must be left out or equal to the merchantTransactionId, which is this request's identity");
  return { namespace: operation.identity.namespace, id };
}

async function sameRequest<Input extends object>(
  operation: Pick<ChangeSpec<Input, unknown, unknown, unknown>, "sameBy" | "name">,
  input: Input,
  world: Runtime,
): Promise<SameRequest> {
  const name = routeName(operation.name);
  if (operation.sameBy) return sameEffect(name, operation.sameBy(input));
  return sameInput(name, input, keyRing(await world.secrets.current("gateway"), "fingerprintKeys"));
}

function factsKept<Input, Call, Reply>(
  inquiry: Inquiry<Input, Call, Reply>,
  input: Input,
): string | undefined {
  return "keeps" in inquiry && inquiry.keeps ? JSON.stringify(inquiry.keeps(input)) : undefined;
}

async function listingOf<Input, Call, Reply>(
  operation: Pick<ChangeSpec<Input, unknown, Call, Reply>, "listedUnder" | "follows" | "provider">,
  input: Input,
  { config }: Runtime,
  records: Records,
): Promise<Listing> {
  const own = operation.listedUnder?.(input) ?? {};
  if (!operation.follows) return own;
  const precedent = recordId(operation.provider.name, config.account, operation.follows.identity(input));
  const record = await unclaimed(
    "The record of what is to be reversed could not be read",
    records.get(precedent),
  );
  return { ...own, ...operation.follows.allows(record, input) };
}

/**
 * Looks whether the change is there already, before its first attempt. An identity that has a record is answered from it:
 * what would be found is most likely its own work.
 */
async function look<Input extends object, Call, Reply>(
  operation: ChangeOperation<Input, unknown, Call, Reply>,
  { input, note }: Request<Input>,
  world: Runtime,
  records: Records,
  id: string,
  same: SameRequest,
): Promise<Answer | undefined> {
  const { inquiry, provider } = operation;
  if (!("asks" in inquiry && inquiry.looksFirst)) return undefined;
  const held = await unclaimed("The record could not be read", records.get(id));
  if (held && held.state !== "not_sent" && held.state !== "not_executed")
    return replay(held, same, world.clock.now(), note);

  const subject = { identity: "", facts: inquiry.keeps?.(input) ?? operation.sameBy?.(input) ?? {} };
  const secret = await world.secrets.current(provider.secret);
  const sent = await world.send(provider.sign(inquiry.asks(subject), secret, world.config), {
    connectMs: lookConnectMs,
    replyMs: Math.min(world.config.providerTimeoutMs, lookReplyMs),
    mayStillSend: () => true,
  });
  const asked = { operation: "inquiry", effect: "read" } as const;
  const returns = (reply: Reply) => ({ result: inquiry.shows(reply, subject) });
  const found = await outcomeOf(sent, asked, provider, secret, returns, world);
  if (found.kind === "success") {
    if (!found.result) return undefined;
    throw new Problem("already-done", "The provider has this already, from outside this record.");
  }
  if (found.kind === "refusal") {
    if (found.code === "not-found") return undefined;
    throw new Problem(found.code, found.detail, { provider: found.word });
  }
  throw new Problem(
    "not-sent",
    "Nothing was changed: the provider could not be asked whether it is there already.",
  );
}

/** Before the claim a failure of the store means that nothing was sent. */
async function unclaimed<T>(what: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    throw new Problem("not-sent", `Nothing was sent: ${what.toLowerCase()}.`, { cause });
  }
}

async function claimOrRefuse(records: Records, claim: Claim): Promise<Claimed> {
  try {
    return await records.claim(claim);
  } catch (cause) {
    // Whether the claim was written is not known; that nothing is sent on it is.
    throw new Problem("not-sent", "Nothing was sent: the record could not be written.", { cause });
  }
}

/** The record as it now stands. Its caller is told nothing final before the settling write is acknowledged or seen. */
async function settleOrDoubt(
  records: Records,
  claimed: RecordItem,
  settlement: Settlement,
): Promise<RecordItem> {
  try {
    return (await records.settle(settlement)).record;
  } catch {
    return { ...claimed, state: "in_doubt", failure: JSON.stringify(unrecorded) };
  }
}

const unrecorded: Failure = {
  code: "outcome-unknown",
  detail: "The provider was asked, and what became of it could not be recorded.",
};

function replay(record: RecordItem, same: SameRequest, now: number, note: Request<never>["note"]): Answer {
  if (!same.is(record.request))
    throw new Problem("identity-reused", "This identity belongs to a request that differs from this one.");
  note({ record: record.id, state: record.state, replayed: true });
  return tell(record, { now, replayed: true });
}

type Learned = Pick<Settlement, "to" | "result" | "failure">;

/** What an outcome makes of the record's attempt. */
function settlementOf(outcome: Outcome<unknown>, attempt: number, input: object): Learned {
  if (outcome.kind === "success") return { to: "succeeded", result: JSON.stringify(outcome.result) };
  const failed = (to: Learned["to"], failure: Failure): Learned => ({ to, failure: JSON.stringify(failure) });
  if (outcome.kind === "not_sent")
    return failed("not_sent", { code: "not-sent", detail: `Nothing was sent: ${outcome.why}.` });
  const provider = outcome.word && {
    code: outcome.word.code,
    message: scrub(outcome.word.message, secretsIn(input)),
  };
  if (outcome.kind === "unknown")
    return failed("in_doubt", {
      code: "outcome-unknown",
      detail: outcome.why,
      ...(provider && { provider }),
    });
  const failure: Failure = { code: outcome.code, detail: outcome.detail, ...(provider && { provider }) };
  if (outcome.as === "not_executed") return failed("not_executed", failure);
  // "Already there" may be the work of this record's own earlier attempt.
  if (outcome.as === "taken" && attempt > 1)
    return failed("in_doubt", { ...failure, code: "outcome-unknown" });
  return failed("declined", failure);
}
