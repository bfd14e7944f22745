import { randomUUID } from "node:crypto";
import { setTimeout as after } from "node:timers/promises";
import { type Described, expectedOf } from "./answer.ts";
import { type Operations, operations } from "./contract.ts";
import { type Auth, signed } from "./signing.ts";
import { type Sent, type Sleep, untilKnown } from "./until-known.ts";

export interface ClientOptions {
  /** The output `Url` of the stack, or `http://127.0.0.1:3000`. */
  readonly url: string;
  readonly auth: Auth;
  /** How long one request may take, in milliseconds: the gateway answers within 30 s. 35 s unless given. */
  readonly timeoutMs?: number;
  /** How long a change is repeated until its outcome is known: 20 minutes unless given. A read: one minute at most. */
  readonly patienceMs?: number;
  /** In place of the platform's own: to go through a proxy, or to test what goes wrong on the way. */
  readonly fetch?: typeof fetch;
  /** Waits before a repeat. */
  readonly sleep?: Sleep;
}

export interface CallOptions {
  /**
   * The identity of a change that has none in its fields. Left out, one is made, and kept for all repeats of this call. Give one
   * that you have stored where the change must survive the end of this process.
   */
  readonly idempotencyKey?: string;
  readonly patienceMs?: number;
  /** Ends the waiting. The change may still be carried out: ask again under the same identity. */
  readonly signal?: AbortSignal;
  /** Told before each repeat. */
  readonly onRepeat?: (why: unknown, waitMs: number) => void;
}

/** An answer, and whether it was given before. */
export type Answer<Body> = Body & { readonly replayed: boolean };

/** A method for each operation: it repeats the request, under one identity, until its outcome is known. */
export type Client = {
  readonly [Name in keyof Operations]: (
    request: Operations[Name]["request"],
    options?: CallOptions,
  ) => Promise<Answer<Operations[Name]["answer"]>>;
};

const answerMs = 35_000;
const changeMs = 20 * 60_000;
const readMs = 60_000;

/** A client of one gateway. It opens nothing until it is called. */
export function createClient(options: ClientOptions): Client {
  const methods = Object.entries(operations).map(([name, operation]) => [
    name,
    (request: Fields, given: CallOptions = {}) => call(operation, request, options, given),
  ]);
  return Object.fromEntries(methods) as Client;
}

type Fields = Readonly<Record<string, unknown>>;

interface Row extends Described {
  readonly method: string;
  readonly query: readonly string[];
}

async function call(
  operation: Row,
  request: Fields,
  options: ClientOptions,
  given: CallOptions,
): Promise<unknown> {
  const key = operation.identity === "idempotency-key" ? (given.idempotencyKey ?? randomUUID()) : undefined;
  const { url, body } = placed(operation, request, options.url);
  const headers = {
    accept: "application/json, application/problem+json",
    ...(body !== undefined && { "content-type": "application/json" }),
    ...(key !== undefined && { "idempotency-key": key }),
  };
  const unsigned = { method: operation.method, url, headers, body };
  const expected = expectedOf(operation, request, key);
  const answer = await untilKnown(() => send(unsigned, options, given.signal), expected, {
    patienceMs: given.patienceMs ?? patienceOf(operation, options),
    signal: given.signal,
    idempotencyKey: key,
    onRepeat: given.onRepeat,
    sleep: options.sleep ?? sleepUnlessAborted,
  });
  return { ...(answer.body as object), replayed: answer.headers.get("idempotency-replayed") === "true" };
}

const sleepUnlessAborted: Sleep = (milliseconds, signal) =>
  after(milliseconds, undefined, signal ? { signal } : {});

const patienceOf = ({ identity }: Row, { patienceMs = changeMs }: ClientOptions): number =>
  identity === "none" ? Math.min(readMs, patienceMs) : patienceMs;

/** The request's fields at their places: in the path, the query, or the body. The body's bytes are the same in each repeat. */
function placed(operation: Row, request: Fields, base: string) {
  const rest = { ...request };
  const taken = (name: string): string | undefined => {
    const { [name]: value } = rest;
    delete rest[name];
    return value === undefined ? undefined : String(value);
  };
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(taken(name) ?? ""),
  );
  const query = operation.query.flatMap((name) => {
    const value = taken(name);
    return value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`];
  });
  return {
    url: base.replace(/\/+$/, "") + path + (query.length > 0 ? `?${query.join("&")}` : ""),
    body: operation.method === "POST" ? JSON.stringify(rest) : undefined,
  };
}

async function send(
  unsigned: Parameters<typeof signed>[0],
  { auth, timeoutMs = answerMs, fetch: ask = fetch }: ClientOptions,
  signal: AbortSignal | undefined,
): Promise<Sent> {
  const headers = await signed(unsigned, auth).catch((cause: unknown) => ({
    kind: "unsigned" as const,
    cause,
  }));
  if (!(headers instanceof Headers)) return headers;
  const late = AbortSignal.timeout(timeoutMs);
  try {
    const response = await ask(unsigned.url, {
      method: unsigned.method,
      headers,
      ...(unsigned.body !== undefined && { body: unsigned.body }),
      // An answer from elsewhere is no answer of the gateway.
      redirect: "error",
      signal: signal ? AbortSignal.any([signal, late]) : late,
    });
    const text = await response.text();
    return {
      kind: "answer",
      status: response.status,
      headers: response.headers,
      body: jsonOf(text),
    };
  } catch (cause) {
    signal?.throwIfAborted();
    return { kind: "nothing", cause };
  }
}

/** What a JSON text holds; undefined where it is none. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
