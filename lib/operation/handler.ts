import middy from "@middy/core";
import type { APIGatewayProxyEventV2, APIGatewayProxyResultV2, Context } from "aws-lambda";
import { type RequestLog, seenOf } from "../log.ts";
import { type Counted, type Counts, type RequestLine, setbackCounts } from "../metrics.ts";
import { Problem } from "../problem.ts";
import { log } from "../runtime.ts";
import { type Caller, callerOf, personOf } from "./caller.ts";

/** A request that has passed validation. */
export interface Request<Input> {
  readonly input: Input;
  readonly caller: Caller;
  /** The caller with the name of its session: who it was, where a role is many people's. */
  readonly person: string;
  readonly idempotencyKey: string | undefined;
  /** Milliseconds until the host kills this function. */
  readonly remainingMs: () => number;
  /** When API Gateway took the request, by its own clock; milliseconds since 1970. */
  readonly takenAt: number | undefined;
  /** For the request's log line and its counts: what the operation learned on its way. */
  readonly note: (facts: Noted) => void;
}

type Noted = Partial<Omit<RequestLog, "function" | "requestId" | "status" | "durationMs" | "code">> & Counted;

/** A successful answer; anything else is thrown as a Problem. */
export interface Answer {
  readonly body: object;
  /** 200 unless told. 202: taken, and not carried out yet; 207: the body says of each part what became of it. */
  readonly status?: 200 | 202 | 207;
  readonly replayed?: boolean;
}

export interface LambdaHandler {
  (event: APIGatewayProxyEventV2, context: Context): Promise<APIGatewayProxyResultV2>;
  /** What a Lambda does in its init phase: fetch secrets, load code that is worth having loaded. Never throws. */
  readonly warm: () => Promise<void>;
}

interface Shape<Input> {
  readonly name: string;
  /** Parses and validates; throws the Problem that refuses. */
  readonly read: (event: APIGatewayProxyEventV2) => Input;
  readonly run: (request: Request<Input>) => Promise<Answer>;
  readonly warm: () => Promise<void>;
  /** The Problem that an error is answered with, where it is another than for every operation. */
  readonly refuse?: (error: unknown) => Problem;
  /** What a request counts, once it is answered, beside its setbacks; its log line carries it. */
  readonly counts?: (told: RequestLine) => readonly Counts[];
}

/**
 * The pipeline of every operation: the body is read and validated, the operation runs, its answer or problem is written, and
 * one line is logged. Middy's own early timeout is off: it would answer while a provider call is still open.
 */
export function lambda<Input>(shape: Shape<Input>): LambdaHandler {
  type Event = APIGatewayProxyEventV2;
  const facts = new WeakMap<Event, Noted>();
  const startedAt = new WeakMap<Event, number>();

  const written = (event: Event, response: Response, code?: string) => {
    const durationMs = Math.round(performance.now() - (startedAt.get(event) ?? 0));
    const told = {
      function: shape.name,
      requestId: event.requestContext.requestId,
      status: response.statusCode,
      durationMs,
      ...(code !== undefined && { code }),
      ...facts.get(event),
    };
    log(told, [...(shape.counts?.(told) ?? []), ...setbackCounts(told)]);
    return response;
  };

  const handler = middy<Event, Response>({ timeoutEarlyInMillis: 0 })
    .before(({ event }) => {
      startedAt.set(event, performance.now());
    })
    .onError(({ event, error }) => {
      const unexpected = !(error instanceof Problem);
      const problem = (shape.refuse ?? problemOf)(error);
      const fault = unexpected ? error : error.cause;
      facts.set(event, { ...facts.get(event), unexpected, ...(fault !== undefined && seenOf(fault)) });
      return written(event, problemResponse(event, problem), problem.code);
    })
    .handler(async (event: Event, context: Context) => {
      const input = shape.read(event);
      const answer = await shape.run({
        input,
        caller: callerOf(event),
        person: personOf(event),
        idempotencyKey: event.headers["idempotency-key"],
        remainingMs: () => context.getRemainingTimeInMillis(),
        takenAt: event.requestContext.timeEpoch,
        note: (more) => facts.set(event, { ...facts.get(event), ...more }),
      });
      return written(
        event,
        response(answer.status ?? 200, "application/json", answer.body, replayedHeader(answer.replayed)),
      );
    });

  const answered = async (event: Event, context: Context) =>
    isOfTheApi(event) ? handler(event, context) : refusedEvent(shape.name, context);
  return Object.assign(answered, { warm: shape.warm });
}

/** What API Gateway sends has both; a test event written by hand in Lambda's console has neither. */
const isOfTheApi = (event: Partial<APIGatewayProxyEventV2> | null | undefined): boolean =>
  typeof event?.requestContext?.requestId === "string" && typeof event.headers === "object";

function refusedEvent(name: string, { awsRequestId }: Context): Response {
  const problem = new Problem(
    "invalid-request",
    "This event is no request of the API: it has no requestContext or no headers. Call the API, or test with an event of an HTTP API in payload format 2.0.",
  );
  log({
    function: name,
    requestId: awsRequestId,
    status: problem.status,
    code: problem.code,
    error: "an event without requestContext or headers: no request of the API",
  });
  const instance = `urn:wallet-gateway:request:${awsRequestId}`;
  return response(problem.status, "application/problem+json", problem.body(instance), {});
}

interface Response {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

function response(status: number, type: string, body: object, headers: Record<string, string>): Response {
  // Every answer is about a person or their money: no cache may keep it.
  return {
    statusCode: status,
    headers: { "content-type": type, "cache-control": "no-store", ...headers },
    body: JSON.stringify(body),
  };
}

function problemResponse(event: APIGatewayProxyEventV2, problem: Problem): Response {
  const { record, replayed, about = record?.id } = problem.details;
  const instance = about
    ? `/v1/records/${about}`
    : `urn:wallet-gateway:request:${event.requestContext.requestId}`;
  const retryAfter: Record<string, string> =
    problem.retryAfter === undefined ? {} : { "retry-after": String(problem.retryAfter) };
  return response(problem.status, "application/problem+json", problem.body(instance), {
    ...retryAfter,
    ...replayedHeader(replayed),
  });
}

const replayedHeader = (replayed: boolean | undefined): Record<string, string> =>
  replayed ? { "idempotency-replayed": "true" } : {};

/** Where a fault of ours struck is not known, so no more is claimed than that the outcome is unknown. */
export function problemOf(cause: unknown): Problem {
  if (cause instanceof Problem) return cause;
  return new Problem("outcome-unknown", "The gateway failed in a way that it does not know.", { cause });
}
