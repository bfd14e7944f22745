import { type Problem, problemClasses } from "./contract.ts";

/** What docs/openapi.json says of an operation, as far as its answers are told by it from those of something else. */
export interface Described {
  readonly path: string;
  readonly identity: string;
  /** The fields that are the identity, where it is by fields. */
  readonly fields?: readonly string[];
  /** The field with which alone the operation is a change. */
  readonly when?: string;
  /** The statuses of a success. */
  readonly statuses: readonly number[];
  /** The members that the body of a success has, and what each is. */
  readonly holds: Readonly<Record<string, "array" | "object">>;
}

/** What an answer of the gateway to one request has. */
export interface Expected {
  readonly isChange: boolean;
  readonly statuses: readonly number[];
  readonly holds: Described["holds"];
  /** The members of its record that are known before it comes. */
  readonly record: Readonly<Record<string, unknown>>;
}

/**
 * What the gateway answers to a request, if it is the gateway that answers.
 *
 * @param key the Idempotency-Key, where one is sent
 */
export function expectedOf(
  operation: Described,
  request: Readonly<Record<string, unknown>>,
  key: string | undefined,
): Expected {
  const { path, identity, when, statuses, holds } = operation;
  const isChange = identity !== "none" && (when === undefined || request[when] !== undefined);
  const done = { operation: path.slice("/v1/".length), state: "succeeded" };
  return {
    ...{ isChange, statuses },
    holds: isChange ? { ...holds, record: "object" } : holds,
    record: { ...(isChange && done), ...named(operation, request, key) },
  };
}

function named(
  { path, identity, fields = [] }: Described,
  request: Readonly<Record<string, unknown>>,
  key: string | undefined,
): Expected["record"] {
  const text = (name: string) => String(request[name]).trim();
  const [field] = fields;
  if (field !== undefined)
    return {
      identity: text(field),
      ...(fields.includes("reversal") && { reversal: request.reversal ?? 1 }),
    };
  // The gateway reads a key in quotes without them.
  if (identity === "idempotency-key")
    return key === undefined || key.startsWith('"') ? {} : { identity: key.trim() };
  if (path.includes("{id}")) return { id: text("id") };
  return path.includes("{referenceNo}") ? { identity: text("referenceNo") } : {};
}

type Members = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether it is the gateway's answer of a success to that request. Something on the way may answer 200 too. */
export function isSuccess(status: number, body: unknown, { statuses, holds, record }: Expected): boolean {
  if (!statuses.includes(status) || !isObject(body)) return false;
  const members = Object.entries(holds);
  if (!members.every(([name, kind]) => isKind(body[name], kind))) return false;
  const told = body.record;
  if (!isObject(told)) return true;
  return Object.entries(record).every(([name, value]) => told[name] === value);
}

const isKind = (value: unknown, kind: "array" | "object"): boolean =>
  kind === "array" ? Array.isArray(value) : isObject(value);

/** Whether it is a problem of the gateway's own. A later version may have codes that are not known here. */
export const isProblem = (body: unknown): body is Problem =>
  isObject(body) &&
  typeof body.code === "string" &&
  body.type === `urn:wallet-gateway:problem:${body.code}` &&
  ["after-fix", "never", "same-identity"].includes(String(body.retry));

/** Whether a problem may be of that request: it speaks of no record of another identity. */
export const isAbout = ({ record }: Problem, { record: { identity } }: Expected): boolean =>
  record === undefined || identity === undefined || record.identity === identity;

/** Problems of the request as it arrived: without a record they say nothing of a request before it. */
const ofArrival: readonly string[] = ["access-denied", "invalid-request", "unacceptable-body"];

/** Whether a problem says of itself alone that its request was not taken. */
export const saysNothingOfBefore = ({ code, record }: Problem): boolean =>
  record === undefined && ofArrival.includes(code);

const unfinished: readonly string[] = ["dispatched", "in_doubt", "needs_attention"];

/** Whether the change may have been carried out, by a problem. */
export const leavesDoubt = ({ code, record }: Problem): boolean =>
  code === "outcome-unknown" ||
  code === "in-progress" ||
  !Object.hasOwn(problemClasses, code) ||
  (record !== undefined && unfinished.includes(record.state));

/** An answer, as far as it is told by it who gave it. */
export interface Given {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/**
 * Whether an answer without a problem of the gateway's says that its request did not reach the function. Of a change only API
 * Gateway can say it: a firewall or a proxy may block the reply of a change that was carried out. Of a read nothing hangs on it.
 */
export const isRefusedBefore = (given: Given, { isChange }: Expected): boolean =>
  (isRefusal(given.status) || given.status === 429) && (!isChange || isOfApiGateway(given));

/**
 * Whether a refusal is API Gateway's own, which comes before the function runs: it gives each answer an id, and its body has `message`
 * alone. A proxy may put a body of its own under the headers of a reply; those of a function have `cache-control`.
 */
const isOfApiGateway = ({ headers, body }: Given): boolean =>
  headers.has("apigw-requestid") &&
  !headers.has("cache-control") &&
  isObject(body) &&
  typeof body.message === "string" &&
  Object.keys(body).length === 1;

/** Whether a status refuses the request itself, whenever it comes: repeated for long it will hardly be answered otherwise. */
export const isRefusal = (status: number): boolean =>
  status >= 400 && status < 500 && ![408, 429, 499].includes(status);
