/** What the host and a worker say to each other over the worker's IPC channel. */

/** Host to worker: one invocation; the next comes only after its answer. */
export interface Invocation {
  readonly requestId: string;
  /** JSON, as Lambda's runtime API gives it. */
  readonly event: string;
  /** Epoch milliseconds at which the host kills the process. */
  readonly deadline: number;
  /** As which it is called: the ARN of its alias, where it has one. */
  readonly functionArn: string;
}

/** Worker to host. `initialized` comes once, before any answer. */
export type WorkerMessage =
  | { readonly type: "initialized" }
  | { readonly type: "init-failed"; readonly error: FunctionError }
  | { readonly type: "answer"; readonly requestId: string; readonly payload: string }
  | { readonly type: "failed"; readonly requestId: string; readonly error: FunctionError };

/** As Lambda reports it to the invoker of the function. */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
}
