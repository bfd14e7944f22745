import { eventOf } from "./event.ts";
import { type Attributes, L, type LastInquiry, N, type RecordItem, S } from "./record.ts";
import { isFinal, sources } from "./states.ts";
import {
  assigned,
  assignments,
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

/** One resolver's turn at a record. */
export interface Turn {
  readonly record: RecordItem;
  readonly resolver: string;
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
}

/**
 * The turn is taken for as long as the lease lasts, which outlasts the resolver's run; nobody else looks into it meanwhile. Not
 * where somebody has looked into it since it was read: each turn moves `due`.
 */
export function takingTurn({ record, resolver }: Turn, now: number, leaseMs: number): Write {
  const until = now + leaseMs;
  const item: Attributes = { resolver: S(resolver), resolverLease: N(until), due: N(until) };
  return {
    id: record.id,
    condition: [
      "#attempt = :seenAttempt",
      "(#state = :inDoubt OR (#state = :dispatched AND #leaseEnds <= :now))",
      "(attribute_not_exists(#resolver) OR #resolverLease <= :now)",
      record.due === undefined ? "attribute_not_exists(#due)" : "#due = :seenDue",
    ].join(" AND "),
    set: assignments(item),
    tells: undefined,
    values: {
      ...assigned(item),
      ":seenAttempt": N(record.attempt),
      ":inDoubt": S("in_doubt"),
      ":dispatched": S("dispatched"),
      ...(record.due !== undefined && { ":seenDue": N(record.due) }),
      ":now": N(now),
    },
  };
}

/** Only while it is still this attempt, in doubt, and this resolver's turn: one that slept through a new attempt writes nothing. */
export function concluding(conclusion: Conclusion): Write {
  const { record, resolver, to, now, result, failure, lastInquiry, expireAfterMs } = conclusion;
  const from = sources("evidence", to).filter((state) => state !== "needs_attention");
  const item: Attributes = {
    state: S(to),
    ...proved(to, "inquiry"),
    ...learnedBy(lastInquiry),
    ...(result !== undefined && { result: S(result) }),
    ...(failure !== undefined && { failure: S(failure) }),
    ...(isFinal(to) &&
      expireAfterMs !== undefined && { expires: N(Math.ceil((now + expireAfterMs) / 1000)) }),
    ...(to === "needs_attention" && { due: N(forAPerson(now)) }),
  };
  return {
    id: record.id,
    condition: `${ownTurn} AND #state IN (${listOf(from)})`,
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
      ...valuesOf(from),
      ...turnValues({ record, resolver }),
      ":entry": L([`${to} ${now}`]),
    },
  };
}

/** What is written of a turn that settled nothing. */
export interface Postponement {
  /** When the next turn is due. */
  readonly due: number;
  /** Where it says more than the record's own. */
  readonly failure?: string | undefined;
  readonly lastInquiry?: LastInquiry | undefined;
}

/** Nothing was settled: the turn ends, and the next is due then. */
export function postponing(turn: Turn, { due, failure, lastInquiry }: Postponement): Write {
  const from = ["dispatched", "in_doubt"] as const;
  const item: Attributes = {
    due: N(due),
    inquiries: N(turn.record.inquiries + 1),
    ...(failure !== undefined && { failure: S(failure) }),
    ...learnedBy(lastInquiry),
  };
  return {
    id: turn.record.id,
    condition: `${ownTurn} AND #state IN (${listOf(from)})`,
    set: assignments(item),
    remove: ["#resolver", "#resolverLease"],
    tells: undefined,
    values: {
      ...assigned(item),
      ...valuesOf(from),
      ...turnValues(turn),
    },
  };
}

const ownTurn = "#attempt = :seenAttempt AND #resolver = :self";

const turnValues = ({ record, resolver }: Turn): Attributes => ({
  ":seenAttempt": N(record.attempt),
  ":self": S(resolver),
});
