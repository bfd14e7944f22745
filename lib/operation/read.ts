import type { Config } from "../config.ts";
import { loggedCode } from "../log.ts";
import { providerCounts } from "../metrics.ts";
import { type FieldError, Problem } from "../problem.ts";
import type { Asked, Circumstances, Provider } from "../providers/provider.ts";
import { secondsLeft } from "../retry-after.ts";
import { type Runtime, runtime } from "../runtime.ts";
import type { Secret } from "../secrets/secret.ts";
import { type InputSchema, invalid, readInput } from "./body.ts";
import type { FunctionDefinition, SwitchVariable } from "./definition.ts";
import { carriedOut, isMisread, isProviderFault, type Outcome, prepared } from "./exchange.ts";
import { type Answer, type LambdaHandler, lambda, type Request } from "./handler.ts";
import { served } from "./invocation.ts";
import { secretsIn } from "./request.ts";

/** An operation in the words of its own file: what it takes, what it sends, what it returns. */
export interface OperationSpec<Input, Result, Call, Reply> {
  /** `<provider>/<route>`, which is also its file under functions/ and its path under /v1/. */
  readonly name: `${string}/${string}`;
  readonly summary: string;
  /** Document and section that it is built from. */
  readonly source: string;
  readonly provider: Provider<Call, Reply>;
  readonly input: InputSchema<Input>;
  /** Environment variables that the operation needs beside its provider's. */
  readonly variables?: readonly string[];
  /** It is deployed only where this variable is `on`. */
  readonly onlyWith?: SwitchVariable;
  /** What only the configuration can refuse: the faults of the input, or none. */
  readonly refuses?: (input: Input, config: Config) => readonly FieldError[];
  /** The call in the provider's own field names. */
  readonly sends: (input: Input, circumstances: Circumstances) => NoInfer<Call>;
  /** The answer's `result` from the provider's reply; throws UnreadableReply where they do not agree. */
  readonly returns: (reply: Reply, input: Input, call: Call) => Result;
  /** The answer's `page`, of an operation that has pages. */
  readonly pages?: (reply: Reply) => object;
}

export interface ReadSpec<Input, Result, Call, Reply> extends OperationSpec<Input, Result, Call, Reply> {
  /** Its answer holds a secret of a user's. */
  readonly reveals?: true;
  /** Further calls of the same operation, each made from the reply before it. */
  readonly continues?: readonly ((reply: Reply, circumstances: Circumstances) => NoInfer<Call>)[];
}

export type ReadOperation<Input, Result, Call, Reply> = FunctionDefinition &
  ReadSpec<Input, Result, Call, Reply>;

/** An operation that changes nothing at the provider: signed, sent, read; no record. */
export function read<Input extends object, Result, Call, Reply>(
  spec: ReadSpec<Input, Result, Call, Reply>,
): ReadOperation<Input, Result, Call, Reply> {
  return {
    ...spec,
    route: routeOf(spec.name),
    access: spec.reveals ? "reveal" : "look",
    variables: [...spec.provider.variables, ...(spec.variables ?? [])],
    secrets: [spec.provider.secret],
    tableActions: [],
  };
}

export const routeOf = (name: string) => ({ method: "POST", path: `/v1/${name}` }) as const;

/** The Lambda of a read. */
export function readHandler<Input extends object, Result, Call, Reply>(
  operation: ReadOperation<Input, Result, Call, Reply>,
): LambdaHandler {
  return lambda({
    name: operation.name,
    read: (event) => readInput(event, operation.input),
    run: (request) => {
      const world = runtime();
      return served(request, world, () => runRead(operation, request, world));
    },
    warm: () => warmSecrets(operation),
    counts: providerCounts(operation.provider.name),
  });
}

/** Secrets fetched in the init phase are there when the first request comes; what fails here is answered then. */
export async function warmSecrets(operation: FunctionDefinition): Promise<void> {
  await Promise.allSettled(operation.secrets.map(async (name) => runtime().secrets.current(name)));
}

const connectLimitMs = 5_000;
/** Kept back for writing the answer. */
const answerMarginMs = 500;

export async function runRead<Input extends object, Result, Call, Reply>(
  operation: ReadSpec<Input, Result, Call, Reply>,
  { input, remainingMs, note }: Pick<Request<Input>, "input" | "remainingMs" | "note">,
  world: Runtime,
): Promise<Answer> {
  const { config, clock, uniqueId } = world;
  refuse(operation, input, config);
  world.connections.dial(config.baseUrl(operation.provider.name));
  const circumstances = { config, now: clock.now(), uniqueId };
  const asked = { operation: routeName(operation.name), effect: "read" } as const;
  const request = { hidden: secretsIn(input), remainingMs, note };
  const carryOut = looking(operation.provider, { asked, circumstances }, request, world);

  const call = operation.sends(input, circumstances);
  let next: Call = call;
  for (const continues of operation.continues ?? [])
    next = await carryOut(next, (reply) => continues(reply, circumstances));
  const body = await carryOut(next, (reply) => ({
    result: operation.returns(reply, input, call),
    ...(operation.pages && { page: operation.pages(reply) }),
  }));
  return { body };
}

/**
 * What carries out calls that only look, one after another, in the time that a request has left.
 * It throws the Problem of a call that failed.
 */
export function looking<Call, Reply>(
  provider: Provider<Call, Reply>,
  { asked, circumstances }: { readonly asked: Asked; readonly circumstances: Circumstances },
  {
    hidden,
    remainingMs,
    note,
  }: Pick<Request<never>, "remainingMs" | "note"> & { readonly hidden?: readonly Secret[] },
  world: Runtime,
) {
  const { config, clock } = world;
  const timing = () => {
    const leftMs = Math.max(1, remainingMs() - answerMarginMs);
    const connectMs = Math.min(connectLimitMs, leftMs / 3);
    return {
      connectMs,
      replyMs: Math.min(config.providerTimeoutMs, leftMs - connectMs),
      mayStillSend: () => true,
    };
  };
  const started = clock.monotonic();
  return async <Read>(call: Call, returns: (reply: Reply) => Read): Promise<Read> => {
    const exchange = await prepared(provider, { call, asked, circumstances, hidden: hidden ?? [] }, world);
    const lookUpMs = () => remainingMs() - answerMarginMs;
    const outcome = await carriedOut(exchange, { timing, lookUpMs }, returns, world);
    note({
      providerMs: Math.round(clock.monotonic() - started),
      providerFault: isProviderFault(outcome),
      misread: isMisread(outcome),
    });
    if (outcome.kind === "success") {
      noteUnread(outcome.unread, note);
      return outcome.result;
    }
    throw failedRead(outcome, note, clock.now());
  };
}

/** Refuses what the configuration does not allow, before anything is signed, written or sent. */
function refuse<Input>(
  { refuses }: Pick<OperationSpec<Input, unknown, unknown, unknown>, "refuses">,
  input: Input,
  config: Config,
): void {
  const faults = refuses?.(input, config) ?? [];
  if (faults.length > 0) throw invalid(faults);
}

/** What only informs and could not be read is null in the answer, and named in the log line. */
export function noteUnread(unread: readonly string[], note: Request<never>["note"]): void {
  if (unread.length > 0) note({ unreadable: unread });
}

/** `debit-wallet` of `aggrepay/debit-wallet`. */
export const routeName = (name: string): string => name.slice(name.indexOf("/") + 1);

function failedRead(
  outcome: Exclude<Outcome<unknown>, { kind: "success" }>,
  note: Request<never>["note"],
  now: number,
): Problem {
  if (outcome.kind === "not_sent") return new Problem("not-sent", `Nothing was sent: ${outcome.why}.`);
  const provider = outcome.word;
  if (provider) note({ providerCode: loggedCode(provider.code) });
  const details = { ...(provider && { provider }), retryAfter: secondsLeft(outcome.retryAt, now) };
  if (outcome.kind === "refusal") return new Problem(outcome.code, outcome.detail, details);
  return new Problem(outcome.timedOut ? "outcome-unknown" : "provider-fault", outcome.why, details);
}
