import { hash } from "node:crypto";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { type FieldError, Problem } from "../problem.ts";
import { isCalendarDate } from "../time.ts";
import { invalid } from "./body.ts";

/** What a list of records is asked for. */
export type RecordQuery =
  | ByState
  | {
      readonly by: "customer";
      readonly customerId: string;
      readonly limit: number;
      readonly cursor: string | undefined;
    }
  | { readonly by: "merchantTransactionId"; readonly merchantTransactionId: string }
  | { readonly by: "referenceNo"; readonly referenceNo: string }
  | ByKey;

/** An Idempotency-Key is its caller's own, and the operation's. */
export interface ByKey {
  readonly by: "idempotencyKey";
  readonly idempotencyKey: string;
  readonly operation: string;
  /** Whoever asks, unless told. */
  readonly caller: string | undefined;
}

export interface ByState {
  readonly by: "state";
  readonly state: (typeof listedStates)[number];
  readonly only: Filters;
  readonly limit: number;
  readonly cursor: string | undefined;
}

/** What a record of a list by state must be; a filter that is not given leaves out nothing. */
export interface Filters {
  readonly namespace?: string | undefined;
  /** `aggrepay/debit-wallet`. */
  readonly operation?: string | undefined;
  /** Milliseconds since 1970: it has waited, or its attempt was sent, since then or later. */
  readonly since?: number | undefined;
  /** Of `needs_attention` alone. A flagged record waits for a person. */
  readonly waits?: string | undefined;
}

export const listedStates = ["needs_attention", "in_doubt", "dispatched"] as const;
export const namespaces = [
  "money",
  "reversal",
  "binding",
  "deactivation",
  "notification",
  "idempotency-key",
] as const;
export const waits = ["provider", "person"] as const;

/** Each parameter's form, and how a fault of it is told. */
export const forms = {
  state: [isOneOf(listedStates), "must be needs_attention, in_doubt or dispatched"],
  customerId: [/^\d{1,30}$/, "must be a string of 1 to 30 digits"],
  merchantTransactionId: [/^[A-Za-z0-9._-]{1,64}$/, "must be 1 to 64 of A-Z a-z 0-9 . _ -"],
  referenceNo: [/^[A-Za-z0-9._-]{1,40}$/, "must be 1 to 40 of A-Z a-z 0-9 . _ -"],
  idempotencyKey: [/^[\x20-\x7e]{1,255}$/, "must be 1 to 255 printable ASCII characters"],
  caller: [/^[\x20-\x7e]{1,2048}$/, "must be a caller as records name it"],
  namespace: [isOneOf(namespaces), `must be one of ${namespaces.join(", ")}`],
  operation: [/^[a-z]+\/[a-z]+(?:-[a-z]+)*$/, "must be like aggrepay/debit-wallet"],
  since: [isTime, "must be a time such as 2026-11-29T09:30:00Z, or a date"],
  waits: [isOneOf(waits), "must be provider or person"],
  limit: [/^(?:[1-9]\d?|100)$/, "must be a whole number from 1 to 100"],
  cursor: [
    /^[A-Za-z0-9_-]{12}\.\d{1,15}\.(?:(?:binding|deactivation)\.)?[A-Za-z0-9_-]{43}$/,
    "must be one that a page gave",
  ],
} as const;

type Name = keyof typeof forms;
const isName = (name: string): name is Name => Object.hasOwn(forms, name);
type Given = Readonly<Partial<Record<Name, string>>>;

/**
 * Exactly one of `state`, `customerId`, `merchantTransactionId`, `referenceNo` and `idempotencyKey`, which takes `operation` and
 * perhaps `caller`; lists by state and customer take `limit` (1 to 100, 25
 * unless told) and the `cursor` that the page before gave; lists by state take filters.
 * @throws Problem `invalid-request` that names each parameter at fault.
 */
export function recordQueryOf(event: APIGatewayProxyEventV2): RecordQuery {
  const parameters = event.queryStringParameters ?? {};
  const faults = [...unknownIn(parameters), ...malformedIn(parameters), ...misplacedIn(parameters)];
  if (faults.length > 0) throw invalid(faults.slice(0, faultLimit), "The query");
  if (parameters.cursor !== undefined && !parameters.cursor.startsWith(cursorStart(event)))
    throw invalid([fault("cursor", "must be one that a page of this list gave")], "The query");
  return queryOf(parameters);
}

/**
 * What each cursor of the list begins with: in another list, or with other filters, the place would hide records, and an empty
 * page says that nothing waits. `limit` may change from page to page.
 */
export function cursorStart({ queryStringParameters }: APIGatewayProxyEventV2): string {
  const { limit: _limit, cursor: _cursor, ...list } = queryStringParameters ?? {};
  return `${hash("sha256", JSON.stringify(Object.entries(list).sort()), "base64url").slice(0, 12)}.`;
}

/** Faults that one answer names. */
const faultLimit = 20;

function queryOf(given: Given): RecordQuery {
  const { state, customerId, merchantTransactionId, referenceNo, idempotencyKey, caller, ...rest } = given;
  const { limit = "25", cursor, ...only } = rest;
  const page = { limit: Number(limit), cursor: cursor?.slice(cursor.indexOf(".") + 1) };
  if (merchantTransactionId !== undefined) return { by: "merchantTransactionId", merchantTransactionId };
  if (referenceNo !== undefined) return { by: "referenceNo", referenceNo };
  if (idempotencyKey !== undefined)
    return { by: "idempotencyKey", idempotencyKey, operation: only.operation ?? "", caller };
  if (customerId !== undefined) return { by: "customer", customerId, ...page };
  const listed = listedStates.find((each) => each === state);
  if (!listed) throw new Problem("invalid-request", "The query must have a state.");
  const since = only.since === undefined ? undefined : momentOf(only.since);
  return { by: "state", state: listed, only: { ...only, since }, ...page };
}

const unknownIn = (parameters: object): FieldError[] =>
  Object.keys(parameters)
    .filter((name) => !isName(name))
    .map((name) => fault(name.slice(0, 40), "is not a parameter of this request"));

const malformedIn = (parameters: Given): FieldError[] =>
  Object.entries(forms).flatMap(([name, [form, detail]]) => {
    const value = parameters[name as Name];
    const isRight = value === undefined || (typeof form === "function" ? form(value) : form.test(value));
    return isRight ? [] : [fault(name, detail)];
  });

const kinds = ["state", "customerId", "merchantTransactionId", "referenceNo", "idempotencyKey"] as const;

/** Parameters that do not go together. */
function misplacedIn(given: Given): FieldError[] {
  const [kind, ...others] = kinds.filter((name) => given[name] !== undefined);
  if (kind === undefined || others.length > 0)
    return [fault("", `must have one of ${kinds.join(", ")}, and no two of them`)];
  const isGiven = (name: Name) => given[name] !== undefined;
  if (kind === "idempotencyKey")
    return isGiven("operation") ? [] : [fault("operation", "must be given with idempotencyKey")];
  const filters = (["namespace", "operation", "since", "waits"] as const).filter(isGiven);
  const ofKey = isGiven("caller") ? [fault("caller", "goes with idempotencyKey alone")] : [];
  if (kind !== "state") return [...ofKey, ...filters.map((name) => fault(name, "needs state too"))];
  const isWaiting = given.state === "needs_attention" || !isGiven("waits");
  return [...ofKey, ...(isWaiting ? [] : [fault("waits", "goes with state needs_attention alone")])];
}

const fault = (name: string, detail: string): FieldError => ({ pointer: name && `/${name}`, detail });

function isOneOf(words: readonly string[]) {
  return (value: string): boolean => words.includes(value);
}

/** A date is its first moment in UTC. A plus sign that was not encoded arrives as a space. */
function momentOf(text: string): number {
  const time = text.replace(" ", "+");
  const form =
    /^(\d{4}-\d\d-\d\d)(?:T([01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/;
  const [, date = ""] = form.exec(time) ?? [];
  return isCalendarDate(date) ? Date.parse(time) : Number.NaN;
}

function isTime(text: string): boolean {
  const moment = momentOf(text);
  return moment >= 0 && moment < 100_000_000_000_000;
}
