import { settleMarginMs } from "../config.ts";
import { seenOf } from "../log.ts";
import { Problem } from "../problem.ts";
import type { RecordItem } from "../records/record.ts";
import {
  type Claim,
  type Claimed,
  ClaimUnknown,
  type Records,
  type Settlement,
  type Tries,
} from "../records/store.ts";
import type { Runtime } from "../runtime.ts";
import type { Failure } from "./answer.ts";
import type { Request } from "./handler.ts";

/** What a claim needs to know of the function that makes it. */
export interface Claiming {
  readonly world: Pick<Runtime, "config" | "clock">;
  readonly records: Records;
  readonly remainingMs: () => number;
  readonly note: Request<never>["note"];
}

/** What a write that claims comes to; it may be refused as a whole. */
export type Begins = Claimed | { readonly kind: "refused" };

/**
 * Claims, or withdraws what may have been claimed or may yet be.
 * @throws Problem `not-sent` where the claim is not known to be written, or its lease is over already. Then this process sends
 * nothing, and says so in the record: no inquiry is needed.
 */
export async function claimOrWithdraw<Begun extends Begins>(
  claim: Claim,
  make: (claim: Claim, tries: Tries) => Promise<Begun>,
  claiming: Claiming,
): Promise<Begun> {
  const { world, records, remainingMs } = claiming;
  try {
    const claimed = await make(claim, claimTries(world, remainingMs()));
    const isOver = claimed.kind === "won" && claimed.record.leaseEnds <= world.clock.now();
    if (!isOver) return claimed;
    await unlessItFails(claiming, (tries) => records.settle(unsent(claim, claimed.record, world), tries));
    throw new Problem("not-sent", "Nothing was sent: the time for it was over when the record was written.");
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    if (cause instanceof ClaimUnknown) {
      const { owner, seen } = cause;
      const withdrawal = { claim, owner, seen, now: world.clock.now(), failure };
      await unlessItFails(claiming, (tries) => records.withdraw(withdrawal, tries));
    }
    throw new Problem("not-sent", "Nothing was sent: the record could not be written.", { cause });
  }
}

const failure = JSON.stringify({
  code: "not-sent",
  detail: "Nothing was sent: the record could not be written.",
} satisfies Failure);

const unsent = (
  { id, namespace }: Claim,
  { owner, attempt }: RecordItem,
  { clock }: Claiming["world"],
): Settlement => ({
  ...{ id, owner, attempt, failure, to: "not_sent", now: clock.now(), expireAfterMs: undefined },
  ...(namespace === "binding" && { binding: { tXid: undefined } }),
});

/** Whatever comes of the write, the caller is told that nothing was sent. */
async function unlessItFails(
  { remainingMs, note }: Claiming,
  write: (tries: Tries) => Promise<unknown>,
): Promise<void> {
  try {
    await write(withdrawTries(remainingMs()));
  } catch (error) {
    note(seenOf(error));
  }
}

const leastTryMs = 950;
const answerMs = 500;

/**
 * Two tries, as long as the time allows that is not kept for the provider and the settle. They may overrun that time: a claim
 * that is acknowledged too late to send is settled as not sent, and one of unknown outcome has the provider's time for its
 * withdrawal.
 */
function claimTries({ config }: Claiming["world"], remainingMs: number): Tries {
  const spareMs = remainingMs - config.providerTimeoutMs - settleMarginMs;
  return triesOf(2, Math.max(leastTryMs, spareMs / 2));
}

const withdrawTries = (remainingMs: number): Tries =>
  triesOf(3, Math.min(3_000, Math.max(answerMs, (remainingMs - answerMs) / 3)));

/** Three tries in the time that is left, which is at least what is kept for the settle. */
export const settleTries = (remainingMs: number): Tries =>
  triesOf(3, Math.min(5_000, Math.max(leastTryMs, (remainingMs - answerMs) / 3)));

const triesOf = (count: number, milliseconds: number): Tries => {
  const eachMs = Math.floor(milliseconds);
  return { eachMs, allMs: count * eachMs };
};
