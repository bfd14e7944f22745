import type { Config } from "../config.ts";
import { Problem } from "../problem.ts";
import { isOpen, mayHaveActed } from "../records/doubt.ts";
import { placeId, takingPlace } from "../records/place.ts";
import type { RecordItem } from "../records/record.ts";
import { isSettled } from "../records/states.ts";
import type { Records } from "../records/store.ts";
import type { Part } from "../records/transaction.ts";
import { secondsLeft } from "../retry-after.ts";
import { before } from "./record-query.ts";

/** A change that is done one at a time, whatever identities it is asked for under. */
export interface PlaceSpec<Input> {
  /** The natural key that it has besides its identity. */
  readonly key: (input: Input) => string;
  /** The key in a sentence: `this mobile number`. */
  readonly of: string;
  /** Done once and never again, without a look first. Left out, the look says whether it is done. */
  readonly once?: true;
  /** Whether a deployment has it; every one does unless told. */
  readonly applies?: (config: Config) => boolean;
}

/** A list that is behind mostly shows what was done after this many seconds. */
const shownAfter = 10;

/** What allows a claim. */
export interface Beside {
  /** What the claim is written with. */
  readonly part: (owner: string) => Part;
  /** What a caller is told where the provider shows nothing: what was done may be in no list yet. */
  readonly notShownYet?: Problem | undefined;
}

/** What stands beside a claim, in one transaction with it. */
export interface Companion {
  /**
   * Looks at what it depends on.
   * @throws Problem where that does not allow a new attempt, or cannot be read.
   */
  readonly look: (asker: Asker) => Promise<Beside>;
  /** What a caller is told whose claim was refused each time; `byPart`: by what stands beside it, the last time. */
  readonly refused: (byPart: boolean) => Problem;
}

type Looking = Pick<Records, "get" | "place">;

export interface Asker {
  /** The record that is to be claimed. */
  readonly id: string;
  readonly provider: string;
  readonly account: string;
  readonly operation: string;
}

type Times = Pick<Config, "leaseMs" | "quietPeriodMs">;

interface Asking {
  readonly asker: Asker;
  readonly now: () => number;
  readonly config: Times;
  readonly records: Looking;
  /** Puts a holder in doubt, and asks about it as far as the time allows. Gives its record as it is then. */
  readonly doubted: (holder: RecordItem) => Promise<RecordItem>;
}

/**
 * What allows a claim where its key has a place. The place is read first and its holder's record after it: whoever is
 * done then was done before the look that follows.
 * @throws Problem `in-progress` or `already-done` (409) where another record has the place, `not-sent` where that cannot be read.
 */
export async function placeBeside<Input>(
  { key, of, once }: PlaceSpec<Input>,
  input: Input,
  { asker, now, config, records, doubted }: Asking,
): Promise<Beside> {
  const id = placeId(asker.provider, asker.account, asker.operation, key(input));
  const place = await before(records.place(id));
  const isTaken = place !== undefined && place.holder !== asker.id;
  const taking = { id, holder: asker.id, seen: isTaken ? place : undefined };
  const part = (owner: string) => takingPlace(taking, owner);
  if (!isTaken) return { part };
  const seen = await before(records.get(place.holder));
  const holder = once && seen && mayHaveActed(seen) ? await doubted(seen) : seen;
  if (holder && isOpen(holder, now())) throw askedAbout(holder, of, { ...config, now: now() });
  if (once) refuseUnlessUndone(holder, of);
  // A record that has expired was final.
  else if (holder && (!isSettled(holder.state) || holder.flagged !== undefined)) throw underWay(of);
  const isYoung = holder && mayShowLater(holder, { ...config, now: now() });
  return isYoung ? { part, notShownYet: justEnded(of) } : { part };
}

/** What was done, or may have been by an attempt that was refused before looking, may be in no list before the quiet period is over. */
function mayShowLater(holder: RecordItem, { leaseMs, quietPeriodMs, now }: Times & { now: number }): boolean {
  if (holder.state === "succeeded") return now <= holder.stateSince + quietPeriodMs;
  return mayHaveActed(holder) && now <= holder.dispatchedAt + leaseMs + quietPeriodMs;
}

function refuseUnlessUndone(holder: RecordItem | undefined, of: string): void {
  const isServed = holder?.flagged === undefined;
  if (holder?.state === "succeeded" && isServed)
    throw new Problem("already-done", `Another request for ${of} was carried out: ${holder.identity}.`);
  const isUndone =
    holder && holder.state !== "succeeded" && isSettled(holder.state) && isServed && !mayHaveActed(holder);
  if (!isUndone) throw underWay(of);
}

/** How often the reconciler comes, in seconds. */
const lookedInto = 60;

/** What the provider shows of the holder decides: that it shows nothing, once the quiet period is over. */
function askedAbout(
  holder: RecordItem,
  of: string,
  { now, quietPeriodMs }: Pick<Times, "quietPeriodMs"> & { now: number },
): Problem {
  const left = secondsLeft(holder.leaseEnds + quietPeriodMs, now) ?? lookedInto;
  const detail = `Another request for ${of} may have been carried out, and the provider is asked: repeat this one later.`;
  return new Problem("in-progress", detail, { retryAfter: Math.min(lookedInto, left) });
}

/** What had no effect needs no time to show; what had one may be in no list for as long as the quiet period. */
const justEnded = (of: string): Problem =>
  new Problem("in-progress", `Another request for ${of} has just ended: repeat this one later.`, {
    retryAfter: shownAfter,
  });

export const underWay = (of: string): Problem =>
  new Problem("in-progress", `Another request for ${of} is being carried out: repeat this one later.`);
