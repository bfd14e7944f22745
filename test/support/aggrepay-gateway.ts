import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AttributeValue,
  GetItemCommand,
  ListTablesCommand,
  paginateScan,
} from "@aws-sdk/client-dynamodb";
import { expect } from "vitest";
import { clientOf } from "./dynamodb.ts";
import { startGateway } from "./gateway.ts";
import { type Peer, planted, startPeer } from "./peer.ts";
import { expectDeclared } from "./samples.ts";

/** The real gateway in front of a scripted provider, with the planted credentials in force. */
export interface AggrepayGateway {
  readonly peer: Peer;
  /** Posts JSON. */
  call(route: string, input: object, options?: CallOptions): Promise<Answer>;
  /** Posts these bytes with these headers and no others. */
  post(route: string, body: string | Uint8Array, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** The body of what that path answers. */
  get(path: string): Promise<Json>;
  /** How many items the table has. */
  records(): Promise<number>;
  /** The item that an answer speaks of. */
  recordOf(answer: Answer): Promise<Item>;
  logs(): string;
  stop(): Promise<void>;
}

export type Item = Readonly<Record<string, AttributeValue>>;

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

/** Quick to time out; the times keep the order that the configuration asks for. */
const times = { PROVIDER_TIMEOUT_MS: "800", FUNCTION_TIMEOUT_MS: "8000", LEASE_MS: "9000" };

export async function startAggrepayGateway(
  env: Readonly<Record<string, string>> = {},
): Promise<AggrepayGateway> {
  const folder = await mkdtemp(join(tmpdir(), "wallet-gateway-test-"));
  const secretsFile = join(folder, "secrets.json");
  const { apiKey, salt, previousSalt } = planted;
  const aggrepay = { current: { apiKey, salt }, previous: { apiKey, salt: previousSalt } };
  await writeFile(secretsFile, JSON.stringify({ aggrepay }));
  const peer = await startPeer();
  const gateway = await startGateway({
    env: {
      ...times,
      AGGREPAY_BASE_URL: peer.url,
      SECRETS_FILE: secretsFile,
      // Whatever asks by itself would take replies that are scripted for a test.
      SCHEDULE_MS: "0",
      ...env,
    },
  });
  const dynamo = clientOf(gateway);
  const { TableNames: [table = ""] = [] } = await dynamo.send(new ListTablesCommand({}));

  const post: AggrepayGateway["post"] = async (route, body, headers = {}) => {
    const bytes = typeof body === "string" ? Buffer.from(body, "utf8") : Buffer.from(body);
    const response = await fetch(`${gateway.url}/v1/aggrepay/${route}`, {
      method: "POST",
      headers,
      body: bytes,
    });
    const text = await response.text();
    const answer = {
      status: response.status,
      headers: response.headers,
      text,
      body: JSON.parse(text) as Json,
    };
    expectDeclared(`aggrepay/${route}`, answer);
    return answer;
  };

  const records: AggrepayGateway["records"] = async () => {
    let count = 0;
    // Beside records a table holds who is at work at what.
    const records = {
      FilterExpression: "attribute_exists(#state)",
      ExpressionAttributeNames: { "#state": "state" },
    };
    const input = { TableName: table, ConsistentRead: true, Select: "COUNT", ...records } as const;
    for await (const { Count = 0 } of paginateScan({ client: dynamo }, input)) count += Count;
    return count;
  };

  return {
    peer,
    post,
    call: (route, input, { key } = {}) =>
      post(route, JSON.stringify(input), {
        "content-type": "application/json",
        ...(key !== undefined && { "idempotency-key": key }),
      }),
    async get(path) {
      return (await (await fetch(gateway.url + path)).json()) as Json;
    },
    records,
    async recordOf({ body }) {
      const { id } = body.record as { readonly id: string };
      const { Item: item } = await dynamo.send(
        new GetItemCommand({ TableName: table, Key: { pk: { S: id } }, ConsistentRead: true }),
      );
      if (item === undefined) throw new Error(`there is no record ${id}`);
      return item;
    },
    logs: () => gateway.logs(),
    async stop() {
      dynamo.destroy();
      await gateway.stop();
      await peer.close();
      await rm(folder, { recursive: true, force: true });
    },
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
