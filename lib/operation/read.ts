import type * as v from "valibot";
import { Problem } from "../problem.ts";
import type { Provider } from "../providers/provider.ts";
import { type Runtime, runtime } from "../runtime.ts";
import { scrub } from "../secrets/secret.ts";
import type { InputSchema } from "./body.ts";
import type { FunctionDefinition } from "./definition.ts";
import { type Outcome, outcomeOf } from "./exchange.ts";
import { type Answer, type LambdaHandler, lambda, type Request } from "./handler.ts";
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
  /** The call in the provider's own field names. */
  readonly sends: (input: Input) => Call;
  /** The answer's `result` from the provider's reply; throws UnreadableReply where they do not agree. */
  readonly returns: (reply: Reply, input: Input) => Result;
  /** The answer's `page`, of an operation that has pages. */
  readonly pages?: (reply: Reply) => object;
}

export type ReadOperation<Input, Result, Call, Reply> = FunctionDefinition &
  OperationSpec<Input, Result, Call, Reply>;

export type InputOf<Schema extends v.GenericSchema> = v.InferOutput<Schema>;

/** An operation that changes nothing at the provider: signed, sent, read; no record. */
export function read<Input extends object, Result, Call, Reply>(
  spec: OperationSpec<Input, Result, Call, Reply>,
): ReadOperation<Input, Result, Call, Reply> {
  return { ...spec, route: routeOf(spec.name), secrets: [spec.provider.secret], tableActions: [] };
}

export const routeOf = (name: string) => ({ method: "POST", path: `/v1/${name}` }) as const;

/** The Lambda of a read. */
export function readHandler<Input extends object, Result, Call, Reply>(
  operation: ReadOperation<Input, Result, Call, Reply>,
): LambdaHandler {
  return lambda({
    name: operation.name,
    input: operation.input,
    run: (request) => runRead(operation, request, runtime()),
    warm: () => warmSecrets(operation),
  });
}

/** Secrets fetched in the init phase are there when the first request comes; what fails here is answered then. */
export async function warmSecrets(operation: FunctionDefinition): Promise<void> {
  await Promise.allSettled(operation.secrets.map(async (name) => runtime().secrets.current(name)));
}

const connectMs = 5_000;
/** Kept back for writing the answer. */
const answerMarginMs = 500;

export async function runRead<Input extends object, Result, Call, Reply>(
  operation: OperationSpec<Input, Result, Call, Reply>,
  { input, remainingMs, note }: Pick<Request<Input>, "input" | "remainingMs" | "note">,
  world: Runtime,
): Promise<Answer> {
  const { config, clock, secrets } = world;
  const { provider } = operation;
  const secret = await secrets.current(provider.secret);
  const request = provider.sign(operation.sends(input), secret, config);
  const started = clock.monotonic();
  const sent = await world.send(request, {
    connectMs: Math.min(connectMs, config.providerTimeoutMs),
    replyMs: Math.max(1, Math.min(config.providerTimeoutMs, remainingMs() - connectMs - answerMarginMs)),
    mayStillSend: () => true,
  });
  note({ providerMs: Math.round(clock.monotonic() - started) });
  const asked = { operation: routeName(operation.name), effect: "read" } as const;
  const returns = (reply: Reply) => ({
    result: operation.returns(reply, input),
    ...(operation.pages && { page: operation.pages(reply) }),
  });
  const outcome = await outcomeOf(sent, asked, provider, secret, returns, world);
  if (outcome.kind === "success")
    return { body: { result: outcome.result, ...(outcome.page && { page: outcome.page }) } };
  throw failedRead(outcome, input, note);
}

/** `debit-wallet` of `aggrepay/debit-wallet`. */
export const routeName = (name: string): string => name.slice(name.indexOf("/") + 1);

function failedRead(
  outcome: Exclude<Outcome<unknown>, { kind: "success" }>,
  input: object,
  note: Request<never>["note"],
): Problem {
  if (outcome.kind === "not_sent") return new Problem("not-sent", `Nothing was sent: ${outcome.why}.`);
  const provider = outcome.word && {
    code: outcome.word.code,
    message: scrub(outcome.word.message, secretsIn(input)),
  };
  if (provider) note({ providerCode: provider.code });
  if (outcome.kind === "refusal")
    return new Problem(outcome.code, outcome.detail, { ...(provider && { provider }) });
  const code = outcome.timedOut ? "outcome-unknown" : "provider-fault";
  return new Problem(code, outcome.why, { ...(provider && { provider }) });
}
