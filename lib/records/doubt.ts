import { eventOf } from "./event.ts";
import { type Attributes, L, type LastInquiry, N, type RecordItem, S, type Waits } from "./record.ts";
import { type State, sources } from "./states.ts";
import {
  assigned,
  assignments,
  expiring,
  forAPerson,
  learnedBy,
  listOf,
  proved,
  settledWithout,
  valuesOf,
  type Write,
} from "./write.ts";

/** Whether a record's outcome is in doubt: said so, or sent by somebody whose lease has ended without a word. */
export const isInDoubt = (record: RecordItem, now: number): boolean =>
  record.state === "in_doubt" || (record.state === "dispatched" && record.leaseEnds <= now);

/** Whether it is listed for a person by age alone: evidence still concludes it. */
export const isAskedOn = ({ state, waits }: Pick<RecordItem, "state" | "waits">): boolean =>
  state === "needs_attention" && waits === "provider";

/** Whether the provider's evidence may conclude it. */
export const isOpen = (record: RecordItem, now: number): boolean =>
  isInDoubt(record, now) || isAskedOn(record);

/** When an open record is next looked into. */
export const nextLook = (record: RecordItem): number | undefined => record[momentOf(record)];

/** A listed record keeps `due`, its place in the list, so its turns move `askAt` instead. */
const momentOf = (record: RecordItem) => (isAskedOn(record) ? "askAt" : "due");

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
 * The turn is taken for as long as the lease lasts, which outlasts the resolver's run; nobody else looks into it meanwhile. Not
 * where somebody has looked into it since it was read: each turn moves `due`, or `askAt` of a listed record. A repeat's turn moves
 * it by a millisecond, so that the reconciler comes when it would have come.
 */
export function takingTurn({ record, resolver, isRepeat }: Turn, now: number, leaseMs: number): Write {
  const until = now + leaseMs;
  const moment = momentOf(record);
  const seen = record[moment];
  const next = isRepeat && seen !== undefined ? seen + 1 : until;
  const item: Attributes = { resolver: S(resolver), resolverLease: N(until), [moment]: N(next) };
  return {
    id: record.id,
    condition: [
      "#attempt = :seenAttempt",
      isAskedOn(record) ? askedOn : "(#state = :inDoubt OR (#state = :dispatched AND #leaseEnds <= :now))",
      "(attribute_not_exists(#resolver) OR #resolverLease <= :now)",
      seen === undefined ? `attribute_not_exists(#${moment})` : `#${moment} = :seen`,
    ].join(" AND "),
    set: assignments(item),
    tells: undefined,
    values: {
      ...assigned(item),
      ":seenAttempt": N(record.attempt),
      ...(isAskedOn(record) ? askedOnValues : { ":inDoubt": S("in_doubt"), ":dispatched": S("dispatched") }),
      ...(seen !== undefined && { ":seen": N(seen) }),
      ":now": N(now),
    },
  };
}

/**
 * Only while it is still this attempt, open, and this resolver's turn: one that slept through a new attempt, or whose record a
 * person has settled meanwhile, writes nothing.
 */
export function concluding(conclusion: Conclusion): Write {
  const { record, resolver, to, now, result, failure, lastInquiry, expireAfterMs, waits, askAt } = conclusion;
  if (to === "needs_attention" && isAskedOn(record)) return handingOver(conclusion);
  const from = sources("evidence", to);
  const item: Attributes = {
    state: S(to),
    ...proved(to, "inquiry"),
    ...learnedBy(lastInquiry),
    ...(result !== undefined && { result: S(result) }),
    ...(failure !== undefined && { failure: S(failure) }),
    ...expiring(to, now, expireAfterMs),
    ...(to === "needs_attention" && { due: N(forAPerson(now)), waits: S(waits ?? "person") }),
    ...(askAt !== undefined && { askAt: N(askAt) }),
  };
  return {
    id: record.id,
    condition: `${ownTurn} AND ${stillOpen(record, from)}`,
    set: [...assignments(item), "#history = list_append(#history, :entry)"],
    remove: [
      "#resolver",
      "#resolverLease",
      ...settledWithout(to, { isBinding: record.namespace === "binding" }),
      ...(failure === undefined ? ["#failure"] : []),
    ],
    tells: eventOf(to),
    values: {
      ...assigned(item),
      ...stillOpenValues(record, from),
      ...turnValues({ record, resolver }),
      ":entry": L([`${to} ${now}`]),
    },
  };
}

/** A listed record turns out to contradict its attempt. It keeps its place, and nobody is told of it a second time. */
function handingOver({ record, resolver, failure, lastInquiry }: Conclusion): Write {
  const item: Attributes = {
    waits: S("person"),
    ...(failure !== undefined && { failure: S(failure) }),
    ...learnedBy(lastInquiry),
  };
  return {
    id: record.id,
    condition: `${ownTurn} AND ${stillOpen(record, [])}`,
    set: assignments(item),
    remove: ["#resolver", "#resolverLease", "#askAt"],
    tells: undefined,
    values: { ...assigned(item), ...stillOpenValues(record, []), ...turnValues({ record, resolver }) },
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
  const from = ["dispatched", "in_doubt"] as const;
  const item: Attributes = {
    ...(due !== undefined && { [momentOf(turn.record)]: N(due) }),
    inquiries: N(turn.record.inquiries + (turn.isRepeat ? 0 : 1)),
    ...(failure !== undefined && { failure: S(failure) }),
    ...learnedBy(lastInquiry),
  };
  return {
    id: turn.record.id,
    condition: `${ownTurn} AND ${stillOpen(turn.record, from)}`,
    set: assignments(item),
    remove: ["#resolver", "#resolverLease"],
    tells: undefined,
    values: {
      ...assigned(item),
      ...stillOpenValues(turn.record, from),
      ...turnValues(turn),
    },
  };
}

const askedOn = "#state IN (:needs_attention) AND #waits = :waitsForProvider";
const askedOnValues: Attributes = {
  ":needs_attention": S("needs_attention"),
  ":waitsForProvider": S("provider"),
};

/** A record in doubt is concluded from doubt, and a listed one while it waits for the provider: neither for the other. */
const stillOpen = (record: RecordItem, from: readonly State[]): string =>
  isAskedOn(record) ? askedOn : `#state IN (${listOf(doubtIn(from))})`;
const stillOpenValues = (record: RecordItem, from: readonly State[]): Attributes =>
  isAskedOn(record) ? askedOnValues : valuesOf(doubtIn(from));
const doubtIn = (from: readonly State[]) => from.filter((state) => state !== "needs_attention");

const ownTurn = "#attempt = :seenAttempt AND #resolver = :self";

const turnValues = ({ record, resolver }: Turn): Attributes => ({
  ":seenAttempt": N(record.attempt),
  ":self": S(resolver),
});
