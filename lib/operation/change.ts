import type { Facts, Inquiry } from "../providers/inquiry.ts";
import type { Effect } from "../providers/provider.ts";
import type { Identity } from "../records/identity.ts";
import { processRecords } from "../records/process.ts";
import type { RecordItem } from "../records/record.ts";
import { runtime } from "../runtime.ts";
import { runChange } from "./attempt.ts";
import type { FunctionDefinition, TableAction } from "./definition.ts";
import { type LambdaHandler, lambda } from "./handler.ts";
import { type OperationSpec, routeOf, runRead, warmSecrets } from "./read.ts";

/** An operation that changes something at the provider, in the words of its own file. */
export interface ChangeSpec<Input, Result, Call, Reply> extends OperationSpec<Input, Result, Call, Reply> {
  readonly effect: Exclude<Effect, "read">;
  /** The caller's Idempotency-Key, or the identity that the request has by nature. */
  readonly identity: "idempotency-key" | NaturalIdentity<Input>;
  /** Money: what a repeat must equal, kept in the clear. Left out, the whole input is compared by a keyed fingerprint. */
  readonly sameBy?: (input: Input) => Facts;
  /** Under whom and with which amount the record is listed. */
  readonly listedUnder?: (input: Input) => Listing;
  /** How doubt is settled. */
  readonly inquiry: Inquiry<Input, Call, Reply>;
  /** Another record that must allow this change first. */
  readonly follows?: Precedent<Input>;
  /** False for a request that only looks; it is then carried out as a read. Every request changes unless told. */
  readonly changes?: (input: Input) => boolean;
}

interface NaturalIdentity<Input> {
  readonly namespace: "money" | "reversal";
  readonly of: (input: Input) => string;
}

export interface Listing {
  readonly customerId?: string | undefined;
  readonly amount?: string | undefined;
}

/** A reversal follows its debit. */
export interface Precedent<Input> {
  readonly identity: (input: Input) => Identity;
  /** Throws the Problem that refuses the change; says how its record is listed. `record` is undefined where we hold none. */
  readonly allows: (record: RecordItem | undefined, input: Input) => Listing;
}

export type ChangeOperation<Input, Result, Call, Reply> = FunctionDefinition &
  ChangeSpec<Input, Result, Call, Reply>;

/** An operation that changes something: claimed in a record, sent once, settled in the record. */
export function change<Input extends object, Result, Call, Reply>(
  spec: ChangeSpec<Input, Result, Call, Reply>,
): ChangeOperation<Input, Result, Call, Reply> {
  const readsFirst = spec.follows !== undefined || ("asks" in spec.inquiry && spec.inquiry.looksFirst);
  const tableActions: TableAction[] = readsFirst ? ["UpdateItem", "GetItem"] : ["UpdateItem"];
  const secrets = spec.sameBy
    ? ([spec.provider.secret] as const)
    : ([spec.provider.secret, "gateway"] as const);
  return { ...spec, route: routeOf(spec.name), secrets, tableActions };
}

/** The Lambda of a change. */
export function changeHandler<Input extends object, Result, Call, Reply>(
  operation: ChangeOperation<Input, Result, Call, Reply>,
): LambdaHandler {
  return lambda({
    name: operation.name,
    input: operation.input,
    run: (request) =>
      operation.changes?.(request.input) === false
        ? runRead(operation, request, runtime())
        : runChange(operation, request, runtime(), processRecords()),
    async warm() {
      await Promise.allSettled([warmSecrets(operation), (async () => processRecords())()]);
    },
  });
}
