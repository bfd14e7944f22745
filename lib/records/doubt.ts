import {
  attemptIs,
  type Clause,
  isInDoubtAt,
  isNobodysTurn,
  isStill,
  stateIn,
  stateIs,
  turnIs,
  waitsForProvider,
} from "./clauses.ts";
import { failureOf } from "./parts.ts";
import { resolutionOf } from "./person.ts";
import { type LastInquiry, N, type RecordItem, S, type Waits } from "./record.ts";
import { type State, sources } from "./states.ts";
import { becomes, forAPerson, learnedBy, shardOf, type Write } from "./write.ts";

/** Whether a record's outcome is in doubt: said so, or sent by somebody whose lease has ended without a word. */
export const isInDoubt = (record: RecordItem, now: number): boolean =>
  record.state === "in_doubt" || (record.state === "dispatched" && record.leaseEnds <= now);

/** Whether it is listed for a person by age alone: evidence still concludes it. */
export const isAskedOn = ({ state, waits }: Pick<RecordItem, "state" | "waits">): boolean =>
  state === "needs_attention" && waits === "provider";

/** Whether the provider's evidence may conclude it. */
export const isOpen = (record: RecordItem, now: number): boolean =>
  isInDoubt(record, now) || isAskedOn(record);

/**
 * From when the age of its doubt counts: from its attempt, unless it came into doubt after the attempt's lease, as when another
 * identity wants the same a day after it was refused.
 */
export function doubtSince({ history, dispatchedAt, leaseEnds }: RecordItem): number {
  const entry = history.findLast((each) => each.startsWith("in_doubt "));
  const since = Number(entry?.split(" ")[1] ?? dispatchedAt);
  return since > leaseEnds ? since : dispatchedAt;
}

/** When an open record is next looked into. */
export const nextLook = (record: RecordItem): number | undefined => record[momentOf(record)];

/** A listed record keeps `due`, its place in the list, so its turns move `askAt` instead. */
const momentOf = (record: RecordItem) => (isAskedOn(record) ? "askAt" : "due");

/** Of a record whose last attempt is taken for nothing: whether a refusal that nobody has looked into is all that says so. */
export function mayHaveActed(record: RecordItem): boolean {
  if (record.state === "not_sent") return wasRefused(record);
  if (record.state !== "not_executed" || failureOf(record).shown) return false;
  const said = resolutionOf(record);
  return said?.attempt !== record.attempt || said.outcome !== record.state;
}

/** Whether it is settled that nothing came of any attempt of it. */
export const hadNoEffect = (record: RecordItem): boolean =>
  ["not_sent", "not_executed", "declined"].includes(record.state) && !mayHaveActed(record);

/** Whether an attempt of it was refused before anything was looked at, or shown not to have acted. */
export const wasRefused = (record: Pick<RecordItem, "history">): boolean =>
  lastRefusalOf(record) !== undefined;

/** When the last of these was written, milliseconds since 1970. */
export function lastRefusalOf({ history }: Pick<RecordItem, "history">): number | undefined {
  const entry = history.findLast((each) => each.startsWith("not_executed "));
  return entry === undefined ? undefined : Number(entry.split(" ")[1]);
}

/** A record that is taken for nothing, and that another identity would do the work of. */
export interface Doubting {
  readonly record: RecordItem;
  /** New: its owner has said all that it will, and no copy of that may land on what is now in doubt. */
  readonly owner: string;
  readonly now: number;
  readonly leaseMs: number;
  readonly failure: string;
}

/** The record as it was seen is in doubt, and is asked about as if no reply had come to its attempt. */
export function doubting({ record, owner, now, leaseMs, failure }: Doubting): Write {
  const state = becomes({ to: "in_doubt", now, failure, isBinding: record.namespace === "binding" });
  return {
    ...state,
    id: record.id,
    when: [attemptIs(record.attempt), stateIs(record.state), isStill("owner", S(record.owner))],
    set: {
      ...state.set,
      owner: S(owner),
      leaseEnds: N(record.dispatchedAt + leaseMs),
      shard: shardOf(record.id),
      due: N(Math.max(now, failureOf(record).retryAt ?? now)),
    },
  };
}

/** One resolver's turn at a record. */
export interface Turn {
  readonly record: RecordItem;
  readonly resolver: string;
  /** A repeat of the record's request asks. Its turns are none of those after which the reconciler's pauses grow. */
  readonly isRepeat?: boolean | undefined;
}

/** What a resolver learned: a settled state, a person's task, or nothing yet. */
export interface Conclusion extends Turn {
  readonly now: number;
  readonly to: "succeeded" | "declined" | "not_executed" | "needs_attention";
  readonly result?: string | undefined;
  readonly failure?: string | undefined;
  /** Of a record that is given to a person. */
  readonly lastInquiry?: LastInquiry | undefined;
  readonly expireAfterMs?: number | undefined;
  /** Of `needs_attention` alone; and when the provider is asked next, where it waits for the provider. */
  readonly waits?: Waits | undefined;
  readonly askAt?: number | undefined;
}

/**
 * The turn is taken for as long as the lease lasts, which outlasts the resolver's run: no other resolver looks into the
 * record meanwhile. It is refused where another turn came since the record was read: each turn moves `due`, or `askAt` of a listed
 * record. A repeat's turn moves it by a millisecond, so that the reconciler comes at the same time as without it.
 */
export function takingTurn({ record, resolver, isRepeat }: Turn, now: number, leaseMs: number): Write {
  const until = now + leaseMs;
  const moment = momentOf(record);
  const seen = record[moment];
  const next = isRepeat && seen !== undefined ? seen + 1 : until;
  return {
    id: record.id,
    when: [
      attemptIs(record.attempt),
      ...(isAskedOn(record) ? askedOn : [isInDoubtAt(now)]),
      isNobodysTurn(now),
      isStill(moment, seen === undefined ? undefined : N(seen)),
    ],
    set: { resolver: S(resolver), resolverLease: N(until), [moment]: N(next) },
    tells: undefined,
  };
}

/**
 * Only while it is still this attempt, open, and this resolver's turn: one that slept through a new attempt, or whose record a
 * person has settled meanwhile, writes nothing.
 */
export function concluding(conclusion: Conclusion): Write {
  const { record, to, now, lastInquiry, waits, askAt } = conclusion;
  if (to === "needs_attention" && isAskedOn(record)) return handingOver(conclusion);
  const state = becomes({ ...conclusion, by: "inquiry", isBinding: record.namespace === "binding" });
  return {
    ...state,
    id: record.id,
    when: ownTurn(conclusion, sources("evidence", to)),
    set: {
      ...state.set,
      ...learnedBy(lastInquiry),
      ...(to === "needs_attention" && { due: N(forAPerson(now)), waits: S(waits ?? "person") }),
      ...(askAt !== undefined && { askAt: N(askAt) }),
    },
    remove: ["resolver", "resolverLease", ...state.remove],
  };
}

/** The provider contradicts a listed record. The record keeps its place in the list; no second event tells of it. */
function handingOver(conclusion: Conclusion): Write {
  const { record, failure, lastInquiry } = conclusion;
  return {
    id: record.id,
    when: ownTurn(conclusion, []),
    set: {
      waits: S("person"),
      ...(failure !== undefined && { failure: S(failure) }),
      ...learnedBy(lastInquiry),
    },
    remove: ["resolver", "resolverLease", "askAt"],
    tells: undefined,
  };
}

/** What is written of a turn that settled nothing. */
export interface Postponement {
  /** When the reconciler's next turn is due; of a repeat's turn, only where the provider asked for that time. */
  readonly due: number | undefined;
  /** Where it says more than the record's own. */
  readonly failure?: string | undefined;
  readonly lastInquiry?: LastInquiry | undefined;
}

/** Nothing was settled: the turn ends, and the next is due then. */
export function postponing(turn: Turn, { due, failure, lastInquiry }: Postponement): Write {
  return {
    id: turn.record.id,
    when: ownTurn(turn, ["dispatched", "in_doubt"]),
    set: {
      ...(due !== undefined && { [momentOf(turn.record)]: N(due) }),
      inquiries: N(turn.record.inquiries + (turn.isRepeat ? 0 : 1)),
      ...(failure !== undefined && { failure: S(failure) }),
      ...learnedBy(lastInquiry),
    },
    remove: ["resolver", "resolverLease"],
    tells: undefined,
  };
}

const askedOn = [stateIn(["needs_attention"]), waitsForProvider];

/** A record in doubt is concluded from doubt, and a listed one while it waits for the provider: neither for the other. */
const ownTurn = ({ record, resolver }: Turn, from: readonly State[]): readonly Clause[] => [
  attemptIs(record.attempt),
  turnIs(resolver),
  ...(isAskedOn(record) ? askedOn : [stateIn(from.filter((state) => state !== "needs_attention"))]),
];
