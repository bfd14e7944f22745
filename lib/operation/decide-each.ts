import { sendMarginMs, settleMarginMs } from "../config.ts";
import { seenOf } from "../log.ts";
import { pooled } from "../pooled.ts";
import { Problem } from "../problem.ts";
import type { Records } from "../records/store.ts";
import { log } from "../runtime.ts";
import type { Clock } from "../time.ts";
import { type Asked, decide, type Saying } from "./decision.ts";
import { type Answer, problemOf } from "./handler.ts";
import { isRecordId, noSuchId } from "./record-query.ts";

/** The same said of many records. */
export interface SayingOfMany extends Omit<Saying, "id" | "transactionId"> {
  readonly ids: readonly string[];
}

const decidedAtOnce = 8;
/** A decision is two calls of the table; what would be begun later than this is left for another request. */
const leastMs = sendMarginMs + settleMarginMs;

interface Deciding {
  readonly function: string;
  readonly asked: Asked;
  readonly clock: Clock;
  readonly records: Records;
  readonly remainingMs: () => number;
}

/**
 * Decides each record by itself, by the rules of a single decision: what one is answered changes nothing for the others.
 * Answers are in the order of the ids, each with the status and the body that a single decision would have had.
 */
export async function decideEach({ ids, ...said }: SayingOfMany, by: Deciding): Promise<Answer> {
  const result = await pooled(ids, decidedAtOnce, (id) => answerFor({ id, ...said }, by));
  return { status: 207, body: { result } };
}

async function answerFor(saying: Saying, by: Deciding): Promise<object> {
  const { id } = saying;
  const line = { function: by.function, ...(isRecordId(id) && { record: id }) };
  try {
    if (!isRecordId(id)) throw noSuchId();
    if (by.remainingMs() < leastMs)
      throw new Problem("not-sent", "There was no time for this record: send it again as it is.");
    const { body, status = 200 } = await decide(saying, by.asked, by.clock, by.records);
    log({ ...line, status });
    return { id, status, ...body };
  } catch (error) {
    const problem = problemOf(error);
    const fault = error instanceof Problem ? error.cause : error;
    if (problem !== error) by.asked.note({ unexpected: true });
    log({ ...line, status: problem.status, code: problem.code, ...(fault !== undefined && seenOf(fault)) });
    return { id, status: problem.status, problem: problem.body(`/v1/records/${id}`) };
  }
}
