import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Context,
  SQSEvent,
} from "aws-lambda";
import { handler as queueHandler } from "../../functions/nicepay/account-binding-queue.ts";
import { handler as webhookHandler } from "../../functions/nicepay/account-binding-webhook.ts";
import { handler as resolveHandler } from "../../functions/records/resolve.ts";
import { changeHandler } from "../../lib/operation/change.ts";
import type { Settling } from "../../lib/operation/change-spec.ts";
import type { FunctionDefinition } from "../../lib/operation/definition.ts";
import type { LambdaHandler } from "../../lib/operation/handler.ts";
import { reconcile } from "../../lib/operation/reconcile.ts";
import { rivalsOf } from "../faults/place-schedules.ts";
import { effectName } from "../faults/provider.ts";
import {
  type AnyChange,
  changes,
  type Subject,
  type SubjectName,
  samples,
  subject,
} from "../faults/subjects.ts";
import type { Without } from "../faults/world.ts";
import { here } from "./inhabitant.ts";
import { type Asked, hiddenInputs, type Ledger, type Said } from "./ledger.ts";
import type { Machine, Pushed, Run } from "./points.ts";
import type { World } from "./world.ts";

/** One request that a caller makes, and the function that answers it. */
export interface Request extends Asked {
  readonly subject: Subject;
  readonly path: string;
}

const shop = "arn:aws:sts::000000000000:assumed-role/shop";
const hidden = (name: SubjectName): Record<string, unknown> =>
  Object.fromEntries(
    Object.keys(samples[name]("x")).flatMap((field) =>
      hiddenInputs[field] === undefined ? [] : [[field, hiddenInputs[field]]],
    ),
  );

/** A request of that kind, with what is secret in it the same for all. */
export function requestOf(
  world: World,
  name: SubjectName,
  id: string,
  more: Readonly<Record<string, unknown>> = {},
  key?: string,
): Request {
  const all = { ...more, ...hidden(name) };
  const own = subject(name, id, { caller: shop, more: all, ...(key !== undefined && { key }) });
  return asRequest(
    world,
    own,
    name === "laterReversal" ? `${id} reversal ${own.given.reversal}` : (key ?? id),
  );
}

function asRequest(world: World, own: Subject, id: string): Request {
  const { operation, record, sameness, given } = own;
  return {
    name: `${own.name} ${id}`,
    record,
    effect: effectOf(own, world),
    sameness,
    given,
    subject: own,
    path: operation.route?.path ?? "",
  };
}

/** Two requests for one natural key under two identities. */
export const rivals = (
  world: World,
  name: "addSubMerchant" | "registerCustomer" | "creditWallet",
  ids: readonly [string, string],
): readonly Request[] =>
  rivalsOf(name, ids).map(({ given, key }, at) => {
    const id = name === "creditWallet" ? (ids[at] ?? "") : ids[0];
    return requestOf(world, name, id, given, name === "creditWallet" ? undefined : key);
  });

function effectOf({ operation, input }: Subject, world: World): string {
  const call = operation.sends(input, { config: world.config, now: world.now, uniqueId: () => "" }) as {
    readonly path?: string;
    readonly fields?: Record<string, string>;
    readonly referenceNo?: string;
  };
  return call.referenceNo === undefined
    ? effectName(call.path ?? "", call.fields ?? {})
    : effectName("userAccountBinding", { referenceNo: call.referenceNo });
}

const context = (deadline: number): Context =>
  ({
    awsRequestId: "invocation",
    getRemainingTimeInMillis: () => deadline - here().runtime.clock.now(),
  }) as Context;

interface Posted {
  readonly path: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly arn: string;
  readonly sourceIp?: string;
  readonly id?: string;
}

const event = ({ path, body, headers = {}, arn, sourceIp = "198.51.100.1", id }: Posted, now: number) =>
  ({
    version: "2.0",
    routeKey: `POST ${path}`,
    rawPath: path,
    rawQueryString: "",
    headers: { "content-type": "application/json", ...headers },
    requestContext: {
      requestId: "request",
      http: { method: "POST", path, protocol: "HTTP/1.1", sourceIp, userAgent: "" },
      authorizer: { iam: { userArn: arn } },
      timeEpoch: now,
    },
    ...(id !== undefined && { pathParameters: { id } }),
    body,
    isBase64Encoded: false,
  }) as unknown as APIGatewayProxyEventV2;

type Answered = Pick<APIGatewayProxyStructuredResultV2, "statusCode" | "body">;

/** All that calls the gateway: each call is an invocation of a function of its own, by the event that AWS sends it. */
export class Callers {
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #without: Without;
  readonly #handlers = new Map<AnyChange, LambdaHandler>();
  #reasons = 0;

  constructor(world: World, ledger: Ledger, without: Without) {
    this.#world = world;
    this.#ledger = ledger;
    this.#without = without;
  }

  call(request: Request, machine: Machine): Run {
    const { given, operation, key } = request.subject;
    const handler = this.#handlerOf(operation);
    const body = JSON.stringify(given);
    const headers = key === undefined ? {} : { "idempotency-key": key };
    const posted = event({ path: request.path, body, headers, arn: `${shop}/pod` }, this.#world.now);
    const left = this.#without.remainingMs ?? ((milliseconds: number) => milliseconds);
    const run: Run = this.#world.start(`caller of ${request.name}`, machine, async (deadline) => {
      const whole = context(deadline);
      const limited = { ...whole, getRemainingTimeInMillis: () => left(whole.getRemainingTimeInMillis()) };
      const answered = (await handler(posted, limited)) as Answered;
      this.#whenTold(run, () =>
        this.#ledger.onAnswer({
          seq: this.#world.order(),
          run,
          asked: request,
          status: answered.statusCode ?? 0,
          body: JSON.parse(answered.body ?? "{}"),
        }),
      );
      return answered;
    });
    run.about = request.record;
    return run;
  }

  /** An answer of a process that the host has killed meanwhile reaches nobody. */
  #whenTold(run: Run, tell: () => void): void {
    if (run.ending === undefined) tell();
  }

  #handlerOf(operation: AnyChange): LambdaHandler {
    const altered = this.#without.operation?.(operation) ?? operation;
    const known = this.#handlers.get(operation) ?? changeHandler(altered);
    this.#handlers.set(operation, known);
    return known;
  }

  /** A worker of the reconciler whose share is that shard alone. */
  reconciler(shard: number, machine: Machine): Run {
    const mine = changes.map((change) => this.#without.operation?.(change) ?? change);
    const settling: readonly (FunctionDefinition & Settling)[] = mine;
    const run: Run = this.#world.start(`reconciler of shard ${shard}`, machine, async (deadline) => {
      const { runtime, records } = here();
      const remainingMs = () => deadline - runtime.clock.now();
      const share = { from: shard, to: shard + 1 };
      try {
        await reconcile(settling, runtime, records, { remainingMs, share });
      } catch (error) {
        this.#ledger.onFailure(run);
        throw error;
      }
    });
    return run;
  }

  /** A person settles a record by hand. No two say it with the same reason; who says it again does. */
  person(
    who: string,
    saying: Pick<Said, "record" | "outcome" | "isTrue" | "attempt" | "transactionId"> & {
      readonly repeats?: string;
    },
    machine: Machine,
  ): Run {
    const { record, outcome, isTrue, attempt, transactionId, repeats } = saying;
    const reason = repeats ?? `because ${++this.#reasons}`;
    const body = JSON.stringify({ outcome, reason, attempt, ...(transactionId && { transactionId }) });
    const arn = `arn:aws:iam::000000000000:user/${who}`;
    const posted = event({ path: `/v1/records/${record}/resolve`, body, arn, id: record }, this.#world.now);
    const run: Run = this.#world.start(`${who}, who says ${outcome}`, machine, async (deadline) => {
      const answered = (await resolveHandler(posted, context(deadline))) as Answered;
      this.#whenTold(run, () => {
        said.status = answered.statusCode ?? 0;
        said.code = (JSON.parse(answered.body ?? "{}") as { code?: string }).code;
        this.#ledger.onText("an answer to a person", answered.body ?? "");
        this.#ledger.onDecision(said);
      });
      return answered;
    });
    const isRepeat = repeats !== undefined;
    const said: Said = { run, who, record, outcome, reason, isTrue, attempt, transactionId, isRepeat };
    this.#ledger.said.push(said);
    return run;
  }

  /** The provider's push for a registration; undefined where it has none. */
  notification(referenceNo: string, pushed: Pushed, machine: Machine): Run | undefined {
    const { more, isForged, isFromElsewhere } = pushed;
    const fields = this.#world.provider.notification(referenceNo, more);
    if (!fields) return undefined;
    const body = JSON.stringify(isForged ? { ...fields, merchantToken: "0".repeat(64) } : fields);
    const sourceIp = isFromElsewhere && !this.#without.addresses ? "198.51.100.66" : "203.0.113.7";
    const posted = event({ path: "/webhooks/nicepay", body, arn: "", sourceIp }, this.#world.now);
    const run: Run = this.#world.start(`notification of ${referenceNo}`, machine, async (deadline) => {
      const answered = (await webhookHandler(posted, context(deadline))) as Answered;
      this.#ledger.onText("an answer to the provider", answered.body ?? "");
      this.#whenTold(run, () => {
        if (answered.statusCode === 200) this.#ledger.acknowledged.push(pushed);
      });
      return answered;
    });
    run.brings = pushed;
    return run;
  }

  /** The oldest message of the queue is delivered; it stays where its function failed, or says that it could not take it. */
  deliver(machine: Machine): Run | undefined {
    const { queue } = this.#world;
    const [body] = queue;
    if (body === undefined) return undefined;
    if (this.#without.queue) queue.shift();
    const record = { messageId: "message", body } as SQSEvent["Records"][number];
    const run = this.#world.start("the queue", machine, async (deadline) => {
      const { batchItemFailures } = await queueHandler({ Records: [record] }, context(deadline));
      const at = queue.indexOf(body);
      if (batchItemFailures.length > 0) return;
      this.#ledger.takenIn.add(body);
      if (at >= 0) queue.splice(at, 1);
    });
    run.brings = this.#world.enqueuedBy.get(body)?.brings;
    return run;
  }
}
