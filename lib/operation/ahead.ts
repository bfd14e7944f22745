import { settleMarginMs } from "../config.ts";
import { type FieldError, Problem } from "../problem.ts";
import type { Evidence } from "../providers/inquiry.ts";
import { isClaimable } from "../records/claim.ts";
import type { RecordItem } from "../records/record.ts";
import type { Claimed, Records, Refused } from "../records/store.ts";
import type { Part } from "../records/transaction.ts";
import { secondsLeft } from "../retry-after.ts";
import type { Runtime } from "../runtime.ts";
import type { Asker, Companion } from "./beside.ts";
import { invalid } from "./body.ts";
import type { Run } from "./change-spec.ts";
import { isFaultCode } from "./exchange.ts";
import type { Request } from "./handler.ts";
import { before } from "./record-query.ts";
import { type SameRequest, secretsIn } from "./request.ts";
import { asking, knownTo } from "./resolve.ts";

/** What was seen before a claim, and what is written with it. */
export interface Ahead {
  /** The record that is claimed, as it was seen. */
  readonly seen: RecordItem | undefined;
  readonly part: (owner: string) => Part;
}

type Begin = (ahead: Ahead) => Promise<Claimed | Refused>;

const lookReplyMs = 2_500;
/** Whoever is refused looks at everything once more; then its caller comes again. */
const rounds = 2;

/**
 * Begins a change that is looked at first, in this order: its own record; what its companion depends on (the place of its key,
 * then the place's holder; or the reversal before this one); the provider. Then all of that is claimed in one transaction.
 * Another order misses what the holder did in between, and carries the change out twice. For the same reason a refused
 * transaction is never repeated by itself.
 */
export async function beginAhead<Input extends object, Result, Call, Reply>(
  run: Run<Input, Result, Call, Reply> & { readonly same: SameRequest },
  companion: Companion,
  asker: Asker,
  begin: Begin,
): Promise<Claimed> {
  const { records, same } = run;
  let isByPart = false;
  for (let round = 0; round < rounds; round++) {
    const seen = await before(records.get(asker.id));
    if (seen && !(isClaimable(seen) && (await same.is(seen.request)))) return { kind: "held", record: seen };
    const { part, notShownYet } = await companion.look(asker);
    const meanwhile = await look(run, asker.id);
    if (meanwhile) return { kind: "held", record: meanwhile };
    if (notShownYet) throw notShownYet;
    const begun = await begin({ seen, part });
    if (begun.kind !== "refused") return begun;
    isByPart = begun.byPart;
  }
  throw companion.refused(isByPart);
}

/**
 * The record that such a request has already, whose caller must learn what became of it.
 * @throws Problem `invalid-request` with these faults where it would be a new attempt.
 */
export async function heldOrRefused(
  id: string,
  faults: readonly FieldError[],
  records: Pick<Records, "get">,
): Promise<RecordItem> {
  const held = await before(records.get(id));
  if (held && !isClaimable(held)) return held;
  throw invalid(faults);
}

/** What a look takes must leave the change itself its full time: half of what can be spared. */
export const spared = (
  { remainingMs }: Pick<Request<unknown>, "remainingMs">,
  { config }: Pick<Runtime, "config">,
) => ({
  remainingMs: () => settleMarginMs + (remainingMs() - config.providerTimeoutMs - settleMarginMs) / 2,
  questionMs: lookReplyMs,
});

/**
 * Looks whether the change is there already. Returns this identity's own record where what is found is most likely its work,
 * which another process did meanwhile.
 */
async function look<Input extends object, Result, Call, Reply>(
  { operation, request, world, records }: Run<Input, Result, Call, Reply>,
  id: string,
): Promise<RecordItem | undefined> {
  const { inquiry, provider } = operation;
  if (!("evidence" in inquiry && inquiry.looksFirst)) return undefined;
  const facts = inquiry.keeps?.(request.input, {}) ?? operation.sameBy?.(request.input) ?? {};
  // A look goes by the key alone: whatever else is shown under it, it is taken.
  const subject = {
    identity: "",
    number: 1,
    facts,
    dispatchedAt: world.clock.now(),
    wasSent: () => undefined,
  };
  let retryAt = 0;
  const ask = asking(
    provider,
    world,
    { ...spared(request, world), hidden: secretsIn(request.input) },
    {
      replyLimitMs: lookReplyMs,
      onRetryAt: (moment) => {
        retryAt = Math.max(retryAt, moment);
      },
    },
  );
  const found = await inquiry.evidence(subject, ask, knownTo(provider.name, world, records));
  switch (found.shows) {
    case "nothing":
      return undefined;
    case "done": {
      const meanwhile = await before(records.get(id));
      if (meanwhile && !isClaimable(meanwhile)) return meanwhile;
      throw new Problem("already-done", "The provider has this already, and not by this request.");
    }
    default:
      request.note({
        providerFault: found.shows === "unclear" && (!found.refusal || isFaultCode(found.refusal.code)),
      });
      throw notLooked(found, secondsLeft(retryAt, world.clock.now()));
  }
}

function notLooked(found: Evidence, retryAfter: number | undefined): Problem {
  if (found.shows === "other") return new Problem("already-done", `Nothing was changed. ${found.why}`);
  if (found.shows === "unclear" && found.refusal)
    return new Problem(found.refusal.code, found.refusal.detail, {
      provider: found.refusal.word,
      retryAfter,
    });
  return new Problem(
    "not-sent",
    "Nothing was changed: the provider could not be asked whether it is there already.",
    { retryAfter },
  );
}
