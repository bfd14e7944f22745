import { providerCounts } from "../metrics.ts";
import { processRecords } from "../records/process.ts";
import { runtime } from "../runtime.ts";
import { runChange } from "./attempt.ts";
import { readInput } from "./body.ts";
import type { ChangeOperation, ChangeSpec } from "./change-spec.ts";
import type { TableAction } from "./definition.ts";
import { type LambdaHandler, lambda } from "./handler.ts";
import { served } from "./invocation.ts";
import { routeOf, runRead, warmSecrets } from "./read.ts";
import { isAsked, resolve } from "./resolve.ts";

/** An operation that changes something: claimed in a record, sent once, settled in the record. */
export function change<Input extends object, Result, Call, Reply>(
  spec: ChangeSpec<Input, Result, Call, Reply>,
): ChangeOperation<Input, Result, Call, Reply> {
  const { inquiry } = spec;
  const isNumbered = spec.identity !== "idempotency-key" && spec.identity.number !== undefined;
  const reads =
    spec.follows !== undefined ||
    spec.place !== undefined ||
    spec.opens !== undefined ||
    spec.refusesNew !== undefined ||
    ("evidence" in inquiry && (inquiry.looksFirst || inquiry.readsRecords || inquiry.undoneBy !== undefined));
  // A transaction that is shown may be that of another record of the customer.
  const movesMoney = spec.effect === "money";
  const tableActions: TableAction[] = [
    "UpdateItem",
    ...(reads ? (["GetItem"] as const) : []),
    ...(isNumbered ? (["ConditionCheckItem"] as const) : []),
    ...(movesMoney ? (["Query"] as const) : []),
  ];
  const secrets = spec.sameBy
    ? ([spec.provider.secret] as const)
    : ([spec.provider.secret, "gateway"] as const);
  const { name, variables } = spec.provider;
  return {
    ...spec,
    route: routeOf(spec.name),
    access: movesMoney ? "move-money" : "change",
    variables: [...variables, `${name.toUpperCase()}_ACCOUNT`, ...(spec.variables ?? [])],
    secrets,
    tableActions,
    ...(movesMoney && { queries: ["customer-records"] as const }),
    asks: (record, config) => isAsked(spec, record, config),
    ...((spec.place || isNumbered) && { takesOverAtOnce: true as const }),
    resolve: (look) => resolve(spec, look),
  };
}

/** The Lambda of a change. */
export function changeHandler<Input extends object, Result, Call, Reply>(
  operation: ChangeOperation<Input, Result, Call, Reply>,
): LambdaHandler {
  return lambda({
    name: operation.name,
    read: (event) => readInput(event, operation.input),
    run: (request) => {
      const world = runtime();
      return served(request, world, () =>
        operation.changes?.(request.input) === false
          ? runRead(operation, request, world)
          : runChange(operation, request, world, processRecords()),
      );
    },
    async warm() {
      await Promise.allSettled([warmSecrets(operation), (async () => processRecords())()]);
    },
    counts: providerCounts(operation.provider.name),
  });
}
