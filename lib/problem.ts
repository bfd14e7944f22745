/** What a caller may do about a problem: mend the request, repeat it exactly as it is, or neither. */
export type Retry = "never" | "same-identity" | "after-fix";

interface Kind {
  readonly status: number;
  readonly title: string;
  readonly retry: Retry;
  /** Seconds, for the Retry-After header. */
  readonly retryAfter?: number;
}

/** Every problem that the gateway answers with. The codes are few, ours, and stable; the provider's are kept beside them. */
export const problemKinds = {
  "invalid-request": { status: 400, title: "The request is not valid", retry: "after-fix" },
  "access-denied": { status: 403, title: "Access is denied", retry: "after-fix" },
  "not-found": {
    status: 404,
    title: "What the request names is not known",
    retry: "after-fix",
  },
  "in-progress": {
    status: 409,
    title: "The same request is being carried out",
    retry: "same-identity",
    retryAfter: 2,
  },
  "already-done": { status: 409, title: "This has been done before", retry: "never" },
  "unacceptable-body": { status: 415, title: "The body cannot be accepted", retry: "after-fix" },
  "wrong-credential": { status: 422, title: "The MPIN or OTP was refused", retry: "after-fix" },
  "insufficient-funds": { status: 422, title: "The wallet does not hold enough", retry: "after-fix" },
  "limit-exceeded": { status: 422, title: "A limit of the provider would be passed", retry: "after-fix" },
  declined: { status: 422, title: "The provider declined", retry: "after-fix" },
  "identity-reused": { status: 422, title: "This identity belongs to another request", retry: "after-fix" },
  throttled: {
    status: 429,
    title: "The provider asks for fewer requests",
    retry: "same-identity",
    retryAfter: 5,
  },
  misconfigured: {
    status: 502,
    title: "The gateway's own configuration is at fault",
    retry: "same-identity",
    retryAfter: 60,
  },
  "provider-fault": {
    status: 502,
    title: "The provider's answer cannot be used",
    retry: "same-identity",
    retryAfter: 5,
  },
  "not-sent": {
    status: 503,
    title: "Not possible at present; nothing was sent to a provider",
    retry: "same-identity",
    retryAfter: 2,
  },
  "outcome-unknown": {
    status: 504,
    title: "It is not known what the provider did",
    retry: "same-identity",
    retryAfter: 30,
  },
} as const satisfies Record<string, Kind>;

export type ProblemCode = keyof typeof problemKinds;

/** A place in the request that is at fault: an RFC 6901 pointer into the body, or a header's name. */
export interface FieldError {
  readonly pointer?: string;
  readonly header?: string;
  readonly detail: string;
}

/** The provider's own word, kept beside ours. */
export interface ProviderWord {
  readonly code: string;
  readonly message: string;
}

/** A record as callers see it. Times are ISO 8601. */
export interface RecordView {
  readonly id: string;
  readonly operation: string;
  readonly identity: string;
  readonly state: string;
  readonly attempt: number;
  /** Of a reversal: its number. */
  readonly reversal?: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

interface ProblemDetails {
  readonly status?: number;
  readonly retry?: Retry;
  /** Seconds. Given only where the request may be repeated as it is. */
  readonly retryAfter?: number | undefined;
  readonly errors?: readonly FieldError[];
  readonly provider?: ProviderWord;
  /** The number under which a refused reversal may be asked for again. */
  readonly nextReversal?: number | undefined;
  /** The record that the answer speaks of, as the caller sees it. */
  readonly record?: RecordView;
  /** The id of a record that the request is not of, where its caller may know it: the answer's `instance`. */
  readonly about?: string | undefined;
  /** It was given before; this is the same answer again. */
  readonly replayed?: boolean;
  readonly cause?: unknown;
}

/** An answer other than success, thrown from anywhere below the pipeline, which writes it as RFC 9457 problem details. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: ProblemCode;
  readonly status: number;
  readonly retry: Retry;
  readonly retryAfter: number | undefined;
  readonly details: ProblemDetails;

  constructor(code: ProblemCode, detail: string, details: ProblemDetails = {}) {
    super(detail, details.cause === undefined ? undefined : { cause: details.cause });
    const kind: Kind = problemKinds[code];
    this.code = code;
    this.status = details.status ?? kind.status;
    this.retry = details.retry ?? kind.retry;
    this.retryAfter = this.retry === "same-identity" ? (details.retryAfter ?? kind.retryAfter) : undefined;
    this.details = details;
  }

  /** The body of the answer, RFC 9457. `instance` names this occurrence: a request, or the record that it speaks of. */
  body(instance: string): object {
    const { errors, provider, nextReversal, record } = this.details;
    return {
      type: `urn:wallet-gateway:problem:${this.code}`,
      title: problemKinds[this.code].title,
      status: this.status,
      detail: this.message,
      instance,
      code: this.code,
      retry: this.retry,
      ...(errors && { errors }),
      ...(provider && { provider }),
      ...(nextReversal !== undefined && { nextReversal }),
      ...(record && { record }),
    };
  }
}
