import { type Expected, expectedOf, isSuccess } from "../client/src/answer.ts";
import { operations } from "../client/src/contract.ts";
import type { Reply } from "../ops/smoke/gateway.ts";
import { endingOf, tellReply } from "./answer.ts";
import type { Asked } from "./ask.ts";
import { type Ending, Stopped } from "./exit.ts";
import type { Io } from "./io.ts";
import { isObject, type JsonObject } from "./shown.ts";

/** A reply that is none of what was hoped for: told, and how the command ends by it. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly reply: Reply;
  readonly expected: Expected;

  constructor(reply: Reply, expected: Expected) {
    super(`HTTP ${reply.status}`);
    this.reply = reply;
    this.expected = expected;
  }
}

/**
 * Reads one thing of the gateway.
 *
 * @throws Refused unless the answer is a success of the gateway
 */
export async function got(asked: Asked, path: string, expected: Expected): Promise<JsonObject> {
  const reply = await asked.send({ method: "GET", path });
  const { status, body } = reply;
  if (!isSuccess(status, body, expected) || !isObject(body)) throw new Refused(reply, expected);
  return body;
}

/** Reads one record by its id. @throws Refused */
export async function gotRecord(asked: Asked, id: string): Promise<JsonObject> {
  const expected = expectedOf(operations.recordsGet, { id }, undefined);
  const { record } = await got(asked, `/v1/records/${encodeURIComponent(id)}`, expected);
  return isObject(record) ? record : {};
}

const listExpected = expectedOf(operations.recordsList, {}, undefined);

/**
 * A list of records, page by page, up to a number of them.
 *
 * @throws Refused, or Stopped `unreachable` where what came is no list, or has no end
 */
export async function listed(
  asked: Asked,
  query: Readonly<Record<string, string>>,
  limit: number,
): Promise<readonly JsonObject[]> {
  const rows: JsonObject[] = [];
  const seen = new Set<string>();
  const isPaged = query.state !== undefined || query.customerId !== undefined;
  for (let cursor: string | undefined; ; ) {
    const page = { ...query, ...(isPaged && { limit: "100" }), ...(cursor !== undefined && { cursor }) };
    const { result, page: told } = await got(
      asked,
      `/v1/records?${new URLSearchParams(sorted(page))}`,
      listExpected,
    );
    const next = isObject(told) ? told.cursor : undefined;
    const isCursor = typeof next === "string" || next === null;
    if (!Array.isArray(result) || !result.every(isObject) || (isPaged && !isCursor))
      throw new Stopped("unreachable", `${asked.url.origin}: the answer is no list of records.`);
    rows.push(...result);
    if (typeof next !== "string" || rows.length >= limit) return rows.slice(0, limit);
    if (seen.has(next))
      throw new Stopped("unreachable", `${asked.url.origin}: the list does not end, its cursor came again.`);
    seen.add(next);
    cursor = next;
  }
}

/** A signature is of parameters in alphabetical order. */
const sorted = (query: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(query).toSorted(([one], [other]) => (one < other ? -1 : 1)));

/** Runs what may be refused, and tells the refusal. */
export async function orTold(io: Io, json: boolean, run: () => Promise<Ending>): Promise<Ending> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    tellReply(error.reply, error.expected, io, json);
    return endingOf(error.reply, error.expected);
  }
}
