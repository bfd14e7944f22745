import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { type Attributes, N, S } from "./record.ts";
import type { State } from "./states.ts";

/** A part of an expression, with the values that it names. Two parts of one write may share a name where its value is one. */
export interface Clause {
  readonly expression: string;
  readonly values: Attributes;
}

export const clause = (expression: string, values: Attributes = {}): Clause => ({ expression, values });

export const has = (attribute: string): Clause => clause(`attribute_exists(#${attribute})`);
export const lacks = (attribute: string): Clause => clause(`attribute_not_exists(#${attribute})`);

/** Nothing is written over an item that is there. */
export const isNew: Clause = lacks("pk");

/** The attribute is as it was seen, or is still absent. */
export function isStill(attribute: string, seen: AttributeValue | undefined): Clause {
  if (seen === undefined) return lacks(attribute);
  const name = `:seen${attribute.charAt(0).toUpperCase()}${attribute.slice(1)}`;
  return clause(`#${attribute} = ${name}`, { [name]: seen });
}

export const attemptIs = (attempt: number): Clause => isStill("attempt", N(attempt));
export const stateIs = (state: State): Clause => isStill("state", S(state));
export const ownerIs = (owner: string): Clause => clause("#owner = :owner", { ":owner": S(owner) });

export const stateIn = (states: readonly State[]): Clause =>
  clause(
    `#state IN (${states.map((state) => `:${state}`).join(", ")})`,
    Object.fromEntries(states.map((state) => [`:${state}`, S(state)])),
  );

/** The resolver's own turn. */
export const turnIs = (resolver: string): Clause => clause("#resolver = :self", { ":self": S(resolver) });

/** DynamoDB refuses parentheses around parentheses. */
function joined(clauses: readonly Clause[], word: string): Clause {
  const [first, ...others] = clauses;
  if (first !== undefined && others.length === 0) return first;
  return clause(
    `(${clauses.map(({ expression }) => expression).join(word)})`,
    Object.assign({}, ...clauses.map(({ values }) => values)),
  );
}

export const either = (...clauses: readonly Clause[]): Clause => joined(clauses, " OR ");
export const all = (...clauses: readonly Clause[]): Clause => joined(clauses, " AND ");

/** No resolver has the turn of this record, or that turn has ended. */
export const isNobodysTurn = (now: number): Clause =>
  either(lacks("resolver"), clause("#resolverLease <= :now", { ":now": N(now) }));

/** In doubt, or dispatched by an owner whose lease has ended. */
export const isInDoubtAt = (now: number): Clause =>
  either(
    clause("#state = :in_doubt", { ":in_doubt": S("in_doubt") }),
    all(isDispatched, clause("#leaseEnds <= :now", { ":now": N(now) })),
  );

export const isDispatched: Clause = clause("#state = :dispatched", { ":dispatched": S("dispatched") });

/** Listed by age alone. */
export const waitsForProvider: Clause = clause("#waits = :waitsForProvider", {
  ":waitsForProvider": S("provider"),
});

/** An assignment: one entry more in a list. */
export const appended = (attribute: string, entry: AttributeValue): Clause =>
  clause(`#${attribute} = list_append(#${attribute}, :entry)`, { ":entry": entry });
