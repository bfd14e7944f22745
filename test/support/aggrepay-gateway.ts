import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { Item } from "./dynamodb.ts";
import { type Peer, planted } from "./peer.ts";
import { expectDeclared } from "./samples.ts";
import { secretValues, startWallets } from "./wallets.ts";

/** The real gateway in front of a scripted provider, with the planted credentials in force. */
export interface AggrepayGateway {
  readonly peer: Peer;
  /** Posts JSON. */
  call(route: string, input: object, options?: CallOptions): Promise<Answer>;
  /** Posts these bytes with these headers and no others. */
  post(route: string, body: string | Uint8Array, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** The body of what that path answers. */
  get(path: string): Promise<Json>;
  /** How many records the table has. */
  records(): Promise<number>;
  /** The item that an answer speaks of. */
  recordOf(answer: Answer): Promise<Item>;
  logs(): string;
  stop(): Promise<void>;
}

export interface CallOptions {
  readonly key?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Json;
}

export interface Json {
  readonly [name: string]: unknown;
}

export async function startAggrepayGateway(
  env: Readonly<Record<string, string>> = {},
): Promise<AggrepayGateway> {
  const { apiKey, salt, previousSalt } = planted;
  const aggrepay = { current: { apiKey, salt }, previous: { apiKey, salt: previousSalt } };
  const wallets = await startWallets({ secrets: { ...secretValues, aggrepay }, env });
  return {
    peer: wallets.peer,
    async post(route, body, headers) {
      const answer = await wallets.post(`/v1/aggrepay/${route}`, body, headers);
      expectDeclared(`aggrepay/${route}`, answer);
      return answer;
    },
    call: (route, input, options) => wallets.call(`aggrepay/${route}`, input, options),
    get: async (path) => (await wallets.get(path)).body,
    records: wallets.records,
    async recordOf({ body }) {
      const { id } = body.record as { readonly id: string };
      const item = await wallets.item(id);
      if (item === undefined) throw new Error(`there is no record ${id}`);
      return item;
    },
    logs: wallets.logs,
    stop: wallets.stop,
  };
}

/** A merchantTransactionId or Idempotency-Key that no other test has. */
export const fresh = (prefix = "T"): string => `${prefix}-${randomUUID()}`;

const isoTime = expect.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/) as string;

/** A record as an answer shows it. */
export const recordView = (route: string, identity: string, state: string, attempt = 1) => ({
  id: expect.stringMatching(/^(?:(?:binding|deactivation)\.)?[A-Za-z0-9_-]{43}$/) as string,
  operation: `aggrepay/${route}`,
  identity,
  state,
  attempt,
  ...(route === "debit-reversal" && { reversal: 1 }),
  createdAt: isoTime,
  updatedAt: isoTime,
});

/** Success: the whole answer. */
export function expectSuccess(answer: Answer, body: object, { replayed = false } = {}): void {
  expect(answer.body).toEqual(body);
  expect(answer.status).toBe(200);
  expectHeaders(answer, "application/json", replayed);
  expect(answer.headers.get("retry-after")).toBeNull();
}

export interface ExpectedProblem {
  readonly status: number;
  readonly code: string;
  readonly retry: "never" | "same-identity" | "after-fix";
  readonly provider?: { readonly code: string; readonly message: string };
  readonly record?: object;
  readonly nextReversal?: number;
  readonly errors?: readonly object[];
  readonly replayed?: boolean;
}

const retryAfterCodes = ["throttled", "misconfigured", "provider-fault", "not-sent", "outcome-unknown"];

/** A problem: the whole answer but for its wording. */
export function expectProblem(answer: Answer, expected: ExpectedProblem): void {
  const { status, code, retry, provider, record, nextReversal, replayed = false } = expected;
  const isReused = code === "identity-reused";
  const errors =
    expected.errors ?? (isReused ? (answer.body.errors as readonly object[] | undefined) : undefined);
  const { id } = (answer.body.record ?? {}) as { readonly id?: string };
  expect(answer.body).toEqual({
    type: `urn:wallet-gateway:problem:${code}`,
    title: expect.stringMatching(/\S/) as string,
    status,
    detail: expect.stringMatching(/\S/) as string,
    instance: record
      ? `/v1/records/${id}`
      : (expect.stringMatching(
          isReused ? /^\/v1\/records\/\S+$/ : /^urn:wallet-gateway:request:\S+$/,
        ) as string),
    code,
    retry,
    ...(provider && { provider }),
    ...(record && { record }),
    ...(nextReversal && { nextReversal }),
    ...(errors && { errors }),
  });
  expect(answer.status).toBe(status);
  expectHeaders(answer, "application/problem+json", replayed);
  const waits = retryAfterCodes.includes(code) || (code === "in-progress" && retry === "same-identity");
  expect(answer.headers.get("retry-after") ?? "none").toMatch(waits ? /^[1-9]\d{0,2}$/ : /^none$/);
}

function expectHeaders({ headers }: Answer, type: string, replayed: boolean): void {
  expect(headers.get("content-type")).toBe(type);
  expect(headers.get("cache-control")).toBe("no-store");
  expect(headers.get("idempotency-replayed")).toBe(replayed ? "true" : null);
}
