import type { Problem, Record } from "./contract.ts";

/** A problem of the gateway, RFC 9457. Decide by `code` and `retry`; the message is for people. */
export class GatewayProblem extends Error {
  readonly code: Problem["code"];
  readonly status: number;
  readonly retry: Problem["retry"];
  /** The record that it speaks of, where there is one. */
  readonly record: Record | undefined;
  /** The provider's own words. */
  readonly provider: Problem["provider"];
  readonly errors: NonNullable<Problem["errors"]>;
  /** The number under which a refused reversal may be asked for again. */
  readonly nextReversal: number | undefined;
  /** The whole answer. */
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = new.target.name;
    this.code = problem.code;
    this.status = problem.status;
    this.retry = problem.retry;
    this.record = problem.record;
    this.provider = problem.provider;
    this.errors = problem.errors ?? [];
    this.nextReversal = problem.nextReversal;
    this.problem = problem;
  }
}

/**
 * API Gateway itself refused the request, before a function: wrong credentials, no such route, too large. Nothing happened. Of a read
 * it may be a proxy's refusal too. As the `cause` of NotKnownYet it is of a repeat, and says nothing of the requests before.
 */
export class RefusedByApiGateway extends Error {
  override readonly name = "RefusedByApiGateway";
  readonly status: number;

  constructor(status: number, message: string) {
    super(`API Gateway answered ${status}: ${message}`);
    this.status = status;
  }
}

/** As the `cause` of NotKnownYet: an answer that is not in the gateway's form, or speaks of another record. */
export class NotOfTheGateway extends Error {
  override readonly name = "NotOfTheGateway";
  readonly status: number;

  constructor(status: number) {
    super(`HTTP ${status}: ${foreignSentence(status)}`);
    this.status = status;
  }
}

/**
 * The time to wait was over before the outcome was known. Nothing is wrong with the request: call again later, with the same
 * identity. `cause` is the last problem, or what kept the last request from an answer.
 */
export class NotKnownYet extends Error {
  override readonly name = "NotKnownYet";
  /** The Idempotency-Key that it was sent with: give it again. */
  readonly idempotencyKey: string | undefined;
  readonly attempts: number;
  /** Whether one of the requests may have been carried out. Where none may, each was answered that it was not. */
  readonly mayBeDone: boolean;

  constructor(
    attempts: number,
    cause: unknown,
    known: { readonly idempotencyKey: string | undefined; readonly mayBeDone: boolean },
  ) {
    const more = cause instanceof NotOfTheGateway ? ` ${cause.message}` : "";
    super(
      `The outcome is not known after ${attempts} requests: call again later with the same identity.${more}`,
      { cause },
    );
    this.attempts = attempts;
    this.idempotencyKey = known.idempotencyKey;
    this.mayBeDone = known.mayBeDone;
  }
}

const causes: { readonly [status: number]: string } = {
  401: "the credentials are wrong, or a proxy asks for its own",
  403: "the credentials are wrong, or a firewall blocks the request or its answer",
  404: "the address is wrong",
  407: "a proxy asks for credentials of its own",
  413: "the request or its answer is too large for a proxy",
  429: "a proxy limits how many requests come",
};

/** Says that an answer is not the gateway's, and what the likely cause is, where there is one. */
export const foreignSentence = (status: number): string =>
  `this is not the gateway's answer to this request; something on the way gave it${causes[status] ? ` (likely: ${causes[status]})` : ""}.`;
